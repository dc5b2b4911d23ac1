//! Transactions: made, signed, submitted, and followed to their final receipt.

use crate::limits::{CALL_GAS, CLOCK_SLACK_MS, PAUSE_FIRST, PAUSE_MAX};
use crate::{Client, Error};
use countersign_api::error::Code;
use countersign_api::method::chain::{ChainInfo, Info};
use countersign_api::method::tx::{Outcome, Receipt, State, SubmitParams, Tried, TxSubmit, TxTry, TxWait, WaitParams};
use countersign_api::{Bytes, NoParams, Read};
use countersign_types::hash::sha256;
use countersign_types::{
    Gas, Hash, Parameters, Payload, PublicKey, SecretKey, SignedTransaction, TimestampMs, Transaction, encode,
};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// A key, and the chain it signs for.
#[derive(Debug, Clone)]
pub struct Signer {
    client: Client,
    key: SecretKey,
    chain: Hash,
    parameters: Parameters,
    seen: Seen,
}

/// A block time, and when it was learnt.
#[derive(Debug, Clone, Copy)]
struct Seen {
    time: TimestampMs,
    at: Instant,
}

/// A transaction that took effect, with its final receipt.
#[derive(Debug, Clone)]
#[must_use]
pub struct Final {
    /// The receipt.
    pub receipt: Receipt,
    /// borsh of what the method returned.
    pub output: Vec<u8>,
}

impl Signer {
    /// Asks the node which chain it is on, so as to sign for it.
    ///
    /// # Errors
    /// As of a call.
    pub async fn connect(client: Client, key: SecretKey) -> Result<Self, Error> {
        let Read { data, .. }: Read<Info> = client.call_again::<ChainInfo>(&NoParams {}).await?;
        let seen = Seen { time: data.time, at: Instant::now() };
        Ok(Self { client, key, chain: data.chain, parameters: data.parameters, seen })
    }

    /// The same for another key, without asking again.
    #[must_use]
    pub fn with_key(&self, key: SecretKey) -> Self {
        Self { key, ..self.clone() }
    }
    /// The same through another node of the chain.
    #[must_use]
    pub fn through(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }
    /// The node.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }
    /// 32 secret bytes that follow from the key and a purpose.
    #[must_use]
    pub fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new(self.key.seed().to_vec());
        bytes.extend_from_slice(purpose);
        Zeroizing::new(sha256(&bytes))
    }
    /// The chain's id.
    #[must_use]
    pub fn chain(&self) -> Hash {
        self.chain
    }
    /// The chain's rules.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Makes and signs a transaction. It expires after half the chain's window; its gas limit is
    /// [`CALL_GAS`] if none is given, or the largest allowed if that is less.
    ///
    /// # Errors
    /// [`Error::Random`], or [`Error::TooLarge`] if it could never be taken.
    pub fn sign(&self, payload: Payload, gas: Option<u64>) -> Result<SignedTransaction, Error> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(|error| Error::Random(error.to_string()))?;
        let most = self.parameters.transaction_gas_max;
        let body = Transaction {
            chain: self.chain,
            signer: self.key.public(),
            nonce: u64::from_le_bytes(nonce),
            expires: self.expiry(),
            gas_limit: gas.map_or(Gas(CALL_GAS).min(most), Gas),
            payload,
        };
        let signed = body.sign(&self.key);
        match signed.check_shape(&self.chain) {
            Err(countersign_types::transaction::BadTransaction::Payload { bytes }) => Err(Error::TooLarge {
                what: "the transaction's content".to_owned(),
                bytes,
                max: countersign_types::limits::PAYLOAD_BYTES_MAX,
            }),
            _ => Ok(signed),
        }
    }

    /// The chain stands still between heartbeats and its clock does not, so the expiry counts from
    /// this machine's clock as far as the chain's last block makes that believable.
    fn expiry(&self) -> TimestampMs {
        let since = u64::try_from(self.seen.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        let earliest = self.seen.time.plus(since);
        let latest = earliest.plus(self.parameters.heartbeat_ms.saturating_add(CLOCK_SLACK_MS));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
        let now = TimestampMs(u64::try_from(now).unwrap_or(u64::MAX));
        now.clamp(earliest, latest).plus(self.parameters.transaction_window_ms / 2)
    }

    /// What a payload would do at the newest block. It is signed as a transaction that has expired, so a node that sees it
    /// cannot submit it.
    ///
    /// # Errors
    /// As of [`Signer::sign`] and of a call.
    pub async fn try_out(&self, payload: Payload, gas: Option<u64>) -> Result<Tried, Error> {
        let Transaction { nonce, gas_limit, payload, .. } = self.sign(payload, gas)?.body;
        let (chain, signer) = (self.chain, self.key.public());
        let body = Transaction { chain, signer, nonce, expires: TimestampMs(0), gas_limit, payload };
        let params = SubmitParams { transaction: Bytes(encode(&body.sign(&self.key))) };
        Ok(self.client.call_again::<TxTry>(&params).await?.data)
    }

    /// Submits a signed transaction. Submitting it again does no harm, so that is done when the
    /// answer is lost.
    ///
    /// # Errors
    /// As of a call.
    pub async fn submit(&self, signed: &SignedTransaction) -> Result<Hash, Error> {
        let params = SubmitParams { transaction: Bytes(encode(signed)) };
        match self.client.call_again::<TxSubmit>(&params).await {
            // It arrived the first time and is in a block already.
            Err(Error::Rpc(error)) if error.kind() == Some(Code::DuplicateTransaction) => Ok(signed.body.id()),
            outcome => Ok(outcome?.id),
        }
    }

    /// Waits for the final receipt of a submitted transaction, whatever became of it. A node that
    /// has not heard of it is handed it again.
    ///
    /// # Errors
    /// [`Error::Expired`] if it was never included, [`Error::StillPending`] if that cannot be said
    /// before it must have expired, or as of a call.
    pub async fn wait(&self, signed: &SignedTransaction) -> Result<Receipt, Error> {
        let id = signed.body.id();
        let begun = Instant::now();
        let patience = Duration::from_millis(self.parameters.transaction_window_ms.saturating_add(CLOCK_SLACK_MS));
        let mut pause = PAUSE_FIRST;
        while begun.elapsed() < patience {
            match self.client.call::<TxWait>(&WaitParams { id, timeout_ms: None }).await {
                Ok(State::Final { receipt }) => return Ok(*receipt),
                Ok(State::Expired) => return Err(Error::Expired { id }),
                Ok(State::Pending) => pause = PAUSE_FIRST,
                Ok(State::Unknown { .. }) => {
                    tokio::time::sleep(pause).await;
                    self.submit(signed).await?;
                }
                Err(error) if error.is_network() => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::StillPending { id, waited: begun.elapsed() })
    }

    /// Signs, submits and waits; an error if it had no effect.
    ///
    /// # Errors
    /// [`Error::NoEffect`], or as of the three steps.
    pub async fn execute(&self, payload: Payload, gas: Option<u64>) -> Result<Final, Error> {
        let signed = self.sign(payload, gas)?;
        self.submit(&signed).await?;
        Final::of(self.wait(&signed).await?)
    }
}

impl Final {
    /// A receipt of a transaction that took effect.
    ///
    /// # Errors
    /// [`Error::NoEffect`].
    pub fn of(receipt: Receipt) -> Result<Self, Error> {
        match &receipt.outcome {
            Outcome::Succeeded { output } => Ok(Self { output: output.0.clone(), receipt }),
            outcome => Err(Error::NoEffect {
                id: receipt.transaction,
                reason: explain(outcome),
                outcome: Box::new(outcome.clone()),
            }),
        }
    }
}

/// Why a transaction had no effect, in words.
#[must_use]
pub fn explain(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded { .. } => "it took effect".to_owned(),
        Outcome::Failed { code, .. } => format!("the contract refused it with its error {code}"),
        Outcome::Trapped { cause } => format!("the contract trapped: {}", trap(*cause)),
        Outcome::Rejected { reason, .. } => reason.clone(),
    }
}

/// What a trap number of the guest interface means.
fn trap(cause: u32) -> String {
    let known = match cause {
        1 => "the gas limit was reached; give more with --gas",
        2 => "the call chain's stack limit was reached",
        3 => "`unreachable` was executed, as a Rust panic does",
        4 => "memory access out of bounds",
        5 => "table access out of bounds",
        6 => "indirect call of a wrong function",
        7 => "division by zero",
        20 => "a contract on the way is frozen",
        _ => return format!("cause {cause}"),
    };
    known.to_owned()
}
