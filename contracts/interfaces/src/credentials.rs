//! Credentials: what an issuer says of the holder of a key.

use countersign_contract::prelude::*;

/// A registry of credentials.
#[interface]
pub trait Credentials {
    /// The credential of a kind that an issuing organisation gave to the holder of a key and that is valid at a time,
    /// in milliseconds since 1970 UTC.
    #[view]
    fn holds(&self, holder: PublicKey, kind: String, issuer: String, at_ms: u64) -> Result<Hash, NotHeld>;
}

/// Why there is no valid credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractError)]
pub enum NotHeld {
    /// The issuer gave none of this kind to this key.
    Unknown,
    /// There are some, and none is valid at the time.
    NotThen,
    /// One would be valid and was revoked.
    Revoked {
        /// When it was revoked.
        at_ms: u64,
    },
}
