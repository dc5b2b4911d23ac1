//! `countersignd start`: runs a node until SIGTERM or SIGINT.

use crate::config::{Config, ConfigFlags};
use crate::node::{self, StateDamaged};
use crate::suspect::Suspects;
use crate::telemetry;
use crate::threads::Threads;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(flags: &ConfigFlags) -> anyhow::Result<()> {
    let config = Config::load(flags)?;
    telemetry::start(&config.log.level, config.log.format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(WORKERS).build()?;
    let (mut threads, mut suspects) = (Threads::default(), Suspects::default());
    let outcome = runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        tokio::pin!(stop);
        loop {
            let outcome = node::run(config.clone(), &mut threads, &mut suspects, stop.as_mut()).await;
            if !outcome.as_ref().is_err_and(|cause| cause.is::<StateDamaged>()) {
                return outcome;
            }
            // Whoever still reads the ledger keeps it open.
            let busy = std::mem::take(&mut threads);
            tokio::task::spawn_blocking(move || busy.join(JOIN_TIMEOUT)).await?;
        }
    });
    // Views may still run; they write nothing.
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    threads.join(JOIN_TIMEOUT);
    outcome
}

/// Network and JSON-RPC; the replica and the verifiers have threads of their own.
const WORKERS: usize = 2;
/// For tasks that are still open when the node has stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// For a contract that is being compiled: up to a few seconds.
const JOIN_TIMEOUT: Duration = Duration::from_secs(5);
