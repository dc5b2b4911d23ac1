//! The program from outside: its commands, its HTTP paths, its methods, its WebSockets.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod deployment;
mod governance;
mod lifecycle;
mod method;
mod operator;
mod process;
mod schedule;
mod subscription;
mod transaction;
mod view;
