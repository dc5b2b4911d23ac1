//! What a question is answered with.

use alloc::boxed::Box;

use crate::answer::{
    AnomalyReport, AuditTrail, Chain, Excursions, Held, History, HistoryPage, Lineage, MassBalance, RecallScope,
    Sheets, Truncated, Verification, Whereabouts,
};
use crate::report;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What happened to an item.
    History(History),
    /// A part of what happened to an item.
    Page(HistoryPage),
    /// What an item came from or went to.
    Lineage(Lineage),
    /// What an item came from or went to, link by link.
    Chain(Chain),
    /// What has to be recalled.
    Recall(RecallScope),
    /// What is in a container.
    Contents(Held),
    /// Where an item is, by whose word.
    Holder(Whereabouts),
    /// How much of something there should be.
    MassBalance(MassBalance),
    /// Readings out of bounds.
    Excursions(Excursions),
    /// All records of an event.
    AuditTrail(AuditTrail),
    /// Whether an item is what is claimed of it.
    VerifyItem(Box<Verification>),
    /// What does not fit.
    Anomalies(AnomalyReport),
    /// What a regulation asks of an item.
    Report(report::Sheet),
}

impl Answer {
    /// What it is about, canonical; of an event, its name, of readings, what is measured, and of a span of records
    /// nothing.
    #[must_use]
    pub fn item(&self) -> &str {
        match self {
            Self::History(history) | Self::Page(HistoryPage { history, .. }) => &history.item,
            Self::Lineage(lineage) => &lineage.item,
            Self::Chain(chain) => &chain.item,
            Self::Recall(scope) => &scope.item,
            Self::Contents(held) => &held.item,
            Self::Holder(whereabouts) => &whereabouts.item,
            Self::MassBalance(balance) => &balance.item,
            Self::Excursions(excursions) => &excursions.kind,
            Self::AuditTrail(trail) => &trail.event_id,
            Self::VerifyItem(verification) => &verification.item,
            Self::Anomalies(_) => "",
            Self::Report(sheet) => &sheet.item,
        }
    }

    /// Records looked at: those before this sequence number.
    #[must_use]
    pub const fn position(&self) -> u64 {
        match self {
            Self::History(history) | Self::Page(HistoryPage { history, .. }) => history.position,
            Self::Lineage(lineage) => lineage.position,
            Self::Chain(chain) => chain.position,
            Self::Recall(scope) => scope.position,
            Self::Contents(held) => held.position,
            Self::Holder(whereabouts) => whereabouts.position,
            Self::MassBalance(balance) => balance.position,
            Self::Excursions(excursions) => excursions.position,
            Self::AuditTrail(trail) => trail.position,
            Self::VerifyItem(verification) => verification.position,
            Self::Anomalies(report) => report.position,
            Self::Report(sheet) => sheet.position,
        }
    }

    /// Which bound cut it short, so that something is missing that no later part brings.
    #[must_use]
    pub const fn truncated(&self) -> Option<Truncated> {
        match self {
            Self::History(history) | Self::Page(HistoryPage { history, .. }) => history.truncated,
            Self::Lineage(lineage) => lineage.truncated,
            Self::Chain(chain) => chain.truncated,
            Self::Recall(scope) => scope.truncated,
            Self::Contents(held) => held.truncated,
            Self::Holder(whereabouts) => whereabouts.truncated,
            Self::MassBalance(balance) => balance.truncated,
            Self::Excursions(excursions) => excursions.truncated,
            Self::AuditTrail(_) => None,
            Self::VerifyItem(verification) => verification.truncated,
            Self::Anomalies(report) => report.truncated,
            Self::Report(sheet) => sheet.truncated,
        }
    }

    /// The answer in facts and tables; `None` for those whose readers have their own form.
    #[must_use]
    pub fn sheets(&self) -> Option<&dyn Sheets> {
        Some(match self {
            Self::History(_) | Self::Page(_) | Self::Lineage(_) | Self::Report(_) => return None,
            Self::Chain(chain) => chain,
            Self::Recall(scope) => scope,
            Self::Contents(held) => held,
            Self::Holder(whereabouts) => whereabouts,
            Self::MassBalance(balance) => balance,
            Self::Excursions(excursions) => excursions,
            Self::AuditTrail(trail) => trail,
            Self::VerifyItem(verification) => verification.as_ref(),
            Self::Anomalies(report) => report,
        })
    }

    /// Whether more may lie beyond the depth that was asked for.
    #[must_use]
    pub const fn is_deeper(&self) -> bool {
        matches!(self, Self::Chain(chain) if chain.deeper)
    }

    /// Whether another part follows.
    #[must_use]
    pub const fn has_next(&self) -> bool {
        match self {
            Self::Page(page) => page.next.is_some(),
            Self::Chain(chain) => chain.next.is_some(),
            Self::Recall(scope) => scope.next.is_some() || scope.containers_next.is_some(),
            Self::Anomalies(report) => report.next.is_some(),
            _ => false,
        }
    }
}
