//! The engine against its protocol: tables of single steps, and whole networks in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

mod agreeing;
mod changing_view;
mod cluster;
mod encoding;
mod epochs;
mod journal;
mod network;
mod quorum;
mod remembering;
mod table;
mod twins;
mod validators;
mod wasting;
