//! What contracts that ship with Countersign ask each other: interfaces, their types and errors.
//!
//! A contract says `#[contract(interface = …)]` to have an interface and calls others by its client. Neither depends
//! on the other's crate, whose methods would be exported from its own module too. Each interface stands under a
//! feature of its name.
//!
//! | feature | asks |
//! |---|---|
//! | `certification` | is a party certified under a scheme, at a time? |
//! | `coldchain` | was a thing too warm or too cold for too long? |
//! | `credentials` | does the holder of a key have a credential of an issuer? |
//! | `records` | what does the event of a name say of a thing? |
#![no_std]

#[cfg(feature = "certification")]
pub mod certification;
#[cfg(feature = "coldchain")]
pub mod coldchain;
#[cfg(feature = "credentials")]
pub mod credentials;
#[cfg(feature = "records")]
pub mod records;
