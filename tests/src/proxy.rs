//! A network between processes that obeys a test: every node dials every other one through a proxy of that pair, which
//! can hold back what goes one way, or delay it.
//!
//! Bytes that are held back are not lost while the connection lasts, as with TCP over a network that drops packets; the
//! nodes find out by their own timers and dial again, in vain until the pair is healed.

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What is done to bytes on their way from one node to another.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    blocked: bool,
    delay: Duration,
}

type Ways = BTreeMap<(u16, u16), watch::Sender<Way>>;

/// The proxies of a network. Dropping it ends them.
#[derive(Debug)]
pub struct Proxies {
    ways: Arc<Mutex<Ways>>,
    ports: BTreeMap<(u16, u16), u16>,
    tasks: Vec<JoinHandle<()>>,
}

impl Proxies {
    /// One for each ordered pair of nodes, given where each one listens.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(listens: &[SocketAddr]) -> anyhow::Result<Self> {
        let ways: Arc<Mutex<Ways>> = Arc::default();
        let (mut ports, mut tasks) = (BTreeMap::new(), Vec::new());
        let nodes: Vec<(u16, SocketAddr)> = (0u16..).zip(listens.iter().copied()).collect();
        for (from, _) in &nodes {
            for (to, target) in nodes.iter().filter(|(to, _)| to != from) {
                lock(&ways).insert((*from, *to), watch::Sender::default());
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port")?;
                ports.insert((*from, *to), listener.local_addr()?.port());
                tasks.push(tokio::spawn(serve(listener, *target, (*from, *to), Arc::clone(&ways))));
            }
        }
        Ok(Self { ways, ports, tasks })
    }

    /// Where `from` dials `to`.
    #[must_use]
    pub fn port(&self, from: u16, to: u16) -> Option<u16> {
        self.ports.get(&(from, to)).copied()
    }

    /// Holds back what goes from one to the other, or lets it pass.
    pub fn block_one_way(&self, from: u16, to: u16, blocked: bool) {
        self.change(from, to, |way| way.blocked = blocked);
    }

    /// The same in both directions.
    pub fn block(&self, one: u16, other: u16, blocked: bool) {
        self.block_one_way(one, other, blocked);
        self.block_one_way(other, one, blocked);
    }

    /// Blocks every pair of which the two are in no group together.
    pub fn split(&self, groups: &[&[u16]]) {
        let pairs: Vec<(u16, u16)> = lock(&self.ways).keys().copied().collect();
        for (from, to) in pairs {
            let together = groups.iter().any(|group| group.contains(&from) && group.contains(&to));
            self.block_one_way(from, to, !together);
        }
    }

    /// Delays all that a node sends.
    pub fn delay(&self, from: u16, delay: Duration) {
        let pairs: Vec<(u16, u16)> = lock(&self.ways).keys().copied().filter(|pair| pair.0 == from).collect();
        for (from, to) in pairs {
            self.change(from, to, |way| way.delay = delay);
        }
    }

    /// Everything passes at once again.
    pub fn heal(&self) {
        for way in lock(&self.ways).values() {
            way.send_replace(Way::default());
        }
    }

    fn change(&self, from: u16, to: u16, change: impl FnOnce(&mut Way)) {
        if let Some(way) = lock(&self.ways).get(&(from, to)) {
            way.send_modify(change);
        }
    }
}

impl Drop for Proxies {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn lock(ways: &Mutex<Ways>) -> std::sync::MutexGuard<'_, Ways> {
    ways.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, target: SocketAddr, (from, to): (u16, u16), ways: Arc<Mutex<Ways>>) {
    while let Ok((dialled, _)) = listener.accept().await {
        let there = lock(&ways).get(&(from, to)).map(watch::Sender::subscribe);
        let back = lock(&ways).get(&(to, from)).map(watch::Sender::subscribe);
        let (Some(there), Some(back)) = (there, back) else { return };
        tokio::spawn(async move {
            // A node that is down refuses; then this side closes too.
            let Ok(listening) = TcpStream::connect(target).await else { return };
            let (dialled_in, dialled_out) = dialled.into_split();
            let (listening_in, listening_out) = listening.into_split();
            tokio::select! {
                () = pump(dialled_in, listening_out, there) => {}
                () = pump(listening_in, dialled_out, back) => {}
            }
        });
    }
}

/// Chunks that wait for their time, each up to 16 KiB.
const CHUNKS_MAX: usize = 256;

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let (chunks_in, mut chunks) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_MAX);
    let when = way.clone();
    let read = async move {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let due = Instant::now() + when.borrow().delay;
            let chunk = buffer.get(..length).unwrap_or_default().to_vec();
            if chunks_in.send((due, chunk)).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, chunk)) = chunks.recv().await {
            tokio::time::sleep_until(due).await;
            if way.wait_for(|way| !way.blocked).await.is_err() || to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(read, async {
        write.await;
    });
}
