//! Typed questions: one call for each question about recorded items. An [`Auditor`] asks for a proof and finds the answer
//! again on this machine; [`Asking::query`] is the exception, since no proof shows that a list of events is whole.
//!
//! ```no_run
//! # async fn example(auditor: &countersign_client::Auditor) -> Result<(), countersign_client::Error> {
//! use countersign_api::At;
//! use countersign_types::Address;
//!
//! let (contract, lot) = (Address::of("org0/provenance"), "urn:epc:class:lgtin:9521321.000101.SPINACH-0901");
//! let recall = auditor.recall(contract, lot, At::Final).await?;
//! println!("as of block {} there are {} products to recall", recall.height(), recall.data().count);
//! # Ok(())
//! # }
//! ```

use crate::{Asking, Auditor, ChainPages, Error, Unverified};
use countersign_api::method::epcis::{EpcisQuery, EventRecord, QueryParams};
use countersign_api::{At, Page};
use countersign_epcis::answer::{
    AnomalyReport, AuditTrail, Chain, Excursions, Held, Lineage, MassBalance, RecallScope, Verification, Way,
    Whereabouts,
};
use countersign_epcis::question::{Unasked, expiry, instance, spelled_lot};
use countersign_epcis::report::{Report, Sheet};
use countersign_epcis::walk::{Bounds, Claim, Reach};
use countersign_epcis::{Identifier, Time};
use countersign_types::Address;
use countersign_verify::{BadFile, Question, Verified};
use std::num::NonZeroU32;

/// What is printed on a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printed {
    /// The GTIN, 8 to 14 digits.
    pub gtin: String,
    /// The serial number.
    pub serial: String,
    /// The lot, if it is to be verified.
    pub lot: Option<String>,
    /// The expiry, `YYYY-MM-DD` or the `YYMMDD` of a bar code, if it is to be verified.
    pub expiry: Option<String>,
}

impl Printed {
    /// The question whether the records agree with it.
    ///
    /// # Errors
    /// [`Error::Proof`] if GTIN and serial number are no identifier or the expiry is no day.
    pub fn question(&self) -> Result<Question, Error> {
        let Self { gtin, serial, lot, expiry: until } = self;
        let item = instance(gtin, serial)
            .map_err(|cause| BadFile::Question(Unasked::Item { item: format!("{gtin} {serial}"), cause }))?;
        let none = || BadFile::Question(Unasked::Argument { word: "verifyItem".to_owned(), name: "expiry".to_owned() });
        let expiry = until.as_deref().map(|text| expiry(text).ok_or_else(none)).transpose()?;
        Ok(Question::VerifyItem(item, Claim { lot: lot.as_deref().map(spelled_lot), expiry }))
    }
}

impl Auditor {
    /// What an item was made of and what it holds, to the beginning.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let back = auditor.back(contract, "urn:epc:id:sgtin:9521321.000031.s1", countersign_api::At::Final).await?;
    /// println!("it came from {:?}", back.data().products);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::trace`], and [`Error::Proof`] if the item is no identifier.
    pub async fn back(&self, contract: Address, item: &str, at: At) -> Result<Verified<Lineage>, Error> {
        Ok(self.trace(contract, &Question::Back(id(item)?), at).await?.lineage()?)
    }

    /// What was made of an item and what became of its instances, to the end.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let forward = auditor.forward(contract, "urn:epc:class:lgtin:9521321.000031.L1", countersign_api::At::Final).await?;
    /// println!("it went into {:?}", forward.data().products);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn forward(&self, contract: Address, item: &str, at: At) -> Result<Verified<Lineage>, Error> {
        Ok(self.trace(contract, &Question::Forward(id(item)?), at).await?.lineage()?)
    }

    /// What leads to what, as far as is asked.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// use countersign_epcis::{answer::Way, walk::Reach};
    ///
    /// let near = Reach { depth: std::num::NonZeroU32::new(2), links: true, rows: None };
    /// let lot = "urn:epc:class:lgtin:9521321.000031.L1";
    /// let chain = auditor.chain(contract, lot, Way::Forward, near, countersign_api::At::Final).await?;
    /// for link in &chain.data().links {
    ///     println!("{} has as {} {}, by records {:?}", link.from, link.kind.word(), link.to, link.records);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn chain(
        &self,
        contract: Address,
        item: &str,
        way: Way,
        reach: Reach,
        at: At,
    ) -> Result<Verified<Chain>, Error> {
        Ok(self.trace(contract, &Question::Chain(id(item)?, way, reach), at).await?.links()?)
    }

    /// The same page by page, all as of the first one's block: at most `limit` things or links in each. The whole walk is
    /// made and proven for each page, so few large pages are better than many small ones.
    ///
    /// # Errors
    /// [`Error::Proof`] if the item is no identifier.
    pub fn chain_pages(
        &self,
        contract: Address,
        item: &str,
        way: Way,
        reach: Reach,
        at: At,
        limit: NonZeroU32,
    ) -> Result<ChainPages<'_>, Error> {
        Ok(ChainPages::new(self, contract, id(item)?, way, reach, at, limit))
    }

    /// What has to be recalled because of an item, where it is by whose word, and how much of it is nowhere: all of it.
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn recall(&self, contract: Address, item: &str, at: At) -> Result<Verified<RecallScope>, Error> {
        let question = Question::Recall { item: id(item)?, after: None, containers_after: None, limit: None };
        Ok(self.trace(contract, &question, at).await?.recall()?)
    }

    /// What a container held after everything that happened up to an instant.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let noon = "2026-05-01T12:00:00Z".parse().expect("a time");
    /// let held = auditor.contents(contract, "urn:epc:id:sscc:9521321.0000000001", &noon, countersign_api::At::Final).await?;
    /// println!("{:?} were in it", held.data().contents);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn contents(
        &self,
        contract: Address,
        container: &str,
        time: &Time,
        at: At,
    ) -> Result<Verified<Held>, Error> {
        Ok(self.trace(contract, &Question::Contents(id(container)?, time.ms()), at).await?.contents()?)
    }

    /// Where an item was after everything that happened up to an instant, by whose word.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let noon = "2026-05-01T12:00:00Z".parse().expect("a time");
    /// let there = auditor.holder(contract, "urn:epc:id:sgtin:9521321.000031.s1", &noon, countersign_api::At::Final).await?;
    /// println!("{:?}", there.data().last_known);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn holder(
        &self,
        contract: Address,
        item: &str,
        time: &Time,
        at: At,
    ) -> Result<Verified<Whereabouts>, Error> {
        Ok(self.trace(contract, &Question::Holder(id(item)?, time.ms()), at).await?.holder()?)
    }

    /// How much of a lot, class or instance came to be, was used up, and should be left.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let balance = auditor.mass_balance(contract, "urn:epc:class:lgtin:9521321.000031.L1", countersign_api::At::Final).await?;
    /// for row in &balance.data().amounts {
    ///     println!("{} {} of {} remain", row.remaining, row.uom, row.created);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn mass_balance(&self, contract: Address, item: &str, at: At) -> Result<Verified<MassBalance>, Error> {
        Ok(self.trace(contract, &Question::MassBalance(id(item)?), at).await?.mass_balance()?)
    }

    /// Which readings of sensors were out of bounds, and what was where they were taken; with an item, only those that
    /// affect it.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// use countersign_epcis::walk::Bounds;
    ///
    /// let max = "8".parse().expect("a number");
    /// let warm = Bounds {
    ///     kind: "Temperature".to_owned(), min: None, max: Some(max), uom: "CEL".to_owned(), from_ms: None, to_ms: None,
    /// };
    /// let found = auditor.excursions(contract, warm, None, countersign_api::At::Final).await?;
    /// println!("{} products were too warm", found.data().affected.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn excursions(
        &self,
        contract: Address,
        bounds: Bounds,
        item: Option<&str>,
        at: At,
    ) -> Result<Verified<Excursions>, Error> {
        let item = item.map(id).transpose()?;
        Ok(self.trace(contract, &Question::Excursions(bounds, item), at).await?.excursions()?)
    }

    /// What does not fit in the records from one on, at most `limit` of them.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let report = auditor.anomalies(contract, 0, None, countersign_api::At::Final).await?;
    /// for one in &report.data().anomalies {
    ///     println!("record {}: {} of {}, {}", one.sequence, one.rule, one.item, one.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::trace`].
    pub async fn anomalies(
        &self,
        contract: Address,
        since: u64,
        limit: Option<NonZeroU32>,
        at: At,
    ) -> Result<Verified<AnomalyReport>, Error> {
        Ok(self.trace(contract, &Question::Anomalies { since, limit }, at).await?.anomalies()?)
    }

    /// All records of an event by its eventID, or by the hash of one without: itself and its error declarations.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// let trail = auditor.audit_trail(contract, "urn:uuid:00000000-0000-4000-8000-000000000001", countersign_api::At::Final).await?;
    /// println!("it is {}", if trail.data().voided { "declared to be in error" } else { "not declared to be in error" });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::trace`].
    pub async fn audit_trail(&self, contract: Address, event: &str, at: At) -> Result<Verified<AuditTrail>, Error> {
        Ok(self.trace(contract, &Question::AuditTrail(event.to_owned()), at).await?.audit_trail()?)
    }

    /// Whether an item is what is printed on it.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// use countersign_client::Printed;
    ///
    /// let printed = Printed { gtin: "09521321000315".to_owned(), serial: "s1".to_owned(), ..Printed::default() };
    /// let found = auditor.verify_item(contract, &printed, countersign_api::At::Final).await?;
    /// println!("{}: {}", found.data().verified, found.data().reason);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::trace`] and [`Printed::question`].
    pub async fn verify_item(
        &self,
        contract: Address,
        printed: &Printed,
        at: At,
    ) -> Result<Verified<Verification>, Error> {
        Ok(self.trace(contract, &printed.question()?, at).await?.verification()?)
    }

    /// What a regulation asks of an item.
    ///
    /// ```no_run
    /// # async fn example(auditor: countersign_client::Auditor, contract: countersign_types::Address) -> Result<(), countersign_client::Error> {
    /// use countersign_epcis::report::Report;
    ///
    /// let lot = "urn:epc:class:lgtin:9521321.000031.L1";
    /// let sheet = auditor.report(contract, lot, Report::Eudr, countersign_api::At::Final).await?;
    /// println!("{} plots", sheet.data().rows.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Auditor::back`].
    pub async fn report(
        &self,
        contract: Address,
        item: &str,
        report: Report,
        at: At,
    ) -> Result<Verified<Sheet>, Error> {
        Ok(self.trace(contract, &Question::Report(id(item)?, report), at).await?.sheet()?)
    }
}

impl Asking<'_> {
    /// A page of the events that match the parameters of EPCIS 2.0. No proof shows that a list is whole, since the index is
    /// the node's own; each event names its record and hash, by which an [`Auditor`] verifies it alone.
    ///
    /// # Errors
    /// Those of [`Asking::call_again`].
    pub async fn query(self, params: &QueryParams) -> Result<Unverified<Page<EventRecord>>, Error> {
        self.call_again::<EpcisQuery>(params).await
    }
}

/// An item to ask about.
fn id(item: &str) -> Result<Identifier, BadFile> {
    Identifier::parse(item).map_err(|cause| BadFile::Question(Unasked::Item { item: item.to_owned(), cause }))
}
