//! Header: master data in the members that JSON-LD has for it; what else a header holds is kept as it is.

use alloc::borrow::ToOwned;

use super::event::put_text;
use super::extension::{attributes, extension};
use super::located::{Located, Members};
use super::names::Names;
use super::tree::Element;
use alloc::vec::Vec;

/// `epcisHeader`.
pub(super) fn header(element: &Element, names: &mut Names) -> Located {
    let mut members = Members::of(element.mark);
    fill(element, names, &mut members);
    members.finish()
}

fn fill(element: &Element, names: &mut Names, members: &mut Members) {
    for child in &element.children {
        match child.name.local() {
            "extension" => fill(child, names, members),
            "EPCISMasterData" => members.put("epcisMasterData", vocabularies(child, names)),
            _ => members.put(&names.member(&child.name), extension(child, names)),
        }
    }
}

/// `epcisMasterData`: vocabularies in lists.
pub(super) fn vocabularies(element: &Element, names: &mut Names) -> Located {
    listed(element, names, ("VocabularyList", "vocabularyList"), vocabulary)
}

fn vocabulary(element: &Element, names: &mut Names) -> Located {
    listed(element, names, ("VocabularyElementList", "vocabularyElementList"), vocabulary_element)
}

/// An object with a list: its element's name and its member's, and what its items are.
fn listed(
    element: &Element,
    names: &mut Names,
    (list, member): (&str, &str),
    item: fn(&Element, &mut Names) -> Located,
) -> Located {
    let mut members = Members::of(element.mark);
    attributes(element, names, &mut members);
    for child in &element.children {
        if child.name.local() == list {
            let items = child.children.iter().map(|child| item(child, names)).collect();
            members.put(member, Located::list(child.mark, items));
        } else {
            members.put(&names.member(&child.name), extension(child, names));
        }
    }
    members.finish()
}

fn vocabulary_element(element: &Element, names: &mut Names) -> Located {
    let mut members = Members::of(element.mark);
    attributes(element, names, &mut members);
    let mut given = Vec::new();
    for child in &element.children {
        match child.name.local() {
            "attribute" => given.push(attribute(child, names)),
            "children" => {
                let ids = child.children.iter().map(|child| extension(child, names)).collect();
                members.put("children", Located::list(child.mark, ids));
            }
            _ => members.put(&names.member(&child.name), extension(child, names)),
        }
    }
    if !given.is_empty() {
        members.put("attributes", Located::list(element.mark, given));
    }
    members.finish()
}

/// `<attribute id="…">value</attribute>`: its value is text, or a structure of its own.
fn attribute(element: &Element, names: &mut Names) -> Located {
    let mut members = Members::of(element.mark);
    attributes(element, names, &mut members);
    if element.children.is_empty() {
        put_text(&mut members, "attribute", element.mark, element.text.trim().to_owned());
    } else {
        let mut value = Members::of(element.mark);
        for child in &element.children {
            value.put(&names.member(&child.name), extension(child, names));
        }
        members.put("attribute", value.finish());
    }
    members.finish()
}
