//! The connections there may be, and which of them gives way when a new one comes.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{task::AbortHandle, time::Instant};

/// What a connection is doing. The order is that of eviction; from `Working` on it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Between requests.
    Idle,
    /// Its headers have not arrived whole.
    Headers,
    /// Its body has not arrived whole.
    Body,
    /// A handler works on its request.
    Working,
    /// It became a WebSocket.
    Socket,
}

/// The phase and since when, shared by the connection's parts.
#[derive(Debug)]
pub(super) struct Progress(Mutex<(Phase, Instant)>);

impl Progress {
    fn new() -> Self {
        Self(Mutex::new((Phase::Headers, Instant::now())))
    }

    pub(super) fn enter(&self, phase: Phase) {
        *self.lock() = (phase, Instant::now());
    }

    /// The first bytes of a request have come.
    pub(super) fn wake(&self) {
        let mut state = self.lock();
        if state.0 == Phase::Idle {
            *state = (Phase::Headers, Instant::now());
        }
    }

    pub(super) fn now(&self) -> (Phase, Instant) {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All open connections of a listener.
#[derive(Debug)]
pub(super) struct Slots {
    total_max: usize,
    per_address_max: usize,
    next_id: AtomicU64,
    taken: Mutex<BTreeMap<u64, Taken>>,
}

#[derive(Debug)]
struct Taken {
    address: IpAddr,
    progress: Arc<Progress>,
    task: Option<AbortHandle>,
}

/// A place in [`Slots`], given back when dropped. The connection's stream owns it, upgraded or not.
#[derive(Debug)]
pub(super) struct Slot {
    id: u64,
    progress: Arc<Progress>,
    slots: Arc<Slots>,
}

impl Slot {
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock().remove(&self.id);
    }
}

impl Slots {
    pub(super) fn new(total_max: usize, per_address_max: usize) -> Self {
        Self { total_max, per_address_max, next_id: AtomicU64::new(0), taken: Mutex::default() }
    }

    /// A slot for a connection from `address`, and whether another connection had to give way; nothing if
    /// all that could are working.
    pub(super) fn claim(self: &Arc<Self>, address: IpAddr) -> Option<(Slot, bool)> {
        let mut taken = self.lock();
        let neighbours = taken.values().filter(|other| other.address == address).count();
        let mut evicted = false;
        if neighbours >= self.per_address_max {
            evict(&mut taken, |other| other.address == address)?;
            evicted = true;
        } else if taken.len() >= self.total_max {
            evict(&mut taken, |_| true)?;
            evicted = true;
        }
        let id = self.next_id.fetch_add(1, Relaxed);
        let progress = Arc::new(Progress::new());
        taken.insert(id, Taken { address, progress: Arc::clone(&progress), task: None });
        Some((Slot { id, progress, slots: Arc::clone(self) }, evicted))
    }

    /// The task that serves the slot; nothing happens if it has ended already.
    pub(super) fn attach(&self, id: u64, task: AbortHandle) {
        if let Some(taken) = self.lock().get_mut(&id) {
            taken.task = Some(task);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the connection that is least missed: idle before reading, the longest first.
fn evict(taken: &mut BTreeMap<u64, Taken>, is_candidate: impl Fn(&Taken) -> bool) -> Option<()> {
    let (_, _, id) = taken
        .iter()
        .filter(|(_, slot)| is_candidate(slot) && slot.task.is_some())
        .map(|(id, slot)| {
            let (phase, since) = slot.progress.now();
            (phase, since, *id)
        })
        .filter(|(phase, ..)| *phase < Phase::Working)
        .min()?;
    let slot = taken.remove(&id)?;
    if let Some(task) = slot.task {
        task.abort();
    }
    Some(())
}

/// When a phase must have ended; nothing for phases that are timed elsewhere.
pub(super) fn deadline(state: (Phase, Instant), headers: Duration, idle: Duration) -> Option<Instant> {
    match state {
        (Phase::Headers, since) => Some(since + headers),
        (Phase::Idle, since) => Some(since + idle),
        (Phase::Body | Phase::Working | Phase::Socket, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    fn claim(slots: &Arc<Slots>, address: IpAddr) -> Option<(Slot, bool)> {
        let claimed = slots.claim(address)?;
        slots.attach(claimed.0.id(), tokio::spawn(std::future::pending::<()>()).abort_handle());
        Some(claimed)
    }

    #[tokio::test]
    async fn the_longest_idle_gives_way_and_workers_stay() {
        let slots = Arc::new(Slots::new(3, 3));
        let (reading, _) = claim(&slots, HERE).unwrap();
        let (idle, _) = claim(&slots, HERE).unwrap();
        let (working, _) = claim(&slots, HERE).unwrap();
        reading.progress().enter(Phase::Body);
        idle.progress().enter(Phase::Idle);
        working.progress().enter(Phase::Working);
        let (new, evicted) = claim(&slots, THERE).unwrap();
        assert!(evicted);
        assert!(!slots.lock().contains_key(&idle.id()));
        new.progress().enter(Phase::Working);
        let (newer, _) = claim(&slots, THERE).unwrap();
        assert!(!slots.lock().contains_key(&reading.id()));
        newer.progress().enter(Phase::Socket);
        assert!(claim(&slots, HERE).is_none());
        drop(working);
        assert!(!claim(&slots, HERE).unwrap().1);
    }

    #[tokio::test]
    async fn an_address_evicts_only_its_own() {
        let slots = Arc::new(Slots::new(10, 1));
        let (there, _) = claim(&slots, THERE).unwrap();
        let (here, _) = claim(&slots, HERE).unwrap();
        let (_again, evicted) = claim(&slots, HERE).unwrap();
        assert!(evicted);
        assert!(slots.lock().contains_key(&there.id()));
        assert!(!slots.lock().contains_key(&here.id()));
    }
}
