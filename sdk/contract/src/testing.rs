//! Tests of contracts: once written, run natively by [`Host`] and as Wasm by any other [`Harness`].
//!
//! ```
//! use countersign_contract::prelude::*;
//! use countersign_contract::testing::{Harness, Host};
//!
//! #[contract]
//! pub struct Greeter {
//!     last: Item<String>,
//! }
//!
//! #[contract]
//! impl Greeter {
//!     #[call]
//!     pub fn greet(&mut self, ctx: &mut Context, name: String) -> String {
//!         self.last.set(&name);
//!         format!("{name} met by {}", ctx.organisation())
//!     }
//! }
//!
//! fn scenario(host: &mut impl Harness) {
//!     host.environment().account = "acme/anna".into();
//!     let answer: String = host.invoke("greet", &("Bo",)).unwrap();
//!     assert_eq!(answer, "Bo met by acme");
//! }
//!
//! scenario(&mut Host::new::<Greeter>());
//! ```

mod environment;
mod failure;
mod native;
mod run;
mod schedule;

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::item::encode;
use crate::{Address, ContractEvent};

pub use environment::{Account, Environment};
pub use failure::Failure;
pub use native::Host;
pub(crate) use run::{Frame, Undo, method, stop_by_failure, stop_by_trap, with};
pub use schedule::{Made, Schedule, Waiting};

/// An event as it was emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Contract that emitted it.
    pub contract: Address,
    /// Its name.
    pub name: String,
    /// Its data: the borsh encoding of the event's struct.
    pub data: Vec<u8>,
    /// Its indexed fields.
    pub attributes: Vec<(String, Vec<u8>)>,
}

/// Something that runs deployed contracts, one of them at a time: this thread ([`Host`]) or a Wasm engine.
///
/// Each call is a transaction of its own in a block of its own height. A call that does not return
/// leaves no writes, events or log entries.
pub trait Harness {
    /// Signer, time and chain that the next call or view sees.
    fn environment(&mut self) -> &mut Environment;

    /// Address of the contract.
    fn contract(&self) -> Address;

    /// Lets calls and views go to another contract. At first they go to the one that the harness was made with.
    fn select(&mut self, contract: Address);

    /// Runs a method as a transaction would, with argument bytes; answers its output.
    ///
    /// # Errors
    ///
    /// If the method fails or traps.
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure>;

    /// Runs a method as a view, with argument bytes; answers its output.
    ///
    /// # Errors
    ///
    /// If the method fails or traps, which a write makes it do.
    fn view(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure>;

    /// All events of calls that returned, oldest first.
    fn events(&self) -> &[Event];

    /// Lets `account` sign the calls from now on.
    fn as_account(&mut self, account: &Account) -> &mut Self
    where
        Self: Sized,
    {
        self.environment().sign_as(account);
        self
    }

    /// Stops the selected contract, as its owner or the network does, or lets it run again. Views answer meanwhile; calls
    /// trap with [`FROZEN`](crate::abi::trap::FROZEN), where the chain rejects the transaction; calls that it scheduled
    /// wait.
    fn freeze(&mut self, frozen: bool);

    /// All scheduled calls that were made, the oldest first.
    fn made(&self) -> &[Made] {
        &[]
    }

    /// Lets `ms` pass before the next call or view. Scheduled calls that are due then are made, in a block of their own;
    /// those that become due otherwise are made before the next call, in its block.
    fn travel(&mut self, ms: u64) {
        self.environment().travel(ms);
    }

    /// Where the events end so far, for [`Harness::events_since`].
    fn mark(&self) -> usize {
        self.events().len()
    }

    /// All events of type `E`, of any contract, oldest first.
    ///
    /// # Panics
    ///
    /// If an event of that name is not an `E`.
    fn events_of<E: ContractEvent + BorshDeserialize>(&self) -> Vec<E> {
        self.events_since(0)
    }

    /// The events of type `E` since a [`Harness::mark`].
    ///
    /// # Panics
    ///
    /// If an event of that name is not an `E`.
    fn events_since<E: ContractEvent + BorshDeserialize>(&self, mark: usize) -> Vec<E> {
        let named = self.events().iter().skip(mark).filter(|event| event.name == E::NAME);
        named.map(|event| E::try_from_slice(&event.data).expect("an event of this name is of this type")).collect()
    }

    /// [`Harness::call`] with a tuple of arguments and a typed result: `invoke("add", &(1u64,))`.
    ///
    /// # Errors
    ///
    /// If the method fails or traps.
    ///
    /// # Panics
    ///
    /// If the output is not an `R`.
    fn invoke<R: BorshDeserialize>(&mut self, method: &str, arguments: &impl BorshSerialize) -> Result<R, Failure> {
        self.call(method, &encode(arguments)).map(typed)
    }

    /// [`Harness::view`] with a tuple of arguments and a typed result.
    ///
    /// # Errors
    ///
    /// If the method fails or traps.
    ///
    /// # Panics
    ///
    /// If the output is not an `R`.
    fn query<R: BorshDeserialize>(&mut self, method: &str, arguments: &impl BorshSerialize) -> Result<R, Failure> {
        self.view(method, &encode(arguments)).map(typed)
    }
}

fn typed<R: BorshDeserialize>(output: Vec<u8>) -> R {
    R::try_from_slice(&output).expect("the method returns the type that the test expects")
}
