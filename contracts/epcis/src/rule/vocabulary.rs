//! Vocabulary words, and names of extension fields.

use alloc::borrow::ToOwned;
use alloc::format;

use super::Rule;
use super::check::{Findings, is_uri};
use crate::context::Context;
use crate::event::Event;
use crate::term::{Term, Vocabulary};
use crate::value::Field;

/// A word of the standard, or a URI of somebody's own vocabulary.
pub(super) fn term(term: &Term, vocabulary: Vocabulary, path: &str, found: &mut Findings) {
    let written = term.written();
    if !term.is_consistent(vocabulary) {
        let reason = format!("{written:?} is not written for {:?}", term.word());
        found.add(path.to_owned(), Rule::IdentifierCanonical, reason);
        return;
    }
    if term.is_standard(vocabulary) {
        return;
    }
    if written.is_empty() {
        found.add(path.to_owned(), Rule::VocabularyUri, "empty".to_owned());
    } else if term.word() != written {
        found.add(path.to_owned(), Rule::VocabularyUri, format!("{written} is not a word of the standard"));
    } else if !is_uri(written) {
        found.add(path.to_owned(), Rule::VocabularyWord, format!("{written:?} is not a word of the standard"));
    }
}

/// Extension fields stand under a prefix that the context declares.
pub(super) fn names(event: &Event, found: &mut Findings) {
    let context = Context::of(&event.context);
    fields(&event.extensions, "$", context, found);
    for (place, path) in [(&event.read_point, "$.readPoint"), (&event.location, "$.bizLocation")] {
        if let Some(place) = place {
            fields(&place.extensions, path, context, found);
        }
    }
    if let Some(error) = &event.error {
        fields(&error.extensions, "$.errorDeclaration", context, found);
    }
    fields(&event.ilmd, "$.ilmd", context, found);
}

fn fields(fields: &[Field], path: &str, context: Context<'_>, found: &mut Findings) {
    for (name, _) in fields {
        match name.split_once(':') {
            // Names that begin with an underscore are comments by convention, names with @ are JSON-LD's.
            None if name.starts_with(['_', '@']) || context.defines(name) => {}
            None => found.add(format!("{path}.{name}"), Rule::FieldUnknown, format!("{name:?} has no namespace")),
            Some((prefix, _)) if context.defines(prefix) => {}
            Some((prefix, _)) => {
                found.add(
                    format!("{path}.{name}"),
                    Rule::ContextUndeclared,
                    format!("prefix {prefix:?} is not declared"),
                );
            }
        }
    }
}
