//! Identifiers: URIs, canonical, and with the digits they should have.

use alloc::format;
use core::fmt::Arguments;

use super::Rule;
use super::check::{Findings, is_uri};
use crate::error::Error;
use crate::identifier::Identifier;

/// Records what is wrong with `id` at `path`.
pub(super) fn check(id: &Identifier, path: Arguments<'_>, found: &mut Findings) {
    let written = id.written();
    let (rule, reason) = match Identifier::parse(written) {
        Ok(parsed) if parsed == *id && is_uri(written) => return,
        Ok(parsed) if parsed == *id => (Rule::IdentifierUri, format!("{written:?} is not a URI")),
        // A key that the parser refuses may only be held as it was written.
        Err(error) if id.canonical() == written => (rule_of(&error), format!("{written:?}: {error}")),
        _ => (Rule::IdentifierCanonical, format!("{written} is not written for {}", id.canonical())),
    };
    found.add(path, rule, reason);
}

fn rule_of(error: &Error) -> Rule {
    match error {
        Error::Digits { .. } => Rule::IdentifierDigits,
        Error::CheckDigit { .. } => Rule::IdentifierCheckDigit,
        Error::Empty | Error::Long { .. } => Rule::IdentifierLength,
        Error::Character { .. } => Rule::IdentifierText,
        Error::Scheme => Rule::IdentifierScheme,
        _ => Rule::IdentifierForm,
    }
}
