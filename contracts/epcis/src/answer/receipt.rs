//! What a capture is asked and answers.

use alloc::string::String;

use super::{Hash, answers};

answers! {
    /// What a refused event does to the others of its call.
    #[derive(Copy, Default)]
    pub enum Mode {
        /// It refuses them all.
        #[default]
        Rollback,
        /// Nothing: each event stands for itself.
        Proceed,
    }

    /// What became of one event of a call.
    pub struct EventReceipt {
        /// Its place among the events, from 0.
        pub index: u32,
        /// What became of it.
        pub outcome: Outcome,
    }

    /// What became of an event.
    pub enum Outcome {
        /// It is recorded.
        Accepted {
            /// Number of its record.
            sequence: u64,
            /// SHA-256 of its canonical bytes: its identity on the chain.
            hash: Hash,
            /// How many rules of the registers it breaks that the policy lets pass; the items' histories list
            /// them.
            anomalies: u32,
        },
        /// It was recorded before, by this or an earlier call.
        Duplicate {
            /// Number of its record.
            sequence: u64,
        },
        /// It is refused and left no trace.
        Rejected {
            /// Name of the rule that it breaks.
            rule: String,
            /// Where in the event, as a JSON path. Empty if the receipts had no more room.
            path: String,
            /// What is wrong. Empty if the receipts had no more room.
            reason: String,
        },
    }
}
