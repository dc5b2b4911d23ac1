//! The README is true: its commands run as written, its contract is the one in the tree, its links lead somewhere.
#![allow(clippy::unwrap_used)]

use countersign_tests::cluster::program;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The fenced blocks of a language below a heading.
fn blocks(text: &str, heading: &str, language: &str) -> Vec<String> {
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let parts = section.split("\n```").collect::<Vec<_>>();
    parts.iter().filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n')).map(str::to_owned).collect()
}

/// A directory with what the checkout has at its top, so that what the commands write stays out of the checkout, and
/// a home whose target directory is the one of this test.
fn workplace(directory: &Path) {
    for entry in std::fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        symlink(entry.path(), directory.join(entry.file_name())).unwrap();
    }
    let target = program("countersignd").unwrap().parent().unwrap().parent().unwrap().to_owned();
    let home = directory.join("home/.cache/countersign");
    std::fs::create_dir_all(&home).unwrap();
    symlink(target, home.join("target")).unwrap();
}

/// A directory of the user's tools, which `HOME` of the test does not lead to.
fn of_home(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(default), Into::into)
}

#[test]
fn its_commands_run_as_written() {
    for port in [8645, 26600] {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .unwrap_or_else(|error| panic!("port {port}, which the README's network uses: {error}; stop what uses it"));
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let commands = blocks(&readme, "Use it", "sh");
    assert_eq!(commands.len(), 1, "one block of commands");
    let directory = tempfile::tempdir().unwrap();
    workplace(directory.path());
    let script = format!("trap 'kill $(jobs -p); wait' EXIT\n{}", commands.concat());
    let output = Command::new("bash")
        .args(["-euc", &script])
        .current_dir(&directory)
        .env("HOME", directory.path().join("home"))
        .env("CARGO_HOME", of_home("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", of_home("RUSTUP_HOME", ".rustup"))
        .env("CARGO_TARGET_DIR", directory.path().join("home/.cache/countersign/target"))
        .output()
        .unwrap();
    let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{logged}");
    assert!(said.contains("VERIFIED"), "{said}\n{logged}");
    for bowl in ["10/BOWL-A", "21/a1", "21/a6"] {
        assert!(said.contains(&format!("09521322003018/{bowl}")), "the trace does not name {bowl}: {said}");
    }
}

#[test]
fn its_first_commands_are_targets_of_make() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let commands = blocks(&readme, "Try it", "sh").concat();
    let targets: Vec<_> =
        commands.lines().map(|line| line.strip_prefix("make ").unwrap().split(' ').next().unwrap()).collect();
    assert_eq!(targets, ["demo", "test"]);
    for target in targets {
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
}

#[test]
fn its_contract_is_the_one_in_the_tree() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let shown = blocks(&readme, "Use it", "rust").concat();
    let source = std::fs::read_to_string(root().join("contracts/counter/src/lib.rs")).unwrap();
    assert!(shown.contains("#[contract]") && source.contains(shown.trim()), "{shown}");
}

/// Every link to a file, from every document of the tree.
#[test]
fn the_links_of_the_documents_lead_somewhere() {
    let listed = Command::new("git").args(["ls-files", "*.md"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let mut checked = 0;
    for document in String::from_utf8(listed.stdout).unwrap().lines().map(|name| root().join(name)) {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if link.is_empty() || link.contains("://") {
                continue;
            }
            assert!(document.parent().unwrap().join(link).exists(), "{} links to {link}", document.display());
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} links were found");
}

/// A page that names a test which is not there claims what nobody shows.
#[test]
fn the_tests_that_the_threats_name_are_there() {
    let root = root();
    let page = std::fs::read_to_string(root.join("node/docs/threats.md")).unwrap();
    let named: std::collections::BTreeSet<&str> = page
        .lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|word| word.contains('_') && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    let mut sources = String::new();
    let mut directories = vec![root];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                directories.push(path);
            } else if name.ends_with(".rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let missing: Vec<_> = named.into_iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
