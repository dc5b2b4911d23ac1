//! The replica's parts, each by its rules.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod alarm;
mod catch_up;
mod chain;
mod crowd;
mod encoding;
mod execute;
mod governance;
mod heal;
mod holes;
mod liar;
mod life;
mod mempool;
mod network;
mod payload;
mod poison;
mod repair;
mod report;
mod restart;
mod schedule;
mod snapshot;
