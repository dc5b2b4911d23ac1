//! The scenarios and the model of `contracts/coldchain`.

#[path = "../../../contracts/coldchain/tests/coldchain/model.rs"]
pub mod model;
#[path = "../../../contracts/coldchain/tests/coldchain/scenario.rs"]
pub mod scenario;
