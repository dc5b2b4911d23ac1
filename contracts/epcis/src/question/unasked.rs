//! Why a text is no question.

use alloc::borrow::ToOwned;
use alloc::string::String;

use thiserror::Error;

use super::Question;
use crate::error::Error as IdentifierError;

/// Why a word, an item and arguments are no question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unasked {
    /// The word is not one that this program knows.
    #[error("the question `{0}` is not known; this program knows {words}", words = Question::WORDS.join(", "))]
    Word(String),
    /// A part of an answer that has no parts.
    #[error("a part of `{0}` is asked for; only a history has parts")]
    Part(&'static str),
    /// The item is not an identifier.
    #[error("the item `{item}` is not an identifier: {cause}")]
    Item {
        /// The item.
        item: String,
        /// What is wrong.
        cause: IdentifierError,
    },
    /// An argument is missing, too many, or not in its one spelling.
    #[error("the argument `{name}` of `{word}` is missing, is none of its own, or is not in its one spelling")]
    Argument {
        /// The question.
        word: String,
        /// The argument.
        name: String,
    },
}

impl Unasked {
    pub(super) fn argument(word: &str, name: &str) -> Self {
        Self::Argument { word: word.to_owned(), name: name.to_owned() }
    }
}
