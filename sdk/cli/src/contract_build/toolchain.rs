//! Which compiler builds for Wasm on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// The target that contracts are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler, which has no Wasm target but the sources of the standard library.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A way to compile for Wasm.
pub(crate) enum Toolchain {
    /// The compiler that cargo uses anyway has the target.
    Installed,
    /// rustup has just added the target to it.
    Added,
    /// Debian's compiler builds the standard library from its sources.
    Debian {
        /// The linker, from whichever toolchain has one.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Finds a way, in this order: the installed target, rustup, Debian's sources.
    pub(super) fn choose(dir: &Path) -> Result<Self> {
        if has_target("rustc", dir) {
            return Ok(Self::Installed);
        }
        if rustup_adds(dir) && has_target("rustc", dir) {
            return Ok(Self::Added);
        }
        if let Some(linker) = debian_linker(dir) {
            return Ok(Self::Debian { linker });
        }
        bail!(
            "this machine cannot compile for {TARGET}; run `rustup target add {TARGET}`, \
             or on Debian `apt-get install rustc-web cargo-web rust-web-src lld-22`"
        )
    }

    /// How it was found, for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Installed => "installed Wasm target",
            Self::Added => "Wasm target added by rustup",
            Self::Debian { .. } => "Debian's compiler and library sources",
        }
    }

    /// The compiler's own words about its version, such as `1.95.0 (59807616e 2026-04-14)`.
    pub(super) fn version(&self, dir: &Path) -> Result<String> {
        let rustc = match self {
            Self::Installed | Self::Added => "rustc",
            Self::Debian { .. } => DEBIAN_RUSTC,
        };
        let text = printed(rustc, dir, &["--version"]).with_context(|| format!("{rustc} does not tell its version"))?;
        Ok(text.strip_prefix("rustc ").unwrap_or(&text).to_owned())
    }

    /// Cargo, set up to use it.
    pub(super) fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        if let Self::Debian { linker } = self {
            cargo
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .args(["-Z", "build-std=std,panic_abort"]);
        }
        cargo
    }
}

/// Whether a compiler has the Wasm target's standard library.
fn has_target(rustc: &str, dir: &Path) -> bool {
    let Some(libraries) = printed(rustc, dir, &["--print", "target-libdir", "--target", TARGET]) else {
        return false;
    };
    let Ok(entries) = PathBuf::from(libraries).read_dir() else {
        return false;
    };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Lets rustup download the target, if there is a rustup.
fn rustup_adds(dir: &Path) -> bool {
    let status = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// The linker to use with Debian's compiler, if compiler, library sources and a linker are there.
fn debian_linker(dir: &Path) -> Option<PathBuf> {
    let sysroot = PathBuf::from(printed(DEBIAN_RUSTC, dir, &["--print", "sysroot"])?);
    let sources = sysroot.join("lib/rustlib/src/rust/library/Cargo.lock");
    if !sources.exists() {
        return None;
    }
    let bundled = ["rustc", DEBIAN_RUSTC].into_iter().filter_map(|rustc| {
        let libraries = printed(rustc, dir, &["--print", "target-libdir"])?;
        Some(PathBuf::from(libraries).parent()?.join("bin/rust-lld"))
    });
    bundled
        .chain(["/usr/bin/rust-lld", "/usr/bin/wasm-ld-22", "/usr/bin/wasm-ld"].map(PathBuf::from))
        .find(|linker| linker.exists())
}

/// What a compiler prints, as one line.
fn printed(rustc: &str, dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(rustc)
        .args(arguments)
        .current_dir(dir)
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned())
}
