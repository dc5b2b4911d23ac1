//! The machine that tests share, and the modules that it runs.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use countersign_vm::{OptLevel, Vm, VmConfig};

use crate::Error;

/// The environment's variable that names the directory of modules.
pub const MODULES: &str = "COUNTERSIGN_MODULES";

/// The machine of this process. A module is compiled once, however many hosts run it. The compiler does not try
/// hard, which changes neither what comes out nor what it costs.
///
/// # Errors
/// If it cannot be built here.
pub fn machine() -> Result<Vm, Error> {
    static MACHINE: OnceLock<Vm> = OnceLock::new();
    if let Some(machine) = MACHINE.get() {
        return Ok(machine.clone());
    }
    let made = Vm::new(VmConfig { opt_level: OptLevel::None, ..VmConfig::default() })?;
    // Another thread may have been sooner; then that one is kept.
    Ok(MACHINE.get_or_init(|| made).clone())
}

/// A module that `countersign contract test` has built, by the name of its library, dashes being underscores.
///
/// # Errors
/// If there is none.
pub fn module(library: &str) -> Result<Vec<u8>, Error> {
    let directory = env::var_os(MODULES).map(PathBuf::from).ok_or(Error::NotBuilt)?;
    let path = directory.join(format!("{library}.wasm"));
    fs::read(&path).map_err(Error::file(path))
}
