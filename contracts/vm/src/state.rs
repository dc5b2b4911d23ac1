//! The state below a call, lent by the caller.

use std::sync::Arc;

use crate::CodeFacts;
use crate::fault::HostFault;

/// Address of a contract.
pub type Address = [u8; 32];
/// SHA-256 of a contract's code as deployed.
pub type CodeHash = [u8; 32];

/// State as it stands before a call.
///
/// Several calls of one block run one after the other over a growing overlay: the caller puts the
/// effects of each successful call into its own overlay and answers from there first. Within one
/// call each key is read at most once, so a reader that notes what is asked records exactly what an
/// answer rests on.
///
/// An error means that the state cannot be read (a bad disk); absence is `None`.
pub trait StateReader {
    /// The hash of the code at an address, or `None` if there is no contract.
    fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault>;

    /// Whether the contract at an address is stopped. Asked for calls only, never for views.
    fn is_frozen(&mut self, contract: &Address) -> Result<bool, HostFault>;

    /// The facts of the code with that hash, as [`crate::Vm::check`] gave them when it was deployed.
    fn facts(&mut self, hash: &CodeHash) -> Result<Option<CodeFacts>, HostFault>;

    /// The code with that hash. Asked for only when it has to be compiled. Must be code that
    /// [`crate::Vm::check`] accepted.
    fn code(&mut self, hash: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault>;

    /// The value at a contract's key.
    fn read(&mut self, contract: &Address, key: &[u8]) -> Result<Option<Vec<u8>>, HostFault>;

    /// The number of entries of a contract's log; 0 if there is none.
    fn log_len(&mut self, contract: &Address, key: &[u8]) -> Result<u64, HostFault>;

    /// The record of a log at an index, laid out as in [`countersign_abi::log_record`]. Asked for
    /// in views only.
    fn log_record(&mut self, contract: &Address, key: &[u8], index: u64) -> Result<Option<Vec<u8>>, HostFault>;
}
