//! WebSockets behind the listener: how many there may be, how long one may say nothing, and how far a
//! reader may fall behind.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::{SinkExt, StreamExt, stream::SplitStream};
use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use crate::limits;

/// Limits and timers; `Default` has those of `limits`.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// Open sockets.
    pub clients_max: usize,
    /// Bytes of a message from a client.
    pub message_bytes_max: usize,
    /// Messages waiting for a client.
    pub queue_messages_max: usize,
    /// How often a client is pinged.
    pub ping_interval: Duration,
    /// How long a client may answer nothing.
    pub silence_max: Duration,
    /// How long a client may take to accept one message.
    pub write_timeout: Duration,
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            clients_max: limits::SOCKETS_MAX,
            message_bytes_max: limits::HTTP_BODY_BYTES_MAX,
            queue_messages_max: limits::SOCKET_QUEUE_MESSAGES_MAX,
            ping_interval: limits::SOCKET_PING_INTERVAL,
            silence_max: limits::SOCKET_SILENCE_MAX,
            write_timeout: limits::HTTP_WRITE_TIMEOUT,
        }
    }
}

/// Lets a limited number of WebSockets in.
#[derive(Debug, Clone)]
pub struct SocketGate {
    config: SocketConfig,
    permits: Arc<Semaphore>,
}

/// An open WebSocket, as its handler sees it. It closes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    incoming: mpsc::Receiver<String>,
    outgoing: mpsc::Sender<String>,
}

/// The client reads too slowly, or is gone. Drop the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the WebSocket client reads too slowly or is gone")]
pub struct Slow;

impl Socket {
    /// The client's next text message; nothing once it is gone. Safe to cancel.
    pub async fn recv(&mut self) -> Option<String> {
        self.incoming.recv().await
    }

    /// Queues a text message; never waits.
    ///
    /// # Errors
    /// If the queue is full or the client gone.
    pub fn send(&self, text: String) -> Result<(), Slow> {
        self.outgoing.try_send(text).map_err(|_| Slow)
    }

    /// For tasks that push to the client on their own; full means too slow.
    #[must_use]
    pub fn sender(&self) -> mpsc::Sender<String> {
        self.outgoing.clone()
    }
}

impl SocketGate {
    /// A gate with its own count of clients.
    #[must_use]
    pub fn new(config: SocketConfig) -> Self {
        let permits = Arc::new(Semaphore::new(config.clients_max.min(Semaphore::MAX_PERMITS)));
        Self { config, permits }
    }

    /// Open sockets now.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.config.clients_max.saturating_sub(self.permits.available_permits())
    }

    /// Completes the upgrade and runs `serve` on the socket, or answers 503 if there are too many.
    pub fn accept<F, S>(&self, upgrade: WebSocketUpgrade, serve: F) -> Response
    where
        F: FnOnce(Socket) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return (StatusCode::SERVICE_UNAVAILABLE, "too many WebSocket clients\n").into_response();
        };
        let config = self.config.clone();
        upgrade.max_message_size(config.message_bytes_max).max_frame_size(config.message_bytes_max).on_upgrade(
            move |stream| async move {
                let (incoming_in, incoming) = mpsc::channel(limits::SOCKET_INBOX_MESSAGES_MAX);
                let (outgoing, outgoing_out) = mpsc::channel(config.queue_messages_max.max(1));
                // Whichever ends first ends the other.
                tokio::select! {
                    () = carry(stream, incoming_in, outgoing_out, &config) => {}
                    () = serve(Socket { incoming, outgoing }) => {}
                }
                drop(permit);
            },
        )
    }
}

/// Carries text both ways until either side is done, too slow or silent.
async fn carry(
    stream: WebSocket,
    incoming: mpsc::Sender<String>,
    mut outgoing: mpsc::Receiver<String>,
    config: &SocketConfig,
) {
    let (mut sink, mut source) = stream.split();
    let mut ping = interval(config.ping_interval);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            heard_something = take(&mut source, &incoming) => {
                if !heard_something {
                    break;
                }
                heard = Instant::now();
                continue;
            }
            text = outgoing.recv() => match text {
                Some(text) => Message::Text(text.into()),
                None => break,
            },
            _ = ping.tick() => {
                if heard.elapsed() > config.silence_max {
                    break;
                }
                Message::Ping(Vec::new().into())
            }
        };
        match timeout(config.write_timeout, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
    let _ = timeout(config.write_timeout, sink.close()).await;
}

/// Takes one message once the handler has room for it; false if there will be no more. Safe to cancel.
async fn take(source: &mut SplitStream<WebSocket>, incoming: &mpsc::Sender<String>) -> bool {
    let Ok(room) = incoming.reserve().await else { return false };
    match source.next().await {
        Some(Ok(Message::Text(text))) => {
            room.send(text.as_str().to_owned());
            true
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => true,
        // JSON-RPC is text.
        Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => false,
    }
}
