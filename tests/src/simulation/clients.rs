//! Clients: they deploy, count, and rename accounts, and submit again what they have no receipt for.

use super::checker::Checker;
use super::random::Random;
use countersign_types::contract::Address;
use countersign_types::{
    Account, AccountId, Gas, Hash, Height, KeyEntry, KeyProof, NativeOperation, Payload, PublicKey, Roles, SecretKey,
    TimestampMs, Transaction, VerifiedTransaction, codec,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const CONTRACT: &str = "org0/counter";
/// Enough for deploying the counter.
const GAS: u64 = 400_000_000;
/// Longer than any run and than any clock is wrong.
const VALID_MS: u64 = 7_200_000;

/// All clients.
#[derive(Debug)]
pub struct Clients {
    chain: Hash,
    admins: Vec<SecretKey>,
    /// The counter's module, until it is deployed.
    counter: Option<Vec<u8>>,
    /// Submitted transactions that are not yet acknowledged.
    open: BTreeMap<Hash, Arc<VerifiedTransaction>>,
    random: Random,
}

impl Clients {
    /// An admin of each organisation, none of whom has done anything yet.
    #[must_use]
    pub fn new(chain: Hash, admins: Vec<SecretKey>, counter: Vec<u8>, random: Random) -> Self {
        Self { chain, admins, counter: Some(counter), open: BTreeMap::new(), random }
    }

    /// Who submits most: the first organisation's admin.
    #[must_use]
    pub fn first(&self) -> PublicKey {
        self.admins.first().map(SecretKey::public).unwrap_or_default()
    }

    /// Whether something is without a receipt.
    #[must_use]
    pub fn wait(&self) -> bool {
        !self.open.is_empty() || self.counter.is_some()
    }

    /// What is without a receipt.
    #[must_use]
    pub fn open(&self) -> Vec<Arc<VerifiedTransaction>> {
        self.open.values().cloned().collect()
    }

    /// A receipt has come; whether it was waited for.
    pub fn told(&mut self, transaction: &Hash) -> bool {
        self.open.remove(transaction).is_some()
    }

    /// With this chance out of a thousand somebody submits something.
    pub fn act(&mut self, now: u64, load: u64, checker: &mut Checker) -> Option<Arc<VerifiedTransaction>> {
        if !self.random.chance(load) {
            return None;
        }
        let organisation = self.random.index(self.admins.len());
        match self.counter.take() {
            Some(code) => {
                self.sign(now, 0, Payload::Deploy { name: CONTRACT.into(), code, input: Vec::new() }, checker)
            }
            None if self.random.chance(100) => {
                let payload = self.new_account(organisation);
                self.sign(now, organisation, payload, checker)
            }
            None => self.count(now, organisation, checker),
        }
    }

    /// An organisation counts.
    pub fn count(&mut self, now: u64, organisation: usize, checker: &mut Checker) -> Option<Arc<VerifiedTransaction>> {
        let input = codec::encode(&self.random.below(10));
        let payload = Payload::Call { contract: Address::of(CONTRACT), method: "add".into(), input };
        self.sign(now, organisation, payload, checker)
    }

    /// All organisations vote for something.
    pub fn vote(
        &mut self,
        now: u64,
        operation: &NativeOperation,
        checker: &mut Checker,
    ) -> Vec<Arc<VerifiedTransaction>> {
        let organisations = 0..self.admins.len();
        organisations.filter_map(|one| self.sign(now, one, Payload::Native(operation.clone()), checker)).collect()
    }

    fn sign(
        &mut self,
        now: u64,
        organisation: usize,
        payload: Payload,
        checker: &mut Checker,
    ) -> Option<Arc<VerifiedTransaction>> {
        let key = self.admins.get(organisation)?;
        let adds = match &payload {
            Payload::Call { input, .. } => <[u8; 8]>::try_from(input.as_slice()).ok().map(u64::from_le_bytes),
            _ => None,
        };
        let transaction = Transaction {
            chain: self.chain,
            signer: key.public(),
            nonce: self.random.number(),
            expires: TimestampMs(now + VALID_MS),
            gas_limit: Gas(GAS),
            payload,
        };
        let verified = Arc::new(transaction.sign(key).verify(&self.chain).ok()?);
        checker.issued(verified.id(), adds);
        self.open.insert(verified.id(), Arc::clone(&verified));
        Some(verified)
    }

    fn new_account(&mut self, organisation: usize) -> Payload {
        let key = SecretKey::from_seed(&self.random.bytes());
        let id = format!("org{organisation}/a{}", self.random.below(50));
        let id: AccountId = id.parse().expect("a valid account name");
        let proofs = vec![KeyProof::new(&key, &self.chain, &id)];
        let keys = vec![KeyEntry { key: key.public(), valid_from: Height::ZERO, valid_to: None }];
        Payload::Native(NativeOperation::PutAccount { account: Account { id, roles: Roles::SUBMITTER, keys }, proofs })
    }
}
