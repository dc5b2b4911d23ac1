//! A verified finding held against the question that was asked. A proof that holds may still be one of something else,
//! so whoever asked takes the answer out here, and gets a [`Verified`] of it or an error.

use crate::finding::Finding;
use crate::{BadFile, Verified};
use countersign_epcis::answer::{
    After, AnomalyReport, AuditTrail, Chain, Excursions, Held, History, HistoryPage, Lineage, MassBalance, RecallScope,
    Verification, Whereabouts,
};
use countersign_epcis::question::{Answer, Arguments, Part, Question};
use countersign_epcis::report::Sheet;
use countersign_types::log::LogRecord;
use countersign_types::proof::{Entry, HistoryPart, ProvenTransaction};
use countersign_types::receipt::EventRecord;
use countersign_types::{Account, AccountId, Address, Hash, Height, decode, state_key};

/// Records of a log as of the height that was asked about, none left out between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Position of the first one.
    pub start: u64,
    /// Number of records that the log had at that height, if the page shows it.
    pub count: Option<u64>,
    /// The records.
    pub records: Vec<LogRecord>,
}

impl Verified<Finding> {
    /// Checks that it is as of a height.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn as_of(self, asked: Height) -> Result<Self, BadFile> {
        let given = self.data().past().unwrap_or(self.height());
        same("as of height", &asked, &given)?;
        Ok(self)
    }

    /// Checks that it is as of a block. What newer state shows of the past names heights and no blocks.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn as_of_block(self, asked: &Hash) -> Result<Self, BadFile> {
        match self.data().past() {
            None => same("as of block", asked, &self.block())?,
            Some(height) => return Err(other("as of block", asked, &format!("as of height {height}"))),
        }
        Ok(self)
    }

    /// The values at state keys, in the order of the keys; `None` where nothing stands.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn values(self, keys: &[Vec<u8>]) -> Result<Verified<Vec<Option<Vec<u8>>>>, BadFile> {
        self.narrow(|finding| {
            let Finding::State { entries } = finding else { return Err(kind("state", &finding)) };
            keys.iter().map(|key| value(&entries, key)).collect()
        })
    }

    /// The value at a state key; `None` where nothing stands.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn value(self, key: &[u8]) -> Result<Verified<Option<Vec<u8>>>, BadFile> {
        self.narrow(|finding| {
            let Finding::State { entries } = finding else { return Err(kind("state", &finding)) };
            value(&entries, key)
        })
    }

    /// An account; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`] or [`BadFile::Value`].
    pub fn account(self, id: &AccountId) -> Result<Verified<Option<Account>>, BadFile> {
        let key = state_key::account(id.as_str());
        self.narrow(|finding| {
            let Finding::State { entries } = finding else { return Err(kind("state", &finding)) };
            let value = value(&entries, &key)?;
            value
                .map(|bytes| decode(&bytes, bytes.len()).map_err(|cause| BadFile::Value { what: "account", cause }))
                .transpose()
        })
    }

    /// A transaction with its receipt.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn transaction(self, id: &Hash) -> Result<Verified<ProvenTransaction>, BadFile> {
        self.narrow(|finding| {
            let Finding::Transaction(proven) = finding else { return Err(kind("transaction", &finding)) };
            same("transaction", id, &proven.id)?;
            Ok(*proven)
        })
    }

    /// An event by its place.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn event(self, height: Height, index: u32) -> Result<Verified<EventRecord>, BadFile> {
        self.narrow(|finding| {
            let Finding::Event(record) = finding else { return Err(kind("event", &finding)) };
            same("event of block", &height, &record.height)?;
            same("event number", &index, &record.index)?;
            Ok(*record)
        })
    }

    /// A page of a log.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn log(self, contract: &Address, key: &[u8], start: u64) -> Result<Verified<LogPage>, BadFile> {
        self.narrow(|finding| {
            let Finding::Log { contract: of, key: given, as_of, log } = &finding else {
                return Err(kind("log", &finding));
            };
            same("contract", contract, of)?;
            same("log", &key.escape_ascii(), &given.escape_ascii())?;
            same("record", &start, &log.start())?;
            let (count, records) = log.as_of(*as_of);
            Ok(LogPage { start, count, records: records.to_vec() })
        })
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`].
    pub fn trace(self, contract: &Address, asked: &Question) -> Result<Verified<Answer>, BadFile> {
        self.narrow(|finding| {
            let Finding::Trace { contract: of, question, answer, .. } = finding else {
                return Err(kind("trace", &finding));
            };
            same("contract", contract, &of)?;
            same("question", &asked.word(), &question.word())?;
            same("item", &asked.item(), &question.item())?;
            same("part", &part(asked.part()), &part(question.part()))?;
            same("arguments", &arguments(asked), &arguments(&question))?;
            Ok(*answer)
        })
    }

    /// A part of an item's history, none of its events left out.
    ///
    /// # Errors
    /// [`BadFile::OtherQuestion`], or [`BadFile::Question`] if the item is no identifier.
    pub fn history_page(
        self,
        contract: &Address,
        item: &str,
        asked: HistoryPart,
    ) -> Result<Verified<HistoryPage>, BadFile> {
        let asked = crate::trace::part(asked);
        let question = Question::read("history", item, Some(asked), &Arguments::new())?;
        self.trace(contract, &question)?.narrow(|answer| match answer {
            Answer::Page(page) => Ok(page),
            _ => Err(other("part", &part(Some(asked)), &part(None))),
        })
    }
}

/// One method for each kind of answer.
macro_rules! kinds {
    ($($name:ident, $kind:ident($own:ident) => $answer:ty, $form:expr, $doc:literal;)+) => {
        impl Verified<Answer> {
            $(
                #[doc = $doc]
                ///
                /// # Errors
                /// [`BadFile::OtherQuestion`] if it answers something else.
                pub fn $name(self) -> Result<Verified<$answer>, BadFile> {
                    self.narrow(|answer| match answer {
                        Answer::$kind($own) => Ok($form),
                        given => Err(other("answer", stringify!($kind), name_of(&given))),
                    })
                }
            )+
        }

        fn name_of(answer: &Answer) -> &'static str {
            match answer {
                $(Answer::$kind(_) => stringify!($kind),)+
                Answer::Page(_) => "Page",
            }
        }
    };
}
kinds! {
    history, History(own) => History, own, "What happened to an item.";
    lineage, Lineage(own) => Lineage, own, "What an item came from or went to.";
    links, Chain(own) => Chain, own, "What an item came from or went to, link by link.";
    recall, Recall(own) => RecallScope, own, "What has to be recalled.";
    contents, Contents(own) => Held, own, "What is in a container.";
    holder, Holder(own) => Whereabouts, own, "Where an item is, by whose word.";
    mass_balance, MassBalance(own) => MassBalance, own, "How much of something there should be.";
    excursions, Excursions(own) => Excursions, own, "Readings out of bounds.";
    audit_trail, AuditTrail(own) => AuditTrail, own, "All records of an event.";
    verification, VerifyItem(own) => Verification, *own, "Whether an item is what is claimed of it.";
    anomalies, Anomalies(own) => AnomalyReport, own, "What does not fit.";
    sheet, Report(own) => Sheet, own, "What a regulation asks of an item.";
}

/// Which part of a history, in words.
fn part(part: Option<Part>) -> String {
    let Some(Part { after, limit }) = part else { return "all of it".to_owned() };
    match after {
        Some(After { time_ms, sequence }) => format!("{limit} events after record {sequence} of {time_ms} ms"),
        None => format!("the first {limit} events"),
    }
}

/// What is asked beside the item, in words.
fn arguments(question: &Question) -> String {
    let named = question.arguments().into_iter().map(|(name, value)| format!("{name} {value}"));
    named.collect::<Vec<_>>().join(", ")
}

fn value(entries: &[Entry], key: &[u8]) -> Result<Option<Vec<u8>>, BadFile> {
    let entry = entries.iter().find(|entry| entry.key == key);
    let entry = entry.ok_or_else(|| other("the state key", &key.escape_ascii(), &"without it"))?;
    Ok(entry.value.clone())
}

/// Words compare here, which are those of the error: each of these types has one text for one value.
fn same<T: ToString + ?Sized>(what: &'static str, asked: &T, given: &T) -> Result<(), BadFile> {
    if asked.to_string() == given.to_string() { Ok(()) } else { Err(other(what, asked, given)) }
}

fn kind(asked: &'static str, given: &Finding) -> BadFile {
    other("proof of kind", &asked, &given.kind())
}

fn other(what: &'static str, asked: &(impl ToString + ?Sized), given: &(impl ToString + ?Sized)) -> BadFile {
    BadFile::OtherQuestion { what, asked: asked.to_string(), given: given.to_string() }
}
