//! A WebSocket client: its calls, several at once, and its subscriptions.
//!
//! A subscription ([`super::feed`]) reads from the ledger in order of height and waits for room in the client's
//! queue, so a slow reader falls behind without a gap, and one that reads nothing is disconnected by
//! the listener's write timeout.

use super::Server;
use super::conn::{Conn, Node};
use super::feed::{self, Broken, Feed, Wanted};
use crate::limits::{SOCKET_CALLS_MAX, SUBSCRIPTIONS_MAX};
use crate::listener::Socket;
use countersign_api::{Code, RpcError};
use countersign_types::Height;
use futures::StreamExt;
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Subscriptions of one client.
#[derive(Debug, Default)]
struct Subscriptions {
    last: u64,
    active: BTreeMap<u64, AbortHandle>,
}

/// One call of a WebSocket client.
#[derive(Debug, Clone)]
pub(super) struct Call {
    subscriptions: Arc<Mutex<Subscriptions>>,
    /// Subscriptions this call opened; they begin after its response.
    opened: Arc<Mutex<Vec<Feed>>>,
}

impl Call {
    /// Opens a subscription from a height on and answers its number.
    pub fn subscribe(&self, first: Height, wanted: Wanted) -> Result<u64, RpcError> {
        let mut subscriptions = lock(&self.subscriptions);
        if subscriptions.active.len() >= SUBSCRIPTIONS_MAX {
            let cause = format!("at most {SUBSCRIPTIONS_MAX}; end one with chain_unsubscribe");
            return Err(RpcError::new(Code::TooManySubscriptions, cause));
        }
        subscriptions.last += 1;
        let id = subscriptions.last;
        let (handle, registration) = AbortHandle::new_pair();
        subscriptions.active.insert(id, handle);
        lock(&self.opened).push(Feed { id, wanted, first, registration });
        Ok(id)
    }

    /// Ends a subscription; answers whether there was one.
    pub fn unsubscribe(&self, id: u64) -> bool {
        let ended = lock(&self.subscriptions).active.remove(&id);
        ended.inspect(AbortHandle::abort).is_some()
    }
}

/// Serves a client until it goes away or the node stops.
pub(super) async fn serve(server: Arc<Server>, mut socket: Socket) {
    let out = socket.sender();
    let subscriptions = Arc::new(Mutex::new(Subscriptions::default()));
    let mut calls = FuturesUnordered::new();
    let mut feeds = FuturesUnordered::new();
    loop {
        tokio::select! {
            text = socket.recv(), if calls.len() < SOCKET_CALLS_MAX => {
                let Some(text) = text else { return };
                let call = Call { subscriptions: Arc::clone(&subscriptions), opened: Arc::default() };
                calls.push(answer(Arc::clone(&server), call, text));
            }
            Some((response, opened)) = calls.next(), if !calls.is_empty() => {
                if let Some(response) = response && out.send(response).await.is_err() {
                    return;
                }
                for feed in opened {
                    feeds.push(follow(Arc::clone(&server.node), feed, out.clone()));
                }
            }
            Some(broken) = feeds.next(), if !feeds.is_empty() => {
                if broken.is_some() {
                    return;
                }
            }
        }
    }
}

/// Answers a message; the response comes with the subscriptions that begin after it.
async fn answer(server: Arc<Server>, call: Call, text: String) -> (Option<String>, Vec<Feed>) {
    let opened = Arc::clone(&call.opened);
    let conn = Conn { node: Arc::clone(&server.node), call: Some(call) };
    let response = server.registry.respond(conn, text.as_bytes()).await;
    let response = response.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let opened = std::mem::take(&mut *lock(&opened));
    (response, opened)
}

/// Sends what is wanted until the subscription is ended; answers what broke it otherwise.
async fn follow(node: Arc<Node>, mut feed: Feed, out: mpsc::Sender<String>) -> Option<Broken> {
    let registration = std::mem::replace(&mut feed.registration, AbortHandle::new_pair().1);
    let sending = Abortable::new(feed::send(node, feed, out), registration);
    sending.await.ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
