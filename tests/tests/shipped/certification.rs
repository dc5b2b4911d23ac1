//! The scenarios and the model of `contracts/certification`.

#[path = "../../../contracts/certification/tests/certification/model.rs"]
pub mod model;
#[path = "../../../contracts/certification/tests/certification/scenario.rs"]
pub mod scenario;
