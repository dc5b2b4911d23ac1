//! Begins a contract: a crate that builds, is tested and has a client, to be changed from there.

use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The crate that contracts are written with, where this command was built.
const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contract");

/// Files of a new contract, and what is in them; names in double braces are filled in.
const FILES: [(&str, &str); 9] = [
    ("Cargo.toml", include_str!("contract_new/Cargo.toml.in")),
    ("src/lib.rs", include_str!("contract_new/lib.rs.in")),
    ("tests/contract.rs", include_str!("contract_new/test.rs.in")),
    ("tests/gas.txt", include_str!("contract_new/gas.txt.in")),
    ("client/Cargo.toml", include_str!("contract_new/client.toml.in")),
    ("client/src/main.rs", include_str!("contract_new/client.rs.in")),
    (".github/workflows/ci.yml", include_str!("contract_new/ci.yml.in")),
    (".gitignore", "/target\n"),
    ("README.md", include_str!("contract_new/README.md.in")),
];

/// Writes the files of a new contract to a directory; answers their names.
///
/// # Errors
/// If the directory exists, its name is not one of a crate, or the SDK is not found.
pub fn create(directory: &Path, sdk: Option<&Path>) -> Result<Vec<&'static str>> {
    let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ensure!(
        is_crate_name(name),
        "`{name}` cannot name a contract: give a directory whose last part is lower-case letters, digits and dashes, \
         beginning with a letter"
    );
    if directory.exists() {
        bail!("{} exists and is not touched", directory.display());
    }
    let sdk = find_sdk(sdk)?;
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let from = directory.canonicalize().with_context(|| format!("cannot enter {}", directory.display()))?;
    let checkout = sdk.ancestors().nth(2).context("the SDK's crate lies in a checkout")?;
    let to = |target: &Path| relative(&from, target).display().to_string();
    let to_client = |target: &Path| relative(&from.join("client"), target).display().to_string();
    let fill = |text: &str| {
        text.replace("{{NAME}}", name)
            .replace("{{CRATE}}", &name.replace('-', "_"))
            .replace("{{TYPE}}", &type_name(name))
            .replace("{{SDK}}", &to(&sdk))
            .replace("{{TESTING}}", &to(&checkout.join("sdk/testing")))
            .replace("{{CHECKOUT}}", &to(checkout))
            .replace("{{CLIENT}}", &to_client(&checkout.join("sdk/client")))
            .replace("{{API}}", &to_client(&checkout.join("sdk/api")))
    };
    for (file, text) in FILES {
        let path = directory.join(file);
        crate::contract_build::write(&path, fill(text).as_bytes())?;
    }
    // The versions that the SDK is tested with, of which cargo drops what the contract does not need.
    let lock = checkout.join("Cargo.lock");
    if lock.exists() {
        fs::copy(&lock, directory.join("Cargo.lock")).with_context(|| format!("cannot copy {}", lock.display()))?;
    }
    Ok(FILES.iter().map(|(file, _)| *file).collect())
}

/// The SDK's crate: the one that is named, or the one beside this command's own sources.
fn find_sdk(named: Option<&Path>) -> Result<PathBuf> {
    let sdk = named.unwrap_or(Path::new(SDK));
    if !sdk.join("Cargo.toml").exists() {
        bail!(
            "no crate `countersign-contract` in {}: name the directory sdk/contract of a Countersign checkout with --sdk",
            sdk.display()
        );
    }
    sdk.canonicalize().with_context(|| format!("cannot enter {}", sdk.display()))
}

fn is_crate_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
        && name.len() <= 64
}

/// `cold-chain` as `ColdChain`.
fn type_name(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(capital).collect()
}

/// The way from one absolute directory to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.iter().skip(shared).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_crate_name, relative, type_name};
    use std::path::Path;

    #[test]
    fn names() {
        assert_eq!(type_name("cold-chain-2"), "ColdChain2");
        for good in ["a", "cold-chain", "lot2"] {
            assert!(is_crate_name(good), "{good}");
        }
        for bad in ["", "2lots", "Cold", "a_b", "ä", "-a", "a b"] {
            assert!(!is_crate_name(bad), "{bad}");
        }
    }

    #[test]
    fn ways_between_directories() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/a/b/hello", "/a/sdk/contract"), "../../sdk/contract");
        assert_eq!(way("/a/hello", "/a/hello/sdk"), "sdk");
    }
}
