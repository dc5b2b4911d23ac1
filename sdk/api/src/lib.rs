//! The JSON-RPC interface, once for both sides.
//!
//! A method is a type that implements [`Method`]: its name, a summary, and the types of parameters
//! and answer. Server and client use the same types, and the OpenRPC document is made of them, so
//! none of the three can drift from the others.
//!
//! | what | where |
//! |---|---|
//! | all methods, by namespace | [`method`] |
//! | the envelope of JSON-RPC 2.0, strict and bounded | [`envelope`] |
//! | every error code | [`error`] |
//! | a server's table of handlers: bytes in, bytes out | [`registry`] |
//! | a contract's interface, JSON to borsh and back | [`abi`] |
//! | the OpenRPC document | [`openrpc`] |
//! | answers of traces, reports, verdicts on documents, alike on both sides | [`trace`], [`report`], [`check`] |
//!
//! # Conventions
//!
//! Parameters are named. Hashes, keys and addresses are `0x` and hexadecimal, bytes are base64,
//! heights are numbers, other integers above 2^53 are decimal strings ([`U64`]). Reads take `at`
//! (`"final"`, a height, a block hash or a time; see [`At`]) and answer [`Read`]; lists take `limit`,
//! `cursor`, `order` and answer [`Page`]. Anything cut short says so.
//!
//! **Pages.** A page holds `limit` items, 100 if none is given and at most 1,000. Its `nextCursor` is opaque text, good for the
//! same method with the same parameters on any node of the chain: later pages are read as of the block of the first one,
//! whatever is added meanwhile. Without a `nextCursor` nothing follows. A cursor that was altered, or is of another
//! list, is refused with [`BadCursor`](error::Code::BadCursor). (`node_peers` lists what is connected now: its pages are as
//! of no block.)
//!
//! **As of a block.** Traces and pages of histories reach back to the first block that a node has, which is the chain's
//! first unless it joined by a snapshot: they rest on logs, which only grow. Events reach back as far as receipts are kept.
//! State entries, views and proofs are read from the state of the block itself, which a node keeps for a number of
//! blocks. What is gone is answered by [`BlockPruned`](error::Code::BlockPruned), whose `info.oldest` is the oldest height that
//! there is.
//!
//! # A server
//!
//! ```
//! use countersign_api::{Registry, NoParams, method::rpc::RpcDiscover};
//!
//! #[derive(Clone)]
//! struct Node;
//! let mut registry = Registry::<Node>::new("my node", "1.0");
//! let document = registry.openrpc();
//! registry.on::<RpcDiscover, _, _>(move |_node, _params: NoParams| {
//!     let document = document.clone();
//!     async move { Ok(document) }
//! });
//! ```
//!
//! [`Registry::respond`] takes the bytes of a request or batch and answers the bytes to send back,
//! if any. It needs no runtime.

pub mod abi;
pub mod bytes;
pub mod check;
pub mod envelope;
pub mod error;
pub mod limits;
pub mod method;
pub mod number;
pub mod openrpc;
pub mod read;
pub mod registry;
pub mod report;
pub mod schema;
pub mod trace;

pub use abi::Abi;
pub use bytes::Bytes;
pub use error::{Code, RpcError};
pub use method::{Method, NoParams};
pub use number::U64;
pub use read::{At, Order, Page, Read};
pub use registry::Registry;

/// Where a node answers HTTP POST.
pub const HTTP_PATH: &str = "/";
/// Where a node answers WebSocket upgrades.
pub const WEBSOCKET_PATH: &str = "/ws";
/// Where a node serves the OpenRPC document.
pub const OPENRPC_PATH: &str = "/openrpc.json";
