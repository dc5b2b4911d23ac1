//! One item: where it is by whose word, who has it and owns it, and whether what is said of it agrees with the records.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::custody;
use super::flow::Flow;
use super::whereabouts::{Known, Sighting};
use super::{Step, Walk, history};
use crate::answer::{Declared, Moment, Said, Verification, Whereabouts};
use crate::event::Event;
use crate::identifier::Identifier;
use crate::register::{Pos, Reader, Record, lots};
use crate::term::Term;
use crate::value::Value;

/// Why an item is verified or not: the words of [`Verification::reason`].
pub mod reason {
    /// Valid records commission it and agree with all that was asked.
    pub const VERIFIED: &str = "verified";
    /// No record names it.
    pub const NEVER_SEEN: &str = "neverSeen";
    /// Records name it, and no valid one says that it came to be.
    pub const NOT_COMMISSIONED: &str = "notCommissioned";
    /// The records say another lot.
    pub const OTHER_LOT: &str = "otherLot";
    /// A lot was asked about, and no record says its lot.
    pub const LOT_NOT_RECORDED: &str = "lotNotRecorded";
    /// The records say another expiry.
    pub const OTHER_EXPIRY: &str = "otherExpiry";
    /// An expiry was asked about, and no record says one.
    pub const EXPIRY_NOT_RECORDED: &str = "expiryNotRecorded";
    /// It was deleted: decommissioned, destroyed, dispensed.
    pub const DECOMMISSIONED: &str = "decommissioned";
    /// It went into a transformation.
    pub const CONSUMED: &str = "consumed";
    /// Its last disposition is one under which nothing is to be passed on.
    pub const DISPOSITION: &str = "disposition";
    /// Not all records could be looked at.
    pub const INCOMPLETE: &str = "incomplete";
}

/// Dispositions under which nothing is to be passed on (CBV 2.0 §7.2).
const NOT_SALEABLE: &[&str] = &[
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "expired",
    "inactive",
    "no_pedigree_match",
    "non_sellable_other",
    "recalled",
    "stolen",
    "unknown",
];

/// Where `item` is after the events up to `at_ms`, who has it and owns it, and which parties these name.
pub(super) fn whereabouts<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier, at_ms: i64) -> Step<Whereabouts, R> {
    let id = item.canonical();
    let until = Pos { time_ms: at_ms, sequence: u64::MAX };
    let now_ms = u64::try_from(at_ms).unwrap_or_default();
    let name = walk.things.name(id);
    let last_known = Known::<Sighting>::default().last(walk, &name, until)?.as_ref().and_then(Sighting::last_seen);
    let mut held = custody::Held::default();
    let mut declared: BTreeMap<String, Declared> = BTreeMap::new();
    for (pos, through) in history::events(walk, id)?.into_iter().rev().filter(|(pos, _)| *pos < until) {
        let Some(record) = walk.valid(pos.sequence)? else { continue };
        held.take(walk, (pos, through.as_deref()), &record, now_ms)?;
        for destination in &record.event.destinations {
            let role = destination.kind.as_ref().map_or("", Term::word);
            if !matches!(role, "possessing_party" | "owning_party") || declared.contains_key(role) {
                continue;
            }
            declared.insert(
                role.to_owned(),
                Declared {
                    role: role.to_owned(),
                    party: destination.id.canonical().to_owned(),
                    time: Moment(pos.time_ms),
                    sequence: pos.sequence,
                    recorded_by: record.organisation().to_owned(),
                    through: through.clone(),
                },
            );
        }
        if declared.len() == 2 && held.is_whole() {
            break;
        }
    }
    let (holder, owner, open) = held.finish();
    Ok(Whereabouts {
        item: id.to_owned(),
        position: walk.position,
        time: Moment(at_ms),
        last_known,
        holder: holder.map(Box::new),
        owner: owner.map(Box::new),
        open,
        declared: declared.into_values().collect(),
        complete: walk.truncated.is_none(),
        truncated: walk.truncated,
    })
}

/// What is claimed of an item beside its identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The lot, percent-encoded as in a canonical link.
    pub lot: Option<String>,
    /// The expiry, `YYYY-MM-DD`.
    pub expiry: Option<String>,
}

/// Whether the records commission `item`, agree with the claim, and do not end it.
pub(super) fn verify<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier, claim: &Claim) -> Step<Verification, R> {
    let id = item.canonical();
    let log = walk.log(id)?;
    let mut commissioned: Option<(Said, Rc<Record>)> = None;
    let mut ended: Option<(Flow, Said)> = None;
    let (mut found_lots, mut disposition) = (BTreeSet::new(), String::new());
    let mut persistent: BTreeSet<String> = BTreeSet::new();
    for entry in log.iter() {
        let Some(record) = walk.event(entry.pos.sequence)? else { continue };
        let said = || Said {
            sequence: entry.pos.sequence,
            time: Moment(entry.pos.time_ms),
            recorded_by: record.organisation().to_owned(),
        };
        let of_item = lots(&record.event).filter(|(epc, _)| epc.canonical() == id);
        found_lots.extend(of_item.map(|(_, lot)| lot.into_owned()));
        if let Some(term) = &record.event.disposition {
            term.word().clone_into(&mut disposition);
        }
        persistent.extend(record.event.persistent_set.iter().map(|term| term.word().to_owned()));
        for term in &record.event.persistent_unset {
            persistent.remove(term.word());
        }
        match Flow::of(entry.role) {
            Some(Flow::Created) if commissioned.is_none() => commissioned = Some((said(), Rc::clone(&record))),
            Some(flow @ (Flow::Consumed | Flow::Disposed)) => ended = Some((flow, said())),
            _ => {}
        }
    }
    let expiry = commissioned.as_ref().and_then(|(_, record)| expiry(&record.event));
    let name = walk.things.name(id);
    let last_known = Known::<Sighting>::default().last(walk, &name, Pos::END)?.as_ref().and_then(Sighting::last_seen);
    let (reason, explanation) = if walk.truncated.is_some() {
        (reason::INCOMPLETE, "not all records could be looked at".to_owned())
    } else if log.is_empty() {
        (reason::NEVER_SEEN, "no record names it: nothing is known of it, good or bad".to_owned())
    } else if commissioned.is_none() {
        (reason::NOT_COMMISSIONED, "records name it, and no valid one says that it came to be".to_owned())
    } else {
        against(claim, &found_lots, expiry.as_deref())
            .or_else(|| ended.as_ref().map(|(flow, said)| end(*flow, said)))
            .or_else(|| unsaleable(&disposition, &persistent))
            .unwrap_or((reason::VERIFIED, "the records commission it and agree with what was asked".to_owned()))
    };
    Ok(Verification {
        item: id.to_owned(),
        position: walk.position,
        verified: reason == reason::VERIFIED,
        reason: reason.to_owned(),
        explanation,
        commissioned: commissioned.map(|(said, _)| said),
        ended: ended.map(|(_, said)| said),
        lots: found_lots.into_iter().collect(),
        expiry,
        disposition,
        persistent: persistent.into_iter().collect(),
        last_known,
        complete: walk.truncated.is_none(),
        truncated: walk.truncated,
    })
}

type Reason = (&'static str, String);

/// What of a claim the records contradict or do not say.
fn against(claim: &Claim, lots: &BTreeSet<String>, expiry: Option<&str>) -> Option<Reason> {
    if let Some(lot) = &claim.lot {
        if lots.is_empty() {
            return Some((reason::LOT_NOT_RECORDED, "no record says its lot".to_owned()));
        }
        if !lots.contains(lot) {
            let said: Vec<&str> = lots.iter().map(String::as_str).collect();
            return Some((reason::OTHER_LOT, format!("the records say lot {}", said.join(" and "))));
        }
    }
    let asked = claim.expiry.as_deref()?;
    match expiry {
        None => Some((reason::EXPIRY_NOT_RECORDED, "no record says its expiry".to_owned())),
        // A record may give the time of day as well.
        Some(said) if said.get(..10) == Some(asked) => None,
        Some(said) => Some((reason::OTHER_EXPIRY, format!("the record of its commissioning says {said}"))),
    }
}

fn end(flow: Flow, said: &Said) -> Reason {
    match flow {
        Flow::Consumed => (reason::CONSUMED, format!("it went into a transformation by record {}", said.sequence)),
        _ => (reason::DECOMMISSIONED, format!("it came to its end by record {}", said.sequence)),
    }
}

fn unsaleable(disposition: &str, persistent: &BTreeSet<String>) -> Option<Reason> {
    let word = NOT_SALEABLE.iter().find(|word| **word == disposition || persistent.contains(**word))?;
    Some((reason::DISPOSITION, format!("its disposition is {word}")))
}

/// The expiry in an event's master data, as written.
fn expiry(event: &Event) -> Option<String> {
    let named =
        |name: &str| matches!(name.rsplit([':', '/', '#']).next(), Some("itemExpirationDate" | "expirationDate"));
    let value = event.ilmd.iter().find(|(name, _)| named(name)).map(|(_, value)| value)?;
    if let Value::Text(text) = value { Some(text.clone()) } else { None }
}
