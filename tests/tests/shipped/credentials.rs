//! The scenarios and the model of `contracts/credentials`.

#[path = "../../../contracts/credentials/tests/credentials/model.rs"]
pub mod model;
#[path = "../../../contracts/credentials/tests/credentials/scenario.rs"]
pub mod scenario;
