//! Asking a node.

use crate::limits::{CONNECT_TIMEOUT, PAUSE_FIRST, PAUSE_MAX, REQUEST_TIMEOUT, RESPONSE_OVERHEAD_BYTES, TRIES_MAX};
use crate::{Asking, Auditor, Error};
use countersign_api::Method;
use countersign_api::envelope::{Id, Request, Response, Version};
use countersign_types::proof::Trusted;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A node, by its address. Cheap to clone; connections are kept and shared.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    next_id: Arc<AtomicU64>,
}

impl Client {
    /// A client of the node at `http://HOST:PORT`. Nothing is sent yet. Proxies are not used.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn new(url: &str) -> Result<Self, Error> {
        let parsed = reqwest::Url::parse(url).ok().filter(|url| url.scheme() == "http" && url.has_host());
        let Some(parsed) = parsed else { return Err(Error::Address(url.to_owned())) };
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| Error::Address(url.to_owned()))?;
        Ok(Self { http, url: parsed.to_string(), next_id: Arc::new(AtomicU64::new(1)) })
    }

    /// The node's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The node's answers, unverified, and said to be by their type.
    #[must_use]
    pub fn unverified(&self) -> Asking<'_> {
        Asking::of(self)
    }

    /// A client that verifies answers against a genesis, a checkpoint or a light client's block before it returns them.
    #[must_use]
    pub fn trusting(self, trusted: Trusted) -> Auditor {
        Auditor::new(self, trusted)
    }

    /// Calls a method once.
    pub(crate) async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Answer, Error> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let request = Request { jsonrpc: Version::Two, id, method: M::NAME, params };
        let response = self.http.post(&self.url).json(&request).send().await.map_err(|error| self.network(&error))?;
        let body = self.read(response, M::ANSWER_BYTES_MAX.saturating_add(RESPONSE_OVERHEAD_BYTES)).await?;
        answer::<M>(&body, id).map_err(|fault| fault.unwrap_or_else(|cause| self.answer(cause)))
    }

    /// As [`Client::call`], again after a pause while the node is not reached or asks to try
    /// later. For methods that may be repeated: reads, and submitting the same transaction.
    pub(crate) async fn call_again<M: Method>(&self, params: &M::Params) -> Result<M::Answer, Error> {
        let mut pause = PAUSE_FIRST;
        for _ in 1..TRIES_MAX {
            match self.call::<M>(params).await {
                Err(error) if error.is_network() => tokio::time::sleep(pause).await,
                outcome => return outcome,
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        self.call::<M>(params).await
    }

    async fn read(&self, mut response: reqwest::Response, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.network(&error))? {
            if body.len() + chunk.len() > bytes_max {
                return Err(self.answer(format!("more than {bytes_max} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        // A node answers JSON-RPC errors in the body, whatever the status.
        if status.is_success() || body.starts_with(b"{") {
            return Ok(body);
        }
        Err(self.answer(format!("HTTP status {status}")))
    }

    fn network(&self, error: &reqwest::Error) -> Error {
        let mut cause = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            cause = inner.to_string();
            source = inner.source();
        }
        Error::Network { url: self.url.clone(), cause }
    }

    fn answer(&self, cause: String) -> Error {
        Error::Answer { url: self.url.clone(), cause }
    }
}

/// Reads the response to the call `id`; a fault of the response itself is the inner error.
fn answer<M: Method>(body: &[u8], id: u64) -> Result<M::Answer, Result<Error, String>> {
    let response: Response = serde_json::from_slice(body).map_err(|error| Err(error.to_string()))?;
    if let Some(error) = response.error {
        return Err(Ok(Error::Rpc(error)));
    }
    if response.id != Id::Number(id) {
        return Err(Err(format!("a response to call {:?} instead of {id}", response.id)));
    }
    let text = response.result.as_ref().map_or("null", |result| result.get());
    serde_json::from_str(text).map_err(|error| Err(format!("{} answers {error}", M::NAME)))
}
