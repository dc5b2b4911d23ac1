//! The scenarios and the model of `contracts/escrow`.

#[path = "../../../contracts/escrow/tests/escrow/model.rs"]
pub mod model;
#[path = "../../../contracts/escrow/tests/escrow/scenario.rs"]
pub mod scenario;
#[path = "../../../contracts/escrow/tests/escrow/world.rs"]
pub mod world;
