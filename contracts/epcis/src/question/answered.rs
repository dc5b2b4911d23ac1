//! What a question is answered with.

use crate::answer::{History, HistoryPage, Lineage, Truncated};
use crate::report::Sheet;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What happened to an item.
    History(History),
    /// A part of what happened to an item.
    Page(HistoryPage),
    /// What an item came from or went to.
    Lineage(Lineage),
    /// What a regulation asks of an item.
    Sheet(Sheet),
}

impl Answer {
    /// What it is about, canonical.
    #[must_use]
    pub fn item(&self) -> &str {
        match self {
            Self::History(history) | Self::Page(HistoryPage { history, .. }) => &history.item,
            Self::Lineage(lineage) => &lineage.item,
            Self::Sheet(sheet) => &sheet.item,
        }
    }

    /// Records looked at: those before this sequence number.
    #[must_use]
    pub const fn position(&self) -> u64 {
        match self {
            Self::History(history) | Self::Page(HistoryPage { history, .. }) => history.position,
            Self::Lineage(lineage) => lineage.position,
            Self::Sheet(sheet) => sheet.position,
        }
    }

    /// Which bound cut it short, so that something is missing that no later part brings.
    #[must_use]
    pub const fn truncated(&self) -> Option<Truncated> {
        match self {
            Self::History(history) | Self::Page(HistoryPage { history, .. }) => history.truncated,
            Self::Lineage(lineage) => lineage.truncated,
            Self::Sheet(sheet) => sheet.truncated,
        }
    }

    /// Whether another part follows.
    #[must_use]
    pub const fn has_next(&self) -> bool {
        match self {
            Self::Page(page) => page.next.is_some(),
            Self::History(_) | Self::Lineage(_) | Self::Sheet(_) => false,
        }
    }
}
