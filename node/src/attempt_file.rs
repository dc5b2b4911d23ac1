//! Which block this node is executing, and how often it ended the process: `executing` in the data directory.
//!
//! It is written before each block without a sync, so that a process that panics, aborts or is killed for its memory
//! leaves it behind; after power loss it may be missing, which counts as nothing. A stop that was asked for removes it.

use countersign_replica::{Attempt, Watch};
use countersign_types::{Hash, Height};
use std::io;
use std::path::{Path, PathBuf};

/// The file in a node's data directory.
pub const ATTEMPT_FILE: &str = "executing";

/// Times that a block may end the process before it is condemned.
pub const STOPS_MAX: u32 = 2;

/// The file, and what it said at the start.
#[derive(Debug)]
pub struct AttemptFile {
    path: PathBuf,
    last: Option<(Attempt, u32)>,
}

impl AttemptFile {
    /// Reads the file of a node whose ledger stands at `tip`. A block that is in the ledger by now ended nothing.
    #[must_use]
    pub fn open(data: &Path, tip: Height) -> Self {
        let path = data.join(ATTEMPT_FILE);
        let left = std::fs::read_to_string(&path).ok().and_then(|text| parse(&text));
        let last = left.filter(|(attempt, _)| attempt.height > tip);
        Self { path, last: last.map(|(attempt, stops)| (attempt, stops.saturating_add(1))) }
    }

    /// The attempt that must not be made again, if there is one.
    #[must_use]
    pub fn condemned(&self) -> Option<Attempt> {
        self.last.filter(|(_, stops)| *stops >= STOPS_MAX).map(|(attempt, _)| attempt)
    }

    /// The attempt that the last process did not come back from, and how often that happened.
    #[must_use]
    pub fn last(&self) -> Option<(Attempt, u32)> {
        self.last
    }

    /// The block that is or was being executed last, for operators' commands.
    #[must_use]
    pub fn block(data: &Path) -> Option<(Height, Hash)> {
        let text = std::fs::read_to_string(data.join(ATTEMPT_FILE)).ok()?;
        parse(&text).map(|(attempt, _)| (attempt.height, attempt.block))
    }

    /// The node was asked to stop: what it is executing then is not to blame. A block that is condemned stays so.
    pub fn forgive(data: &Path, is_halted: bool) {
        if !is_halted {
            // It may not be there.
            let _ = std::fs::remove_file(data.join(ATTEMPT_FILE));
        }
    }

    fn write(&self, attempt: &Attempt) -> io::Result<()> {
        let stops = self.last.filter(|(last, _)| last == attempt).map_or(0, |(_, stops)| stops);
        let Attempt { height, block, overrides } = attempt;
        std::fs::write(&self.path, format!("{} {block} {overrides} {stops}\n", height.0))
    }
}

impl Watch for AttemptFile {
    fn begin(&mut self, attempt: &Attempt) {
        if let Err(cause) = self.write(attempt) {
            tracing::warn!(path = %self.path.display(), %cause, "cannot note which block is executed");
        }
    }
}

fn parse(text: &str) -> Option<(Attempt, u32)> {
    let mut words = text.strip_suffix('\n')?.split(' ');
    let height = Height(words.next()?.parse().ok()?);
    let block = words.next()?.parse().ok()?;
    let overrides = words.next()?.parse().ok()?;
    let stops = words.next()?.parse().ok()?;
    words.next().is_none().then_some((Attempt { height, block, overrides }, stops))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn attempt(height: u64, overrides: usize) -> Attempt {
        Attempt { height: Height(height), block: Hash([7; 32]), overrides }
    }

    /// A process that begins the attempt and does not come back.
    fn end_in(data: &Path, tip: u64, attempt: Attempt) -> Option<Attempt> {
        let mut file = AttemptFile::open(data, Height(tip));
        let condemned = file.condemned();
        file.begin(&attempt);
        condemned
    }

    #[test]
    fn a_block_that_ended_two_processes_is_condemned() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path();
        assert_eq!(end_in(data, 4, attempt(5, 0)), None);
        assert_eq!(end_in(data, 4, attempt(5, 0)), None);
        let file = AttemptFile::open(data, Height(4));
        assert_eq!((file.condemned(), file.last()), (Some(attempt(5, 0)), Some((attempt(5, 0), 2))));
        assert_eq!(AttemptFile::block(data), Some((Height(5), Hash([7; 32]))));
        // An override makes it another attempt, which is counted anew.
        assert_eq!(end_in(data, 4, attempt(5, 1)), Some(attempt(5, 0)));
        assert_eq!(AttemptFile::open(data, Height(4)).condemned(), None);
        assert_eq!(end_in(data, 4, attempt(5, 1)), None);
        assert_eq!(AttemptFile::open(data, Height(4)).condemned(), Some(attempt(5, 1)));
    }

    #[test]
    fn blocks_that_are_in_the_ledger_and_stops_that_were_asked_for_do_not_count() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path();
        assert_eq!(end_in(data, 4, attempt(5, 0)), None);
        assert_eq!(end_in(data, 4, attempt(5, 0)), None);
        assert_eq!(AttemptFile::open(data, Height(5)).last(), None);
        assert_eq!(end_in(data, 5, attempt(6, 0)), None);
        AttemptFile::forgive(data, false);
        assert_eq!(AttemptFile::open(data, Height(5)).last(), None);
        for torn in ["", "6", "6 0x07 0 0\n", "6 0 0\n", "x y z w\n"] {
            std::fs::write(data.join(ATTEMPT_FILE), torn).unwrap();
            assert_eq!(AttemptFile::open(data, Height(5)).last(), None, "{torn:?}");
        }
    }
}
