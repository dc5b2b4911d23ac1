//! Vocabulary words, and names of extension fields.

use alloc::format;
use core::fmt::Arguments;

use super::Rule;
use super::check::{Findings, is_uri};
use crate::context::Context;
use crate::event::Event;
use crate::term::{Term, Vocabulary};
use crate::value::Field;

/// A word of the standard, or a URI of somebody's own vocabulary.
pub(super) fn term(term: &Term, vocabulary: Vocabulary, path: Arguments<'_>, found: &mut Findings) {
    word(term, vocabulary, Rule::VocabularyWord, path, found);
}

/// As [`term`], where other bare words are in use and take nothing away from the event's meaning.
pub(super) fn loose_term(term: &Term, vocabulary: Vocabulary, path: Arguments<'_>, found: &mut Findings) {
    word(term, vocabulary, Rule::VocabularyOther, path, found);
}

fn word(term: &Term, vocabulary: Vocabulary, bare: Rule, path: Arguments<'_>, found: &mut Findings) {
    let written = term.written();
    let (rule, reason) = if !term.is_consistent(vocabulary) {
        (Rule::IdentifierCanonical, format!("{written:?} is not written for {:?}", term.word()))
    } else if term.is_standard(vocabulary) {
        return;
    } else if term.word() != written {
        (Rule::VocabularyUri, format!("{written} is not a word of the standard"))
    } else if !is_uri(written) {
        (bare, format!("{written:?} is not a word of the standard"))
    } else {
        return;
    };
    found.add(path, rule, reason);
}

/// Extension fields stand under a prefix that the context declares.
pub(super) fn names(event: &Event, found: &mut Findings) {
    let context = Context::of(&event.context);
    fields(&event.extensions, format_args!("$"), context, found);
    for (place, name) in [(&event.read_point, "readPoint"), (&event.location, "bizLocation")] {
        if let Some(place) = place {
            fields(&place.extensions, format_args!("$.{name}"), context, found);
        }
    }
    if let Some(error) = &event.error {
        fields(&error.extensions, format_args!("$.errorDeclaration"), context, found);
    }
    fields(&event.ilmd, format_args!("$.ilmd"), context, found);
}

fn fields(fields: &[Field], path: Arguments<'_>, context: Context<'_>, found: &mut Findings) {
    for (name, _) in fields {
        match name.split_once(':') {
            // Names that begin with an underscore are comments by convention, names with @ are JSON-LD's.
            None if name.starts_with(['_', '@']) || context.defines(name) => {}
            None => found.add(format_args!("{path}.{name}"), Rule::FieldUnknown, format!("{name:?} has no namespace")),
            Some((prefix, _)) if context.defines(prefix) => {}
            Some((prefix, _)) => {
                found.add(
                    format_args!("{path}.{name}"),
                    Rule::ContextUndeclared,
                    format!("prefix {prefix:?} is not declared"),
                );
            }
        }
    }
}
