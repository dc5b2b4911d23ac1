//! Rust client: accounts' keys, transactions, contracts, EPCIS documents, traces, proofs.
//!
//! | to do | with |
//! |---|---|
//! | ask a node | [`Client`], any method of [`countersign_api`] |
//! | follow blocks | [`Subscription`] |
//! | keep and use a key | [`keyfile`], [`Signer`] |
//! | deploy, call, view contracts with JSON arguments | [`contract`] |
//! | capture EPCIS documents | [`capture`] |
//! | follow an item's history to its end | [`history()`] |
//! | verify a proof file offline | [`verify`] |
//!
//! What a node answers is unverified and has the interface's types. What a proof shows is a
//! [`Verified`], which only [`verify`] makes. The two cannot be confused.
//!
//! ```no_run
//! # async fn example() -> Result<(), countersign_client::Error> {
//! use countersign_api::method::node::NodeStatus;
//! use countersign_api::NoParams;
//! let client = countersign_client::Client::new("http://127.0.0.1:8645")?;
//! let status = client.call::<NodeStatus>(&NoParams {}).await?;
//! println!("height {}", status.final_height);
//! # Ok(())
//! # }
//! ```

pub mod capture;
pub mod contract;
mod error;
mod history;
pub mod keyfile;
pub mod limits;
mod rpc;
mod signer;
mod subscription;

pub use countersign_api::trace;
pub use countersign_verify as verify;
pub use countersign_verify::Verified;
pub use error::Error;
pub use history::history;
pub use rpc::Client;
pub use signer::{Final, Signer};
pub use subscription::Subscription;
