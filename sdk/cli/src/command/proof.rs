//! `countersign proof`.

mod export;
mod human;

use crate::arguments::{Proof as Command, RootFile};
use crate::failure::Usage;
use crate::output::{Output, facts, moment, say};
use crate::page_build;
use crate::session::{Session, read_file};
use anyhow::Context as _;
use countersign_client::Verified;
use countersign_client::verify::{self, BadFile, Finding, Options, Report, Trusted};
use countersign_types::TimestampMs;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Export(options) => export::run(*options, session, output).await,
        Command::Verify { file, root, max_age } => verify_file(&file, &root, max_age, output),
        Command::Checkpoint { file, root, output: to } => checkpoint(&file, &root, &to, output),
        Command::Page { directory, output: to } => page(&directory, to.as_deref(), output),
    }
}

fn verify_file(file: &Path, root: &RootFile, max_age_s: Option<u64>, output: Output) -> anyhow::Result<ExitCode> {
    let verified = verified(file, root)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| u64::try_from(now.as_millis()).ok());
    let options = Options { now: now.map(TimestampMs), max_age_s };
    let report = Report::of(verified, &options).with_context(|| file.display().to_string())?;
    output.show(&report, human::report)?;
    Ok(ExitCode::SUCCESS)
}

fn checkpoint(file: &Path, root: &RootFile, to: &Path, output: Output) -> anyhow::Result<ExitCode> {
    let verified = verified(file, root)?;
    let checkpoint = verified.checkpoint();
    write(to, &serde_json::to_vec_pretty(checkpoint)?)?;
    let told = json!({ "file": to, "checkpoint": checkpoint });
    output.show(&told, |_| {
        facts([
            ("file", to.display().to_string()),
            ("network", checkpoint.network.clone()),
            ("block", format!("{} {}", checkpoint.height, checkpoint.block)),
            ("time", moment(checkpoint.time.0)),
            ("validators", format!("{} of epoch {}", checkpoint.validators.count(), checkpoint.epoch)),
        ])
    })?;
    say("It is as trustworthy as what the proof was verified against. Keep it where nobody else can change it.");
    Ok(ExitCode::SUCCESS)
}

fn page(directory: &Path, to: Option<&Path>, output: Output) -> anyhow::Result<ExitCode> {
    let built = page_build::build(directory, to)?;
    let told = json!({
        "file": built.path, "bytes": built.bytes, "moduleBytes": built.module_bytes, "sha256": built.sha256,
    });
    output.show(&told, |_| {
        facts([
            ("page", format!("{} ({} bytes)", built.path.display(), built.bytes)),
            ("module", format!("{} bytes in it", built.module_bytes)),
            ("sha256", built.sha256.clone()),
        ])
    })?;
    say("Open it in a browser and give it a proof file. Whoever receives it elsewhere compares the hash first.");
    Ok(ExitCode::SUCCESS)
}

fn verified(file: &Path, root: &RootFile) -> anyhow::Result<Verified<Finding>> {
    let trusted = trusted(root)?;
    let proof = verify::read(&read_file(file)?).with_context(|| file.display().to_string())?;
    verify::verify(&proof, &trusted).with_context(|| file.display().to_string())
}

/// The root that the user named, of the kind that it was named as.
fn trusted(root: &RootFile) -> anyhow::Result<Trusted> {
    let (path, is_genesis) = match (&root.genesis, &root.checkpoint) {
        (Some(path), _) => (path, true),
        (None, Some(path)) => (path, false),
        (None, None) => return Err(Usage("give --genesis FILE or --checkpoint FILE".to_owned()).into()),
    };
    let about = |cause: BadFile| Usage(format!("{}: {cause}", path.display()));
    let trusted = verify::trusted(&read_file(path)?).map_err(about)?;
    match (is_genesis, trusted.root()) {
        (true, verify::Root::Checkpoint { .. }) => {
            Err(Usage(format!("{} is a checkpoint: give it as --checkpoint", path.display())).into())
        }
        (false, verify::Root::Genesis) => {
            Err(Usage(format!("{} is a genesis: give it as --genesis", path.display())).into())
        }
        _ => Ok(trusted),
    }
}

/// Writes a file that the user named.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).map_err(|error| Usage(format!("cannot write {}: {error}", path.display())).into())
}
