//! Identifiers: URIs, canonical, and with the digits they should have.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::ToString;

use super::check::{Findings, is_uri};
use super::{Rule, Violation};
use crate::error::Error;
use crate::identifier::Identifier;

/// Records what is wrong with `id` at `path`.
pub(super) fn check(id: &Identifier, path: &str, found: &mut Findings) {
    if let Some(violation) = fault(id) {
        found.add(path.to_owned(), violation.rule, violation.reason);
    }
}

/// What is wrong with `id`, if anything, at path `$`.
pub(super) fn fault(id: &Identifier) -> Option<Violation> {
    let written = id.written();
    let (rule, reason) = match Identifier::parse(written) {
        _ if written.is_empty() => (Rule::IdentifierLength, "an empty identifier".to_owned()),
        _ if !is_uri(written) && id.canonical() == written => {
            (Rule::IdentifierUri, format!("{written:?} is not a URI"))
        }
        Ok(parsed) if parsed == *id => return None,
        Ok(_) => (Rule::IdentifierCanonical, format!("{written} is not written for {}", id.canonical())),
        // A key that the parser refuses may only be held as it was written.
        Err(_) if id.canonical() != written => {
            (Rule::IdentifierCanonical, format!("{written} is not written for {}", id.canonical()))
        }
        Err(error) => (rule_of(&error), format!("{written}: {error}")),
    };
    Some(Violation { path: "$".to_string(), rule, reason })
}

fn rule_of(error: &Error) -> Rule {
    match error {
        Error::Digits { .. } => Rule::IdentifierDigits,
        Error::CheckDigit { .. } => Rule::IdentifierCheckDigit,
        Error::Long { .. } => Rule::IdentifierLength,
        Error::Scheme => Rule::IdentifierScheme,
        _ => Rule::IdentifierForm,
    }
}
