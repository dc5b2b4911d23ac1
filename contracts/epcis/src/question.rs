//! Question: what is asked of the registers, in the one form that the node, the verifier and a proof file share.
//!
//! In a proof file a question is a word, the item as it was asked for, and named arguments in text, of which each has
//! one spelling: [`Question::read`] and [`Question::arguments`] are each other's inverse. [`ask`] is the only place
//! that knows which walk answers which question, so a node and a verifier cannot differ in it.

mod answered;
mod unasked;

pub use answered::Answer;
pub use unasked::Unasked;

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::num::NonZeroU32;

use crate::answer::After;
use crate::identifier::Identifier;
use crate::register::{Pos, Reader};
use crate::report::Report;
use crate::walk::{self, Limits, Unanswered};

/// What a question asks beside the item, by name.
pub type Arguments = BTreeMap<String, String>;

/// A part of a history: so many events after a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The last event of the part before; none for the first part.
    pub after: Option<After>,
    /// Most events.
    pub limit: NonZeroU32,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// What happened to an item, or a part of it.
    History(Identifier, Option<Part>),
    /// What an item was made of and what it holds.
    Back(Identifier),
    /// What was made of an item and what became of its instances.
    Forward(Identifier),
    /// What a regulation asks of an item.
    Report(Identifier, Report),
}

impl Question {
    /// The words of all questions.
    pub const WORDS: &'static [&'static str] = &["history", "back", "forward", "fsma204", "dscsa", "eudr", "passport"];

    /// The question's word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::History(..) => "history",
            Self::Back(_) => "back",
            Self::Forward(_) => "forward",
            Self::Report(_, report) => report.word(),
        }
    }

    /// What it is about, as it was asked for.
    #[must_use]
    pub fn item(&self) -> &str {
        match self {
            Self::History(item, _) | Self::Back(item) | Self::Forward(item) | Self::Report(item, _) => item.written(),
        }
    }

    /// The part of a history that is asked for, if not the whole.
    #[must_use]
    pub const fn part(&self) -> Option<Part> {
        match self {
            Self::History(_, part) => *part,
            _ => None,
        }
    }

    /// What it asks beside the item, by name.
    #[must_use]
    pub fn arguments(&self) -> Arguments {
        match self {
            Self::History(..) | Self::Back(_) | Self::Forward(_) => Arguments::new(),
            Self::Report(_, report) => report.arguments(),
        }
    }

    /// The question of a word about `item`, without a part or arguments.
    ///
    /// # Errors
    ///
    /// As [`Question::read`].
    pub fn of(word: &str, item: &str) -> Result<Self, Unasked> {
        Self::read(word, item, None, &Arguments::new())
    }

    /// The question of a word about `item`, in the spelling of [`Question::arguments`].
    ///
    /// # Errors
    ///
    /// A word that is no question, an item that is no identifier, a part of what has none, and arguments that the
    /// question does not have, that it lacks, or that are spelled in another way.
    pub fn read(word: &str, item: &str, part: Option<Part>, arguments: &Arguments) -> Result<Self, Unasked> {
        let id = || Identifier::parse(item).map_err(|cause| Unasked::Item { item: item.to_owned(), cause });
        let question = match word {
            "history" => Self::History(id()?, part),
            "back" => Self::Back(id()?),
            "forward" => Self::Forward(id()?),
            other => match Report::read(other, arguments) {
                Some(report) => Self::Report(id()?, report),
                None => return Err(Unasked::Word(other.to_owned())),
            },
        };
        if part.is_some() && question.part().is_none() {
            return Err(Unasked::Part(question.word()));
        }
        let own = question.arguments();
        match own.iter().chain(arguments).find(|(name, _)| own.get(*name) != arguments.get(*name)) {
            Some((name, _)) => Err(Unasked::Argument { word: question.word(), name: name.clone() }),
            None => Ok(question),
        }
    }
}

/// Answers `question` as of the records before `position`.
///
/// # Errors
///
/// If something cannot be read.
pub fn ask<R: Reader>(
    reader: &mut R,
    question: &Question,
    position: Option<u64>,
    limits: Limits,
) -> Result<Answer, Unanswered<R::Error>> {
    match question {
        Question::History(item, None) => walk::history(reader, item, position, limits).map(Answer::History),
        Question::History(item, Some(Part { after, limit })) => {
            let after = after.map(|After { time_ms, sequence }| Pos { time_ms, sequence });
            let items = usize::try_from(limit.get()).unwrap_or(usize::MAX);
            walk::history_page(reader, item, position, after, Limits { items, ..limits }).map(Answer::Page)
        }
        Question::Back(item) => walk::back(reader, item, position, limits).map(Answer::Lineage),
        Question::Forward(item) => walk::forward(reader, item, position, limits).map(Answer::Lineage),
        Question::Report(item, report) => report.make(reader, item, position, limits).map(Answer::Sheet),
    }
}

#[cfg(test)]
mod tests;
