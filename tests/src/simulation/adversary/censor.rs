//! The censor: its blocks never hold what one account has signed, and it passes none of that on.

use super::Wrong;
use countersign_types::{PublicKey, VerifiedTransaction};

#[derive(Debug)]
pub(super) struct Censor {
    pub(super) victim: PublicKey,
}

impl Wrong for Censor {
    fn ignores(&self, transaction: &VerifiedTransaction) -> bool {
        transaction.body().signer == self.victim
    }
}
