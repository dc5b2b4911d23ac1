//! Contents: what is in a container at a moment.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Step, Walk};
use crate::answer;
use crate::identifier::Identifier;
use crate::register::{Pos, Reader, Relation};

/// The answer for `item` after the events up to `at_ms`.
pub(super) fn contents<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier, at_ms: i64) -> Step<answer::Contents, R> {
    let id = item.canonical();
    let until = Pos { time_ms: at_ms, sequence: u64::MAX };
    let (mut inside, mut fixed) = (Vec::new(), Vec::new());
    let name = walk.things.name(id);
    for stay in walk.held(&name, until)? {
        if stay.window.to < Pos::END {
            continue;
        }
        if !walk.room(inside.len() + fixed.len()) {
            break;
        }
        let list = if stay.relation == Relation::Aggregation { &mut inside } else { &mut fixed };
        list.push(String::from(&*stay.other));
    }
    Ok(answer::Contents { item: id.to_owned(), position: walk.position, inside, fixed, truncated: walk.truncated })
}
