//! Answers that are verified before they are returned.

use crate::pages::{HistoryPages, LogPages};
use crate::{Asking, Client, Error};
use countersign_api::limits::PAGE_MAX;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::proof::{
    GetEventParams, GetLogParams, GetStateParams, GetTraceParams, GetTxParams, LogProofFile, LogRef, ProofGetEvent,
    ProofGetLog, ProofGetState, ProofGetTrace, ProofGetTx, Query,
};
use countersign_api::method::state::Key;
use countersign_api::{At, Bytes};
use countersign_epcis::answer::HistoryPage;
use countersign_types::proof::{HistoryPart, Proof, ProvenTransaction, Trusted};
use countersign_types::receipt::EventRecord;
use countersign_types::{Account, AccountId, Address, Hash, Height, TimestampMs};
use countersign_verify::{Answer, BadFile, Finding, LogPage, Options, Question, Report, Verified, verify};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Most events that a node gives at once.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(PAGE_MAX).expect("a page has room");

/// A node that is not trusted, and a root that is. Each method asks for a proof, verifies it against the root, holds it
/// against the question, and returns what it shows; an answer that does not hold is an [`Error::Proof`].
///
/// Where the newest state is asked for, no answer is of a block before one that was verified here already
/// ([`Error::Regressed`]), nor before the root. That there is no newer block only the node's word says, unless
/// [`Auditor::no_older_than`] sets how old an answer may be.
#[derive(Debug, Clone)]
pub struct Auditor {
    client: Client,
    trusted: Arc<Trusted>,
    age_max: Option<Duration>,
    /// Height of the newest block that an answer was verified at.
    reached: Arc<AtomicU64>,
}

impl Auditor {
    pub(crate) fn new(client: Client, trusted: Trusted) -> Self {
        let height = trusted.checkpoint().map_or(Height::ZERO, |checkpoint| checkpoint.height);
        Self { client, trusted: Arc::new(trusted), age_max: None, reached: Arc::new(AtomicU64::new(height.0)) }
    }

    /// Refuses answers about the newest state that are older than this by this machine's clock. A network's heartbeat
    /// bounds how long it may be between two blocks.
    #[must_use]
    pub fn no_older_than(self, age_max: Duration) -> Self {
        Self { age_max: Some(age_max), ..self }
    }
    /// What is trusted.
    #[must_use]
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }
    /// The node's answers without any proof.
    #[must_use]
    pub fn unverified(&self) -> Asking<'_> {
        self.client.unverified()
    }

    /// The values at state keys, in their order; `None` where nothing stands.
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::Regressed`], or as of a call.
    pub async fn state(&self, keys: &[Key], at: At) -> Result<Verified<Vec<Option<Vec<u8>>>>, Error> {
        let params = GetStateParams { keys: keys.to_vec(), at };
        let proof = self.client.call_again::<ProofGetState>(&params).await?.proof;
        let keys: Vec<Vec<u8>> = keys.iter().map(Key::to_bytes).collect();
        Ok(self.checked(&proof, at)?.values(&keys)?)
    }

    /// What a contract stored at a key; `None` where nothing stands.
    ///
    /// # Errors
    /// As of [`Auditor::state`].
    pub async fn storage(&self, contract: Address, key: &[u8], at: At) -> Result<Verified<Option<Vec<u8>>>, Error> {
        let key = Key::Storage { contract, key: Bytes(key.to_vec()) };
        let params = GetStateParams { keys: vec![key.clone()], at };
        let proof = self.client.call_again::<ProofGetState>(&params).await?.proof;
        Ok(self.checked(&proof, at)?.value(&key.to_bytes())?)
    }

    /// An account; `None` if there is none of this name.
    ///
    /// # Errors
    /// As of [`Auditor::state`].
    pub async fn account(&self, id: &AccountId, at: At) -> Result<Verified<Option<Account>>, Error> {
        let params = GetStateParams { keys: vec![Key::Account(id.to_string())], at };
        let proof = self.client.call_again::<ProofGetState>(&params).await?.proof;
        Ok(self.checked(&proof, at)?.account(id)?)
    }

    /// A transaction with its receipt.
    ///
    /// # Errors
    /// [`Error::Proof`], or as of a call.
    pub async fn transaction(&self, id: Hash) -> Result<Verified<ProvenTransaction>, Error> {
        let proof = self.client.call_again::<ProofGetTx>(&GetTxParams { id }).await?.proof;
        Ok(verify(&proof, &self.trusted)?.transaction(&id)?)
    }

    /// An event by its block and its position among the block's events.
    ///
    /// # Errors
    /// [`Error::Proof`], or as of a call.
    pub async fn event(&self, height: Height, index: u32) -> Result<Verified<EventRecord>, Error> {
        let proof = self.client.call_again::<ProofGetEvent>(&GetEventParams { height, index }).await?.proof;
        Ok(verify(&proof, &self.trusted)?.event(height, index)?)
    }

    /// The first records of a log of a contract, none left out between, and how many there are in all. `limit` bounds
    /// their number.
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::Regressed`], or as of a call.
    pub async fn log(
        &self,
        contract: Address,
        key: &[u8],
        at: At,
        limit: Option<u32>,
    ) -> Result<Verified<LogPage>, Error> {
        let params = log_params(contract, key, at, limit);
        Ok(self.log_page(&params, &contract, key, 0, at).await?.0)
    }

    /// The answer to a question, found again on this machine from the proven records.
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::Regressed`], or as of a call.
    pub async fn trace(&self, contract: Address, question: &Question, at: At) -> Result<Verified<Answer>, Error> {
        let params = GetTraceParams::of(Some(reference(contract)), question, at);
        let proof = self.client.call_again::<ProofGetTrace>(&params).await?.proof;
        Ok(self.checked(&proof, at)?.trace(&contract, question)?)
    }

    /// A part of an item's history: at most so many events (and [`PAGE_MAX`]) after a place in it, none left out. Parts
    /// as of the same height, each after the last event of the one before, make up the history: [`Auditor::history`].
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::Regressed`], or as of a call.
    pub async fn history_page(
        &self,
        contract: Address,
        item: &str,
        at: At,
        part: HistoryPart,
    ) -> Result<Verified<HistoryPage>, Error> {
        let part = HistoryPart { limit: part.limit.min(PAGE_EVENTS), ..part };
        let params = GetTraceParams {
            limit: Some(part.limit.get()),
            after: part.after,
            ..GetTraceParams::whole(Some(reference(contract)), Query::History, item.to_owned(), at)
        };
        let proof = self.client.call_again::<ProofGetTrace>(&params).await?.proof;
        Ok(self.checked(&proof, at)?.history_page(&contract, item, part)?)
    }

    /// An item's history part by part, at most so many events (and [`PAGE_MAX`]) in each, all as of the first one's block.
    pub fn history(&self, contract: Address, item: &str, at: At, limit: NonZeroU32) -> HistoryPages<'_> {
        HistoryPages::new(self, contract, item, at, limit)
    }

    /// A log page by page, as of the first one's block; `limit` bounds the records of a page.
    pub fn log_pages(&self, contract: Address, key: &[u8], at: At, limit: Option<u32>) -> LogPages<'_> {
        LogPages::new(self, contract, key, at, limit)
    }

    /// The page of a log that begins with a record, and the cursor that the node gives for the next one.
    pub(crate) async fn log_page(
        &self,
        params: &GetLogParams,
        contract: &Address,
        key: &[u8],
        start: u64,
        as_of: At,
    ) -> Result<(Verified<LogPage>, Option<String>), Error> {
        let LogProofFile { proof, next_cursor } = self.client.call_again::<ProofGetLog>(params).await?;
        Ok((self.checked(&proof, as_of)?.log(contract, key, start)?, next_cursor))
    }

    /// Where the node is.
    pub(crate) fn url(&self) -> &str {
        self.client.url()
    }

    /// Verifies a proof, and that it is as of the block that was asked about.
    fn checked(&self, proof: &Proof, at: At) -> Result<Verified<Finding>, Error> {
        let verified = verify(proof, &self.trusted)?;
        match at {
            At::Final => self.newest(verified),
            At::Height(height) => Ok(verified.as_of(height)?),
            At::Block(block) => Ok(verified.as_of_block(&block)?),
            At::Time(_) => Err(Error::Unprovable("which block was the last one at a time; ask as of a height")),
        }
    }

    fn newest(&self, verified: Verified<Finding>) -> Result<Verified<Finding>, Error> {
        let given = verified.height();
        // What newer state shows of the past is none of the newest.
        let verified = verified.as_of(given)?;
        let known = Height(self.reached.fetch_max(given.0, Ordering::Relaxed));
        if given < known {
            return Err(Error::Regressed { given, known });
        }
        let Some(age_max) = self.age_max else { return Ok(verified) };
        let options = Options { now: Some(now()?), max_age_s: Some(age_max.as_secs()) };
        Ok(Report::of(verified, &options)?.verified)
    }
}

/// What time it is.
fn now() -> Result<TimestampMs, BadFile> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| BadFile::NoClock)?;
    u64::try_from(since.as_millis()).map(TimestampMs).map_err(|_| BadFile::NoClock)
}

/// The question for a log's first page.
pub(crate) fn log_params(contract: Address, key: &[u8], at: At, limit: Option<u32>) -> GetLogParams {
    let log = LogRef::Key(Bytes(key.to_vec()));
    GetLogParams { contract: Some(reference(contract)), log, at, limit, cursor: None }
}

fn reference(contract: Address) -> ContractRef {
    ContractRef(contract.to_string())
}
