//! Story: the history of an item with its events, as reports read it.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::lineage::{Direction, instances, is_container, reach};
use super::{Limits, Step, Unanswered, Walk, history};
use crate::answer::Truncated;
use crate::event::Action;
use crate::identifier::Identifier;
use crate::register::{Pos, Reader, Record, Role};

/// One event of a story.
pub(crate) struct Told {
    pub(crate) pos: Pos,
    /// The container of the item that the event names, where it does not name the item itself.
    pub(crate) through: Option<String>,
    /// How many instances of the item, which is a lot, the event is about.
    pub(crate) instances: u64,
    /// The record, whole.
    pub(crate) record: Rc<Record>,
}

/// What happened to an item, in the order of events.
pub(crate) struct Story {
    /// Records looked at: those before this sequence number.
    pub(crate) position: u64,
    pub(crate) events: Vec<Told>,
    /// Set if events may be missing.
    pub(crate) truncated: Option<Truncated>,
}

/// The story of `item`, as of the records before `position`.
pub(crate) fn story<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Story, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    let found = of_item(&mut walk, item.canonical())?;
    let events = told(&mut walk, found)?;
    Ok(Story { position: walk.position, events, truncated: walk.truncated })
}

/// The story of a lot with those of its instances.
pub(crate) fn story_of_lot<R: Reader>(
    reader: &mut R,
    lot: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Story, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    let mut found = of_item(&mut walk, lot.canonical())?;
    let name = walk.things.name(lot.canonical());
    let instances = instances(&mut walk, &name)?;
    walk.read_logs(instances.iter())?;
    for instance in instances.iter() {
        if walk.is_spent() {
            break;
        }
        for (pos, through) in history::events(&mut walk, instance)? {
            let (_, instances) = found.entry(pos).or_insert((through, 0));
            *instances = instances.saturating_add(1);
        }
    }
    let events = told(&mut walk, found)?;
    Ok(Story { position: walk.position, events, truncated: walk.truncated })
}

/// Events by position: through which container, and how many instances.
type Found = BTreeMap<Pos, (Option<String>, u64)>;

fn of_item<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<Found, R> {
    Ok(history::events(walk, id)?.into_iter().map(|(pos, through)| (pos, (through, 0))).collect())
}

/// Several stories.
pub(crate) struct Stories {
    /// Records looked at: those before this sequence number.
    pub(crate) position: u64,
    /// Identifiers, each with its story.
    pub(crate) stories: Vec<(String, Vec<Told>)>,
    /// Set if some may be missing.
    pub(crate) truncated: Option<Truncated>,
}

/// What `item` comes from and is not made of anything itself, as of the records before `position`; the item, if it is
/// made of nothing.
pub(crate) fn origins<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Stories, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    let id = item.canonical();
    let mut stories = Vec::new();
    let reached = reach(&mut walk, id, Direction::Back)?;
    let reached = reached.iter().map(|name| String::from(&**name));
    for found in reached.chain([id.to_owned()]).filter(|found| !is_container(found)) {
        if is_made(&mut walk, &found)? {
            continue;
        }
        let events = of_item(&mut walk, &found)?;
        let told = told(&mut walk, events)?;
        // A lot that only its instances name is told by them.
        if found == id || told.iter().any(|event| event.through.is_none()) {
            stories.push((found, told));
        }
    }
    if stories.len() > 1 {
        stories.retain(|(found, told)| found != id || told.iter().any(creates));
    }
    Ok(Stories { position: walk.position, stories, truncated: walk.truncated })
}

/// The stories of these identifiers, as of the records before `position`.
pub(crate) fn stories<R: Reader>(
    reader: &mut R,
    ids: &[String],
    position: Option<u64>,
    limits: Limits,
) -> Result<Stories, Unanswered<R::Error>> {
    let mut walk = Walk::new(reader, position, limits)?;
    let mut stories = Vec::new();
    for id in ids {
        let found = of_item(&mut walk, id)?;
        stories.push((id.clone(), told(&mut walk, found)?));
    }
    Ok(Stories { position: walk.position, stories, truncated: walk.truncated })
}

/// Whether a valid transformation brought it forth.
fn is_made<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<bool, R> {
    for entry in walk.log(id)?.iter().filter(|entry| entry.role == Role::Output) {
        if walk.valid(entry.pos.sequence)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an event lets the items that it names begin.
fn creates(told: &Told) -> bool {
    told.through.is_none() && told.record.event.what.action() == Some(Action::Add)
}

fn told<R: Reader>(walk: &mut Walk<'_, R>, found: Found) -> Step<Vec<Told>, R> {
    let mut events = Vec::new();
    for (pos, (through, instances)) in found {
        if !walk.room(events.len()) {
            break;
        }
        if let Some(record) = walk.event(pos.sequence)? {
            events.push(Told { pos, through, instances, record });
        }
    }
    Ok(events)
}
