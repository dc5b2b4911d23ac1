//! A case under callgrind.

use crate::case::Case;
use anyhow::{Context as _, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Counted while [`measured_call`](crate::case::measured_call) runs, whatever its name is mangled to.
const MEASURED: &str = "--toggle-collect=*measured_call*";
/// Compiled contracts are code that no file holds, and its place in memory is used again.
const GENERATED_CODE: &str = "--smc-check=all-non-file";

/// All calls of a case together.
pub struct Counted {
    pub gas: u64,
    pub instructions: u64,
}

/// Runs a case in a process of its own.
pub fn count(case: &Case, directory: &Path) -> anyhow::Result<Counted> {
    let file = directory.join("counts");
    let mut into = OsString::from("--callgrind-out-file=");
    into.push(&file);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", MEASURED, GENERATED_CODE])
        .arg(into)
        .arg(std::env::current_exe()?)
        .args(["--case", case.name, "--compiled"])
        .arg(directory.join("compiled"))
        .output()
        .context("valgrind does not run; `node/ops/setup.sh tests` installs it")?;
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{}:\n{complaints}", output.status);
    let gas = said.trim().parse().with_context(|| format!("no gas but {said:?}"))?;
    let instructions = total(&fs::read_to_string(&file)?).context("callgrind's file has no total")?;
    ensure!(instructions > 0, "nothing was counted: callgrind did not find the measured function");
    Ok(Counted { gas, instructions })
}

/// The total of a file of callgrind's.
fn total(file: &str) -> Option<u64> {
    file.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

/// What the counts depend on: the compiler, valgrind and the processor.
pub fn machine() -> anyhow::Result<String> {
    let compiler = version("rustc").unwrap_or_else(|_| "unknown compiler".to_owned());
    let valgrind = version("valgrind").context("valgrind does not run; `node/ops/setup.sh tests` installs it")?;
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    Ok(format!("{compiler}; {valgrind}; {model}"))
}

fn version(program: &str) -> anyhow::Result<String> {
    let output = Command::new(program).arg("--version").output()?;
    ensure!(output.status.success(), "{program}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
