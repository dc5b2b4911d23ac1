//! Vocabulary words.

use alloc::format;
use core::fmt::Arguments;

use super::Rule;
use super::check::{Findings, is_uri};
use crate::term::{Term, Vocabulary};

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
