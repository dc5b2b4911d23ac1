//! Why it is believed: what the tests, the demo and the benches of the whole system share.

pub mod built;
pub mod chain;
pub mod chains;
pub mod cluster;
pub mod directory;
pub mod lives;
pub mod mount;
pub mod ports;
pub mod postgres;
pub mod proxy;
pub mod simulation;
pub mod skip;
