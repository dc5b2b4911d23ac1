//! GS1 Digital Links on any domain, to the constrained canonical form.
//!
//! A link is recognised by a key in its path whose value has the right number of digits and after which
//! only qualifiers of that key follow. A link that is not recognised is a URI like any other; one that is
//! recognised and has a wrong check digit is a fault.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::key::{self, Identity, Key, Qualifier};
use super::{HOST, text};
use crate::error::Error;

/// The canonical form of the link `host/path…` (scheme removed), if it is a GS1 link.
pub(super) fn canonical(rest: &str) -> Result<Option<String>, Error> {
    let segments = segments(rest);
    for start in 0..segments.len() {
        if let Some(found) = Parts::read(segments.get(start..).unwrap_or_default()) {
            return found.canonical().map(Some);
        }
    }
    Ok(None)
}

/// The lot that a link names, percent-encoded.
pub(super) fn lot(link: &str) -> Option<String> {
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"))?;
    let segments = segments(rest);
    let parts = (0..segments.len()).find_map(|start| Parts::read(segments.get(start..)?))?;
    parts.qualifiers.into_iter().find(|(qualifier, _)| qualifier.ai == "10").map(|(_, value)| value)
}

/// The segments of the path, without host, query and fragment.
fn segments(rest: &str) -> Vec<&str> {
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let path = rest.get(..end).unwrap_or_default();
    path.trim_end_matches('/').split('/').skip(1).collect()
}

/// A recognised link.
struct Parts {
    key: &'static Key,
    value: String,
    qualifiers: Vec<(&'static Qualifier, String)>,
}

impl Parts {
    /// Reads key, value and qualifiers from all of `segments`.
    fn read(segments: &[&str]) -> Option<Self> {
        let (name, value, rest) = match segments {
            [name, value, rest @ ..] if rest.len() % 2 == 0 => (name, value, rest),
            _ => return None,
        };
        let key = key::by_segment(name)?;
        let value = value_of(key, value)?;
        let mut qualifiers: Vec<(&'static Qualifier, String)> = Vec::new();
        for pair in rest.chunks_exact(2) {
            let [name, value] = pair else { return None };
            let qualifier = key.qualifiers.iter().find(|known| known.ai == *name || known.name == *name)?;
            if qualifiers.iter().any(|(earlier, _)| earlier.ai == qualifier.ai) {
                return None;
            }
            qualifiers.push((qualifier, text::normal(value)?));
        }
        Some(Self { key, value, qualifiers })
    }

    fn canonical(&self) -> Result<String, Error> {
        if self.key.checked > 0 {
            key::verify_check_digit(self.key.name, self.value.get(..self.key.checked).unwrap_or_default())?;
        }
        let mut link = format!("{HOST}{}/{}", self.key.ai, self.value);
        let serial = self.qualifiers.iter().any(|(qualifier, _)| qualifier.identity == Identity::Yes);
        // In the order of the table, so that the order of writing does not matter.
        for qualifier in self.key.qualifiers {
            let kept = match qualifier.identity {
                Identity::No => false,
                Identity::UnlessSerial => !serial,
                Identity::Yes => true,
            };
            let value = self.qualifiers.iter().find(|(named, _)| named.ai == qualifier.ai);
            if let (true, Some((_, value))) = (kept && !is_default(qualifier, value), value) {
                link.push('/');
                link.push_str(qualifier.ai);
                link.push('/');
                link.push_str(value);
            }
        }
        Ok(link)
    }
}

/// Extension `0` of a location number means the location itself, as in an SGLN URN.
fn is_default(qualifier: &Qualifier, value: Option<&(&'static Qualifier, String)>) -> bool {
    qualifier.ai == "254" && value.is_some_and(|(_, value)| value == "0")
}

/// The value of a key in canonical form, if its digits are as many as they should be.
fn value_of(key: &Key, value: &str) -> Option<String> {
    if key.ai == "01" {
        let known = key::is_digits(value) && matches!(value.len(), 8 | 12 | 13 | 14);
        return known.then(|| format!("{value:0>14}"));
    }
    let fixed = key.checked + key.pieces;
    if fixed == 0 {
        return text::normal(value);
    }
    let (digits, tail) = value.split_at_checked(fixed)?;
    if !key::is_digits(digits) || (!key.serial && !tail.is_empty()) {
        return None;
    }
    let tail = if tail.is_empty() { String::new() } else { text::normal(tail)? };
    Some(format!("{digits}{tail}"))
}
