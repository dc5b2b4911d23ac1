//! File systems of a test's own, on which a disk can be full or lose power. They need root and the tools of Linux; where
//! they cannot be had the test says so, loudly, and is over; in CI it fails.

use crate::skip::skipped;
use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system. Dropping it unmounts it.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    /// A file system in memory, of so many MiB; none where that is not possible.
    #[must_use]
    pub fn memory(at: &Path, mebibytes: u32) -> Option<Self> {
        let made = std::fs::create_dir_all(at).map_err(anyhow::Error::from).and_then(|()| {
            run(Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "countersign"]).arg(at))
        });
        or_skipped(made.map(|()| Self { at: at.to_owned() }))
    }

    /// A new ext4 of so many MiB in the file `image`; none where that is not possible.
    #[must_use]
    pub fn ext4(image: &Path, at: &Path, mebibytes: u64) -> Option<Self> {
        let make = || -> anyhow::Result<Self> {
            std::fs::File::create(image)?.set_len(mebibytes << 20)?;
            run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image))?;
            Self::image(image, at)
        };
        or_skipped(make())
    }

    /// The file system that is in a file.
    ///
    /// # Errors
    /// If it cannot be mounted.
    pub fn image(image: &Path, at: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(at)?;
        run(Command::new("mount").args(["-o", "loop"]).arg(image).arg(at))?;
        Ok(Self { at: at.to_owned() })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Processes that were killed may take a moment to let go.
        for _ in 0..50 {
            if run(Command::new("umount").arg(&self.at)).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        eprintln!("{} stays mounted", self.at.display());
    }
}

fn or_skipped(made: anyhow::Result<Mount>) -> Option<Mount> {
    made.inspect_err(|cause| skipped(&format!("no file system of its own: {cause:#}"))).ok()
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started or fails, with what it said.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{} does not start", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "{}: {said}", command.get_program().display());
    Ok(())
}
