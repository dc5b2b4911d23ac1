//! What the replica's thread is told. Peers are named by their network keys, since whose index in the validator set a key
//! has is known only when the replica takes the fact.

use countersign_replica::{Input, wire::Wire};
use countersign_types::PublicKey;

/// Something for the replica's thread.
// Nearly all of them are messages: a box for each would cost more than it saves.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Fact {
    /// Of this node itself.
    Own(Input),
    /// A peer's message, decoded within its limits.
    Heard {
        /// Whose.
        peer: PublicKey,
        /// The message.
        message: Wire,
    },
    /// Messages can be sent to a peer that was not connected before.
    Connected {
        /// Which.
        peer: PublicKey,
    },
}
