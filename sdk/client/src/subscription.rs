//! Following blocks over a WebSocket.

use crate::limits::{CONNECT_TIMEOUT, NOTICE_BYTES_MAX};
use crate::{Client, Error};
use countersign_api::Method;
use countersign_api::envelope::{Notification, Request, Response, Version};
use countersign_api::method::chain::{BlockNotice, ChainSubscribe, NOTIFICATION, SubscribeParams, Subscribed};
use futures::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Blocks as they are certified, in order of height. Ends with an error when the connection does;
/// subscribe again from the height after the last one seen, and nothing is missed.
#[derive(Debug)]
pub struct Subscription {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    url: String,
    id: u64,
}

impl Subscription {
    /// Subscribes at a client's node.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::Answer`] or the node's own [`Error::Rpc`].
    pub async fn open(client: &Client, params: &SubscribeParams) -> Result<Self, Error> {
        let base = client.url().trim_end_matches('/').replacen("http", "ws", 1);
        let url = format!("{base}{}", countersign_api::WEBSOCKET_PATH);
        let network = |cause: String| Error::Network { url: url.clone(), cause };
        let config =
            WebSocketConfig::default().max_message_size(Some(NOTICE_BYTES_MAX)).max_frame_size(Some(NOTICE_BYTES_MAX));
        let connecting = tokio_tungstenite::connect_async_with_config(url.as_str(), Some(config), true);
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
        let connected = connected.map_err(|_| network("it takes too long to connect".to_owned()))?;
        let (socket, _) = connected.map_err(|error| network(error.to_string()))?;
        let mut subscription = Self { socket, url, id: 0 };
        let request = Request { jsonrpc: Version::Two, id: 1, method: ChainSubscribe::NAME, params };
        let text = serde_json::to_string(&request).map_err(|error| subscription.answer(error.to_string()))?;
        subscription.socket.send(Message::text(text)).await.map_err(|error| subscription.network(error.to_string()))?;
        let response: Response = subscription.read().await?;
        if let Some(error) = response.error {
            return Err(error.into());
        }
        let result = response.result.as_deref().map_or("null", RawValue::get);
        let Subscribed { subscription: id } =
            serde_json::from_str(result).map_err(|error| subscription.answer(error.to_string()))?;
        subscription.id = id;
        Ok(subscription)
    }

    /// The next block.
    ///
    /// # Errors
    /// [`Error::Network`] when the connection ends, [`Error::Answer`] for what is no notification.
    pub async fn next(&mut self) -> Result<BlockNotice, Error> {
        loop {
            let notification: Notification<BlockNotice> = self.read().await?;
            if notification.method == NOTIFICATION && notification.params.subscription == self.id {
                return Ok(notification.params);
            }
        }
    }

    async fn read<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        loop {
            let message = match self.socket.next().await {
                None | Some(Ok(Message::Close(_))) => return Err(self.network("it closed the connection".to_owned())),
                Some(Err(error)) => return Err(self.network(error.to_string())),
                Some(Ok(message)) => message,
            };
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).map_err(|error| self.answer(error.to_string()));
            }
        }
    }

    fn network(&self, cause: String) -> Error {
        Error::Network { url: self.url.clone(), cause }
    }

    fn answer(&self, cause: String) -> Error {
        Error::Answer { url: self.url.clone(), cause }
    }
}
