//! Runs the tests of a contract's crate with modules that were built just before.
//!
//! The tests find the modules by `COUNTERSIGN_MODULES`, a directory that holds nothing else, so that no module of
//! an earlier build is ever tested; and leave what steps cost in the directory `COUNTERSIGN_GAS_REPORTS`.

use crate::contract_build;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came of testing.
#[derive(Debug)]
pub struct Tested {
    /// The modules that were tested.
    pub modules: Vec<PathBuf>,
    /// Whether all tests passed.
    pub passed: bool,
    /// What steps cost beside the baselines, by the baselines' file names.
    pub reports: BTreeMap<String, String>,
}

/// Builds the crate in `directory` and those that its tests use as well, and runs its tests. Cargo's words and
/// the tests' go to stderr.
///
/// # Errors
/// If a crate is no contract, or cargo cannot be started. Tests that fail are no error.
pub fn test(directory: &Path, with: &[PathBuf], update: bool, cargo: &[String]) -> Result<Tested> {
    let mut built = vec![contract_build::build(directory, None)?.path];
    for other in with {
        built.push(contract_build::build(other, None)?.path);
    }
    let place = built.first().and_then(|path| path.parent()).context("a module lies in a directory")?;
    let (place, reports) = (place.join("tested"), place.join("tested-gas"));
    for directory in [&place, &reports] {
        empty(directory).with_context(|| format!("cannot empty {}", directory.display()))?;
    }
    let copied = built.iter().map(|from| {
        let to = place.join(from.file_name().unwrap_or_default());
        fs::copy(from, &to).with_context(|| format!("cannot write {}", to.display()))?;
        Ok(to)
    });
    let modules = copied.collect::<Result<Vec<PathBuf>>>()?;

    let mut tests = Command::new("cargo");
    tests
        .arg("test")
        .args(cargo)
        .current_dir(directory)
        .env("COUNTERSIGN_MODULES", &place)
        .env("COUNTERSIGN_GAS_REPORTS", &reports)
        .stdin(Stdio::null())
        .stdout(std::io::stderr());
    if update {
        tests.env("UPDATE_GOLDEN", "1");
    }
    let passed = tests.status().context("cannot start cargo")?.success();
    Ok(Tested { modules, passed, reports: read(&reports)? })
}

/// Makes a directory that holds nothing.
fn empty(directory: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(directory)
}

/// The files of a directory, by name.
fn read(directory: &Path) -> Result<BTreeMap<String, String>> {
    let unreadable = || format!("cannot read {}", directory.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let text = fs::read_to_string(entry.path()).with_context(unreadable)?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(files)
}
