//! The documents that tests read: this repository's own, always, and the published corpus where the shared data is
//! present. There a file that is missing, or one that nobody expected, is a failure and never skipped.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A document, and what the corpus says of it.
pub struct Case {
    /// Folder and file.
    pub name: String,
    /// `valid`, `invalid`, or a profile's judgement.
    pub expect: String,
    /// Its text.
    pub bytes: Vec<u8>,
}

impl Case {
    pub fn is_xml(&self) -> bool {
        self.name.ends_with(".xml")
    }
}

/// This repository's folder `name` of documents.
pub fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|root| root.join("Cargo.lock").exists())
        .unwrap()
        .join("tests/data/epcis")
        .join(name)
}

/// The shared data, where it is present.
pub fn shared() -> Option<PathBuf> {
    let beside = || own("").ancestors().nth(4).unwrap().join("shared/data");
    let root = std::env::var_os("COUNTERSIGN_DATA").map_or_else(beside, PathBuf::from).join("epcis");
    if !root.exists() {
        eprintln!("{} is absent: only this repository's own documents are tested", root.display());
        return None;
    }
    Some(root)
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder, by name.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Documents that are in the corpus for their hashes, and are valid.
const HASHED: [&str; 3] = ["vector", "same-hash-set", "all-events-in-file-same-hash"];

/// Every document that holds events, or that must be refused.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (folder, expect) in [("valid", "valid"), ("pairs", "valid"), ("invalid", "invalid")] {
        for path in files(&own(folder)) {
            let name = format!("own/{}", path.file_name().unwrap().to_str().unwrap());
            cases.push(Case { name, expect: expect.into(), bytes: read(&path) });
        }
    }
    let Some(root) = shared() else { return cases };
    let manifest: Value = serde_json::from_slice(&read(&root.join("MANIFEST.json"))).unwrap();
    for entry in manifest.as_array().unwrap() {
        let text = |name: &str| entry[name].as_str().unwrap();
        let (group, file, expect) = (text("group"), text("file"), text("expect"));
        let document = [".xml", ".json", ".jsonld"].iter().any(|ending| file.ends_with(ending));
        let expect = match expect {
            // Query parameters are no documents; the query interface judges them.
            _ if group == "openepcis-query-params" || !document => continue,
            // The manifest counts no events in XML and in the documents for hashes.
            hashed if HASHED.contains(&hashed) && group != "(root)" => "valid",
            "valid" if entry["events"] == 0 && !file.ends_with(".xml") => continue,
            "valid" | "invalid" | "profile-dependent" | "profile-invalid" => expect,
            _ => continue,
        };
        let bytes = read(&root.join(group).join(file));
        cases.push(Case { name: format!("{group}/{file}"), expect: expect.into(), bytes });
    }
    cases
}

/// The scenarios of a folder, which are those with these numbers.
pub fn scenarios(folder: &Path, names: &[&str]) -> Vec<Value> {
    let found: Vec<Value> = files(folder).iter().map(|path| serde_json::from_slice(&read(path)).unwrap()).collect();
    let found_names: Vec<&str> = found.iter().map(|scenario| scenario["name"].as_str().unwrap()).collect();
    assert_eq!(found_names, names, "the scenarios of {}", folder.display());
    found
}

/// The shared scenarios.
pub const SCENARIOS: [&str; 12] = [
    "01-temporal-containment",
    "02-recall-fanout",
    "03-rework-cycle",
    "04-late-arrival",
    "05-error-declaration",
    "06-transformation-id",
    "07-identifier-forms",
    "08-sscc-reuse",
    "09-mass-balance",
    "10-cold-chain",
    "11-capture-rules",
    "12-gdst-real-chain",
];
/// This repository's scenarios.
pub const OWN_SCENARIOS: [&str; 4] = ["nested-reuse", "portions", "spelled-lots", "voided-packing"];
