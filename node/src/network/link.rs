//! The two directions of a direct stream.
//!
//! A frame is a big-endian u32 and that many bytes. With the top bit set it is a control frame: the
//! first eight bytes of the network keys that the sender is connected to, ascending, empty on the consensus stream. Control frames also keep the stream alive.
//!
//! The reader takes its peer's rate and its peer's share of the node's inbox *before* it reads a frame's
//! body, so that a flood is stopped by TCP's flow control and costs neither memory nor decoding.

use std::{collections::BTreeSet, io, sync::Arc};

use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::{PeerId, Stream, swarm::ConnectionId};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    Class,
    counters::Drop,
    inbox::Inbound,
    peers::{Peer, SHORT_KEY_BYTES, Shared, ShortKey},
};
use crate::limits::{ADVERT_PEERS_MAX, FRAME_TIMEOUT, KEEP_ALIVE, SILENCE_MAX, SYNC_CHUNK_BYTES, SYNC_YIELD};

const CONTROL: u32 = 1 << 31;

/// A stream's task ended; the connection is of no more use.
#[derive(Debug)]
pub(super) struct End {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) class: Class,
    pub(super) fault: Fault,
}

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("no frame arrived in time")]
    Silent,
    #[error("a frame of {0} bytes is above the limit")]
    Oversize(usize),
    #[error("the stream failed: {0}")]
    Io(#[from] io::Error),
    #[error("the node stopped listening")]
    Closed,
}

/// Reads frames until the stream ends.
pub(super) async fn read(
    mut stream: Stream,
    class: Class,
    peer: Arc<Peer>,
    shared: Arc<Shared>,
    inbox: mpsc::Sender<Inbound>,
) -> Fault {
    loop {
        if let Err(fault) = read_frame(&mut stream, class, &peer, &shared, &inbox).await {
            return fault;
        }
    }
}

async fn read_frame(
    stream: &mut Stream,
    class: Class,
    peer: &Peer,
    shared: &Shared,
    inbox: &mpsc::Sender<Inbound>,
) -> Result<(), Fault> {
    let mut header = [0; 4];
    timeout(SILENCE_MAX, stream.read_exact(&mut header)).await.map_err(|_| Fault::Silent)??;
    let header = u32::from_be_bytes(header);
    let len = usize::try_from(header & !CONTROL).unwrap_or(usize::MAX);
    let is_control = header & CONTROL != 0;
    if is_control && len > ADVERT_PEERS_MAX * SHORT_KEY_BYTES {
        return Err(Fault::Oversize(len));
    }
    if len > class.frame_bytes_max() {
        shared.counters.dropped(class, Drop::Oversize, 1);
        return Err(Fault::Oversize(len));
    }
    let inlet = peer.inlet(class);
    let wait = inlet.bucket().charge(len, Instant::now());
    if !wait.is_zero() {
        sleep(wait).await;
    }
    if is_control {
        let body = read_body(stream, len).await?;
        if class == Class::Sync {
            peer.advertise(decode_advert(&body));
        }
        return Ok(());
    }
    let share = inlet.allowance.wait(len).await.ok_or(Fault::Closed)?;
    let bytes = read_body(stream, len).await?;
    shared.counters.received(class, len);
    inbox.send(Inbound::new(peer.key(), bytes, share)).await.map_err(|_| Fault::Closed)
}

/// Grows with what arrives, so that a header alone does not allocate its claim.
async fn read_body(stream: &mut Stream, len: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::with_capacity(len.min(SYNC_CHUNK_BYTES));
    let limit = u64::try_from(len).unwrap_or(u64::MAX);
    timeout(FRAME_TIMEOUT, stream.take(limit).read_to_end(&mut body)).await.map_err(|_| Fault::Silent)??;
    if body.len() < len {
        return Err(Fault::Io(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(body)
}

/// Writes what the peer's outbox holds, until the stream fails.
pub(super) async fn write(mut stream: Stream, class: Class, peer: Arc<Peer>, shared: Arc<Shared>) -> Fault {
    peer.outbox.written(class);
    let mut keep_alive = interval(KEEP_ALIVE);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut buffer = Vec::new();
    loop {
        tokio::select! {
            biased;
            _ = keep_alive.tick() => encode_control(&mut buffer, class, &shared),
            message = peer.outbox.pop(class) => gather(&mut buffer, &message, class, &peer, &shared),
        }
        let result = write_buffer(&mut stream, class, &peer, &buffer).await;
        peer.outbox.written(class);
        if let Err(error) = result {
            return Fault::Io(error);
        }
        buffer.clear();
        buffer.shrink_to(SYNC_CHUNK_BYTES);
    }
}

/// Puts the message, and those behind it while they are short, into one write.
fn gather(buffer: &mut Vec<u8>, first: &[u8], class: Class, peer: &Peer, shared: &Shared) {
    encode(buffer, first);
    shared.counters.sent(class, first.len());
    while buffer.len() < SYNC_CHUNK_BYTES {
        let Some(message) = peer.outbox.take(class) else { return };
        encode(buffer, &message);
        shared.counters.sent(class, message.len());
    }
}

async fn write_buffer(stream: &mut Stream, class: Class, peer: &Peer, buffer: &[u8]) -> io::Result<()> {
    for chunk in buffer.chunks(SYNC_CHUNK_BYTES) {
        if class == Class::Sync {
            // Consensus goes first, but cannot stop sync for ever.
            let _ = timeout(SYNC_YIELD, peer.outbox.consensus_drained()).await;
        }
        stream.write_all(chunk).await?;
    }
    stream.flush().await
}

fn encode(buffer: &mut Vec<u8>, message: &[u8]) {
    let len = u32::try_from(message.len()).expect("a handle refuses what is above the class's maximum");
    buffer.extend_from_slice(&len.to_be_bytes());
    buffer.extend_from_slice(message);
}

fn encode_control(buffer: &mut Vec<u8>, class: Class, shared: &Shared) {
    let connected = match class {
        Class::Consensus => Vec::new(),
        Class::Sync => shared.connected(),
    };
    let len = u32::try_from(connected.len() * SHORT_KEY_BYTES).expect("peers are bounded by PEERS_MAX");
    buffer.extend_from_slice(&(CONTROL | len).to_be_bytes());
    for key in connected {
        buffer.extend_from_slice(&key);
    }
}

fn decode_advert(body: &[u8]) -> BTreeSet<ShortKey> {
    body.as_chunks::<SHORT_KEY_BYTES>().0.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_on_the_wire() {
        let mut buffer = Vec::new();
        encode(&mut buffer, b"vote");
        encode(&mut buffer, b"");
        assert_eq!(buffer, b"\x00\x00\x00\x04vote\x00\x00\x00\x00");
        let mut buffer = Vec::new();
        encode_control(&mut buffer, Class::Consensus, &Shared::default());
        assert_eq!(buffer, b"\x80\x00\x00\x00");
    }

    #[test]
    fn adverts_decode() {
        let two: Vec<u8> = (0..16).collect();
        assert_eq!(decode_advert(&two), BTreeSet::from([[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 13, 14, 15]]));
        assert_eq!(decode_advert(&two[..15]), BTreeSet::from([[0, 1, 2, 3, 4, 5, 6, 7]]));
        assert_eq!(decode_advert(&[]), BTreeSet::new());
    }
}
