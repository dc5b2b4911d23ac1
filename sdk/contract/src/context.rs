//! Who calls, and when.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;

use countersign_abi::{field, role};

use crate::event::ContractEvent;
use crate::{Address, Hash, PublicKey, event, host};

/// Room offered for an account's name before its length is known.
const ACCOUNT_BYTES: usize = 160;

/// The transaction and block that a method runs in.
///
/// A method takes it as its first argument after `self`, if it needs it: `ctx: &mut Context` in
/// calls, `ctx: &Context` in views, which therefore cannot emit events.
#[derive(Debug)]
pub struct Context(());

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Acts for its organisation in governance and sets its accounts.
    Admin = role::ADMIN,
    /// Deploys contracts.
    Deployer = role::DEPLOYER,
    /// Calls contracts.
    Submitter = role::SUBMITTER,
    /// A device, calling contracts with a device's attributes.
    Device = role::DEVICE,
    /// Reads what is restricted to auditors.
    Auditor = role::AUDITOR,
}

impl Context {
    /// The context of the running call. The macros hand it to methods; code without a `Context`
    /// at hand may ask for one.
    #[must_use]
    pub const fn current() -> Self {
        Self(())
    }

    /// Account that signed the transaction, or in whose name the call was scheduled, `organisation/name`. Empty in a view.
    ///
    /// # Panics
    ///
    /// If the host's answer is not UTF-8, which breaks the interface.
    #[must_use]
    pub fn account(&self) -> String {
        let mut bytes = vec![0; ACCOUNT_BYTES];
        let len = host::context(field::ACCOUNT, &mut bytes);
        if len > bytes.len() {
            bytes.resize(len, 0);
            host::context(field::ACCOUNT, &mut bytes);
        }
        bytes.truncate(len);
        String::from_utf8(bytes).expect("account names are UTF-8")
    }

    /// Organisation of that account. Empty in a view.
    #[must_use]
    pub fn organisation(&self) -> String {
        let mut account = self.account();
        let end = account.find('/').unwrap_or(account.len());
        account.truncate(end);
        account
    }

    /// Whether that account has `role`. Never in a view, nor where another contract called this one.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.roles() & role as u8 != 0
    }

    /// Roles of that account, bit by bit as in [`abi::role`](crate::abi::role).
    #[must_use]
    pub fn roles(&self) -> u8 {
        let [roles] = bytes(field::ROLES);
        roles
    }

    /// What its organisation says of that account by this name, as it is now. Nothing in a view, nor where another contract called
    /// this one.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes().remove(name)
    }

    /// All that its organisation says of that account, by name: at most 8 texts of at most 64 bytes.
    ///
    /// # Panics
    ///
    /// If the host's answer is no such map, which breaks the interface.
    #[must_use]
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let mut bytes = vec![0; host::context(field::ATTRIBUTES, &mut [])];
        if bytes.is_empty() {
            return BTreeMap::new();
        }
        host::context(field::ATTRIBUTES, &mut bytes);
        borsh::from_slice(&bytes).expect("attributes are a map of texts")
    }

    /// Key that signed the transaction. Zeros in a view and in a scheduled call.
    #[must_use]
    pub fn signer(&self) -> PublicKey {
        bytes(field::SIGNER_KEY)
    }

    /// Address of this contract.
    #[must_use]
    pub fn contract(&self) -> Address {
        bytes(field::CONTRACT)
    }

    /// Address of the contract that called this one; none if the transaction did. It is this one's in a call that it
    /// scheduled.
    #[must_use]
    pub fn caller_contract(&self) -> Option<Address> {
        let mut address = [0; 32];
        (host::context(field::CALLER_CONTRACT, &mut address) == address.len()).then_some(address)
    }

    /// Id of the transaction, or of the scheduled call. Zeros in a view.
    #[must_use]
    pub fn transaction(&self) -> Hash {
        bytes(field::TRANSACTION)
    }

    /// Height of the block.
    #[must_use]
    pub fn height(&self) -> u64 {
        u64::from_le_bytes(bytes(field::HEIGHT))
    }

    /// Time of the block, milliseconds since 1970 UTC.
    #[must_use]
    pub fn time_ms(&self) -> u64 {
        u64::from_le_bytes(bytes(field::TIME_MS))
    }

    /// The chain's id: the hash of its genesis.
    #[must_use]
    pub fn chain(&self) -> Hash {
        bytes(field::CHAIN)
    }

    /// Whether this runs as a view: nothing may be written, logs may be read.
    #[must_use]
    pub fn is_view(&self) -> bool {
        bytes(field::IS_VIEW) == [1]
    }

    /// Emits an event. The node indexes its `#[indexed]` fields for queries.
    pub fn emit<E: ContractEvent>(&mut self, event: &E) {
        event::emit(event);
    }

    /// Emits an event as bytes: `attributes` laid out as in
    /// [`abi::attributes`](crate::abi::attributes).
    pub fn emit_raw(&mut self, name: &str, data: &[u8], attributes: &[u8]) {
        host::emit(name, data, attributes);
    }
}

/// A field of fixed length.
fn bytes<const N: usize>(field: i32) -> [u8; N] {
    let mut bytes = [0; N];
    let len = host::context(field, &mut bytes);
    assert!(len == N, "a context field has its fixed length");
    bytes
}
