//! What the load generator says.

use super::load::Measured;
use super::reference::Reference;
use super::{Kind, Options};
use crate::output::facts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The figures of a run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    kind: Kind,
    events_per_transaction: usize,
    /// Transactions per second offered, or how many wait at a time.
    rate: Option<u32>,
    in_flight: Option<u32>,
    signers: u32,
    nodes: usize,
    seconds: u64,
    submitted: u64,
    committed: u64,
    failed: u64,
    lost: u64,
    blocks: u64,
    transactions_per_second: f64,
    events_per_second: f64,
    finality_ms: Finality,
    gas_per_transaction: u64,
    gas_per_second: u64,
    bytes_per_transaction: u64,
    bytes_per_second: u64,
    errors: BTreeMap<String, u64>,
    reference: Reference,
    /// Validators that share the cores.
    validators_here: u16,
    /// Committed transactions per second, of what batched signature checks alone would allow.
    of_signature_bound: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finality {
    of: u64,
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

impl Report {
    pub fn new(options: &Options, measured: &Measured, reference: &Reference, validators_here: u16) -> Self {
        let seconds = measured.elapsed.as_secs().max(1);
        let per_second = real(measured.committed) / real(seconds);
        let bound = real(reference.batched_per_second) / f64::from(validators_here.max(1));
        let each = u64::try_from(measured.events_each).unwrap_or_default();
        let ms = |latency: Duration| latency.as_secs_f64() * 1000.0;
        Self {
            kind: options.kind,
            events_per_transaction: measured.events_each,
            rate: options.rate,
            in_flight: options.rate.is_none().then_some(options.in_flight),
            signers: options.signers,
            nodes: 1 + options.nodes.len(),
            seconds,
            submitted: measured.submitted,
            committed: measured.committed,
            failed: measured.failed,
            lost: measured.lost,
            blocks: measured.blocks,
            transactions_per_second: per_second,
            events_per_second: per_second * real(each),
            finality_ms: Finality {
                of: measured.finality.count(),
                p50: ms(measured.finality.quantile(500)),
                p95: ms(measured.finality.quantile(950)),
                p99: ms(measured.finality.quantile(990)),
                max: ms(measured.finality.max()),
            },
            gas_per_transaction: measured.gas / measured.committed.max(1),
            gas_per_second: measured.gas / seconds,
            bytes_per_transaction: measured.bytes / measured.committed.max(1),
            bytes_per_second: measured.bytes / seconds,
            errors: measured.errors.clone(),
            reference: reference.clone(),
            validators_here,
            of_signature_bound: per_second / bound.max(1.0),
        }
    }

    /// For people.
    pub fn human(&self) -> String {
        let pace = match (self.rate, self.in_flight) {
            (Some(rate), _) => format!("{rate} per second offered"),
            (None, waiting) => format!("closed loop, {} waiting at a time", waiting.unwrap_or_default()),
        };
        let kind = match self.kind {
            Kind::Call => "contract calls".to_owned(),
            Kind::Event => "one EPCIS event to a transaction".to_owned(),
            Kind::Batch => format!("{} EPCIS events to a transaction", self.events_per_transaction),
        };
        let finality = &self.finality_ms;
        let errors: Vec<String> = self.errors.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let reference = &self.reference;
        facts([
            ("load", format!("{kind}; {pace}; {} signers, {} nodes, {} s", self.signers, self.nodes, self.seconds)),
            (
                "transactions/s",
                format!("{:.0} committed ({} in {} blocks)", self.transactions_per_second, self.committed, self.blocks),
            ),
            (
                "events/s",
                if self.events_per_transaction == 0 {
                    "–".to_owned()
                } else {
                    format!("{:.0}", self.events_per_second)
                },
            ),
            (
                "finality ms",
                format!(
                    "p50 {:.1}  p95 {:.1}  p99 {:.1}  max {:.1}  (of {})",
                    finality.p50, finality.p95, finality.p99, finality.max, finality.of
                ),
            ),
            ("gas", format!("{} per transaction, {} per second", self.gas_per_transaction, self.gas_per_second)),
            ("bytes", format!("{} per transaction, {} per second", self.bytes_per_transaction, self.bytes_per_second)),
            ("without effect", self.failed.to_string()),
            ("no receipt", self.lost.to_string()),
            ("errors", if errors.is_empty() { "none".to_owned() } else { errors.join(", ") }),
            (
                "reference",
                format!(
                    "{} cores verify {} signatures/s one by one, {} in batches of 1024",
                    reference.cores, reference.single_per_second, reference.batched_per_second
                ),
            ),
            (
                "ratio",
                format!(
                    "{:.1} % of what batched checks alone allow with {} validators on these cores",
                    self.of_signature_bound * 100.0,
                    self.validators_here
                ),
            ),
        ])
    }
}

/// Counts here are far below 2^52, so nothing is lost.
fn real(count: u64) -> f64 {
    u32::try_from(count)
        .map_or_else(|_| f64::from(u32::try_from(count >> 20).unwrap_or(u32::MAX)) * 1_048_576.0, f64::from)
}
