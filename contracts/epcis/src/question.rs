//! Question: what is asked of the registers, in the one form that the node, the verifier and a proof file share.
//!
//! In a proof file a question is a word, the item as it was asked for, and named arguments in text, of which each has
//! one spelling: [`Question::read`] and [`Question::arguments`] are each other's inverse. [`ask`] is the only place
//! that knows which walk answers which question, so a node and a verifier cannot differ in it.

mod answered;
mod claim;
mod spelled;
mod unasked;

pub use answered::Answer;
pub use claim::{expiry, instance, spelled_lot};
pub use unasked::Unasked;

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::num::NonZeroU32;

use crate::answer::{After, Held, Way};
use crate::identifier::Identifier;
use crate::limits::ANOMALY_RECORDS_MAX;
use crate::register::{Pos, Reader};
use crate::report::Report;
use crate::walk::{self, AsOf, Bounds, Claim, Limits, Reach, Rows, Unanswered};
use spelled::Spelled;

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
    /// What an item came from or went to, link by link.
    Chain(Identifier, Way, Reach),
    /// What has to be recalled because of an item, where it is, and how much of it is nowhere.
    Recall {
        /// The item.
        item: Identifier,
        /// The last product of the page before.
        after: Option<String>,
        /// The last container of the page before.
        containers_after: Option<String>,
        /// Most products and most containers of a page; all if absent.
        limit: Option<NonZeroU32>,
    },
    /// What is in a container after everything that happened up to an instant, in milliseconds since 1970 UTC.
    Contents(Identifier, i64),
    /// Where an item is after everything that happened up to an instant, who has it and who owns it, by whose word. What
    /// waits for a receiver then is pending, and expired where it waited until an earlier instant.
    Holder(Identifier, i64),
    /// How much of an item came to be, was used up and was disposed of.
    MassBalance(Identifier),
    /// Which readings of sensors were out of bounds, and what was where they were taken; only those that affect an item,
    /// if one is given.
    Excursions(Bounds, Option<Identifier>),
    /// All records of an event, by its eventID, or by the hash of one that has none.
    AuditTrail(String),
    /// Whether an item is what is claimed of it.
    VerifyItem(Identifier, Claim),
    /// What does not fit in a span of records.
    Anomalies {
        /// The first record.
        since: u64,
        /// How many; [`ANOMALY_RECORDS_MAX`] if absent, which is also the most.
        limit: Option<NonZeroU32>,
    },
    /// What a regulation asks of an item.
    Report(Identifier, Report),
}

impl Question {
    /// The words of all questions.
    pub const WORDS: &'static [&'static str] = &[
        "history",
        "back",
        "forward",
        "chain",
        "recall",
        "contents",
        "holder",
        "massBalance",
        "excursions",
        "auditTrail",
        "verifyItem",
        "anomalies",
        "fsma204",
        "dscsa",
        "eudr",
        "passport",
        "recallLetter",
    ];

    /// The question's word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::History(..) => "history",
            Self::Back(_) => "back",
            Self::Forward(_) => "forward",
            Self::Chain(..) => "chain",
            Self::Recall { .. } => "recall",
            Self::Contents(..) => "contents",
            Self::Holder(..) => "holder",
            Self::MassBalance(_) => "massBalance",
            Self::Excursions(..) => "excursions",
            Self::AuditTrail(_) => "auditTrail",
            Self::VerifyItem(..) => "verifyItem",
            Self::Anomalies { .. } => "anomalies",
            Self::Report(_, report) => report.word(),
        }
    }

    /// What it is about, as it was asked for; empty if it is about no one thing.
    #[must_use]
    pub fn item(&self) -> &str {
        match self {
            Self::History(item, _)
            | Self::Back(item)
            | Self::Forward(item)
            | Self::Chain(item, ..)
            | Self::Recall { item, .. }
            | Self::Contents(item, _)
            | Self::Holder(item, _)
            | Self::MassBalance(item)
            | Self::VerifyItem(item, _)
            | Self::Report(item, _) => item.written(),
            Self::Excursions(_, item) => item.as_ref().map_or("", Identifier::written),
            Self::AuditTrail(event) => event,
            Self::Anomalies { .. } => "",
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

    /// Whether it asks for what follows an earlier part.
    #[must_use]
    pub const fn is_later_part(&self) -> bool {
        match self {
            Self::History(_, Some(part)) => part.after.is_some(),
            Self::Chain(_, _, Reach { rows: Some(rows), .. }) => rows.after > 0,
            Self::Recall { after, containers_after, .. } => after.is_some() || containers_after.is_some(),
            _ => false,
        }
    }

    /// What it asks beside the item, by name.
    #[must_use]
    pub fn arguments(&self) -> Arguments {
        let mut spelled = Spelled::default();
        match self {
            Self::History(..) | Self::Back(_) | Self::Forward(_) | Self::MassBalance(_) | Self::AuditTrail(_) => {}
            Self::Chain(_, way, Reach { depth, links, rows }) => {
                spelled.put("way", Some(way.word()));
                spelled.put("depth", *depth);
                spelled.put("links", links.then_some(true));
                spelled.put("after", rows.map(|rows| rows.after).filter(|after| *after > 0));
                spelled.put("limit", rows.map(|rows| rows.limit));
            }
            Self::Recall { after, containers_after, limit, .. } => {
                spelled.put("after", after.as_ref());
                spelled.put("containersAfter", containers_after.as_ref());
                spelled.put("limit", *limit);
            }
            Self::Contents(_, at_ms) | Self::Holder(_, at_ms) => spelled.put_time("time", Some(*at_ms)),
            Self::Excursions(Bounds { kind, min, max, uom, from_ms, to_ms }, _) => {
                spelled.put("type", Some(kind));
                spelled.put("min", *min);
                spelled.put("max", *max);
                spelled.put("uom", Some(uom));
                spelled.put_time("from", *from_ms);
                spelled.put_time("to", *to_ms);
            }
            Self::Anomalies { since, limit } => {
                spelled.put("since", Some(*since));
                spelled.put("limit", *limit);
            }
            Self::VerifyItem(_, Claim { lot, expiry }) => {
                spelled.put("lot", lot.as_ref());
                spelled.put("expiry", expiry.as_ref());
            }
            Self::Report(_, report) => return report.arguments(),
        }
        spelled.0
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
        let given = spelled::Given { word, arguments };
        let question = match word {
            "history" => Self::History(id()?, part),
            "back" => Self::Back(id()?),
            "forward" => Self::Forward(id()?),
            "chain" => {
                let way = Way::of(&given.needed("way")?).ok_or_else(|| Unasked::argument(word, "way"))?;
                let after = given.value("after")?.unwrap_or_default();
                let limit: Option<NonZeroU32> = given.value("limit")?;
                let reach = Reach {
                    depth: given.value("depth")?,
                    links: given.value("links")?.unwrap_or_default(),
                    rows: limit.map(|limit| Rows { after, limit }),
                };
                Self::Chain(id()?, way, reach)
            }
            "recall" => Self::Recall {
                item: id()?,
                after: given.text("after"),
                containers_after: given.text("containersAfter"),
                limit: given.value("limit")?,
            },
            "contents" => Self::Contents(id()?, given.time("time")?),
            "holder" => Self::Holder(id()?, given.time("time")?),
            "massBalance" => Self::MassBalance(id()?),
            "excursions" => {
                let bounds = Bounds {
                    kind: given.needed("type")?,
                    min: given.value("min")?,
                    max: given.value("max")?,
                    uom: given.needed("uom")?,
                    from_ms: given.optional_time("from")?,
                    to_ms: given.optional_time("to")?,
                };
                Self::Excursions(bounds, if item.is_empty() { None } else { Some(id()?) })
            }
            "auditTrail" => Self::AuditTrail(item.to_owned()),
            "verifyItem" => Self::VerifyItem(id()?, Claim { lot: given.text("lot"), expiry: given.text("expiry") }),
            "anomalies" if item.is_empty() => {
                let since = given.value("since")?.ok_or_else(|| Unasked::argument(word, "since"))?;
                Self::Anomalies { since, limit: given.value("limit")? }
            }
            "anomalies" => return Err(Unasked::argument(word, "item")),
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
            Some((name, _)) => Err(Unasked::argument(word, name)),
            None => Ok(question),
        }
    }
}

/// Answers `question`, as of a number of records or a height if one is given.
///
/// # Errors
///
/// If something cannot be read.
pub fn ask<R: Reader>(
    reader: &mut R,
    question: &Question,
    as_of: impl Into<AsOf>,
    limits: Limits,
) -> Result<Answer, Unanswered<R::Error>> {
    let as_of = as_of.into();
    let position = as_of.position;
    match question {
        Question::History(item, None) => walk::history(reader, item, position, limits).map(Answer::History),
        Question::History(item, Some(Part { after, limit })) => {
            let after = after.map(|After { time_ms, sequence }| Pos { time_ms, sequence });
            let limits = Limits { items: count(*limit), ..limits };
            walk::history_page(reader, item, position, after, limits).map(Answer::Page)
        }
        Question::Back(item) => walk::back(reader, item, position, limits).map(Answer::Lineage),
        Question::Forward(item) => walk::forward(reader, item, position, limits).map(Answer::Lineage),
        Question::Chain(item, way, reach) => {
            walk::chain(reader, item, *way, *reach, position, limits).map(Answer::Chain)
        }
        Question::Recall { item, after, containers_after, limit } => {
            let page = walk::Page {
                after: after.as_deref(),
                containers_after: containers_after.as_deref(),
                limit: limit.map_or(usize::MAX, count),
            };
            walk::scope(reader, item, page, as_of, limits).map(Answer::Recall)
        }
        Question::Contents(item, at_ms) => walk::contents(reader, item, *at_ms, position, limits)
            .map(|contents| Answer::Contents(Held::of(contents, *at_ms))),
        Question::Holder(item, at_ms) => walk::whereabouts(reader, item, *at_ms, as_of, limits).map(Answer::Holder),
        Question::MassBalance(item) => walk::balance(reader, item, position, limits).map(Answer::MassBalance),
        Question::Excursions(bounds, item) => {
            walk::excursions(reader, bounds, item.as_ref(), position, limits).map(Answer::Excursions)
        }
        Question::Anomalies { since, limit } => {
            let records = limit.map_or(ANOMALY_RECORDS_MAX, |limit| limit.get().min(ANOMALY_RECORDS_MAX));
            walk::anomalies(reader, *since, u64::from(records), as_of, limits).map(Answer::Anomalies)
        }
        Question::AuditTrail(event) => walk::trail(reader, event, position, limits).map(Answer::AuditTrail),
        Question::VerifyItem(item, claim) => {
            walk::verify(reader, item, claim, position, limits).map(|answer| Answer::VerifyItem(answer.into()))
        }
        Question::Report(item, report) => report.make(reader, item, as_of, limits).map(Answer::Report),
    }
}

fn count(limit: NonZeroU32) -> usize {
    usize::try_from(limit.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
