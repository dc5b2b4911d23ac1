//! What bytes from outside can do: one function for each way in, which panics where the code under
//! test would, or where what it answers is not so.
//!
//! `tests/fuzz` hands them to libFuzzer (`make fuzz`); `tests/smoke.rs` here runs them on stable
//! Rust with the seeds and some thousand changed inputs, as a part of `make test`.

mod agreement;
mod contract;
mod engine;
mod ledger;
mod mutation;
mod proof_file;
mod provenance;
mod rpc;
mod seeds;
#[cfg(feature = "machine")]
mod smith;
#[cfg(feature = "replica")]
mod snapshot;

pub use engine::{Seen, run as run_engine};
pub use mutation::Mutations;
#[cfg(feature = "machine")]
pub use smith::{Made, run as run_smith, seed as smith_seed};

/// A way in.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, also of its corpus.
    pub name: &'static str,
    /// Takes what came from outside.
    pub run: fn(&[u8]),
    /// Inputs that get far.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "abi", run: contract::abi, seeds: contract::abi_seeds },
    Target { name: "block", run: ledger::block, seeds: || seeds::ledger(&["block", "header"]) },
    Target { name: "certificate", run: ledger::certificate, seeds: || seeds::ledger(&["certificate", "vote.Commit"]) },
    Target { name: "engine", run: engine::target, seeds: engine::seeds },
    Target { name: "epcis_event", run: provenance::event, seeds: provenance::event_seeds },
    Target { name: "epcis_json", run: provenance::document, seeds: provenance::document_seeds },
    Target { name: "genesis", run: ledger::genesis, seeds: || seeds::ledger(&["genesis", "validators", "parameters"]) },
    Target { name: "journal", run: agreement::journal, seeds: || seeds::consensus("journal/") },
    Target { name: "log", run: ledger::log, seeds: || seeds::ledger(&["log.record", "event-record"]) },
    Target { name: "message", run: agreement::message, seeds: || seeds::consensus("message/") },
    #[cfg(feature = "machine")]
    Target { name: "module", run: contract::module, seeds: contract::module_seeds },
    Target { name: "proof", run: ledger::proof, seeds: ledger::proof_seeds },
    Target { name: "proof_file", run: proof_file::file, seeds: proof_file::seeds },
    Target { name: "record", run: agreement::record, seeds: || seeds::consensus("record/") },
    Target { name: "rpc", run: rpc::request, seeds: rpc::seeds },
    #[cfg(feature = "machine")]
    Target { name: "smith", run: smith::target, seeds: smith::seeds },
    #[cfg(feature = "replica")]
    Target { name: "snapshot_manifest", run: snapshot::manifest, seeds: snapshot::manifest_seeds },
    #[cfg(feature = "replica")]
    Target { name: "snapshot_piece", run: snapshot::piece, seeds: snapshot::piece_seeds },
    Target { name: "transaction", run: ledger::transaction, seeds: || seeds::ledger(&["transaction."]) },
    #[cfg(feature = "replica")]
    Target { name: "wire", run: agreement::wire, seeds: agreement::wire_seeds },
    Target { name: "witness", run: ledger::witness, seeds: || seeds::ledger(&["proof.witness"]) },
];

/// Runs the target of a name.
///
/// # Panics
/// If there is none, or it finds something.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of this name").run)(data);
}
