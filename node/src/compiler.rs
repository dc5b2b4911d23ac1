//! Compiling the contracts that are deployed already, when a node starts: off the voting path, so
//! that the first block with a call does not wait for it.

use crate::threads::Threads;
use countersign_ledger::{LedgerError, Reader, RocksStore};
use countersign_types::{ContractRecord, codec, state_key};
use countersign_vm::Vm;
use std::sync::Arc;

/// Contracts read in one step.
const PAGE: usize = 64;

/// Starts a thread that compiles every deployed contract and ends; adds it to `threads`.
///
/// # Errors
/// If the thread cannot be started.
pub fn start(reader: Reader<RocksStore>, vm: Arc<Vm>, threads: &mut Threads) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("compiler".into()).spawn(move || {
        if let Err(cause) = compile_all(&reader, &vm) {
            tracing::warn!(%cause, "deployed contracts will be compiled when they are first called");
        }
    })?;
    threads.add(thread);
    Ok(())
}

fn compile_all(reader: &Reader<RocksStore>, vm: &Vm) -> Result<(), LedgerError> {
    let mut after = None;
    loop {
        let page = reader.scan(&state_key::contracts(), after.as_deref(), PAGE)?;
        for (_, value) in &page {
            let Ok(record) = codec::decode::<ContractRecord>(value, value.len()) else { continue };
            let Some(code) = reader.read(&state_key::code(&record.code))? else { continue };
            match vm.prepare(&code) {
                Ok(()) => tracing::info!(contract = record.name, "compiled"),
                Err(fault) => tracing::warn!(contract = record.name, %fault, "cannot compile a deployed contract"),
            }
        }
        after = page.into_iter().next_back().map(|(key, _)| key);
        if after.is_none() {
            return Ok(());
        }
    }
}
