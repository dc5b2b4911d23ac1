//! Tests of contracts as modules, on the node's own machine.
//!
//! A scenario over `countersign_contract::testing::Harness` runs natively by `Host`, as a module by
//! [`WasmHost`], which counts gas, and by [`Both`] at once, which panics where the two differ in anything. Modules are
//! those that `countersign contract test` has built; [`module`] finds them. A [`GasReport`] holds what steps cost to
//! a baseline, and [`Step`]s are what property tests make sequences of.
//!
//! ```no_run
//! # use countersign_contract::prelude::*;
//! # #[contract]
//! # pub struct Hello { total: Item<u64> }
//! # #[contract]
//! # impl Hello {
//! #     #[call]
//! #     pub fn add(&mut self, n: u64) -> u64 { n }
//! # }
//! use countersign_contract::testing::Harness;
//! use countersign_testing::{Both, GasReport, module};
//!
//! let code = module("hello")?;
//! let mut host = Both::new::<Hello>(&code)?;
//! assert_eq!(host.invoke::<u64>("add", &(2u64,)), Ok(2));
//! let mut report = GasReport::new(&code);
//! report.add("add, first", host.gas_used());
//! report.hold("tests/gas.txt".as_ref())?;
//! # Ok::<(), countersign_testing::Error>(())
//! ```

mod baseline;
mod both;
mod error;
mod gas;
mod machine;
mod step;
mod wasm;

pub use both::Both;
pub use error::Error;
pub use gas::{Comparison, GasReport, Row};
pub use machine::{MODULES, machine, module};
pub use step::{Step, run};
pub use wasm::WasmHost;
