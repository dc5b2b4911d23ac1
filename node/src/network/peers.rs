//! What the network knows about each peer, shared between the driver, the stream tasks and handles.
//! A peer's budgets and rates outlive its connections, so that reconnecting does not refill them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use countersign_types::PublicKey;
use libp2p::{PeerId, identity};
use tokio::time::Instant;

use super::{Class, KnownPeer, NetworkError, bucket::Bucket, counters::Counters, outbox::Outbox};
use crate::limits::{
    ADVERT_PEERS_MAX, BURST, CONSENSUS_BYTES_PER_SECOND, INBOX_CONSENSUS_BYTES_MAX, INBOX_SYNC_BYTES_MAX,
    INBOX_TRANSACTIONS_BYTES_MAX, SYNC_BYTES_PER_SECOND, TRANSACTIONS_BYTES_PER_SECOND,
};
use crate::share::Allowance;

/// How many bytes of a network key name a peer among peers.
pub(super) const SHORT_KEY_BYTES: usize = 8;
/// The first bytes of a network key. Two that are equal only make a batch of transactions go a detour.
pub(super) type ShortKey = [u8; SHORT_KEY_BYTES];

/// One peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: PeerId,
    pub(super) known: KnownPeer,
    pub(super) outbox: Outbox,
    pub(super) consensus: Inlet,
    pub(super) sync: Inlet,
    pub(super) transactions: Inlet,
    is_up: AtomicBool,
    advert: Mutex<Option<BTreeSet<ShortKey>>>,
}

/// How much of one channel a peer may send: at once to the node, and over time.
#[derive(Debug)]
pub(super) struct Inlet {
    pub(super) allowance: Allowance,
    bucket: Mutex<Bucket>,
}

impl Inlet {
    fn new(bytes_max: usize, bytes_per_second: u64) -> Self {
        Self {
            allowance: Allowance::new(bytes_max),
            bucket: Mutex::new(Bucket::new(bytes_per_second, BURST, Instant::now())),
        }
    }

    pub(super) fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer {
    fn new(known: KnownPeer) -> Result<Self, NetworkError> {
        Ok(Self {
            id: peer_id(&known.key)?,
            known,
            outbox: Outbox::new(),
            consensus: Inlet::new(INBOX_CONSENSUS_BYTES_MAX, CONSENSUS_BYTES_PER_SECOND),
            sync: Inlet::new(INBOX_SYNC_BYTES_MAX, SYNC_BYTES_PER_SECOND),
            transactions: Inlet::new(INBOX_TRANSACTIONS_BYTES_MAX, TRANSACTIONS_BYTES_PER_SECOND),
            is_up: AtomicBool::new(false),
            advert: Mutex::new(None),
        })
    }

    pub(super) fn key(&self) -> PublicKey {
        self.known.key
    }

    fn short_key(&self) -> ShortKey {
        let mut short = ShortKey::default();
        short.iter_mut().zip(self.known.key.0).for_each(|(to, byte)| *to = byte);
        short
    }

    pub(super) fn inlet(&self, class: Class) -> &Inlet {
        match class {
            Class::Consensus => &self.consensus,
            Class::Sync => &self.sync,
        }
    }

    /// Messages can be sent now.
    pub(super) fn is_up(&self) -> bool {
        self.is_up.load(Relaxed)
    }

    /// Says whether that was a change.
    pub(super) fn set_up(&self, is_up: bool) -> bool {
        if !is_up {
            *self.lock_advert() = None;
        }
        self.is_up.swap(is_up, Relaxed) != is_up
    }

    /// The peer says whom it is connected to.
    pub(super) fn advertise(&self, connected: BTreeSet<ShortKey>) {
        *self.lock_advert() = Some(connected);
    }

    /// Whether the peer says that it reaches `other` itself; no, if it has said nothing yet.
    pub(super) fn reaches(&self, other: &Self) -> bool {
        self.lock_advert().as_ref().is_some_and(|connected| connected.contains(&other.short_key()))
    }

    fn lock_advert(&self) -> MutexGuard<'_, Option<BTreeSet<ShortKey>>> {
        self.advert.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The libp2p identity of an Ed25519 network key.
pub(super) fn peer_id(key: &PublicKey) -> Result<PeerId, NetworkError> {
    let key = identity::ed25519::PublicKey::try_from_bytes(&key.0).map_err(|_| NetworkError::PublicKey)?;
    Ok(PeerId::from_public_key(&identity::PublicKey::from(key)))
}

/// What the driver, the stream tasks and the handles share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    peers: RwLock<BTreeMap<PublicKey, Arc<Peer>>>,
    pub(super) counters: Counters,
    listening: Mutex<Vec<SocketAddr>>,
}

impl Shared {
    /// The peers by key.
    pub(super) fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn by_key(&self, key: &PublicKey) -> Option<Arc<Peer>> {
        self.peers.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn by_id(&self, id: &PeerId) -> Option<Arc<Peer>> {
        let peers = self.peers.read().unwrap_or_else(PoisonError::into_inner);
        peers.values().find(|peer| peer.id == *id).cloned()
    }

    /// Replaces the peers, except `own`; one that stays keeps its state. Nothing changes on an error.
    pub(super) fn replace(&self, members: Vec<KnownPeer>, own: &PeerId) -> Result<(), NetworkError> {
        let mut replaced = BTreeMap::new();
        for known in members {
            let key = known.key;
            let peer = match self.by_key(&key) {
                Some(peer) if peer.known == known => peer,
                Some(_) | None => Arc::new(Peer::new(known)?),
            };
            if peer.id == *own {
                continue;
            }
            if replaced.insert(key, peer).is_some() {
                return Err(NetworkError::DuplicatePeer(key));
            }
        }
        if replaced.len() > ADVERT_PEERS_MAX {
            return Err(NetworkError::TooManyPeers(replaced.len()));
        }
        *self.peers.write().unwrap_or_else(PoisonError::into_inner) = replaced;
        Ok(())
    }

    /// Who can be sent to now.
    pub(super) fn connected(&self) -> Vec<ShortKey> {
        self.peers().iter().filter(|peer| peer.is_up()).map(|peer| peer.short_key()).collect()
    }

    /// Whether what `author` published reaches everybody we are connected to without our help.
    pub(super) fn reaches_all(&self, author: &Peer) -> bool {
        self.peers().iter().filter(|peer| peer.is_up() && peer.id != author.id).all(|peer| author.reaches(peer))
    }

    pub(super) fn listening(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
