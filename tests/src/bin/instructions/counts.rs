//! Counts, kept in a file of text and compared.

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

/// More than the stored count that needs no word, in thousandths. Of two runs on one machine most counts are equal; calls of
/// another contract differed by 9, the others by at most 2.
const TOLERATED_THOUSANDTHS: u64 = 30;
/// The same where the stored counts were made by other compilers, another valgrind, or on another processor.
const TOLERATED_OF_ANOTHER_MACHINE_THOUSANDTHS: u64 = 250;

const HEADER: &str = "\
# Instructions of the processor that calls of contracts take: `make instructions` compares with them, and with
# INSTRUCTIONS=--update stores them anew. They depend on the compilers of the program and of the contracts, on valgrind and
# on the processor, so they are not part of `make test`. Cases of host functions are one of a hundred in a call, less what
# the first case takes. The state is a map in memory, and what it takes is in the counts; the kernel's part is not.
# Valgrind's processor lacks instructions that the real one may have, those for SHA-256 and AVX-512 among them.
";

/// Counts, and what they depend on.
pub struct Counts {
    pub machine: String,
    pub rows: Vec<Row>,
}

/// A case.
pub struct Row {
    pub name: String,
    pub gas: u64,
    pub instructions: u64,
}

impl Counts {
    /// Reads what [`Counts::write`] wrote.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{}; --update makes it", path.display()))?;
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
        let (_, machine) = lines.next().with_context(|| format!("{} is empty", path.display()))?;
        let rows = lines.map(|(number, line)| {
            parse(line).with_context(|| format!("{}, line {number}: not gas, instructions and a name", path.display()))
        });
        Ok(Self { machine: machine.to_owned(), rows: rows.collect::<anyhow::Result<_>>()? })
    }

    /// Stores the counts.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = format!("{HEADER}\n{}\n", self.machine);
        for Row { name, gas, instructions } in &self.rows {
            writeln!(text, "{gas:>12}  {instructions:>12}  {name}")?;
        }
        fs::write(path, text).with_context(|| path.display().to_string())
    }

    /// The counts for a reader.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n{:>12} {:>14} {:>8}  case\n", self.machine, "gas", "instructions", "for gas");
        for Row { name, gas, instructions } in &self.rows {
            let each = hundredths(*instructions, *gas);
            text += &format!("{gas:>12} {instructions:>14} {each:>8}  {name}\n");
        }
        text
    }

    /// These counts beside stored ones.
    pub fn compare(&self, stored: &Self) -> Verdict {
        let tolerated = if self.machine == stored.machine {
            TOLERATED_THOUSANDTHS
        } else {
            TOLERATED_OF_ANOTHER_MACHINE_THOUSANDTHS
        };
        let mut before: BTreeMap<&str, u64> =
            stored.rows.iter().map(|row| (row.name.as_str(), row.instructions)).collect();
        let rows = self.rows.iter().map(|row| Change {
            name: row.name.clone(),
            before: before.remove(row.name.as_str()),
            now: Some(row.instructions),
        });
        let mut rows: Vec<Change> = rows.collect();
        rows.extend(before.into_iter().map(|(name, count)| Change {
            name: name.to_owned(),
            before: Some(count),
            now: None,
        }));
        let other = (self.machine != stored.machine).then(|| stored.machine.clone());
        Verdict { other, tolerated, rows }
    }
}

fn parse(line: &str) -> Option<Row> {
    let (gas, rest) = line.trim().split_once("  ")?;
    let (instructions, name) = rest.trim().split_once("  ")?;
    Some(Row { name: name.trim().to_owned(), gas: gas.parse().ok()?, instructions: instructions.parse().ok()? })
}

/// A quotient with two digits.
fn hundredths(of: u64, by: u64) -> String {
    let hundredths = u128::from(of).saturating_mul(100).checked_div(u128::from(by));
    hundredths.map_or("-".to_owned(), |number| format!("{}.{:02}", number / 100, number % 100))
}

/// Counts beside stored ones.
pub struct Verdict {
    /// What the stored ones depend on, if it is something else.
    other: Option<String>,
    tolerated: u64,
    rows: Vec<Change>,
}

struct Change {
    name: String,
    before: Option<u64>,
    now: Option<u64>,
}

impl Verdict {
    /// Whether every case is there and takes no more than what is tolerated.
    pub fn is_held(&self) -> bool {
        self.rows.iter().all(|row| row.is_within(self.tolerated))
    }
}

impl Change {
    fn is_within(&self, thousandths: u64) -> bool {
        let (Some(before), Some(now)) = (self.before, self.now) else { return false };
        u128::from(now) * 1_000 <= u128::from(before) * u128::from(1_000 + thousandths)
    }

    /// The difference in percent, with two digits.
    fn difference(&self) -> String {
        match (self.before, self.now) {
            (Some(before), Some(now)) => {
                let sign = if now < before { '-' } else { '+' };
                format!("{sign}{} %", hundredths(now.abs_diff(before).saturating_mul(100), before))
            }
            (None, _) => "new".to_owned(),
            (_, None) => "gone".to_owned(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        writeln!(f, "{:>14} {:>14} {:>10}  case", "instructions", "stored", "")?;
        for row in &self.rows {
            let word = if row.is_within(self.tolerated) { "" } else { "  <- TOO MUCH" };
            let (now, before) = (number(row.now), number(row.before));
            writeln!(f, "{now:>14} {before:>14} {:>10}  {}{word}", row.difference(), row.name)?;
        }
        if let Some(other) = &self.other {
            writeln!(f, "the stored counts are of {other}")?;
        }
        let tolerated = hundredths(self.tolerated, 10);
        if self.is_held() {
            writeln!(f, "held; {tolerated} % more are tolerated")
        } else {
            writeln!(f, "not held: {tolerated} % more are tolerated; --update takes the counts over")
        }
    }
}
