//! Faults of this machine: never a contract's doing, never in a receipt.

/// This node cannot execute. It must stop rather than answer, since another node would answer
/// otherwise.
#[derive(Debug, thiserror::Error)]
pub enum HostFault {
    /// The caller's state could not be read.
    #[error("state below the call cannot be read")]
    State(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A contract's code hash stands in the state, but its code does not.
    #[error("code {} is named by the state but not stored", hex(.0))]
    CodeMissing([u8; 32]),
    /// Stored code hashes to something else.
    #[error("code stored as {} has another hash", hex(.0))]
    CodeDamaged([u8; 32]),
    /// Deployed code does not pass the checks it passed when it was deployed.
    #[error("deployed code {} is refused: {}", hex(.hash), .cause)]
    CodeRefused {
        /// Hash of the code.
        hash: [u8; 32],
        /// What is wrong with it.
        cause: crate::CodeRejected,
    },
    /// The engine failed: to start, to compile, to instantiate or to run.
    #[error("{doing}: {cause}")]
    Engine {
        /// What was being done.
        doing: &'static str,
        /// The engine's own words.
        cause: String,
    },
    /// A guest trapped in a way that accepted code cannot.
    #[error("guest trapped in an impossible way: {0}")]
    ImpossibleTrap(String),
}

impl HostFault {
    /// A fault of the caller's state.
    pub fn state(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::State(cause.into())
    }

    pub(crate) fn engine(doing: &'static str, cause: &wasmtime::Error) -> Self {
        Self::Engine { doing, cause: format!("{cause:#}") }
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
