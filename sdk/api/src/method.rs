//! All methods, one file for each namespace.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub mod chain;
pub mod consensus;
pub mod contract;
pub mod epcis;
pub mod gov;
pub mod identity;
pub mod node;
pub mod proof;
pub mod report;
pub mod rpc;
pub mod state;
pub mod trace;
pub mod tx;

/// One method of the interface.
pub trait Method: Send + Sync + 'static {
    /// `namespace_verbNoun`.
    const NAME: &'static str;
    /// One line for people.
    const SUMMARY: &'static str;
    /// Largest answer.
    const ANSWER_BYTES_MAX: usize = crate::limits::RESPONSE_BYTES_MAX;
    /// Named parameters: an object.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// The result.
    type Answer: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
}

/// The parameters of a method that takes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// Defines unit structs that implement [`Method`].
macro_rules! methods {
    ($($type:ident = $name:literal, $summary:literal: $params:ty => $answer:ty $(, up to $bytes:expr)?;)*) => {$(
        #[doc = concat!("`", $name, "`: ", $summary)]
        #[derive(Debug, Clone, Copy)]
        pub struct $type;
        impl crate::Method for $type {
            const NAME: &'static str = $name;
            const SUMMARY: &'static str = $summary;
            $(const ANSWER_BYTES_MAX: usize = $bytes;)?
            type Params = $params;
            type Answer = $answer;
        }
    )*};
}
pub(crate) use methods;
