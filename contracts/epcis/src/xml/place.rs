//! Places: which element of the text a member came from.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::rule::{Position, Rule, Violation, fault};

/// The elements and attributes of a document, and which of its members each became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    pub(super) marks: Marks,
    pub(super) root: Place,
}

/// Where elements and attributes stand. The root is the first; `parent` of each comes before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(Vec<Mark>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    parent: Option<u32>,
    name: Arc<str>,
    /// Its number among siblings of its name, from 1; 0 where it has none.
    nth: u32,
    position: Position,
}

/// Where a member came from, and its own members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) mark: u32,
    pub(super) inner: Inner,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    Leaf,
    Map(Vec<(String, Place)>),
    List(Vec<Place>),
}

impl Marks {
    /// Notes an element, or an attribute with its name after `@`; answers its number.
    pub(super) fn add(&mut self, parent: Option<u32>, name: Arc<str>, position: Position) -> u32 {
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push(Mark { parent, name, nth: 0, position });
        number
    }

    /// Numbers an element that has siblings of its name.
    pub(super) fn number(&mut self, mark: u32, nth: u32) {
        if let Some(mark) = usize::try_from(mark).ok().and_then(|at| self.0.get_mut(at)) {
            mark.nth = nth;
        }
    }

    fn get(&self, mark: u32) -> Option<&Mark> {
        usize::try_from(mark).ok().and_then(|at| self.0.get(at))
    }

    /// The path of elements down to `mark`: `/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent[2]`.
    pub(super) fn path(&self, mark: u32) -> String {
        let mut names = Vec::new();
        let mut next = self.get(mark);
        while let Some(mark) = next {
            names.push(match mark.nth {
                0 => format!("/{}", mark.name),
                nth => format!("/{}[{nth}]", mark.name),
            });
            next = mark.parent.and_then(|parent| self.get(parent));
        }
        names.reverse();
        names.concat()
    }

    /// A broken rule at an element or attribute.
    pub(super) fn fault(&self, mark: u32, rule: Rule, reason: String) -> Violation {
        let position = self.get(mark).map(|mark| mark.position);
        Violation { path: self.path(mark), position, ..fault(rule, reason) }
    }
}

impl Places {
    /// The violation with the place in the text that its JSON path stands for.
    pub(crate) fn locate(&self, violation: Violation) -> Violation {
        if violation.position.is_some() {
            return violation;
        }
        let (path, position) = self.find(&violation.path);
        Violation { path, position, ..violation }
    }

    /// The path of elements that a JSON path stands for, and its position.
    pub(crate) fn find(&self, path: &str) -> (String, Option<Position>) {
        let mut place = &self.root;
        let mut missing = String::new();
        for step in steps(path) {
            let below = match (&place.inner, &step) {
                _ if !missing.is_empty() => None,
                (Inner::Map(members), Step::Name(name)) => {
                    members.iter().find(|(known, _)| known == name).map(|(_, place)| place)
                }
                (Inner::List(items), Step::Index(at)) => items.get(*at),
                _ => None,
            };
            match (below, step) {
                (Some(below), _) => place = below,
                // What the fault is about is not there, or no element of its own.
                (None, Step::Name(name)) => missing = format!("{missing}/{name}"),
                (None, Step::Index(_)) => {}
            }
        }
        let path = self.marks.path(place.mark) + &missing;
        (path, self.marks.get(place.mark).map(|mark| mark.position))
    }
}

enum Step {
    Name(String),
    Index(usize),
}

/// The steps of a JSON path as this crate writes them: `.name`, `[0]` and `["odd name"]`.
fn steps(path: &str) -> Vec<Step> {
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, tail) = if let Some(quoted) = rest.strip_prefix("[\"") {
            let (name, tail) = quoted.split_once("\"]").unwrap_or((quoted, ""));
            (Step::Name(name.to_owned()), tail)
        } else if let Some((index, tail)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            (Step::Index(index.parse().unwrap_or(usize::MAX)), tail)
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len()).max(1);
            let (name, tail) = name.split_at_checked(end).unwrap_or((name, ""));
            (Step::Name(name.to_owned()), tail)
        };
        steps.push(step);
        rest = tail;
    }
    steps
}
