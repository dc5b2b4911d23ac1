//! `countersign contract test`.

use crate::contract_test::{self, Tested};
use crate::failure::REFUSED;
use crate::output::{Output, say};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tests; failing tests are exit code 1.
pub fn test(
    directory: &Path,
    with: &[PathBuf],
    update: bool,
    cargo: &[String],
    output: Output,
) -> anyhow::Result<ExitCode> {
    let Tested { modules, passed, reports } = contract_test::test(directory, with, update, cargo)?;
    let told = json!({ "modules": modules, "passed": passed, "gas": reports });
    output.show(&told, |_| {
        let texts = reports.iter().map(|(file, text)| format!("{file}\n{text}"));
        let texts: Vec<String> = texts.collect();
        texts.join("\n")
    })?;
    if reports.is_empty() {
        say("No test holds what its steps cost to a baseline; `GasReport` of countersign-testing does.");
    }
    if passed {
        return Ok(ExitCode::SUCCESS);
    }
    say("Tests failed. Where it is gas that changed, `countersign contract test --update` takes it over.");
    Ok(ExitCode::from(REFUSED))
}
