//! The commands, one file each.

pub mod account;
pub mod contract;
pub mod custody;
pub mod epcis;
pub mod governance;
pub mod key;
pub mod light;
pub mod organisation;
pub mod policy;
pub mod proof;
pub mod report;
pub mod status;
pub mod trace;
pub mod validator;
