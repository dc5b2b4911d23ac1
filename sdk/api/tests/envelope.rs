//! Conformance to JSON-RPC 2.0, case by case: the specification's own examples and every way in
//! which a body can be wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_api::envelope::is_too_deep;
use countersign_api::error::Code;
use countersign_api::{Method, NoParams, Registry, RpcError, limits};
use futures::executor::block_on;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

struct Subtract;
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Numbers {
    minuend: i64,
    subtrahend: i64,
}
impl Method for Subtract {
    const NAME: &'static str = "subtract";
    const SUMMARY: &'static str = "Subtracts.";
    type Params = Numbers;
    type Answer = i64;
}

struct GetData;
impl Method for GetData {
    const NAME: &'static str = "get_data";
    const SUMMARY: &'static str = "Answers constants.";
    type Params = NoParams;
    type Answer = (String, u8);
}

struct Refuse;
impl Method for Refuse {
    const NAME: &'static str = "refuse";
    const SUMMARY: &'static str = "Always busy.";
    type Params = NoParams;
    type Answer = ();
}

struct Long;
impl Method for Long {
    const NAME: &'static str = "long";
    const SUMMARY: &'static str = "Answers more than it may.";
    const ANSWER_BYTES_MAX: usize = 10;
    type Params = NoParams;
    type Answer = String;
}

fn respond(body: impl AsRef<[u8]>) -> Option<Value> {
    let mut registry = Registry::<()>::new("test", "0");
    registry.on::<Subtract, _, _>(|(), numbers| async move { Ok(numbers.minuend - numbers.subtrahend) });
    registry.on::<GetData, _, _>(|(), NoParams {}| async move { Ok(("hello".to_owned(), 5)) });
    registry.on::<Refuse, _, _>(|(), NoParams {}| async move { Err(RpcError::new(Code::Busy, "come back later")) });
    registry.on::<Long, _, _>(|(), NoParams {}| async move { Ok("x".repeat(11)) });
    let bytes = block_on(registry.respond((), body.as_ref()))?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// Id and error number of a response that is an error.
fn refusal(body: impl AsRef<[u8]>) -> (Value, i64) {
    let response = respond(body).unwrap();
    assert_eq!(response["jsonrpc"], "2.0");
    assert!(response.get("result").is_none());
    let error = &response["error"];
    let code = Code::of(i32::try_from(error["code"].as_i64().unwrap()).unwrap()).unwrap();
    assert_eq!(error["message"], code.message());
    assert_eq!(error["data"]["name"], code.name());
    assert_eq!(error["data"]["retryable"], code.is_retryable());
    assert!(!error["data"]["cause"].as_str().unwrap().is_empty());
    (response["id"].clone(), error["code"].as_i64().unwrap())
}

#[test]
fn calls_are_answered_with_their_id() {
    for id in [json!(1), json!("a-1"), json!(null), json!(-7), json!(0), json!(u64::MAX)] {
        let body =
            json!({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": id});
        assert_eq!(respond(body.to_string()), Some(json!({"jsonrpc": "2.0", "id": id, "result": 19})));
    }
    let body = r#"{"jsonrpc": "2.0", "method": "get_data", "id": "9"}"#;
    assert_eq!(respond(body), Some(json!({"jsonrpc": "2.0", "id": "9", "result": ["hello", 5]})));
    let body = r#" {"jsonrpc": "2.0", "method": "get_data", "params": [ ], "id": "9"} "#;
    assert_eq!(respond(body).unwrap()["result"], json!(["hello", 5]));
}

#[test]
fn notifications_are_never_answered() {
    for body in [
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 1, "subtrahend": 2}}"#,
        r#"{"jsonrpc": "2.0", "method": "foobar"}"#,
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"wrong": true}}"#,
        r#"{"jsonrpc": "2.0", "method": "refuse"}"#,
        r#"[{"jsonrpc": "2.0", "method": "refuse"}, {"jsonrpc": "2.0", "method": "get_data"}]"#,
    ] {
        assert_eq!(respond(body), None, "{body}");
    }
}

#[test]
fn every_wrong_body_has_its_error() {
    let call = |extra: &str| format!(r#"{{"jsonrpc": "2.0", "id": 1, {extra}}}"#);
    let cases: Vec<(String, Value, i64)> = vec![
        // No JSON.
        (r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#.into(), json!(null), -32700),
        (
            r#"[{"jsonrpc": "2.0", "method": "get_data", "id": "1"}, {"jsonrpc": "2.0", "method"]"#.into(),
            json!(null),
            -32700,
        ),
        (String::new(), json!(null), -32700),
        (r#"{"jsonrpc": "2.0", "method": "get_data", "id": 1} x"#.into(), json!(null), -32700),
        // JSON, no call.
        ("[]".into(), json!(null), -32600),
        ("1".into(), json!(null), -32600),
        ("\"text\"".into(), json!(null), -32600),
        ("null".into(), json!(null), -32600),
        ("{}".into(), json!(null), -32600),
        (r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#.into(), json!(null), -32600),
        (r#"{"jsonrpc": "1.0", "method": "get_data", "id": 3}"#.into(), json!(3), -32600),
        (r#"{"jsonrpc": 2.0, "method": "get_data", "id": 3}"#.into(), json!(3), -32600),
        (r#"{"method": "get_data", "id": 3}"#.into(), json!(3), -32600),
        (r#"{"jsonrpc": "2.0", "id": "x"}"#.into(), json!("x"), -32600),
        (r#"{"jsonrpc": "2.0", "method": "get_data", "id": 1.5}"#.into(), json!(null), -32600),
        (r#"{"jsonrpc": "2.0", "method": "get_data", "id": [1]}"#.into(), json!(null), -32600),
        (r#"{"jsonrpc": "2.0", "method": "get_data", "id": {}}"#.into(), json!(null), -32600),
        (r#"{"jsonrpc": "2.0", "method": "get_data", "id": true}"#.into(), json!(null), -32600),
        (format!(r#"{{"jsonrpc": "2.0", "method": "get_data", "id": "{}"}}"#, "x".repeat(129)), json!(null), -32600),
        (call(r#""method": "get_data", "params": "bar""#), json!(1), -32600),
        (call(r#""method": "get_data", "params": null"#), json!(1), -32600),
        (call(r#""method": "get_data", "params": 7"#), json!(1), -32600),
        (call(r#""method": "get_data", "method": "refuse""#), json!(1), -32600),
        (call(r#""method": "get_data", "extra": 1"#), json!(1), -32600),
        // A call of what is not there, or with what does not fit.
        (call(r#""method": "foobar""#), json!(1), -32601),
        (call(r#""method": "Get_Data""#), json!(1), -32601),
        (call(r#""method": "subtract""#), json!(1), -32602),
        (call(r#""method": "subtract", "params": [42, 23]"#), json!(1), -32602),
        (call(r#""method": "subtract", "params": {"minuend": 1}"#), json!(1), -32602),
        (call(r#""method": "subtract", "params": {"minuend": 1, "subtrahend": "2"}"#), json!(1), -32602),
        (call(r#""method": "subtract", "params": {"minuend": 1, "subtrahend": 2, "more": 3}"#), json!(1), -32602),
        (call(r#""method": "subtract", "params": {"minuend": 1, "minuend": 1, "subtrahend": 2}"#), json!(1), -32602),
        // A handler's own error, and one that answers too much.
        (call(r#""method": "refuse""#), json!(1), -32005),
        (call(r#""method": "long""#), json!(1), -32004),
    ];
    for (body, id, code) in cases {
        assert_eq!(refusal(&body), (id, code), "{body}");
    }
    assert_eq!(refusal(b"\"\xff\""), (json!(null), -32700));
}

#[test]
fn bodies_are_bounded_before_they_are_parsed() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(!is_too_deep(nested(limits::JSON_DEPTH_MAX).as_bytes()));
    assert!(is_too_deep(nested(limits::JSON_DEPTH_MAX + 1).as_bytes()));
    assert!(is_too_deep("{\"a\":".repeat(33).as_bytes()));
    // Brackets within text do not count, whatever stands before the quote.
    assert!(!is_too_deep(format!(r#"["\\", "\"{}"]"#, "[".repeat(100)).as_bytes()));
    assert!(is_too_deep(format!(r#"["\\"{}"#, "[".repeat(100)).as_bytes()));
    assert_eq!(refusal("[".repeat(1 << 20)), (json!(null), -32001));

    assert_eq!(refusal(vec![b' '; limits::REQUEST_BYTES_MAX + 1]), (json!(null), -32003));
    let one = r#"{"jsonrpc": "2.0", "method": "get_data", "id": 1}"#;
    let batch = |count: usize| format!("[{}]", vec![one; count].join(","));
    assert_eq!(refusal(batch(limits::BATCH_MAX + 1)), (json!(null), -32002));
    assert_eq!(respond(batch(limits::BATCH_MAX)).unwrap().as_array().unwrap().len(), limits::BATCH_MAX);
}

#[test]
fn a_batch_answers_each_call_for_itself_and_keeps_its_order() {
    let body = r#"[
        {"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 4, "subtrahend": 2}, "id": "1"},
        {"jsonrpc": "2.0", "method": "get_data"},
        {"foo": "boo"},
        1,
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
    ]"#;
    let responses = respond(body).unwrap();
    let brief: Vec<(Value, Value)> = responses
        .as_array()
        .unwrap()
        .iter()
        .map(|response| (response["id"].clone(), response.get("result").unwrap_or(&response["error"]["code"]).clone()))
        .collect();
    let expected = vec![
        (json!("1"), json!(2)),
        (json!(null), json!(-32600)),
        (json!(null), json!(-32600)),
        (json!("5"), json!(-32601)),
        (json!("9"), json!(["hello", 5])),
    ];
    assert_eq!(brief, expected);
}
