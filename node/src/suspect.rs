//! Damage to the state that reads noticed: the file `ledger.suspect` says so to the next start, and while it is there, the ledger is
//! looked through and mended ([`crate::heal`]) before anything else uses it.

use countersign_ledger::Damaged;
use countersign_ledger::store::Space;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The file in a node's data directory.
pub const SUSPECT_FILE: &str = "ledger.suspect";

/// Rows of the state that were damaged when they were read, since the process began. What was looked after once is no reason
/// to do it again: so what cannot be mended does not keep the node from what it can do.
#[derive(Debug, Clone, Default)]
pub struct Suspects {
    seen: BTreeSet<(Space, Vec<u8>)>,
    /// Places of the state that were stored anew.
    pub mended: u64,
}

impl Suspects {
    /// Whether nothing was found so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Whether something was found that was not looked after yet.
    #[must_use]
    pub fn has_new(&self, damaged: &Damaged) -> bool {
        damaged.state.iter().any(|row| !self.seen.contains(row))
    }

    /// Notes what was found, for the next start too; whether there is something new.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note(&mut self, data: &Path, damaged: &Damaged) -> io::Result<bool> {
        if !self.has_new(damaged) {
            return Ok(false);
        }
        self.seen.extend(damaged.state.iter().cloned());
        let mut text = String::new();
        for (space, key) in &damaged.state {
            let _ = write!(text, "{space} 0x");
            for byte in key {
                let _ = write!(text, "{byte:02x}");
            }
            text.push('\n');
        }
        fs::write(file(data), text)?;
        Ok(true)
    }
}

/// Whether the ledger of a data directory is to be looked through.
#[must_use]
pub fn is_suspect(data: &Path) -> bool {
    file(data).exists()
}

/// Whether rows of logs are among what was found.
#[must_use]
pub fn names_logs(data: &Path) -> bool {
    let text = fs::read_to_string(file(data)).unwrap_or_default();
    let spaces = [Space::Logs, Space::Trees];
    text.lines().any(|line| spaces.iter().any(|space| line.starts_with(&format!("{space} "))))
}

/// It was, and is whole.
///
/// # Errors
/// If the file cannot be removed.
pub fn clear(data: &Path) -> io::Result<()> {
    match fs::remove_file(file(data)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

fn file(data: &Path) -> PathBuf {
    data.join(SUSPECT_FILE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_row_is_a_reason_once_in_a_process_and_for_the_next_one() {
        let data = tempfile::tempdir().unwrap();
        let damaged = |rows: &[u8]| Damaged {
            state: rows.iter().map(|row| (Space::Values, vec![0, *row])).collect(),
            ..Damaged::default()
        };
        let mut suspects = Suspects::default();
        assert!(!suspects.note(data.path(), &damaged(&[])).unwrap() && !is_suspect(data.path()));
        assert!(suspects.note(data.path(), &damaged(&[1, 9])).unwrap() && is_suspect(data.path()));
        assert_eq!(fs::read_to_string(file(data.path())).unwrap(), "values 0x0001\nvalues 0x0009\n");
        assert!(!names_logs(data.path()));
        clear(data.path()).unwrap();
        clear(data.path()).unwrap();
        assert!(!suspects.note(data.path(), &damaged(&[9])).unwrap() && !is_suspect(data.path()));
        let log = Damaged { state: [(Space::Trees, vec![1])].into(), ..Damaged::default() };
        assert!(suspects.note(data.path(), &log).unwrap() && names_logs(data.path()));
        assert!(suspects.has_new(&damaged(&[9, 3])) && Suspects::default().has_new(&damaged(&[9])));
    }
}
