//! Reports: what the registers know of an item, as the sheet that a regulation asks for.
//!
//! A report is computed by the same walk as a trace, so it can be proven and computed again from a proof file. It
//! invents nothing: each row names the record it rests on, a datum that the events do not give is an empty cell, and
//! where the regulation asks for it the row names it as missing.

mod date;
pub mod dscsa;
pub mod eudr;
mod fact;
pub mod fsma204;
pub mod passport;
mod period;
pub mod recall_letter;

pub use period::Period;

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::answer::Truncated;
use crate::identifier::Identifier;
use crate::register::Reader;
use crate::walk::{AsOf, Limits, Unanswered};

pub use passport::Tier;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The critical tracking events of a traceability lot.
    Fsma204(Period),
    /// The transaction history of a package of medicine.
    Dscsa,
    /// The plots that contributed to a thing.
    Eudr,
    /// What is said of a product.
    Passport(Tier),
    /// What has to be withdrawn because of a thing, by holder.
    RecallLetter,
}

impl Report {
    /// The report's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fsma204(_) => "fsma204",
            Self::Dscsa => "dscsa",
            Self::Eudr => "eudr",
            Self::Passport(_) => "passport",
            Self::RecallLetter => "recallLetter",
        }
    }

    /// What it is asked beside the item, by name.
    #[must_use]
    pub fn arguments(self) -> BTreeMap<String, String> {
        match self {
            Self::Fsma204(period) => period.named().map(|(name, text)| (name.to_owned(), text)).collect(),
            Self::Passport(tier) => BTreeMap::from([("tier".to_owned(), tier.word().to_owned())]),
            Self::Dscsa | Self::Eudr | Self::RecallLetter => BTreeMap::new(),
        }
    }

    /// The report of a word, with these arguments; of others than its own it takes no notice.
    #[must_use]
    pub fn read(word: &str, arguments: &BTreeMap<String, String>) -> Option<Self> {
        match word {
            "fsma204" => Some(Self::Fsma204(Period::read(arguments))),
            "dscsa" => Some(Self::Dscsa),
            "eudr" => Some(Self::Eudr),
            "recallLetter" => Some(Self::RecallLetter),
            "passport" => {
                let tier = |word: &String| Tier::ALL.into_iter().find(|tier| tier.word() == word);
                Some(Self::Passport(arguments.get("tier").and_then(tier).unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// The report about `item`, as of a number of records or a height if one is given.
    ///
    /// # Errors
    ///
    /// If something cannot be read.
    pub fn make<R: Reader>(
        self,
        reader: &mut R,
        item: &Identifier,
        as_of: impl Into<AsOf>,
        limits: Limits,
    ) -> Result<Sheet, Unanswered<R::Error>> {
        let as_of = as_of.into();
        let position = as_of.position;
        match self {
            Self::Fsma204(period) => fsma204::fsma204(reader, item, period, position, limits),
            Self::Dscsa => dscsa::dscsa(reader, item, position, limits),
            Self::Eudr => eudr::eudr(reader, item, position, limits),
            Self::RecallLetter => recall_letter::recall_letter(reader, item, as_of, limits),
            Self::Passport(tier) => passport::passport(reader, item, tier, position, limits),
        }
    }
}

/// A column of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its title on a sheet.
    pub title: &'static str,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What it is.
    pub title: &'static str,
    /// What it is about, canonical.
    pub item: String,
    /// Records looked at: those before this sequence number.
    pub position: u64,
    /// What stands in each cell of a row.
    pub columns: &'static [Column],
    /// The rows, in the order of events.
    pub rows: Vec<Row>,
    /// What follows from all rows together.
    pub notes: Vec<String>,
    /// Set if rows may be missing.
    pub truncated: Option<Truncated>,
}

/// A row of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The record that it rests on.
    pub sequence: u64,
    /// One for each column; empty where the events do not say.
    pub cells: Vec<String>,
    /// The names of the columns that have to be filled and are not.
    pub missing: Vec<&'static str>,
}

impl Row {
    /// A row of these cells, of which those of `required` have to be filled.
    fn new(sequence: u64, columns: &[Column], cells: Vec<String>, required: &[&'static str]) -> Self {
        debug_assert_eq!(columns.len(), cells.len());
        let is_empty = |name: &&&str| {
            let at = columns.iter().position(|column| column.name == **name);
            at.and_then(|at| cells.get(at)).is_none_or(String::is_empty)
        };
        let missing = required.iter().filter(is_empty).copied().collect();
        Self { sequence, cells, missing }
    }
}
