//! Custody: events by who has no custody of what they name, and hand-overs that nobody settled.
//!
//! Only where hand-overs say who has something is there a gap: of what was never handed over, or to a party that no
//! organisation acts for, nothing is known. Who was offered a thing and has time to accept it may record events of it.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Seen, rule};
use crate::answer::Irregularity;
use crate::identifier::Identifier;
use crate::limits::CUSTODY_SUBJECTS_MAX;
use crate::register::handover::{Role, State};
use crate::register::{Damaged, Pos, Reader, Record, Stored, audit};
use crate::walk::custody::Custody;
use crate::walk::whereabouts::Known;
use crate::walk::{Step, Unanswered, Walk, history};

/// What is known of custody while a span of records is judged.
#[derive(Default)]
pub(super) struct Gaps {
    known: Known<Custody>,
    now_ms: Option<u64>,
}

impl Gaps {
    /// What does not fit in an event.
    pub(super) fn judge<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        seen: &Seen,
        report: &mut Vec<Irregularity>,
    ) -> Step<(), R> {
        self.unsettled(walk, seen, report)?;
        let by = seen.record.organisation();
        // Many things that were handed over together are one finding.
        let mut told = BTreeSet::new();
        for item in seen.record.event.subjects().map(Identifier::canonical).take(CUSTODY_SUBJECTS_MAX) {
            let name = walk.things.name(item);
            let Some(custody) = self.known.custody(walk, &name, seen.pos)? else { continue };
            let Some(holder) = custody.organisation.as_deref().filter(|holder| *holder != by) else { continue };
            if told.contains(&custody.pos) || is_offered(walk, item, (custody.pos, seen), by)? {
                continue;
            }
            told.insert(custody.pos);
            let reason = format!(
                "{by} recorded it while {holder} had custody, by the hand-over in record {}",
                custody.pos.sequence
            );
            report.push(seen.irregular(rule::GAP, item, reason));
        }
        Ok(())
    }

    /// Hand-overs whose time was over when the last record that is looked at was captured.
    fn unsettled<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        seen: &Seen,
        report: &mut Vec<Irregularity>,
    ) -> Step<(), R> {
        let Some(handover) = walk.handover(seen.pos.sequence, &seen.record)? else { return Ok(()) };
        let now_ms = self.now(walk)?;
        for part in &handover.parts {
            if part.state(now_ms, |settled| walk.knows(settled)) == State::Expired {
                let organisation = part.organisation().unwrap_or_default();
                let reason = format!("{organisation} never said whether it received it as {}", part.to);
                let item = seen.record.event.subjects().next().map_or_else(String::new, |item| item.canonical().into());
                report.push(seen.irregular(rule::UNSETTLED, &item, reason));
            }
        }
        Ok(())
    }

    /// The time of the last block that captured anything that is looked at.
    fn now<R: Reader>(&mut self, walk: &mut Walk<'_, R>) -> Step<u64, R> {
        if let Some(now_ms) = self.now_ms {
            return Ok(now_ms);
        }
        let Some(last) = walk.position.checked_sub(1).filter(|_| walk.afford(1)) else { return Ok(0) };
        let record = audit::record(walk.reader, last)?.ok_or(Damaged(Record::NAME)).map_err(Unanswered::from)?;
        self.now_ms = Some(record.time_ms);
        Ok(record.time_ms)
    }
}

/// Whether custody of `item` was offered to an organisation since a hand-over, and the offer stood when an event was captured.
fn is_offered<R: Reader>(walk: &mut Walk<'_, R>, item: &str, (since, seen): (Pos, &Seen), to: &str) -> Step<bool, R> {
    let found = history::events(walk, item)?;
    for pos in found.range(since.next()..seen.pos).map(|(pos, _)| *pos) {
        let Some(record) = walk.valid(pos.sequence)? else { continue };
        let Some(handover) = walk.handover(pos.sequence, &record)? else { continue };
        let part = handover.part(Role::Custody).filter(|part| part.organisation() == Some(to));
        let state = part.map(|part| part.state(seen.record.time_ms, |settled| walk.knows(settled)));
        if state == Some(State::Pending) {
            return Ok(true);
        }
    }
    Ok(false)
}
