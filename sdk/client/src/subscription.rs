//! Following blocks and events over a WebSocket.

use crate::limits::{CONNECT_TIMEOUT, NOTICE_BYTES_MAX};
use crate::{Client, Error};
use countersign_api::Method;
use countersign_api::envelope::{Notification, Request, Response, Version};
use countersign_api::method::chain::{BlockNotice, ChainSubscribe, NOTIFICATION, SubscribeParams, Subscribed};
use countersign_api::method::contract::{
    ContractSubscribeEvents, EVENTS_NOTIFICATION, EventsNotice, SubscribeEventsParams,
};
use futures::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use std::marker::PhantomData;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// What a subscription sends.
pub trait Notice: serde::de::DeserializeOwned {
    /// Name of the notifications.
    const NOTIFICATION: &'static str;
    /// The subscription that it belongs to.
    fn subscription(&self) -> u64;
}

impl Notice for BlockNotice {
    const NOTIFICATION: &'static str = NOTIFICATION;
    fn subscription(&self) -> u64 {
        self.subscription
    }
}

impl Notice for EventsNotice {
    const NOTIFICATION: &'static str = EVENTS_NOTIFICATION;
    fn subscription(&self) -> u64 {
        self.subscription
    }
}

/// Blocks as they are certified, in order of height, or events of them in order of their places. Ends with an error when the
/// connection does; subscribe again from the height after the last block, or `after` the last event that was seen, and
/// nothing is missed and nothing comes twice.
#[derive(Debug)]
pub struct Subscription<T = BlockNotice> {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    url: String,
    id: u64,
    sends: PhantomData<T>,
}

impl Subscription<BlockNotice> {
    /// Subscribes to blocks at a client's node.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::Answer`] or the node's own [`Error::Rpc`].
    pub async fn open(client: &Client, params: &SubscribeParams) -> Result<Self, Error> {
        Self::begin::<ChainSubscribe>(client, params).await
    }
}

impl Subscription<EventsNotice> {
    /// Subscribes to events at a client's node.
    ///
    /// # Errors
    /// As [`Subscription::open`].
    pub async fn events(client: &Client, params: &SubscribeEventsParams) -> Result<Self, Error> {
        Self::begin::<ContractSubscribeEvents>(client, params).await
    }
}

impl<T: Notice> Subscription<T> {
    async fn begin<M: Method<Answer = Subscribed>>(client: &Client, params: &M::Params) -> Result<Self, Error> {
        let base = client.url().trim_end_matches('/').replacen("http", "ws", 1);
        let url = format!("{base}{}", countersign_api::WEBSOCKET_PATH);
        let network = |cause: String| Error::Network { url: url.clone(), cause };
        let config =
            WebSocketConfig::default().max_message_size(Some(NOTICE_BYTES_MAX)).max_frame_size(Some(NOTICE_BYTES_MAX));
        let connecting = tokio_tungstenite::connect_async_with_config(url.as_str(), Some(config), true);
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
        let connected = connected.map_err(|_| network("it takes too long to connect".to_owned()))?;
        let (socket, _) = connected.map_err(|error| network(error.to_string()))?;
        let mut subscription = Self { socket, url, id: 0, sends: PhantomData };
        let request = Request { jsonrpc: Version::Two, id: 1, method: M::NAME, params };
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

    /// What comes next.
    ///
    /// # Errors
    /// [`Error::Network`] when the connection ends, [`Error::Answer`] for what is no notification.
    pub async fn next(&mut self) -> Result<T, Error> {
        loop {
            let notification: Notification<T> = self.read().await?;
            if notification.method == T::NOTIFICATION && notification.params.subscription() == self.id {
                return Ok(notification.params);
            }
        }
    }

    async fn read<V: serde::de::DeserializeOwned>(&mut self) -> Result<V, Error> {
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
