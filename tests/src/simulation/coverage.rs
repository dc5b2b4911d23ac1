//! What a campaign's seeds exercised: in how many seeds, and how often.

use super::adversary::Kind;
use super::fault::{Group, Harm, What};
use super::report::Report;
use std::collections::BTreeMap;
use std::fmt;

/// Counts of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    seeds: u64,
    rows: BTreeMap<&'static str, (u64, u64)>,
}

impl Coverage {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        let rows = names().map(|name| (name, (0, 0))).collect();
        Self { seeds: 0, rows }
    }

    /// Adds a run.
    pub fn add(&mut self, report: &Report) {
        self.seeds += 1;
        for (name, times) in &report.exercised {
            let row = self.rows.entry(name).or_default();
            row.0 += 1;
            row.1 += times;
        }
    }

    /// In how many seeds something happened.
    #[must_use]
    pub fn seeds_with(&self, name: &str) -> u64 {
        self.rows.get(name).map_or(0, |row| row.0)
    }

    /// What no seed exercised.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        self.rows.iter().filter(|(_, row)| row.0 == 0).map(|(name, _)| *name).collect()
    }
}

/// Every fault and adversary there is.
fn names() -> impl Iterator<Item = &'static str> {
    let (side, node) = (Group(1), 0);
    let plain = [
        What::Loss { per_mille: 1 },
        What::Duplication { per_mille: 1 },
        What::Delay { max_ms: 1 },
        What::Split { side },
        What::OneWay { side },
        What::Bridge { side, by: 1 },
        What::Flap { side, period_ms: 1 },
        What::Clog { from: side, to: side },
        What::Skew { node, ms: 1 },
        What::Skew { node, ms: i64::MAX },
        What::Cut { node, records: 0 },
        What::StoreFails { node, writes: 0, kept: true },
        What::SlowDisk { node, ms: 1 },
        What::FullDisk { node },
        What::Blackout,
        What::Pause { node },
        What::Change,
    ];
    let harms = [&Harm::BEARABLE[..], &Harm::NOTICED, &Harm::UNNOTICED].into_iter().flatten().copied();
    let kinds = Kind::ALL.into_iter().map(Kind::name);
    plain.into_iter().map(|what| what.name()).chain(harms.map(Harm::name)).chain(kinds)
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<44} {:>8} {:>12}", "exercised", "seeds", "times")?;
        for (name, (seeds, times)) in &self.rows {
            writeln!(f, "{name:<44} {seeds:>8} {times:>12}")?;
        }
        write!(f, "{:<44} {:>8}", "all", self.seeds)
    }
}
