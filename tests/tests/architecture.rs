//! The workspace's arrows: which crate may depend on which, checked over `cargo metadata`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Each crate with our crates that it may use outside its tests.
const ARROWS: [(&str, &[&str]); 29] = [
    ("countersign-types", &[]),
    ("countersign-ledger", &["countersign-types"]),
    ("countersign-consensus", &["countersign-types"]),
    ("countersign-abi", &[]),
    ("countersign-metering", &["countersign-abi"]),
    ("countersign-vm", &["countersign-abi", "countersign-metering"]),
    // Under feature `contract` alone, to describe its answers in the interface.
    ("countersign-epcis", &["countersign-contract"]),
    ("countersign-macros", &[]),
    ("countersign-contract", &["countersign-abi", "countersign-macros"]),
    // Contracts know interfaces of each other, and no contract another one's crate.
    ("countersign-interfaces", &["countersign-contract"]),
    ("countersign-provenance", &["countersign-contract", "countersign-epcis", "countersign-interfaces"]),
    ("countersign-certification", &["countersign-contract", "countersign-epcis", "countersign-interfaces"]),
    ("countersign-coldchain", &["countersign-contract", "countersign-epcis", "countersign-interfaces"]),
    ("countersign-credentials", &["countersign-contract", "countersign-interfaces"]),
    ("countersign-escrow", &["countersign-contract", "countersign-epcis", "countersign-interfaces"]),
    ("countersign-testing", &["countersign-contract", "countersign-types", "countersign-vm"]),
    ("countersign-counter", &["countersign-contract"]),
    ("countersign-offer", &["countersign-contract"]),
    ("countersign-shelf", &["countersign-contract"]),
    (
        "countersign-replica",
        &["countersign-abi", "countersign-consensus", "countersign-ledger", "countersign-types", "countersign-vm"],
    ),
    ("countersign-api", &["countersign-epcis", "countersign-types"]),
    // No runtime and no network, so that it builds for browsers.
    ("countersign-verify", &["countersign-epcis", "countersign-types"]),
    ("countersign-verify-page", &["countersign-epcis", "countersign-types", "countersign-verify"]),
    ("countersign-client", &["countersign-api", "countersign-epcis", "countersign-types", "countersign-verify"]),
    (
        "countersign",
        &["countersign-api", "countersign-client", "countersign-epcis", "countersign-metering", "countersign-types"],
    ),
    (
        "countersignd",
        &[
            "countersign-abi",
            "countersign-api",
            "countersign-consensus",
            "countersign-epcis",
            "countersign-ledger",
            "countersign-replica",
            "countersign-types",
            "countersign-vm",
        ],
    ),
    ("countersign-model", &[]),
    (
        "countersign-targets",
        &[
            "countersign-abi",
            "countersign-api",
            "countersign-consensus",
            "countersign-epcis",
            "countersign-ledger",
            "countersign-replica",
            "countersign-types",
            "countersign-verify",
            "countersign-vm",
        ],
    ),
    ("countersign-tests", &[]),
];

/// Libraries that only these crates may name, outside tests.
const CONFINED: [(&str, &[&str]); 4] = [
    ("rocksdb", &["countersign-ledger"]),
    ("wasmtime", &["countersign-vm"]),
    ("libp2p", &["countersignd"]),
    ("tokio", &["countersignd", "countersign-client", "countersign", "countersign-tests"]),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let names =
            dependencies.filter(|each| each["kind"].is_null()).map(|each| each["name"].as_str().unwrap().to_owned());
        (package["name"].as_str().unwrap().to_owned(), names.collect())
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

#[test]
fn arrows_point_one_way() {
    let found = dependencies();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    for (name, uses) in &found {
        let Some(allowed) = allowed.get(name.as_str()) else { panic!("{name} has no arrows here") };
        if name == "countersign-tests" {
            continue;
        }
        let ours = uses.iter().filter(|used| found.contains_key(*used));
        let wrong: Vec<&String> = ours.filter(|used| !allowed.contains(&used.as_str())).collect();
        assert!(wrong.is_empty(), "{name} may not depend on {wrong:?}");
    }
    for name in allowed.keys() {
        assert!(found.contains_key(*name), "{name} is gone");
    }
}

#[test]
fn engines_stay_where_they_belong() {
    let found = dependencies();
    for (library, crates) in CONFINED {
        for (name, uses) in &found {
            assert!(!uses.contains(library) || crates.contains(&name.as_str()), "{name} may not use {library}");
        }
    }
}

/// RocksDB is named in one file.
#[test]
fn one_file_names_rocksdb() {
    let ledger = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger/src");
    let mut named = Vec::new();
    let mut directories = vec![ledger];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if std::fs::read_to_string(&path).unwrap().contains("rocksdb::") {
                named.push(path.file_name().unwrap().to_owned());
            }
        }
    }
    assert_eq!(named, ["rocks.rs"]);
}

/// The image and the programs' build have the contracts that ship, all of them.
#[test]
fn every_contract_that_ships_is_built_and_in_the_image() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let contracts = std::fs::read_dir(root.join("contracts")).unwrap().map(|entry| entry.unwrap());
    let ships = |name: &String| {
        let manifest = std::fs::read_to_string(root.join("contracts").join(name).join("Cargo.toml"));
        manifest.is_ok_and(|manifest| manifest.contains("cdylib"))
    };
    let names: BTreeSet<String> =
        contracts.map(|entry| entry.file_name().into_string().unwrap()).filter(ships).collect();
    let listed = |file: &str, begin: &str, end: char| -> BTreeSet<String> {
        let text = read(file);
        let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{file} has no {begin:?}"));
        rest.split(end).next().unwrap().split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(listed("Makefile", "SHIPPED :=", '\n'), names);
    assert_eq!(listed("node/ops/Dockerfile", "for contract in ", ';'), names);
}
