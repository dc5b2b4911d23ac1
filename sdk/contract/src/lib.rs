//! Guest SDK: what a Countersign contract is written with.
#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", not(target_arch = "wasm32")))]
extern crate std;

mod call;
mod context;
mod contract;
mod crypto;
mod described;
mod error;
mod event;
mod host;
mod item;
pub mod log;
mod map;
pub mod storage;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use borsh;
pub use countersign_abi as abi;
pub use countersign_macros::{ContractError, ContractEvent, ContractType, contract};

pub use call::CallError;
pub use context::{Context, Role};
pub use contract::{BAD_ARGUMENTS, Contract, Method, Mode, Slot, State};
pub use crypto::{ed25519_verify, sha256};
pub use described::ContractType;
pub use error::ContractError;
pub use event::{Attribute, Attributes, ContractEvent};
pub use item::Item;
pub use log::{Log, Logs, Record};
pub use map::Map;

/// Address of a contract.
pub type Address = [u8; 32];
/// A SHA-256 hash, also a transaction's or a chain's id.
pub type Hash = [u8; 32];
/// An Ed25519 public key.
pub type PublicKey = [u8; 32];

/// What nearly every contract names: `use countersign_contract::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Address, Context, ContractError, ContractEvent, ContractType, Hash, Item, Log, Logs, Map, PublicKey, Record,
        Role, contract,
    };
    pub use alloc::collections::BTreeMap;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec::Vec;
    pub use alloc::{format, vec};
}

/// What the macros' output names. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::{Input, answer, refuse};
    pub use crate::described::{alias_is_bytes32, assert_described};
    pub use crate::error::assert_described as assert_error_described;
    pub use alloc::vec::Vec;
}
