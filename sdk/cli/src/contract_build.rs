//! Builds a contract crate to the Wasm module that is deployed.
//!
//! The crate may stand alone or in any workspace. It needs no settings: the profile and the Wasm
//! toolchain are supplied where the crate or the machine lacks them, and paths of this machine are
//! kept out of the module.

mod module;
mod package;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use package::Package;
use toolchain::{TARGET, Toolchain};

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
    let checked = module::check(&bytes, &toolchain.version(dir)?)?;
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
