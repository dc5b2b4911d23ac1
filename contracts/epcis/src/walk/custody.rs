//! Custody: who has something, or owns it, by the last hand-over of it that takes effect.
//!
//! A hand-over of a container is one of all that is in it at the time of the event. What is pending, refused or expired
//! changes nothing: whoever had the thing before has it still. Nor does a hand-over to a party that no organisation acts for,
//! where somebody else than its giver has the thing: it stands by the giver's word alone, and that is the word of one who has
//! nothing to give. An event that was captured by a contract without these
//! registers stands by the word of who submitted it, like one whose party was entrusted to nobody.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::thing::Name;
use super::whereabouts::{Known, Sign};
use super::{AsOf, Step, Walk};
use crate::answer::Handed;
use crate::register::handover::{self, Handover, Role, Settled, hands_over};
use crate::register::{Pos, Reader, Record};

/// A hand-over of custody that takes effect.
#[derive(Clone, Debug)]
pub(super) struct Custody {
    pub(super) pos: Pos,
    /// The party.
    pub(super) party: String,
    /// The organisation that acts for it, if one was entrusted with it.
    pub(super) organisation: Option<String>,
    /// The organisation that handed it over.
    giver: String,
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
        record: &Rc<Record>,
        _through: Option<&Name>,
    ) -> Step<Option<Self>, R> {
        let Some(handover) = walk.handover(pos.sequence, record)? else { return Ok(None) };
        let part = handover.part(Role::Custody).filter(|part| part.state(0, |it| walk.knows(it)).takes_effect());
        Ok(part.map(|part| Self {
            pos,
            party: part.to.clone(),
            organisation: part.organisation().map(ToOwned::to_owned),
            giver: handover.giver.clone(),
        }))
    }
}

impl Known<Custody> {
    /// Who has custody of a thing before `until`.
    pub(super) fn custody<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        name: &Name,
        mut until: Pos,
    ) -> Step<Option<Custody>, R> {
        let mut alone: Vec<Custody> = Vec::new();
        let mut held = loop {
            match self.last(walk, name, until)? {
                Some(found) if found.organisation.is_none() => {
                    until = found.pos;
                    alone.push(found);
                }
                found => break found,
            }
        };
        for next in alone.into_iter().rev() {
            if may_give(held.as_ref().and_then(|held| held.organisation.as_deref()), &next.giver) {
                held = Some(next);
            }
        }
        Ok(held)
    }
}

/// Whether an organisation may hand over by its word alone what another has; who acts for nobody's party is not known.
fn may_give(holder: Option<&str>, giver: &str) -> bool {
    holder.is_none_or(|holder| holder == giver)
}

/// Who is what to something at a time, found from the last event back to the first.
struct Found {
    role: Role,
    /// The last hand-over that needs nobody's word but that of who receives.
    by: Option<Handed>,
    /// Later ones by their givers' word alone, the latest first.
    alone: Vec<Handed>,
}

/// Who has something at a time and who owns it, and what was handed over since and takes no effect.
pub(super) struct Held {
    found: [Found; 2],
    open: Vec<Handed>,
}

impl Default for Held {
    fn default() -> Self {
        let found = |role| Found { role, by: None, alone: Vec::new() };
        Self { found: [found(Role::Custody), found(Role::Ownership)], open: Vec::new() }
    }
}

impl Held {
    /// Whether earlier events change nothing.
    pub(super) fn is_whole(&self) -> bool {
        self.found.iter().all(|found| found.by.is_some())
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
        for Found { role, by, alone } in self.found.iter_mut().filter(|found| found.by.is_none()) {
            let Some(part) = handover.part(*role) else { continue };
            let state = part.state(now_ms, |settled| walk.knows(settled));
            let handed = Handed::of(*role, part, state, &handover.giver, pos, through);
            match (state.takes_effect(), &part.receiver) {
                (true, Some(_)) => *by = Some(handed),
                (true, None) => alone.push(handed),
                (false, _) => self.open.push(handed),
            }
        }
        Ok(())
    }

    /// Who has it, who owns it, and what takes no effect, the latest first.
    pub(super) fn finish(self) -> (Option<Handed>, Option<Handed>, Vec<Handed>) {
        let Self { found: [custody, ownership], mut open } = self;
        let (holder, owner) = (custody.finish(&mut open), ownership.finish(&mut open));
        open.sort_by_key(|handed| Reverse((handed.time, handed.sequence)));
        (holder, owner, open)
    }
}

impl Found {
    fn finish(self, open: &mut Vec<Handed>) -> Option<Handed> {
        let mut held = self.by;
        for next in self.alone.into_iter().rev() {
            if may_give(held.as_ref().and_then(|held| held.organisation.as_deref()), &next.given_by) {
                held = Some(next);
            } else {
                open.push(next);
            }
        }
        held
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
