//! Why a test cannot be carried out.

use std::io;
use std::path::PathBuf;

use countersign_contract::testing::Failure;
use countersign_vm::{CodeRejected, HostFault};

use crate::MODULES;

/// Why a test cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The module may not be deployed.
    #[error("the module may not be deployed: {0}")]
    Refused(#[from] CodeRejected),
    /// `init` did not return.
    #[error("init did not return: {0}")]
    Init(#[source] Failure),
    /// `migrate` did not return.
    #[error("migrate did not return: {0}")]
    Migrate(#[source] Failure),
    /// The contract runs this code already.
    #[error("the contract runs this code already")]
    SameCode,
    /// The code lays out its state in another way than what is there, under no higher version.
    #[error(
        "the state is laid out in another way than under layout {there}: raise `#[contract(layout = …)]` above it, which is {new:?}"
    )]
    Layout {
        /// The version that is there.
        there: u32,
        /// The new code's, if it says one.
        new: Option<u32>,
    },
    /// The machine cannot be built here.
    #[error("the machine cannot be built: {0}")]
    Machine(#[from] HostFault),
    /// Nobody has said where modules are.
    #[error(
        "{MODULES} is not set: test by `countersign contract test`, which builds the module before it runs the tests"
    )]
    NotBuilt,
    /// A file that cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: io::Error,
    },
    /// A line of a baseline that is not gas and a name.
    #[error("{path}: line {line} is not gas, two spaces and a name; UPDATE_GOLDEN=1 writes it anew")]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
}

impl Error {
    /// For `map_err` of what is done to a file.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |cause| Self::File { path, cause }
    }
}
