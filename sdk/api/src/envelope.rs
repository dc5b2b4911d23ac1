//! The envelope of JSON-RPC 2.0, strict and bounded.
//!
//! Strict: only the members that the specification names, each once and of the right type; ids are
//! strings, whole numbers or null; parameters are an object (or absent, or an empty array). Bounded:
//! body, nesting, batch and id have limits, and nesting is counted on the raw bytes before anything
//! is parsed. A call without `id` is a notification and gets no response, whatever becomes of it.
//! Source: <https://www.jsonrpc.org/specification>.

use crate::error::{Code, RpcError};
use crate::limits::{BATCH_MAX, ID_BYTES_MAX, JSON_DEPTH_MAX, REQUEST_BYTES_MAX};
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The id of a call, echoed in its response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A whole number that is not negative.
    Number(u64),
    /// A whole number below zero.
    Negative(i64),
    /// Text.
    Text(String),
    /// Null: also the id of responses to what could not be read.
    Null,
}

/// One call, its envelope checked.
#[derive(Debug, Clone)]
pub struct Call {
    /// `None` for a notification.
    pub id: Option<Id>,
    /// The method's name.
    pub method: String,
    /// The parameters: an object, or nothing.
    pub params: Option<Box<RawValue>>,
}

/// A call, or the response to what is not one.
pub type Parsed = Result<Call, Response>;

/// What a body holds.
#[derive(Debug)]
pub enum Incoming {
    /// One call.
    Single(Parsed),
    /// A batch of 1 to [`BATCH_MAX`].
    Batch(Vec<Parsed>),
}

/// Reads a body.
///
/// # Errors
/// The single response to a body that is too large, too deep, no JSON, an empty batch or one that
/// is too long.
pub fn parse(body: &[u8]) -> Result<Incoming, Response> {
    let refuse = |code, cause: &str| Response::failed(Id::Null, RpcError::new(code, cause));
    if body.len() > REQUEST_BYTES_MAX {
        return Err(refuse(Code::RequestTooLarge, &format!("at most {REQUEST_BYTES_MAX} bytes are read")));
    }
    if is_too_deep(body) {
        return Err(refuse(Code::TooDeep, &format!("at most {JSON_DEPTH_MAX} levels of arrays and objects")));
    }
    let parse_error = |error: serde_json::Error| refuse(Code::ParseError, &error.to_string());
    let raw: &RawValue = serde_json::from_slice(body).map_err(parse_error)?;
    if !raw.get().starts_with('[') {
        return Ok(Incoming::Single(parse_call(raw)));
    }
    let calls: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(parse_error)?;
    match calls.len() {
        0 => Err(refuse(Code::InvalidRequest, "the batch is empty")),
        count if count > BATCH_MAX => {
            Err(refuse(Code::BatchTooLong, &format!("{count} calls, at most {BATCH_MAX} in a batch")))
        }
        _ => Ok(Incoming::Batch(calls.into_iter().map(parse_call).collect())),
    }
}

/// Whether arrays and objects nest deeper than [`JSON_DEPTH_MAX`]. Works on any bytes.
#[must_use]
pub fn is_too_deep(body: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in body {
        match (in_text, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > JSON_DEPTH_MAX {
                    return true;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn parse_call(raw: &RawValue) -> Parsed {
    let refuse = |id: &Option<Id>, cause: &str| {
        Err(Response::failed(id.clone().unwrap_or(Id::Null), RpcError::new(Code::InvalidRequest, cause)))
    };
    if !raw.get().starts_with('{') {
        return refuse(&None, "a call is an object");
    }
    let members: Members<'_> = match serde_json::from_str(raw.get()) {
        Ok(members) => members,
        Err(error) => return refuse(&None, &error.to_string()),
    };
    let id = match members.id.map(|id| parse_id(id.get())) {
        None => None,
        Some(Some(id)) => Some(id),
        Some(None) => return refuse(&None, "`id` must be a string of at most 128 bytes, a whole number or null"),
    };
    if let Some(fault) = members.fault {
        return refuse(&id, &fault);
    }
    if members.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
        return refuse(&id, "`jsonrpc` must be \"2.0\"");
    }
    let Some(Ok(method)) = members.method.map(|method| serde_json::from_str::<String>(method.get())) else {
        return refuse(&id, "`method` must be a string");
    };
    let params = match members.params.map(|params| (params, params.get())) {
        None => None,
        Some((params, text)) if text.starts_with('{') => Some(params.to_owned()),
        Some((params, text)) if text.starts_with('[') => {
            // By position: refused later as parameters, unless there are none.
            (!is_empty_array(text)).then(|| params.to_owned())
        }
        Some(_) => return refuse(&id, "`params` must be an object"),
    };
    Ok(Call { id, method, params })
}

fn is_empty_array(text: &str) -> bool {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).is_some_and(|inner| inner.trim().is_empty())
}

fn parse_id(text: &str) -> Option<Id> {
    if text.len() > ID_BYTES_MAX + 2 {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// The members of a call, unread.
#[derive(Default)]
struct Members<'a> {
    jsonrpc: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    fault: Option<String>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        MembersSeed.deserialize(deserializer)
    }
}

struct MembersSeed;

impl<'de> DeserializeSeed<'de> for MembersSeed {
    type Value = Members<'de>;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MembersSeed {
    type Value = Members<'de>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<String>()? {
            let value: &RawValue = map.next_value()?;
            let place = match name.as_str() {
                "jsonrpc" => &mut members.jsonrpc,
                "id" => &mut members.id,
                "method" => &mut members.method,
                "params" => &mut members.params,
                _ => {
                    members.fault = Some(format!("unknown member `{}`", name.escape_debug()));
                    continue;
                }
            };
            if place.replace(value).is_some() {
                members.fault = Some(format!("member `{name}` stands twice"));
            }
        }
        Ok(members)
    }
}

/// The marker `"2.0"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Version {
    /// JSON-RPC 2.0.
    #[default]
    #[serde(rename = "2.0")]
    Two,
}

/// A request, as a client sends it.
#[derive(Debug, Serialize)]
pub struct Request<'a, P> {
    /// The marker.
    pub jsonrpc: Version,
    /// Echoed in the response.
    pub id: u64,
    /// The method's name.
    pub method: &'a str,
    /// Its parameters.
    pub params: &'a P,
}

/// A notification, as a server sends it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Notification<P> {
    /// The marker.
    pub jsonrpc: Version,
    /// What it is about.
    pub method: String,
    /// Its content.
    pub params: P,
}

impl<P> Notification<P> {
    /// A notification.
    pub fn new(method: &str, params: P) -> Self {
        Self { jsonrpc: Version::Two, method: method.to_owned(), params }
    }
}

/// A response: a result or an error.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The marker.
    pub jsonrpc: Version,
    /// Id of the call, null if it could not be read.
    pub id: Id,
    /// The answer; absent also where it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Box<RawValue>>,
    /// The error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RpcError>,
}

impl Response {
    /// A response to a call.
    #[must_use]
    pub fn of(id: Id, outcome: Result<Box<RawValue>, RpcError>) -> Self {
        match outcome {
            Ok(result) => Self { jsonrpc: Version::Two, id, result: Some(result), error: None },
            Err(error) => Self::failed(id, error),
        }
    }
    /// An error.
    #[must_use]
    pub fn failed(id: Id, error: RpcError) -> Self {
        Self { jsonrpc: Version::Two, id, result: None, error: Some(error) }
    }
    /// The bytes to send.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a response has only text keys and finite numbers")
    }
}
