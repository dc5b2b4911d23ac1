//! What a node says, as a type of its own.

use crate::{Client, Error};
use countersign_api::Method;

/// What a node said, and nothing shows. It is another type than [`Verified`](crate::Verified), and does not become one:
/// whoever wants to use it says so with [`Unverified::into_said`].
///
/// ```compile_fail
/// fn shown<T>(answer: countersign_client::Unverified<T>) -> countersign_client::Verified<T> {
///     answer
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    pub(crate) fn new(said: T) -> Self {
        Self(said)
    }
    /// What the node said, taken at its word.
    pub fn as_said(&self) -> &T {
        &self.0
    }
    /// What the node said, taken at its word.
    pub fn into_said(self) -> T {
        self.0
    }
    /// Another form of what it said.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Unverified<U> {
        Unverified(form(self.0))
    }
}

/// Asks a node and verifies nothing: for submitting, for how the node itself is, for views, and for whoever runs the node.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    client: &'a Client,
}

impl<'a> Asking<'a> {
    pub(crate) fn of(client: &'a Client) -> Self {
        Self { client }
    }

    /// Calls a method once.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::Answer`], or the node's own [`Error::Rpc`].
    pub async fn call<M: Method>(self, params: &M::Params) -> Result<Unverified<M::Answer>, Error> {
        self.client.call::<M>(params).await.map(Unverified::new)
    }

    /// As [`Asking::call`], again after a pause while the node is not reached or asks to try later. For methods that may
    /// be repeated: reads, and submitting the same transaction.
    ///
    /// # Errors
    /// Those of the last try.
    pub async fn call_again<M: Method>(self, params: &M::Params) -> Result<Unverified<M::Answer>, Error> {
        self.client.call_again::<M>(params).await.map(Unverified::new)
    }
}
