//! What a run has changed so far, over what it has read.
//!
//! A call of another contract can be undone alone: [`Overlay::mark`] before it, [`Overlay::undo`]
//! after it. Counters of what was written are never undone, so that a contract cannot do unbounded
//! work in calls that fail.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use countersign_abi::{limits as abi, trap};

use crate::lent::Lent;
use crate::limits;
use crate::{Address, CodeHash, Effects, Emitted, HostFault, LogAppend, Scheduled};

type Key = (Address, Vec<u8>);

/// A run's own view of the state.
pub(crate) struct Overlay {
    below: Lent,
    codes: BTreeMap<Address, Option<CodeHash>>,
    frozen: BTreeMap<Address, bool>,
    read: BTreeMap<Key, Option<Vec<u8>>>,
    read_bytes: usize,
    logs: BTreeMap<Key, Log>,
    effects: Effects,
    /// What each write replaced, in order.
    replaced: Vec<(Key, Option<Option<Vec<u8>>>)>,
    used: Used,
}

/// A log's length: below, and with what was appended.
#[derive(Clone, Copy)]
struct Log {
    below: u64,
    appended: u64,
}

/// How much has been written, undone or not.
#[derive(Default)]
struct Used {
    writes: u64,
    write_bytes: u64,
    appends: u64,
    append_bytes: u64,
    events: u64,
    event_bytes: u64,
    scheduled: u64,
}

/// A place to return to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    writes: usize,
    appends: usize,
    events: usize,
    scheduled: usize,
}

/// What is written exceeds a limit: the cause of a trap.
pub(crate) struct TooMuch;

impl TooMuch {
    /// The number for a receipt.
    pub(crate) const CAUSE: u32 = trap::TOO_MUCH_OUTPUT;
}

impl Overlay {
    pub(crate) fn new(below: Lent) -> Self {
        Self {
            below,
            codes: BTreeMap::new(),
            frozen: BTreeMap::new(),
            read: BTreeMap::new(),
            read_bytes: 0,
            logs: BTreeMap::new(),
            effects: Effects::default(),
            replaced: Vec::new(),
            used: Used::default(),
        }
    }

    pub(crate) fn into_effects(self) -> Effects {
        self.effects
    }

    /// The state below, for code.
    pub(crate) fn below(&mut self) -> &mut Lent {
        &mut self.below
    }

    pub(crate) fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault> {
        if let Some(known) = self.codes.get(contract) {
            return Ok(*known);
        }
        let hash = self.below.reader().code_hash(contract)?;
        self.codes.insert(*contract, hash);
        Ok(hash)
    }

    pub(crate) fn is_frozen(&mut self, contract: &Address) -> Result<bool, HostFault> {
        if let Some(known) = self.frozen.get(contract) {
            return Ok(*known);
        }
        let frozen = self.below.reader().is_frozen(contract)?;
        self.frozen.insert(*contract, frozen);
        Ok(frozen)
    }

    /// The value at a key, passed to `see`.
    pub(crate) fn value<T>(
        &mut self,
        contract: Address,
        key: Vec<u8>,
        see: impl FnOnce(Option<&[u8]>) -> T,
    ) -> Result<T, HostFault> {
        let key = (contract, key);
        if let Some(written) = self.effects.writes.get(&key) {
            return Ok(see(written.as_deref()));
        }
        match self.read.entry(key) {
            Entry::Occupied(known) => Ok(see(known.get().as_deref())),
            Entry::Vacant(unknown) => {
                let (contract, key) = unknown.key();
                let value = self.below.reader().read(contract, key)?;
                let seen = see(value.as_deref());
                let bytes = value.as_ref().map_or(0, Vec::len);
                let total = self.read_bytes.saturating_add(bytes);
                if total <= limits::REMEMBERED_BYTES_MAX {
                    self.read_bytes = total;
                    unknown.insert(value);
                }
                Ok(seen)
            }
        }
    }

    /// Sets or removes the value at a key.
    pub(crate) fn write(&mut self, contract: Address, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), TooMuch> {
        let bytes = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        let used = &mut self.used;
        count(&mut used.writes, 1, limits::WRITES_MAX)?;
        count(&mut used.write_bytes, bytes, limits::WRITE_BYTES_MAX)?;
        let key = (contract, key);
        let before = self.effects.writes.insert(key.clone(), value);
        self.replaced.push((key, before));
        Ok(())
    }

    /// The number of entries of a log, with those appended in this run.
    pub(crate) fn log_len(&mut self, contract: Address, key: Vec<u8>) -> Result<u64, HostFault> {
        let log = self.log(contract, key)?;
        Ok(log.below.saturating_add(log.appended))
    }

    /// Appends to a log; answers the entry's index.
    pub(crate) fn append(
        &mut self,
        contract: Address,
        key: Vec<u8>,
        entry: Vec<u8>,
    ) -> Result<Result<u64, TooMuch>, HostFault> {
        let bytes = key.len().saturating_add(entry.len());
        let used = &mut self.used;
        if count(&mut used.appends, 1, limits::APPENDS_MAX).is_err()
            || count(&mut used.append_bytes, bytes, limits::APPEND_BYTES_MAX).is_err()
        {
            return Ok(Err(TooMuch));
        }
        let log = self.log(contract, key.clone())?;
        let index = log.below.saturating_add(log.appended);
        log.appended = log.appended.saturating_add(1);
        self.effects.appends.push(LogAppend { contract, key, entry });
        Ok(Ok(index))
    }

    /// The record at an index of a log, as it was before this run.
    pub(crate) fn log_record(
        &mut self,
        contract: &Address,
        key: &[u8],
        index: u64,
    ) -> Result<Option<Vec<u8>>, HostFault> {
        self.below.reader().log_record(contract, key, index)
    }

    pub(crate) fn emit(&mut self, event: Emitted) -> Result<(), TooMuch> {
        let attributes = event.attributes.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        let bytes = attributes.chain([event.name.len(), event.data.len()]).fold(0, usize::saturating_add);
        let used = &mut self.used;
        count(&mut used.events, 1, limits::EVENTS_MAX)?;
        count(&mut used.event_bytes, bytes, limits::EVENT_BYTES_MAX)?;
        self.effects.events.push(event);
        Ok(())
    }

    /// Notes a call to be run later; answers its position among those that stand, or nothing if there were too many.
    pub(crate) fn schedule(&mut self, call: Scheduled) -> Option<usize> {
        let position = self.effects.scheduled.len();
        count(&mut self.used.scheduled, 1, u64::from(abi::SCHEDULED_CALLS_MAX)).ok()?;
        self.effects.scheduled.push(call);
        Some(position)
    }

    /// A place to return to.
    pub(crate) fn mark(&self) -> Mark {
        let Effects { appends, events, scheduled, .. } = &self.effects;
        Mark { writes: self.replaced.len(), appends: appends.len(), events: events.len(), scheduled: scheduled.len() }
    }

    /// Undoes everything since a mark.
    pub(crate) fn undo(&mut self, mark: Mark) {
        while self.replaced.len() > mark.writes {
            let Some((key, before)) = self.replaced.pop() else {
                break;
            };
            match before {
                Some(value) => self.effects.writes.insert(key, value),
                None => self.effects.writes.remove(&key),
            };
        }
        while self.effects.appends.len() > mark.appends {
            let Some(append) = self.effects.appends.pop() else {
                break;
            };
            if let Some(log) = self.logs.get_mut(&(append.contract, append.key)) {
                log.appended = log.appended.saturating_sub(1);
            }
        }
        self.effects.events.truncate(mark.events);
        self.effects.scheduled.truncate(mark.scheduled);
    }

    fn log(&mut self, contract: Address, key: Vec<u8>) -> Result<&mut Log, HostFault> {
        match self.logs.entry((contract, key)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let (contract, key) = unknown.key();
                let below = self.below.reader().log_len(contract, key)?;
                Ok(unknown.insert(Log { below, appended: 0 }))
            }
        }
    }
}

fn count(used: &mut u64, more: usize, max: u64) -> Result<(), TooMuch> {
    *used = used.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
    if *used > max { Err(TooMuch) } else { Ok(()) }
}
