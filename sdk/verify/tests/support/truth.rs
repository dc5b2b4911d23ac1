//! What is so on the sample chain: the measure of everything that a verifier accepts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, dead_code)]

use crate::sample::{Sample, TIP, contract, genesis};
use countersign_epcis::question::ask;
use countersign_epcis::register::position_at;
use countersign_epcis::walk::Limits;
use countersign_types::Height;
use countersign_types::proof::Point;
use countersign_verify::{Basis, Finding, Verified};

/// Whether everything that was found is so.
pub fn is_true(sample: &Sample, verified: &Verified<Finding>) -> bool {
    let Basis { chain, certified, shown_at, .. } = verified.basis();
    let is_point = |point: &Point| {
        (1..=TIP).contains(&point.height.0) && {
            let block = sample.block(point.height.0);
            point.time == block.header.time && point.block == block.header.hash() && point.result == block.result.hash()
        }
    };
    *chain == genesis().chain() && is_point(certified) && is_point(shown_at) && holds(sample, verified)
}

fn holds(sample: &Sample, verified: &Verified<Finding>) -> bool {
    let block = sample.block(verified.height().0);
    match verified.data() {
        Finding::State { entries } => {
            let state = block.state();
            entries.iter().all(|entry| state.get(&entry.key) == entry.value.as_ref())
        }
        Finding::Transaction(found) => {
            let at = found.receipt.index as usize;
            block.transactions.get(at) == Some(&found.signed) && block.receipts.get(at) == Some(&found.receipt)
        }
        Finding::Event(found) => block.events.get(found.index as usize) == Some(found),
        Finding::Log { contract: of, key, as_of, log } => {
            let all = block.registers.logs.get(key).cloned().unwrap_or_default();
            let all = if *of == contract() { all } else { Vec::new() };
            let shown = all.get(log.start() as usize..log.end() as usize);
            let then: Vec<_> =
                all.iter().filter(|record| as_of.is_none_or(|height| record.height <= height)).cloned().collect();
            let (count, held) = log.as_of(*as_of);
            let from = then.get((log.start() as usize).min(then.len())..).unwrap_or_default();
            log.count() == all.len() as u64
                && shown == Some(log.records())
                && from.starts_with(held)
                && count.is_none_or(|count| count == then.len() as u64)
        }
        Finding::Trace { contract: of, question, as_of, answer } => {
            let mut registers = if *of == contract() { block.registers.clone() } else { Default::default() };
            let position = as_of.map(|as_of| as_of.position);
            let expected = ask(&mut registers, question, position, Limits::default()).unwrap();
            let stood = |height: Height| position_at(&mut block.registers.clone(), height.0).unwrap();
            **answer == expected && as_of.is_none_or(|as_of| stood(as_of.height) == as_of.position)
        }
    }
}
