//! Rust client: accounts' keys, transactions, contracts, EPCIS documents, traces, proofs.
//!
//! | to do | with |
//! |---|---|
//! | ask a node and trust nobody | [`Client::trusting`]: an [`Auditor`] verifies answers before it returns them |
//! | ask a node and take its word | [`Client::unverified`], any method of [`countersign_api`] |
//! | follow changes of validators | [`light`] |
//! | follow blocks | [`Subscription`] |
//! | keep and use a key | [`keyfile`], [`Signer`] |
//! | deploy, call, view contracts with JSON arguments | [`contract`] |
//! | capture EPCIS documents, of any length, and correct what was captured | [`capture`] |
//! | list, accept and refuse hand-overs | [`custody`] |
//! | follow an item's history to its end | [`history()`]; [`Auditor::history`] verifies each page |
//! | ask one of the other questions about recorded items | [`questions`]: a method of [`Auditor`] for each |
//! | verify a proof file offline | [`verify`] |
//!
//! What a node says is an [`Unverified`]. What a proof shows is a [`Verified`], which only [`verify`] makes. The two
//! cannot be confused.
//!
//! ```no_run
//! # async fn example(genesis: &[u8]) -> Result<(), countersign_client::Error> {
//! use countersign_api::method::node::NodeStatus;
//! use countersign_api::{At, NoParams};
//! use countersign_client::{Client, verify};
//!
//! let client = Client::new("http://127.0.0.1:8645")?;
//! let status = client.unverified().call::<NodeStatus>(&NoParams {}).await?;
//! println!("the node says that its height is {}", status.as_said().final_height);
//!
//! let auditor = client.trusting(verify::trusted(genesis)?);
//! let account = auditor.account(&"org0/erp".parse().expect("a name"), At::Final).await?;
//! println!("as of block {} it has {} keys", account.height(), account.data().as_ref().map_or(0, |it| it.keys.len()));
//! # Ok(())
//! # }
//! ```

mod auditor;
pub mod capture;
pub mod contract;
pub mod custody;
mod error;
mod history;
pub mod keyfile;
pub mod light;
pub mod limits;
mod pages;
pub mod questions;
mod rpc;
mod signer;
mod subscription;
mod unverified;

pub use auditor::Auditor;
pub use countersign_api::trace;
pub use countersign_verify as verify;
pub use countersign_verify::Verified;
pub use error::Error;
pub use history::history;
pub use pages::{ChainPages, HistoryPages, LogPages};
pub use questions::Printed;
pub use rpc::Client;
pub use signer::{Final, Signer, explain};
pub use subscription::{Notice, Subscription};
pub use unverified::{Asking, Unverified};
