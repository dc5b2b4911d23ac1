//! A server's table of handlers: bytes in, bytes out.
//!
//! `C` is what a handler works on: the node, and for methods that need one, the connection. It is
//! cloned for each call. Nothing here needs a runtime; the calls of a batch run concurrently on the
//! caller's task.

use crate::Method;
use crate::envelope::{self, Call, Incoming, Parsed, Response};
use crate::error::{Code, RpcError};
use crate::openrpc;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

type Answering = Pin<Box<dyn Future<Output = Result<Box<RawValue>, RpcError>> + Send>>;
type Handler<C> = Box<dyn Fn(C, Option<&RawValue>) -> Answering + Send + Sync>;

/// The methods that a server answers.
pub struct Registry<C> {
    title: String,
    version: String,
    handlers: BTreeMap<&'static str, Handler<C>>,
    descriptions: Vec<openrpc::Description>,
}

impl<C> std::fmt::Debug for Registry<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.handlers.keys()).finish()
    }
}

impl<C: Clone + Send + 'static> Registry<C> {
    /// No methods yet. Title and version stand in the OpenRPC document.
    #[must_use]
    pub fn new(title: &str, version: &str) -> Self {
        Self {
            title: title.to_owned(),
            version: version.to_owned(),
            handlers: BTreeMap::new(),
            descriptions: Vec::new(),
        }
    }

    /// Answers a method by a handler. A later handler of the same method replaces the earlier one.
    pub fn on<M, F, A>(&mut self, handler: F)
    where
        M: Method,
        F: Fn(C, M::Params) -> A + Send + Sync + 'static,
        A: Future<Output = Result<M::Answer, RpcError>> + Send + 'static,
    {
        self.describe::<M>();
        let boxed: Handler<C> = Box::new(move |context, raw| match params::<M>(raw) {
            Err(error) => Box::pin(std::future::ready(Err(error))),
            Ok(params) => {
                let answering = handler(context, params);
                Box::pin(async move { answer::<M>(&answering.await?) })
            }
        });
        self.handlers.insert(M::NAME, boxed);
    }

    /// Answers methods that have no handler here by an error.
    pub fn refuse(&mut self, methods: impl IntoIterator<Item = &'static str>, error: &RpcError) {
        for method in methods {
            let error = error.clone();
            let refuse: Handler<C> = Box::new(move |_, _| Box::pin(std::future::ready(Err(error.clone()))));
            self.handlers.entry(method).or_insert(refuse);
        }
    }

    /// Lists a method in the OpenRPC document that is answered elsewhere.
    pub fn describe<M: Method>(&mut self) {
        self.descriptions.retain(|description| description.name != M::NAME);
        self.descriptions.push(openrpc::Description::of::<M>());
        self.descriptions.sort_by_key(|description| description.name);
    }

    /// Names of the methods that are answered.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.handlers.keys().copied()
    }

    /// The OpenRPC document of the methods so far.
    #[must_use]
    pub fn openrpc(&self) -> Value {
        openrpc::document(&self.title, &self.version, &self.descriptions)
    }

    /// Runs one method.
    ///
    /// # Errors
    /// What the handler answers, or that there is no such method.
    pub async fn call(&self, context: C, method: &str, params: Option<&RawValue>) -> Result<Box<RawValue>, RpcError> {
        let Some(handler) = self.handlers.get(method) else {
            let cause = "`rpc.discover` lists the methods of this node";
            return Err(RpcError::new(Code::MethodNotFound, cause));
        };
        handler(context, params).await
    }

    /// The bytes to answer a body with; `None` where only notifications came.
    pub async fn respond(&self, context: C, body: &[u8]) -> Option<Vec<u8>> {
        match envelope::parse(body) {
            Err(refusal) => Some(refusal.to_bytes()),
            Ok(Incoming::Single(parsed)) => {
                let response = self.run(context, parsed).await?;
                Some(response.to_bytes())
            }
            Ok(Incoming::Batch(batch)) => {
                let calls = batch.into_iter().map(|parsed| self.run(context.clone(), parsed));
                let responses: Vec<Response> = futures::future::join_all(calls).await.into_iter().flatten().collect();
                let bytes = || serde_json::to_vec(&responses).expect("responses have only text keys");
                (!responses.is_empty()).then(bytes)
            }
        }
    }

    async fn run(&self, context: C, parsed: Parsed) -> Option<Response> {
        let Call { id, method, params } = match parsed {
            Ok(call) => call,
            Err(refusal) => return Some(refusal),
        };
        let outcome = self.call(context, &method, params.as_deref()).await;
        id.map(|id| Response::of(id, outcome))
    }
}

/// Reads the parameters of a method; absent ones are an empty object.
///
/// # Errors
/// [`Code::InvalidParams`] with the reason.
pub fn params<M: Method>(raw: Option<&RawValue>) -> Result<M::Params, RpcError> {
    let text = raw.map_or("{}", RawValue::get);
    if text.starts_with('[') {
        return Err(RpcError::new(Code::InvalidParams, "parameters are named: give an object"));
    }
    serde_json::from_str(text).map_err(|error| RpcError::new(Code::InvalidParams, error))
}

/// Writes the answer of a method.
///
/// # Errors
/// [`Code::ResponseTooLarge`] beyond the method's bound.
pub fn answer<M: Method>(answer: &M::Answer) -> Result<Box<RawValue>, RpcError> {
    let raw = serde_json::value::to_raw_value(answer).map_err(|error| RpcError::new(Code::InternalError, error))?;
    if raw.get().len() > M::ANSWER_BYTES_MAX {
        let cause = format!("{} bytes, at most {} are sent; ask for less", raw.get().len(), M::ANSWER_BYTES_MAX);
        return Err(RpcError::new(Code::ResponseTooLarge, cause));
    }
    Ok(raw)
}

/// Answers one method without a registry: reads the parameters, runs the handler, writes the
/// answer.
///
/// # Errors
/// What the handler answers, or what is wrong with the parameters.
pub fn handle<M: Method>(
    raw: Option<&RawValue>,
    handler: impl FnOnce(M::Params) -> Result<M::Answer, RpcError>,
) -> Result<Box<RawValue>, RpcError> {
    answer::<M>(&handler(params::<M>(raw)?)?)
}
