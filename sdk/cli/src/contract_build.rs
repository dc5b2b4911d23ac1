//! Builds a contract crate to the Wasm module that is deployed.
//!
//! The crate may stand alone or in any workspace. It needs no settings: the profile and the Wasm
//! toolchain are supplied where the crate or the machine lacks them, and paths of this machine are
//! kept out of the module.

mod module;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use toolchain::{TARGET, Toolchain};

/// Bytes of stack that a module reserves below its data. The linker's default of 1 MiB would be
/// part of every instance's memory.
const STACK_BYTES: u32 = 128 << 10;

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The module's file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// The methods that it exports, in the order of the module.
    pub methods: Vec<String>,
    /// The host functions that it imports.
    pub imports: Vec<String>,
    /// How the Wasm toolchain was found.
    pub toolchain: &'static str,
}

/// A contract's crate as cargo sees it.
struct Package {
    manifest: PathBuf,
    /// Name of its library, as in file names.
    library: String,
    workspace: PathBuf,
    target: PathBuf,
    /// Directories of the crates that are sources on this machine, with their names.
    local: Vec<(PathBuf, String)>,
}

/// Builds the contract crate in `dir`. The module goes to `out`, or to
/// `<target directory>/contracts/<library>.wasm`. Cargo's progress goes to stderr.
///
/// # Errors
///
/// If `dir` holds no library crate, no Wasm toolchain can be found, the crate does not compile, or
/// the module is not a contract (foreign imports, no embedded interface, a method not exported).
pub fn build(dir: &Path, out: Option<&Path>) -> Result<Built> {
    let package = Package::read(dir)?;
    let toolchain = Toolchain::choose(dir)?;
    let target = package.target.join("contracts");
    compile(&package, &toolchain, &target)?;
    let file = format!("{}.wasm", package.library);
    let compiled = target.join(TARGET).join("contract").join(&file);
    let bytes = fs::read(&compiled).with_context(|| format!("cargo left no module at {}", compiled.display()))?;
    let checked = module::check(&bytes)?;
    let path = out.map_or_else(|| target.join(&file), Path::to_path_buf);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    fs::write(&path, &checked.bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Built {
        path,
        bytes: checked.bytes.len(),
        methods: checked.methods,
        imports: checked.imports,
        toolchain: toolchain.name(),
    })
}

fn compile(package: &Package, toolchain: &Toolchain, target: &Path) -> Result<()> {
    let mut cargo = toolchain.cargo();
    cargo
        .args(["rustc", "--lib", "--crate-type", "cdylib"])
        .args(["--profile", "contract", "--target", TARGET])
        .arg("--manifest-path")
        .arg(&package.manifest)
        .arg("--target-dir")
        .arg(target)
        .args(package.profile()?)
        .arg("--config")
        .arg(package.flags()?)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = cargo.status().context("cannot start cargo")?;
    ensure!(status.success(), "the contract does not compile");
    Ok(())
}

impl Package {
    fn read(dir: &Path) -> Result<Self> {
        let manifest = dir.join("Cargo.toml");
        let manifest =
            manifest.canonicalize().with_context(|| format!("there is no crate: no {}", manifest.display()))?;
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1"])
            .arg("--manifest-path")
            .arg(&manifest)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo; install Rust from https://rustup.rs")?;
        ensure!(output.status.success(), "cargo cannot read {}", manifest.display());
        let metadata: Value =
            serde_json::from_slice(&output.stdout).context("cargo metadata answers something else than JSON")?;
        let packages = metadata["packages"].as_array().context("cargo names no packages")?;
        let package = packages
            .iter()
            .find(|package| package["manifest_path"].as_str().map(Path::new) == Some(&manifest))
            .with_context(|| format!("{} is a workspace, not a crate", manifest.display()))?;
        let path = |name: &str| {
            let text = metadata[name].as_str();
            text.map(PathBuf::from).with_context(|| format!("cargo answers no {name}"))
        };
        Ok(Self {
            library: library(package)?,
            workspace: path("workspace_root")?,
            target: path("target_directory")?,
            local: packages.iter().filter_map(local).collect(),
            manifest,
        })
    }

    /// The profile's settings, unless the workspace defines the profile itself.
    fn profile(&self) -> Result<Vec<&'static str>> {
        let manifest = self.workspace.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        if text.lines().any(|line| line.trim() == "[profile.contract]") {
            return Ok(Vec::new());
        }
        let settings = [
            "profile.contract.inherits='release'",
            "profile.contract.opt-level='s'",
            "profile.contract.lto=true",
            "profile.contract.codegen-units=1",
            "profile.contract.panic='abort'",
            "profile.contract.strip=true",
            "profile.contract.overflow-checks=true",
        ];
        Ok(settings.into_iter().flat_map(|setting| ["--config", setting]).collect())
    }

    /// Compiler flags as a cargo setting: a small stack, and no path of this machine in messages,
    /// so that the same source gives the same module anywhere.
    fn flags(&self) -> Result<String> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let mut named = self.local.clone();
        named.extend(home.map(|home| (home, "cargo".to_owned())));
        // Of several that match, the compiler takes the last: the longest.
        named.sort();
        let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}")];
        for (path, name) in &named {
            if let Some(path) = path.to_str() {
                flags.push(format!("--remap-path-prefix={path}={name}"));
            }
        }
        let flags = serde_json::to_string(&flags).context("flags are strings")?;
        Ok(format!("target.{TARGET}.rustflags={flags}"))
    }
}

/// Directory and name of a package that no registry holds.
fn local(package: &Value) -> Option<(PathBuf, String)> {
    let manifest = Path::new(package["manifest_path"].as_str()?);
    let is_local = package["source"].is_null();
    let named = || Some((manifest.parent()?.to_owned(), package["name"].as_str()?.to_owned()));
    is_local.then(named)?
}

/// The name of a package's library.
fn library(package: &Value) -> Result<String> {
    let is_library = |target: &&Value| {
        let kinds = target["kind"].as_array().into_iter().flatten();
        kinds.filter_map(Value::as_str).any(|kind| matches!(kind, "lib" | "rlib" | "cdylib"))
    };
    let targets = package["targets"].as_array().into_iter().flatten();
    let Some(library) = targets.into_iter().find(is_library) else {
        bail!(
            "{} has no library; a contract is written in src/lib.rs",
            package["name"].as_str().unwrap_or("the crate")
        );
    };
    let name = library["name"].as_str().context("cargo names no library")?;
    Ok(name.replace('-', "_"))
}
