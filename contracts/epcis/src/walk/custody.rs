//! Custody: who has something, or owns it, by the last hand-over of it that takes effect.
//!
//! A hand-over of a container is one of all that is in it at the time of the event. What is pending, refused or expired
//! changes nothing: whoever had the thing before has it still. An event that was captured by a contract without these
//! registers stands by the word of who submitted it, like one whose party was entrusted to nobody.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::whereabouts::Sign;
use super::{AsOf, Step, Walk};
use crate::answer::Handed;
use crate::register::handover::{self, Handover, Role, Settled, State, hands_over};
use crate::register::{Pos, Reader, Record};

/// A hand-over of custody that takes effect.
#[derive(Clone, Debug)]
pub(super) struct Custody {
    pub(super) pos: Pos,
    /// The party.
    pub(super) party: String,
    /// The organisation that acts for it, if one was entrusted with it.
    pub(super) organisation: Option<String>,
}

impl Custody {
    /// Whom to ask about the thing: the organisation, or else the party.
    pub(super) fn holder(self) -> String {
        self.organisation.unwrap_or(self.party)
    }
}

impl Sign for Custody {
    fn pos(&self) -> Pos {
        self.pos
    }

    fn read<R: Reader>(
        walk: &mut Walk<'_, R>,
        pos: Pos,
        record: &Record,
        _through: Option<&str>,
    ) -> Step<Option<Self>, R> {
        let Some(handover) = walk.handover(pos.sequence, record)? else { return Ok(None) };
        let part = handover.part(Role::Custody).filter(|part| part.state(0, |it| walk.knows(it)).takes_effect());
        Ok(part.map(|part| Self {
            pos,
            party: part.to.clone(),
            organisation: part.organisation().map(ToOwned::to_owned),
        }))
    }
}

/// Who has something at a time and who owns it, and what was handed over since and takes no effect.
#[derive(Default)]
pub(super) struct Held {
    pub(super) holder: Option<Handed>,
    pub(super) owner: Option<Handed>,
    /// The latest first.
    pub(super) open: Vec<Handed>,
}

impl Held {
    /// Whether earlier events change nothing.
    pub(super) const fn is_whole(&self) -> bool {
        self.holder.is_some() && self.owner.is_some()
    }

    /// Takes what an event hands over, which is earlier than all taken before.
    pub(super) fn take<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        (pos, through): (Pos, Option<&str>),
        record: &Record,
        now_ms: u64,
    ) -> Step<(), R> {
        let Some(handover) = walk.handover(pos.sequence, record)? else { return Ok(()) };
        for (role, known) in [(Role::Custody, &mut self.holder), (Role::Ownership, &mut self.owner)] {
            if known.is_some() {
                continue;
            }
            let Some(part) = handover.part(role) else { continue };
            let state: State = part.state(now_ms, |settled| walk.knows(settled));
            let handed = Handed::of(role, part, state, &handover.giver, pos, through);
            if state.takes_effect() {
                *known = Some(handed);
            } else {
                self.open.push(handed);
            }
        }
        Ok(())
    }
}

impl<R: Reader> Walk<'_, R> {
    /// What the valid record `sequence` hands over; `None` too where no more may be read.
    pub(super) fn handover(&mut self, sequence: u64, record: &Record) -> Step<Option<Rc<Handover>>, R> {
        if !hands_over(&record.event) || record.event.error.is_some() {
            return Ok(None);
        }
        if let Some(known) = self.handovers.get(&sequence) {
            return Ok(known.clone());
        }
        if !self.afford(1) {
            return Ok(None);
        }
        let found = handover::handover(self.reader, sequence)?;
        let found = found.or_else(|| Handover::undeclared(&record.event, record.organisation())).map(Rc::new);
        self.handovers.insert(sequence, found.clone());
        Ok(found)
    }

    /// Whether what a receiver said was said by then.
    pub(super) fn knows(&self, settled: &Settled) -> bool {
        match self.as_of {
            AsOf { height: Some(height), .. } => settled.height <= height,
            AsOf { position: Some(position), .. } => settled.position < position,
            AsOf { position: None, height: None } => true,
        }
    }
}
