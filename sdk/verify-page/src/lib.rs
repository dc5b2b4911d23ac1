//! The page that checks a proof file in a browser: [`countersign_verify`] as WebAssembly, and what it found in words.
//!
//! `countersign proof page` compiles this crate and puts the module into `page.html`, beside `page.css` and `page.js`.
//! The page is one file, asks nothing of any network, and works from a disk. What it shows is made here ([`View`]), so
//! that the script only sets it out and has no say in what is proven.
//!
//! The module imports nothing. A panic is a trap, and the script takes every trap for a refusal.

pub mod limits;
mod link;
mod module;
mod refusal;
mod shown;
mod verified;
mod view;

pub use link::Link;
pub use view::{Fact, LinkState, Mark, Table, Verdict, View, check};
