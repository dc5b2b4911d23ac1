//! Room on the disk. Voting stops while there is little, before any write fails: what is signed must be written first,
//! and a write that failed ends the node.

use crate::limits::{SPACE_LOOK_INTERVAL, SPACE_RESUME_BYTES, SPACE_STOP_BYTES};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Bytes that are free for this user on the file system of a directory.
///
/// # Errors
/// The system's.
pub fn free_bytes(directory: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(directory)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Watches the file system of a directory.
#[derive(Debug)]
pub struct Space {
    directory: PathBuf,
    looked: Option<Instant>,
    is_low: bool,
}

impl Space {
    /// Of the data directory.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, looked: None, is_low: false }
    }

    /// Whether there is too little room to go on. Looks at most once in [`SPACE_LOOK_INTERVAL`].
    pub fn is_low(&mut self) -> bool {
        if self.looked.is_some_and(|at| at.elapsed() < SPACE_LOOK_INTERVAL) {
            return self.is_low;
        }
        self.looked = Some(Instant::now());
        match free_bytes(&self.directory) {
            Ok(free) => self.judge(free),
            // What cannot be known does not stop a node; a write that fails does.
            Err(cause) => tracing::warn!(%cause, "the room on the disk is not known"),
        }
        self.is_low
    }

    fn judge(&mut self, free: u64) {
        let is_low = free < if self.is_low { SPACE_RESUME_BYTES } else { SPACE_STOP_BYTES };
        if is_low && !self.is_low {
            let directory = self.directory.display();
            tracing::error!(free, needed = SPACE_RESUME_BYTES, %directory, "the disk is nearly full: voting stops until there is room");
        }
        if self.is_low && !is_low {
            tracing::info!(free, "there is room on the disk again: voting goes on");
        }
        self.is_low = is_low;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voting_stops_at_one_mark_and_resumes_at_a_higher_one() {
        let mut space = Space::new(PathBuf::from("/"));
        for (free, is_low) in [
            (SPACE_STOP_BYTES, false),
            (SPACE_STOP_BYTES - 1, true),
            (SPACE_STOP_BYTES, true),
            (SPACE_RESUME_BYTES - 1, true),
            (SPACE_RESUME_BYTES, false),
            (SPACE_STOP_BYTES, false),
        ] {
            space.judge(free);
            assert_eq!(space.is_low, is_low, "{free}");
        }
    }
}
