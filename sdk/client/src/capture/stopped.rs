//! Stopped: a capture that ended before it was through.

use super::DocumentReceipt;
use crate::Error;

/// A capture ended early. What was recorded by then stays recorded, and the receipt says what that is.
#[derive(Debug, thiserror::Error)]
#[error("{cause}; {}", advice(receipt))]
pub struct Stopped {
    /// What became of the document until then; its undecided events are those to capture again.
    pub receipt: Box<DocumentReceipt>,
    /// Why.
    #[source]
    pub cause: Error,
}

/// What to do.
fn advice(receipt: &DocumentReceipt) -> String {
    let DocumentReceipt { accepted, duplicate, undecided, .. } = receipt;
    let standing = accepted + duplicate;
    format!(
        "{standing} events stand on the ledger and at least {undecided} are undecided: capture the document again, what is \
         recorded already is then a duplicate"
    )
}
