//! Clients: they deploy, count, schedule calls, and name accounts, and submit again what they have no receipt for.

use super::checker::{Checker, Does};
use super::random::Random;
use countersign_types::contract::Address;
use countersign_types::{
    Account, AccountId, Gas, Hash, Height, KeyEntry, KeyProof, NativeOperation, Payload, PublicKey, Roles, SecretKey,
    TimestampMs, Transaction, VerifiedTransaction, codec,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const COUNTER: &str = "org0/counter";
/// Its offers are ended by calls that it schedules.
const OFFERS: &str = "org1/offers";
/// Offers end this soon, and up to so much later.
const OFFER_MS: (u64, u64) = (200, 3_000);
/// Enough for deploying either.
const GAS: u64 = 400_000_000;
/// Longer than any run and than any clock is wrong.
const VALID_MS: u64 = 7_200_000;

/// Modules of the contracts that clients deploy.
#[derive(Debug, Clone)]
pub struct Modules {
    /// Counts.
    pub counter: Vec<u8>,
    /// Schedules calls.
    pub offers: Vec<u8>,
}

/// All clients.
#[derive(Debug)]
pub struct Clients {
    chain: Hash,
    admins: Vec<SecretKey>,
    /// Contracts that are not deployed yet: organisation, name and module.
    modules: Vec<(usize, &'static str, Vec<u8>)>,
    /// Offers made.
    offers: u64,
    /// Submitted transactions that are not yet acknowledged.
    open: BTreeMap<Hash, Arc<VerifiedTransaction>>,
    random: Random,
}

impl Clients {
    /// An admin of each organisation, none of whom has done anything yet.
    #[must_use]
    pub fn new(chain: Hash, admins: Vec<SecretKey>, modules: Modules, random: Random) -> Self {
        let modules = vec![(1, OFFERS, modules.offers), (0, COUNTER, modules.counter)];
        Self { chain, admins, modules, offers: 0, open: BTreeMap::new(), random }
    }

    /// Who submits most: the first organisation's admin.
    #[must_use]
    pub fn first(&self) -> PublicKey {
        self.admins.first().map(SecretKey::public).unwrap_or_default()
    }

    /// Whether something is without a receipt.
    #[must_use]
    pub fn wait(&self) -> bool {
        !self.open.is_empty() || !self.modules.is_empty()
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
        match self.modules.pop() {
            Some((owner, name, code)) => {
                let payload = Payload::Deploy { name: name.into(), code, input: Vec::new() };
                self.sign(now, owner, payload, Does::Else, checker)
            }
            None if self.random.chance(100) => {
                let payload = self.new_account(organisation);
                self.sign(now, organisation, payload, Does::Else, checker)
            }
            None if self.random.chance(100) => self.offer(now, organisation, checker),
            None => self.count(now, organisation, checker),
        }
    }

    /// An organisation makes an offer, which a call that it schedules ends.
    fn offer(&mut self, now: u64, organisation: usize, checker: &mut Checker) -> Option<Arc<VerifiedTransaction>> {
        let until = now + OFFER_MS.0 + self.random.below(OFFER_MS.1);
        self.offers += 1;
        let input = codec::encode(&(self.offers, until));
        let payload = Payload::Call { contract: Address::of(OFFERS), method: "offer".into(), input };
        self.sign(now, organisation, payload, Does::Books(TimestampMs(until)), checker)
    }

    /// An organisation counts.
    pub fn count(&mut self, now: u64, organisation: usize, checker: &mut Checker) -> Option<Arc<VerifiedTransaction>> {
        let adds = self.random.below(10);
        let input = codec::encode(&adds);
        let payload = Payload::Call { contract: Address::of(COUNTER), method: "add".into(), input };
        self.sign(now, organisation, payload, Does::Adds(adds), checker)
    }

    /// All organisations vote for something.
    pub fn vote(
        &mut self,
        now: u64,
        operation: &NativeOperation,
        checker: &mut Checker,
    ) -> Vec<Arc<VerifiedTransaction>> {
        let organisations = 0..self.admins.len();
        let vote = |one| self.sign(now, one, Payload::Native(operation.clone()), Does::Else, checker);
        organisations.filter_map(vote).collect()
    }

    fn sign(
        &mut self,
        now: u64,
        organisation: usize,
        payload: Payload,
        does: Does,
        checker: &mut Checker,
    ) -> Option<Arc<VerifiedTransaction>> {
        let key = self.admins.get(organisation)?;
        let transaction = Transaction {
            chain: self.chain,
            signer: key.public(),
            nonce: self.random.number(),
            expires: TimestampMs(now + VALID_MS),
            gas_limit: Gas(GAS),
            payload,
        };
        let verified = Arc::new(transaction.sign(key).verify(&self.chain).ok()?);
        checker.issued(verified.id(), does);
        self.open.insert(verified.id(), Arc::clone(&verified));
        Some(verified)
    }

    fn new_account(&mut self, organisation: usize) -> Payload {
        let key = SecretKey::from_seed(&self.random.bytes());
        let id = format!("org{organisation}/a{}", self.random.below(50));
        let id: AccountId = id.parse().expect("a valid account name");
        let proofs = vec![KeyProof::new(&key, &self.chain, &id)];
        let keys = vec![KeyEntry { key: key.public(), valid_from: Height::ZERO, valid_to: None }];
        Payload::Native(NativeOperation::PutAccount { account: Account::new(id, Roles::SUBMITTER, keys), proofs })
    }
}
