//! Guest SDK: what a Countersign contract is written with.
#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod call;
mod check;
mod context;
mod contract;
mod crypto;
mod described;
mod error;
mod event;
#[cfg(any(test, target_arch = "wasm32"))]
mod heap;
mod host;
mod index;
mod item;
pub mod log;
mod map;
mod ordered;
#[cfg(target_arch = "wasm32")]
mod runtime;
mod schedule;
mod set;
pub mod storage;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod tree;

pub use borsh;
pub use countersign_abi as abi;
pub use countersign_macros::{ContractError, ContractEvent, ContractType, contract, interface};

pub use call::{CallError, Refused};
pub use check::{BadLength, ByContract, check_length, checked_text, wide};
pub use context::{Context, Role};
#[doc(hidden)]
pub use contract::Required;
pub use contract::{BAD_ARGUMENTS, Contract, Method, Mode, Slot, State};
pub use crypto::{ed25519_verify, sha256};
pub use described::ContractType;
pub use error::{ContractError, NoError};
pub use event::{Attribute, Attributes, ContractEvent};
pub use index::Index;
pub use item::Item;
pub use log::{Log, Logs, Record};
pub use map::Map;
pub use ordered::OrderedMap;
pub use schedule::ScheduleError;
pub use set::Set;

/// Address of a contract.
pub type Address = [u8; 32];
/// A SHA-256 hash, also a transaction's or a chain's id.
pub type Hash = [u8; 32];
/// An Ed25519 public key.
pub type PublicKey = [u8; 32];

/// What nearly every contract names: `use countersign_contract::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Address, Context, ContractError, ContractEvent, ContractType, Hash, Index, Item, Log, Logs, Map, OrderedMap,
        PublicKey, Record, Refused, Role, Set, contract, interface,
    };
    pub use alloc::collections::BTreeMap;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec::Vec;
    pub use alloc::{format, vec};
}

/// Gives a `#![no_std]` contract its allocator and panic handler. Write it once, in `lib.rs`. Panics
/// trap without composing their message, which keeps the module small.
#[macro_export]
macro_rules! no_std_runtime {
    () => {
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static ALLOCATOR: $crate::__private::Allocator = $crate::__private::Allocator::new();

        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn panic(_: &::core::panic::PanicInfo<'_>) -> ! {
            ::core::arch::wasm32::unreachable()
        }
    };
}

/// What the macros' output names. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::{Input, answer, assert_implemented, refuse};
    pub use crate::described::{alias_is_bytes32, assert_described};
    pub use crate::error::assert_described as assert_error_described;
    #[cfg(target_arch = "wasm32")]
    pub use crate::runtime::Allocator;
    pub use alloc::vec::Vec;
}
