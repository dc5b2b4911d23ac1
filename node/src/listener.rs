//! The HTTP front: an accept loop that a slow, idle, greedy or hostile client cannot fill.
//!
//! - Every phase of a connection has a timer: headers, body (408), request (503), idle, stalled writes.
//! - Connections are limited in all and per address. At the limit, the connection that has idled longest
//!   gives way, so a thousand idle sockets do not keep an honest client out; connections whose request is
//!   being worked on never do.
//! - Bodies are read whole before a handler sees them, within a limit each (413) and all together (503).
//! - The `Host` header must be an IP address, `localhost` or a configured name, which defeats DNS
//!   rebinding; a WebSocket's `Origin` must be that same host. No CORS header is ever sent.
//!
//! Handlers are an axum router; this module knows nothing about them.

mod counters;
mod request;
mod slots;
mod socket;
#[cfg(test)]
mod tests;
mod timed;

use std::{
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, info};

pub use self::{
    counters::{ListenerCounters, ListenerEvent},
    socket::{Slow, Socket, SocketConfig, SocketGate},
};
use self::{request::Front, slots::Slots, timed::Timed};
use crate::limits;

/// Limits and timers of a listener; `Default` has those of `limits`.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    /// Where to listen. Port 0 takes any free port.
    pub address: SocketAddr,
    /// Names besides `localhost` and IP addresses by which clients may address the node.
    pub hosts: Vec<String>,
    /// Open connections.
    pub connections_max: usize,
    /// Open connections of one address.
    pub connections_per_address_max: usize,
    /// Bytes of a body.
    pub body_bytes_max: usize,
    /// Bytes of all bodies being read.
    pub bodies_bytes_max: usize,
    /// For the headers.
    pub header_timeout: Duration,
    /// For the body.
    pub body_timeout: Duration,
    /// For the handler.
    pub request_timeout: Duration,
    /// Between requests.
    pub idle_timeout: Duration,
    /// For the client to take some of the answer.
    pub write_timeout: Duration,
    /// For open requests when the listener stops.
    pub drain_timeout: Duration,
}

impl ListenerConfig {
    /// The limits of `limits` at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            hosts: Vec::new(),
            connections_max: limits::HTTP_CONNECTIONS_MAX,
            connections_per_address_max: limits::HTTP_CONNECTIONS_PER_ADDRESS_MAX,
            body_bytes_max: limits::HTTP_BODY_BYTES_MAX,
            bodies_bytes_max: limits::HTTP_BODIES_BYTES_MAX,
            header_timeout: limits::HTTP_HEADER_TIMEOUT,
            body_timeout: limits::HTTP_BODY_TIMEOUT,
            request_timeout: limits::HTTP_REQUEST_TIMEOUT,
            idle_timeout: limits::HTTP_IDLE_TIMEOUT,
            write_timeout: limits::HTTP_WRITE_TIMEOUT,
            drain_timeout: limits::HTTP_DRAIN_TIMEOUT,
        }
    }
}

/// The client's address, in every request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub SocketAddr);

/// A bound socket that does not accept yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    config: ListenerConfig,
    counters: Arc<ListenerCounters>,
}

impl Listener {
    /// Binds the socket.
    ///
    /// # Errors
    /// What the system says, mostly that the address is in use.
    pub async fn bind(config: ListenerConfig) -> io::Result<Self> {
        let socket = TcpListener::bind(config.address).await?;
        Ok(Self { socket, config, counters: Arc::default() })
    }

    /// Where it listens, with the port that the system assigned.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The listener's counters, for metrics.
    #[must_use]
    pub fn counters(&self) -> Arc<ListenerCounters> {
        Arc::clone(&self.counters)
    }

    /// Serves `router` until `stop` completes; then closes idle connections at once and waits a little for
    /// open requests.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let slots = Arc::new(Slots::new(self.config.connections_max, self.config.connections_per_address_max));
        let front = Arc::new(Front {
            router,
            bodies: Arc::new(Semaphore::new(self.config.bodies_bytes_max.min(Semaphore::MAX_PERMITS))),
            counters: Arc::clone(&self.counters),
            config: self.config.clone(),
        });
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, address)) => {
                        self.admit(stream, address, &slots, &front, &stopped, &mut connections);
                    }
                    Err(error) => {
                        // Out of descriptors, most likely: closing some takes a moment.
                        debug!(%error, "cannot accept");
                        sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.socket);
        stopping.send_replace(true);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(self.config.drain_timeout, drained).await.is_err() {
            info!("requests still open at the end of the grace period are abandoned");
        }
    }

    fn admit(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        slots: &Arc<Slots>,
        front: &Arc<Front>,
        stopped: &watch::Receiver<bool>,
        connections: &mut JoinSet<()>,
    ) {
        let Some((slot, evicted)) = slots.claim(neighbourhood(address.ip())) else {
            self.counters.count(ListenerEvent::Refused);
            return;
        };
        self.counters.count(ListenerEvent::Accepted);
        if evicted {
            self.counters.count(ListenerEvent::Evicted);
        }
        // Answers are written whole; waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let id = slot.id();
        let task = connections.spawn(converse(stream, address, slot, Arc::clone(front), stopped.clone()));
        slots.attach(id, task);
    }
}

/// What counts as one address: an IPv6 client owns at least a /64.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

async fn converse(
    stream: TcpStream,
    address: SocketAddr,
    slot: slots::Slot,
    front: Arc<Front>,
    mut stopped: watch::Receiver<bool>,
) {
    let progress = slot.progress();
    let io = TokioIo::new(Timed::new(stream, slot, &front));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ClientAddress(address));
        Arc::clone(&front).answer(request, Arc::clone(&progress))
    });
    let connection = http1::Builder::new()
        // The headers' timer is ours: hyper's also runs between requests.
        .header_read_timeout(None)
        .max_buf_size(limits::HTTP_HEADER_BYTES_MAX)
        .max_headers(limits::HTTP_HEADERS_MAX)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        debug!(%error, "connection ended");
    }
}
