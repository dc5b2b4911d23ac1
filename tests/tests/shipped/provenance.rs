//! The scenarios of the provenance contract's own tests of custody.

#[path = "../../../contracts/provenance/tests/custody/scenario.rs"]
pub mod custody;
