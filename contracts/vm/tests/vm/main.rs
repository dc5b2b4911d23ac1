//! The machine from outside: contracts in text form, and exactly what comes of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

mod bare;
mod calls;
mod corpus;
mod gas;
mod hostile;
mod interpreter;
mod library;
mod opinion;
mod random;
mod refused;
mod schedule;
mod storage;
mod world;
