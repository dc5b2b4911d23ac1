//! What a test may choose about a transaction and its block.

use alloc::collections::BTreeMap;
use alloc::string::String;

use countersign_abi::role;
use sha2::{Digest, Sha256};

use crate::{Hash, PublicKey, Role};

/// Signer, block and chain of the next call. A view sees height, time and chain only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Account that signs, `organisation/name`.
    pub account: String,
    /// Its roles, as in [`abi::role`](crate::abi::role).
    pub roles: u8,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// Its key.
    pub signer: PublicKey,
    /// Height of the block.
    pub height: u64,
    /// Time of the block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Id of the transaction.
    pub transaction: Hash,
    /// The chain's id.
    pub chain: Hash,
}

/// Somebody who signs transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `organisation/name`.
    pub name: String,
    /// Its roles, as in [`abi::role`](crate::abi::role).
    pub roles: u8,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// Its key.
    pub signer: PublicKey,
}

impl Account {
    /// An account with roles, and a key of its own: the hash of its name, which is the same in every
    /// test and signs nothing.
    #[must_use]
    pub fn new(name: &str, roles: &[Role]) -> Self {
        let roles = roles.iter().fold(0, |bits, role| bits | *role as u8);
        let attributes = BTreeMap::new();
        Self { name: name.into(), roles, attributes, signer: Sha256::digest(name.as_bytes()).into() }
    }

    /// The same with an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }
}

impl Environment {
    /// Lets `account` sign from now on.
    pub fn sign_as(&mut self, account: &Account) {
        self.account.clone_from(&account.name);
        self.roles = account.roles;
        self.attributes.clone_from(&account.attributes);
        self.signer = account.signer;
    }

    /// Lets `ms` pass without a block.
    pub fn travel(&mut self, ms: u64) {
        self.time_ms = self.time_ms.saturating_add(ms);
    }

    /// Moves on to the next block, as a harness does after each call: one height and one second on,
    /// with a new transaction id. Every harness moves in the same way, so that a test sees the same
    /// values everywhere.
    pub fn advance(&mut self) {
        self.height = self.height.saturating_add(1);
        self.time_ms = self.time_ms.saturating_add(1_000);
        self.transaction = Sha256::digest(self.transaction).into();
    }
}

impl Default for Environment {
    /// Height 1 on 2026-01-01, signed by a submitter of an organisation called `test`.
    fn default() -> Self {
        Self {
            account: "test/submitter".into(),
            roles: role::SUBMITTER,
            attributes: BTreeMap::new(),
            signer: [1; 32],
            height: 1,
            time_ms: 1_767_225_600_000,
            transaction: [2; 32],
            chain: [3; 32],
        }
    }
}
