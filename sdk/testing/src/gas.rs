//! What steps cost, held to a baseline.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use wasmparser::{KnownCustom, Parser, Payload};

use crate::Error;
use crate::baseline::{Baselines, Costs};

/// A difference that needs no word.
const TOLERATED_PERCENT: u64 = 5;
/// The same for a compiler that the baseline does not know: it writes other instructions.
const TOLERATED_OF_ANOTHER_COMPILER_PERCENT: u64 = 25;
/// The environment's variable that has baselines written anew.
const UPDATE: &str = "UPDATE_GOLDEN";
/// The environment's variable that names a directory to leave comparisons in, for `countersign contract test` to show.
const REPORTS: &str = "COUNTERSIGN_GAS_REPORTS";

/// What the steps of a test cost, by names that do not change.
pub struct GasReport {
    compiler: String,
    costs: Costs,
}

impl GasReport {
    /// A report without steps, of a module: its compiler decides what gas is expected.
    #[must_use]
    pub fn new(module: &[u8]) -> Self {
        Self { compiler: compiler(module).unwrap_or_else(|| "unknown compiler".to_owned()), costs: Vec::new() }
    }

    /// Adds a step.
    pub fn add(&mut self, step: impl Into<String>, gas: u64) {
        self.costs.push((step.into(), gas));
    }

    /// Makes the report the baseline of its compiler; what the file has of others stays.
    ///
    /// # Errors
    /// If the file is unreadable, or cannot be written.
    pub fn take_over(&self, path: &Path) -> Result<(), Error> {
        Baselines::read(path)?.update(&self.compiler, &self.costs, path)
    }

    /// Compares with a baseline, or makes the report the baseline if `UPDATE_GOLDEN` is set.
    ///
    /// # Errors
    /// If the file is unreadable, or cannot be written.
    pub fn compare(&self, path: &Path) -> Result<Comparison, Error> {
        if env::var_os(UPDATE).is_some() {
            self.take_over(path)?;
        }
        let baselines = Baselines::read(path)?;
        let (known, is_own) = match baselines.of(&self.compiler) {
            Some((costs, is_own)) => (costs.clone(), is_own),
            None => (Costs::new(), true),
        };
        let mut known: BTreeMap<String, u64> = known.into_iter().collect();
        let rows = self.costs.iter().map(|(step, gas)| Row {
            step: step.clone(),
            before: known.remove(step),
            now: Some(*gas),
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.extend(known.into_iter().map(|(step, gas)| Row { step, before: Some(gas), now: None }));
        let tolerated = if is_own { TOLERATED_PERCENT } else { TOLERATED_OF_ANOTHER_COMPILER_PERCENT };
        Ok(Comparison { compiler: self.compiler.clone(), is_own, tolerated_percent: tolerated, rows })
    }

    /// As [`GasReport::compare`], and holds the report to it.
    ///
    /// # Errors
    /// As of [`GasReport::compare`].
    ///
    /// # Panics
    /// If a step costs otherwise than the baseline tolerates, is new, or is gone.
    pub fn hold(&self, path: &Path) -> Result<(), Error> {
        let comparison = self.compare(path)?;
        if let Some(directory) = env::var_os(REPORTS).map(PathBuf::from) {
            let file = directory.join(path.file_name().unwrap_or_default());
            fs::write(&file, comparison.to_string()).map_err(Error::file(file))?;
        }
        assert!(
            comparison.is_held(),
            "gas is not that of {}; `countersign contract test --update` or {UPDATE}=1 takes it over\n{comparison}",
            path.display()
        );
        Ok(())
    }
}

/// A report beside its baseline.
#[derive(Debug)]
pub struct Comparison {
    /// What compiled the module.
    pub compiler: String,
    /// Whether the baseline knows that compiler; otherwise another one's numbers are compared with.
    pub is_own: bool,
    /// The difference that needs no word.
    pub tolerated_percent: u64,
    /// The report's steps, then those that only the baseline has.
    pub rows: Vec<Row>,
}

/// A step in report and baseline.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub step: String,
    /// Its gas in the baseline.
    pub before: Option<u64>,
    /// Its gas in the report.
    pub now: Option<u64>,
}

impl Row {
    fn is_within(&self, percent: u64) -> bool {
        match (self.before, self.now) {
            (Some(before), Some(now)) => {
                u128::from(now.abs_diff(before)).saturating_mul(100)
                    <= u128::from(before).saturating_mul(u128::from(percent))
            }
            _ => false,
        }
    }

    /// The difference in percent, with one digit.
    fn difference(&self) -> String {
        match (self.before, self.now) {
            (Some(before), Some(now)) if now == before => "same".to_owned(),
            (Some(before), Some(now)) => {
                let sign = if now > before { '+' } else { '-' };
                let tenths = u128::from(now.abs_diff(before)).saturating_mul(1_000).checked_div(u128::from(before));
                tenths.map_or("new".to_owned(), |tenths| format!("{sign}{}.{} %", tenths / 10, tenths % 10))
            }
            (None, Some(_)) => "new".to_owned(),
            (_, None) => "gone".to_owned(),
        }
    }
}

impl Comparison {
    /// Whether every step is there and costs what is tolerated.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.rows.iter().all(|row| row.is_within(self.tolerated_percent))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |gas: Option<u64>| gas.map_or("-".to_owned(), |gas| gas.to_string());
        writeln!(f, "{:>12} {:>12} {:>9}  step", "gas", "baseline", "")?;
        for row in &self.rows {
            writeln!(f, "{:>12} {:>12} {:>9}  {}", number(row.now), number(row.before), row.difference(), row.step)?;
        }
        let of = if self.is_own { "" } else { "; the baseline is another compiler's" };
        writeln!(f, "compiled by {}{of}; {} % are tolerated", self.compiler, self.tolerated_percent)
    }
}

/// What compiled a module, in the words of its `producers` section.
fn compiler(module: &[u8]) -> Option<String> {
    let mut sections = Parser::new(0).parse_all(module).filter_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) => Some(section),
        _ => None,
    });
    let section = sections.find(|section| section.name() == "producers")?;
    let KnownCustom::Producers(fields) = section.as_known() else { return None };
    let field = fields.into_iter().flatten().find(|field| field.name == "processed-by")?;
    let value = field.values.into_iter().flatten().next()?;
    Some(format!("{} {}", value.name, value.version))
}
