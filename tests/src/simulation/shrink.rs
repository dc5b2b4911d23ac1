//! Reduces the faults of a failing seed to those that it needs (Zeller and Hildebrandt, *Simplifying and Isolating
//! Failure-Inducing Input*, 2002): parts are left out as long as the same rule stays broken.

use super::checker::Violation;
use super::plan::Plan;
use std::collections::BTreeSet;

/// Runs after which what is found so far must do.
const RUNS_MAX: usize = 300;

/// The smallest plan found that breaks the same rule, and how it does. `run` tells what a plan breaks.
pub fn shrink(plan: &Plan, violation: &Violation, mut run: impl FnMut(Plan) -> Option<Violation>) -> (Plan, Violation) {
    let all: Vec<usize> = plan.taking_place().map(|(number, _)| number).collect();
    let mut smallest = (all, violation.clone());
    let mut parts = 2;
    let mut runs = 0;
    while !smallest.0.is_empty() && runs < RUNS_MAX {
        let size = smallest.0.len().div_ceil(parts);
        let candidates: Vec<Vec<usize>> = (0..parts)
            .map(|part| {
                let left_out = part * size..(part + 1) * size;
                let kept = smallest.0.iter().enumerate().filter(|(place, _)| !left_out.contains(place));
                kept.map(|(_, number)| *number).collect()
            })
            .filter(|kept: &Vec<usize>| kept.len() < smallest.0.len())
            .collect();
        let mut found = None;
        for kept in candidates {
            runs += 1;
            if let Some(same) = run(only(plan, &kept))
                && same.rule == violation.rule
            {
                found = Some((kept, same));
                break;
            }
        }
        match found {
            Some(smaller) => {
                smallest = smaller;
                parts = parts.saturating_sub(1).max(2);
            }
            None if size <= 1 => break,
            None => parts = (2 * parts).min(smallest.0.len()),
        }
    }
    (only(plan, &smallest.0), smallest.1)
}

fn only(plan: &Plan, kept: &[usize]) -> Plan {
    Plan { kept: Some(kept.iter().copied().collect::<BTreeSet<_>>()), ..plan.clone() }
}
