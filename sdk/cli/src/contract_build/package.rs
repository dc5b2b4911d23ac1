//! A contract's crate, as cargo sees it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use countersign_metering::limits;
use serde::Deserialize;
use serde_json::Value;

use super::toolchain::TARGET;

/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 64 << 10;

/// How large a function may be that the compiler puts in the place of its calls, in units of its own; 250 without this. Every
/// instance pays for the code's bytes and deployment 2,000 gas for each: with this the provenance contract has a sixth fewer, a capture of
/// one event takes an eighth less gas and one of 100 events a fiftieth more.
const INLINE_THRESHOLD: u32 = 100;

/// A contract's crate.
pub(super) struct Package {
    pub(super) manifest: PathBuf,
    /// Name of its library, as in file names.
    pub(super) library: String,
    /// The target directory of its workspace.
    pub(super) target: PathBuf,
    workspace: PathBuf,
    /// What its manifest says of the module.
    settings: Settings,
    /// Directories of the crates that are sources on this machine, with their names.
    local: Vec<(PathBuf, String)>,
}

/// What `cargo metadata` answers.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Listed>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// A package among them.
#[derive(Deserialize)]
struct Listed {
    name: String,
    manifest_path: PathBuf,
    /// Where it was downloaded from, if it was.
    source: Option<String>,
    targets: Vec<ListedTarget>,
    /// Whatever stands under `[package.metadata]`.
    #[serde(default)]
    metadata: Value,
}

/// `[package.metadata.countersign]` of a contract's manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Pages of 64 KiB that the contract's memory may grow to.
    memory_pages: Option<u32>,
}

impl Settings {
    /// Those of a package's metadata.
    fn of(metadata: &Value) -> Result<Self> {
        let Some(own) = metadata.get("countersign") else { return Ok(Self::default()) };
        let settings = Self::deserialize(own).context("[package.metadata.countersign] in Cargo.toml")?;
        if let Some(pages) = settings.memory_pages {
            let most = limits::MEMORY_PAGES_MAX;
            ensure!((1..=most).contains(&pages), "memory-pages in Cargo.toml is {pages}; it can be from 1 to {most}");
        }
        Ok(settings)
    }
}

#[derive(Deserialize)]
struct ListedTarget {
    name: String,
    kind: Vec<String>,
}

impl Package {
    /// The crate in a directory.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let manifest = dir.join("Cargo.toml");
        let manifest =
            manifest.canonicalize().with_context(|| format!("there is no crate: no {}", manifest.display()))?;
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--manifest-path"])
            .arg(&manifest)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo; install Rust from https://rustup.rs")?;
        ensure!(output.status.success(), "cargo cannot read {}", manifest.display());
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).context("cargo metadata answers in an unknown form")?;
        let mut packages = metadata.packages.iter();
        let listed = packages
            .find(|listed| listed.manifest_path == manifest)
            .with_context(|| format!("{} is a workspace, not a crate", manifest.display()))?;
        Ok(Self {
            library: listed.library()?,
            settings: Settings::of(&listed.metadata)?,
            target: metadata.target_directory,
            workspace: metadata.workspace_root,
            local: metadata.packages.iter().filter_map(Listed::local).collect(),
            manifest,
        })
    }

    /// The profile's settings as arguments, unless the workspace defines the profile itself.
    pub(super) fn profile(&self) -> Result<Vec<&'static str>> {
        let manifest = self.workspace.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        if text.lines().any(|line| line.trim() == "[profile.contract]") {
            return Ok(Vec::new());
        }
        let settings = [
            "profile.contract.inherits='release'",
            "profile.contract.opt-level=3",
            "profile.contract.lto=true",
            "profile.contract.codegen-units=1",
            "profile.contract.panic='abort'",
            "profile.contract.strip=true",
            "profile.contract.overflow-checks=true",
        ];
        Ok(settings.into_iter().flat_map(|setting| ["--config", setting]).collect())
    }

    /// Compiler flags as a cargo setting: the stack's size, the memory's if pages are given (the manifest's go
    /// first), and no path of this machine in messages, so that the same source gives the same module anywhere.
    pub(super) fn flags(&self, stack_bytes: u32, memory_pages: Option<u32>) -> Result<String> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let mut named = self.local.clone();
        named.extend(home.map(|home| (home, "cargo".to_owned())));
        // Of several that match, the compiler takes the last: the longest.
        named.sort();
        let mut flags = vec![format!("-Clink-arg=-zstack-size={stack_bytes}")];
        if let Some(usual) = memory_pages {
            let pages = u64::from(self.settings.memory_pages.unwrap_or(usual));
            flags.push(format!("-Clink-arg=--max-memory={}", pages * PAGE_BYTES));
            flags.push(format!("-Cllvm-args=-inline-threshold={INLINE_THRESHOLD}"));
        }
        for (path, name) in &named {
            if let Some(path) = path.to_str() {
                flags.push(format!("--remap-path-prefix={path}={name}"));
            }
        }
        let flags = serde_json::to_string(&flags).context("flags are strings")?;
        Ok(format!("target.{TARGET}.rustflags={flags}"))
    }
}

impl Listed {
    /// The name of its library.
    fn library(&self) -> Result<String> {
        let is_library = |target: &&ListedTarget| {
            let kinds = &target.kind;
            kinds.iter().any(|kind| matches!(kind.as_str(), "lib" | "rlib" | "cdylib"))
        };
        let library = self
            .targets
            .iter()
            .find(is_library)
            .with_context(|| format!("{} has no library; a contract is written in src/lib.rs", self.name))?;
        Ok(library.name.replace('-', "_"))
    }

    /// Its directory and name, if it is a source on this machine.
    fn local(&self) -> Option<(PathBuf, String)> {
        let dir = self.manifest_path.parent()?;
        self.source.is_none().then(|| (dir.to_owned(), self.name.clone()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Settings, Value};

    fn pages(metadata: &str) -> Result<Option<u32>, String> {
        let metadata: Value = serde_json::from_str(metadata).unwrap();
        Settings::of(&metadata).map(|settings| settings.memory_pages).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_manifest_may_ask_for_more_memory() {
        assert_eq!(pages("null"), Ok(None));
        assert_eq!(pages(r#"{"docs":{"all-features":true}}"#), Ok(None));
        assert_eq!(pages(r#"{"countersign":{"memory-pages":512}}"#), Ok(Some(512)));
        let refused = pages(r#"{"countersign":{"memory-pages":513}}"#).unwrap_err();
        assert_eq!(refused, "memory-pages in Cargo.toml is 513; it can be from 1 to 512");
        assert!(pages(r#"{"countersign":{"memory":1}}"#).unwrap_err().contains("unknown field `memory`"));
    }
}
