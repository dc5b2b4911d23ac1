//! The questions of `countersign trace` whose answers have one form for node, verifier and command.

use crate::arguments::{Anomalies, AtTime, Excursions as Wanted, Item, Recall, Verify};
use crate::failure::Usage;
use crate::output::{Output, facts, table};
use crate::session::Session;
use countersign_api::method::trace::{
    AnomaliesParams, AtTimeParams, AuditTrailParams, Decimal, ExcursionsParams, RecallParams, TraceAnomalies,
    TraceAuditTrail, TraceContents, TraceExcursions, TraceHolder, TraceMassBalance, TraceParams, TraceRecall,
    TraceVerifyItem, VerifyItemParams,
};
use countersign_api::{At, Method, Read};
use countersign_client::verify::{Answer, Question};
use countersign_epcis::answer::{Sheets, Way};
use countersign_epcis::question::{expiry, instance, spelled_lot};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::walk::{Bounds, Claim};
use countersign_epcis::{Identifier, Time};
use serde::Serialize;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where answers are asked for, and where they go.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    pub session: &'a Session,
    pub output: Output,
    pub csv: bool,
}

/// Picks one kind of answer out.
macro_rules! own {
    ($kind:ident) => {
        |answer| if let Answer::$kind(own) = answer { Some(own) } else { None }
    };
}

impl Asker<'_> {
    pub async fn recall(self, wanted: Recall) -> anyhow::Result<ExitCode> {
        let Recall { item, limit, after, containers_after, depth, drawn } = wanted;
        if drawn.is_wanted() {
            return self.drawn(Way::Recall, item, depth, drawn).await;
        }
        let Item { id, at } = item;
        let question = Question::Recall {
            item: identifier(&id)?,
            after: after.clone(),
            containers_after: containers_after.clone(),
            limit: Some(limit),
        };
        let params =
            RecallParams { limit: Some(limit.get()), after, containers_after, ..RecallParams::first(id, None, at) };
        let contract = |params: RecallParams, contract| RecallParams { contract, ..params };
        self.ask::<TraceRecall, _, _>(&question, at, (params, contract), own!(Recall)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn contents(self, wanted: AtTime) -> anyhow::Result<ExitCode> {
        let (params, at_ms) = at_time(wanted)?;
        let question = Question::Contents(identifier(&params.epc)?, at_ms);
        let contract = |params: AtTimeParams, contract| AtTimeParams { contract, ..params };
        self.ask::<TraceContents, _, _>(&question, params.at, (params, contract), own!(Contents)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn holder(self, wanted: AtTime) -> anyhow::Result<ExitCode> {
        let (params, at_ms) = at_time(wanted)?;
        let question = Question::Holder(identifier(&params.epc)?, at_ms);
        let contract = |params: AtTimeParams, contract| AtTimeParams { contract, ..params };
        self.ask::<TraceHolder, _, _>(&question, params.at, (params, contract), own!(Holder)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn balance(self, Item { id, at }: Item) -> anyhow::Result<ExitCode> {
        let question = Question::MassBalance(identifier(&id)?);
        let params = TraceParams { epc: id, contract: None, at };
        let contract = |params: TraceParams, contract| TraceParams { contract, ..params };
        self.ask::<TraceMassBalance, _, _>(&question, at, (params, contract), own!(MassBalance)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn excursions(self, wanted: Wanted) -> anyhow::Result<ExitCode> {
        let Wanted { kind, min, max, uom, from, to, item, at } = wanted;
        let ms = |time: &Option<Time>| time.as_ref().map(Time::ms);
        let bounds = Bounds {
            kind: Term::new(Vocabulary::Measurement, &kind).word().to_owned(),
            min,
            max,
            uom: uom.clone(),
            from_ms: ms(&from),
            to_ms: ms(&to),
        };
        let id = item.as_deref().map(identifier).transpose()?;
        let text = |time: Option<Time>| time.map(|time| time.text().into_owned());
        let params = ExcursionsParams {
            kind,
            min: min.map(Decimal),
            max: max.map(Decimal),
            uom,
            from: text(from),
            to: text(to),
            epc: item,
            contract: None,
            at,
        };
        let contract = |params: ExcursionsParams, contract| ExcursionsParams { contract, ..params };
        let question = Question::Excursions(bounds, id);
        self.ask::<TraceExcursions, _, _>(&question, at, (params, contract), own!(Excursions)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn audit(self, Item { id, at }: Item) -> anyhow::Result<ExitCode> {
        let question = Question::AuditTrail(id.clone());
        let params = AuditTrailParams { event_id: id, contract: None, at };
        let contract = |params: AuditTrailParams, contract| AuditTrailParams { contract, ..params };
        self.ask::<TraceAuditTrail, _, _>(&question, at, (params, contract), own!(AuditTrail)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn anomalies(self, Anomalies { since, limit, at }: Anomalies) -> anyhow::Result<ExitCode> {
        let question = Question::Anomalies { since, limit };
        let params = AnomaliesParams { since, limit: limit.map(NonZeroU32::get), contract: None, at };
        let contract = |params: AnomaliesParams, contract| AnomaliesParams { contract, ..params };
        self.ask::<TraceAnomalies, _, _>(&question, at, (params, contract), own!(Anomalies)).await?;
        Ok(ExitCode::SUCCESS)
    }

    pub async fn verify(self, wanted: Verify) -> anyhow::Result<ExitCode> {
        let Verify { gtin, serial, lot, expiry: until, at } = wanted;
        let none = || Usage("--expiry is no day: YYYY-MM-DD, or the YYMMDD of the bar code".to_owned());
        let day = until.as_deref().map(|text| expiry(text).ok_or_else(none)).transpose()?;
        let item = instance(&gtin, &serial).map_err(|cause| Usage(format!("{gtin} {serial}: {cause}")))?;
        let question = Question::VerifyItem(item, Claim { lot: lot.as_deref().map(spelled_lot), expiry: day });
        let params = VerifyItemParams { gtin, serial, lot, expiry: until, contract: None, at };
        let contract = |params: VerifyItemParams, contract| VerifyItemParams { contract, ..params };
        let own = |answer| if let Answer::VerifyItem(own) = answer { Some(*own) } else { None };
        let answer = self.ask::<TraceVerifyItem, _, _>(&question, at, (params, contract), own).await?;
        Ok(if answer.verified { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Asks the node, or, where a root is given, finds the answer again from what the node proves; and shows it.
    async fn ask<M, T, P>(
        self,
        question: &Question,
        at: At,
        (params, with): (P, impl FnOnce(P, Option<countersign_api::method::contract::ContractRef>) -> P),
        own: impl FnOnce(Answer) -> Option<T>,
    ) -> anyhow::Result<T>
    where
        M: Method<Params = P, Answer = Read<T>>,
        T: Serialize + Sheets + Clone,
    {
        let Self { session, .. } = self;
        if let Some(auditor) = session.auditor()? {
            let verified = auditor.trace(session.named_contract()?, question, at).await?;
            let answer =
                own(verified.data().clone()).ok_or_else(|| Usage("the answer is to another question".into()))?;
            self.verified(&answer, &answer, &verified, || human(&answer))?;
            return Ok(answer);
        }
        let client = session.client()?;
        let contract = Some(session.provenance(&client).await?);
        let read = client.unverified().call_again::<M>(&with(params, contract)).await?.into_said();
        self.said(&read, &read.data, || human(&read.data))?;
        Ok(read.data)
    }
}

/// An answer for people.
pub fn human(answer: &dyn Sheets) -> String {
    let mut parts = vec![facts(answer.facts())];
    for sheet in answer.sheets() {
        parts.push(format!("{}:\n{}", sheet.title, table(sheet.head, sheet.rows)));
    }
    parts.join("\n")
}

pub fn identifier(text: &str) -> Result<Identifier, Usage> {
    Identifier::parse(text).map_err(|cause| Usage(format!("`{text}`: {cause}")))
}

/// What is asked about a time. Where none is given it is this machine's, so that a proof can be held against it.
fn at_time(AtTime { item: Item { id, at }, time }: AtTime) -> anyhow::Result<(AtTimeParams, i64)> {
    let time = match time {
        Some(time) => time,
        None => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
            Time::at(i64::try_from(since.as_millis())?)
        }
    };
    let params = AtTimeParams { epc: id, time: Some(time.text().into_owned()), contract: None, at };
    Ok((params, time.ms()))
}
