//! What the provenance contract takes and answers, in its one definition: the contract, the node that asks it and
//! the verifier of a proof file use these types.
//!
//! With feature `contract` they are described in the contract's interface as well; their borsh encoding is the
//! same. What only walks outside a contract answer has a form in JSON instead. An answer of the walk says up to which record it looked and whether anything was left out.

mod balance;
mod chain;
mod custody;
mod excursions;
mod held;
mod history;
mod irregular;
mod item;
mod receipt;
mod recorded;
mod scope;
mod sheet;
mod spelled;
mod trail;

pub use balance::{Amounts, Incomparable, Instances, MassBalance};
pub use chain::{Chain, Link, LinkKind, Reached, Way};
pub use custody::{Handed, HandedOver, HandedOverPage, HandoverPolicy, HandoverRow, Settlement};
pub use excursions::{Affected, Excursions, Reading, Unjudged};
pub use held::Held;
pub use history::{After, Anomalies, Anomaly, History, HistoryPage, Step};
pub use irregular::{AnomalyReport, Irregularity};
pub use item::{Declared, Said, Verification, Whereabouts};
pub use receipt::{EventReceipt, Mode, Outcome};
pub use recorded::{ObjectState, Recorded};
pub use scope::{Amount, AtPlace, LastSeen, Placed, RecallScope, Recalled, Unaccounted};
pub use sheet::{Sheet, Sheets};
pub use spelled::{Digest, Moment};
pub use trail::{AuditTrail, TrailRecord};

use alloc::string::String;
use alloc::vec::Vec;

/// Thirty-two bytes that identify something.
pub type Hash = [u8; 32];

/// Types that cross the contract's line: borsh, and with feature `contract` described in its interface.
macro_rules! answers {
    ($($item:item)+) => {
        $(
            #[derive(Clone, Debug, PartialEq, Eq)]
            #[cfg_attr(feature = "contract", derive(countersign_contract::ContractType))]
            #[cfg_attr(not(feature = "contract"), derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
            $item
        )+
    };
}
use answers;

/// Types that the node and the verifier answer and no contract does: with feature `serde` they are JSON, with `schema`
/// described.
macro_rules! told {
    ($($item:item)+) => {
        $(
            #[derive(Clone, Debug, PartialEq, Eq)]
            #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
            #[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
            #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
            $item
        )+
    };
}
use told;

answers! {
    /// What bounds an answer that is not complete.
    #[derive(Copy)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    pub enum Truncated {
        /// More records and logs would have to be read.
        Reads,
        /// More would have to be listed.
        Items,
    }

    /// Where something comes from or went to.
    pub struct Lineage {
        /// The item, canonical.
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// Instances, lots and classes, sorted; the item itself is not among them.
        pub products: Vec<String>,
        /// Logistic units and assets, sorted.
        pub containers: Vec<String>,
        /// Set if some may be missing.
        pub truncated: Option<Truncated>,
    }

    /// What is in a container.
    pub struct Contents {
        /// The container, canonical.
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// What is inside, sorted.
        pub inside: Vec<String>,
        /// What is fixed to it, sorted.
        pub fixed: Vec<String>,
        /// Set if some may be missing.
        pub truncated: Option<Truncated>,
    }

    /// What has to be recalled because of an item.
    pub struct Recall {
        /// The item, canonical.
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// Everything made from it or belonging to it, sorted.
        pub products: Vec<String>,
        /// Every container that one of these was ever in, sorted.
        pub containers_ever: Vec<String>,
        /// For each instance, where it was last said to be.
        pub last_known: Vec<LastKnown>,
        /// Set if some may be missing.
        pub truncated: Option<Truncated>,
    }

    /// Where an instance was last said to be.
    pub struct LastKnown {
        /// The instance.
        pub item: String,
        /// The place, if any event names one.
        pub location: Option<String>,
        /// When, milliseconds since 1970 UTC.
        pub time_ms: Option<i64>,
    }
}
