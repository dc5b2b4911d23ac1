//! Builds a contract crate to the Wasm module that is deployed.
//!
//! The crate may stand alone or in any workspace. It needs no settings: the profile and the Wasm
//! toolchain are supplied where the crate or the machine lacks them, and paths of this machine are
//! kept out of the module.

mod module;
mod package;
mod parts;
mod toolchain;
mod weight;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use package::Package;
pub use parts::ModuleParts;
use toolchain::{TARGET, Toolchain};
pub use weight::Weight;

/// Bytes of stack that a contract reserves below its data. The linker's default of 1 MiB would be
/// part of every instance's memory.
const STACK_BYTES: u32 = 128 << 10;

/// Pages of 64 KiB that a contract's memory may grow to, unless its manifest says otherwise: the most with which loads
/// have the lower price. `memory-pages` under `[package.metadata.countersign]` sets another number.
const MEMORY_PAGES: u32 = 256;

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The module's file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// What it costs and how near to the limits it is.
    pub weight: Weight,
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
/// the module is not a contract (foreign imports, no embedded interface, a method not exported) or is one that
/// no network takes.
pub fn build(dir: &Path, out: Option<&Path>) -> Result<Built> {
    let Compiled { module, library, directory, toolchain } = compile(dir, STACK_BYTES, Some(MEMORY_PAGES))?;
    let checked = module::check(&module, &toolchain.version(dir)?)?;
    let weight = weight::weigh(&checked.bytes)?;
    let path = out.map_or_else(|| directory.join(format!("{library}.wasm")), Path::to_path_buf);
    write(&path, &checked.bytes)?;
    Ok(Built { path, bytes: checked.bytes.len(), weight, imports: checked.imports, toolchain: toolchain.name() })
}

/// A module as the compiler leaves it.
pub(crate) struct Compiled {
    pub(crate) module: Vec<u8>,
    /// Name of the crate's library.
    library: String,
    /// Where what is built from modules goes.
    pub(crate) directory: PathBuf,
    toolchain: Toolchain,
}

/// Compiles the crate in `dir` to a module with this much stack, and memory up to so many pages if given.
///
/// # Errors
///
/// If `dir` holds no library crate, no Wasm toolchain can be found, or the crate does not compile.
pub(crate) fn compile(dir: &Path, stack_bytes: u32, memory_pages: Option<u32>) -> Result<Compiled> {
    let package = Package::read(dir)?;
    let toolchain = Toolchain::choose(dir)?;
    let directory = package.target.join("contracts");
    let mut cargo = toolchain.cargo();
    cargo
        .args(["rustc", "--lib", "--crate-type", "cdylib"])
        .args(["--profile", "contract", "--target", TARGET])
        .arg("--manifest-path")
        .arg(&package.manifest)
        .arg("--target-dir")
        .arg(&directory)
        .args(package.profile()?)
        .arg("--config")
        .arg(package.flags(stack_bytes, memory_pages)?)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = cargo.status().context("cannot start cargo")?;
    ensure!(status.success(), "the crate in {} does not compile", dir.display());
    let library = package.library;
    let compiled = directory.join(TARGET).join("contract").join(format!("{library}.wasm"));
    let module = fs::read(&compiled).with_context(|| format!("cargo left no module at {}", compiled.display()))?;
    Ok(Compiled { module, library, directory, toolchain })
}

/// Writes what was built, and makes the directory for it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use countersign_metering::V3;

    #[test]
    fn loads_of_a_contract_as_it_is_built_have_the_lower_price() {
        assert_eq!(u64::from(super::MEMORY_PAGES), V3.load.near_pages);
    }
}
