//! Entries of the corpus, and how their files are read.
//!
//! A file begins with lines `;; key: value`:
//!
//! | key | value |
//! |---|---|
//! | `name` | what it does |
//! | `contracts` | how many contracts follow, at addresses 1, 2, …; each begins with `;; contract N` if there are several |
//! | `limit` | gas limit, 50,000,000 if absent |
//! | `kind` | `view`, if it is one |
//! | `expect` | `succeeded HEX`, `failed CODE HEX`, `trapped CAUSE` or `refused VERDICT` (see `shown.rs`) |
//! | `gas` | gas used, unless refused |
//!
//! Large modules are abbreviated. `(@repeat N X)` is X, N times over, in which `#` is the number of the repetition from 0
//! and `(@at A B)` is A × # + B. `(@bytes N X)` is the same without spaces in between, for strings.

use std::fs;
use std::path::Path;

use countersign_vm::{Call, CallKind, CodeRejected};

use crate::world::{World, address, call, vm};

/// A call of hostile code.
pub struct Entry {
    pub name: String,
    /// The file it stands in, or its family.
    pub file: String,
    /// Contracts as text, at addresses 1 and up; the first is called.
    pub contracts: Vec<String>,
    pub call: Call,
    pub expect: String,
    pub gas: Option<u64>,
    /// Its gas stands in `expected.txt` alone.
    pub of_family: bool,
}

impl Entry {
    /// A state with its contracts, or why one may not be deployed.
    pub fn deploy(&self) -> Result<World, CodeRejected> {
        let mut world = World::default();
        for (number, text) in (1u8..).zip(&self.contracts) {
            let code = wat::parse_str(text).unwrap_or_else(|error| panic!("{}: {error}", self.file));
            let checked = vm().check(&code)?;
            world.contracts.insert(address(number), checked.hash);
            world.codes.insert(checked.hash, code.into());
            world.facts.insert(checked.hash, checked.facts);
        }
        // Something to find.
        let kept = (address(1), b"kept".to_vec());
        world.cells.insert(kept.clone(), b"value".to_vec());
        world.logs.insert(kept, vec![b"record".to_vec()]);
        Ok(world)
    }
}

/// All files, by name.
pub fn entries() -> Vec<Entry> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    files
        .iter()
        .map(|path| read(path.file_name().unwrap().to_str().unwrap(), &fs::read_to_string(path).unwrap()))
        .collect()
}

fn read(file: &str, text: &str) -> Entry {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(&format!(";; {key}: ")));
    let needed = |key: &str| value(key).unwrap_or_else(|| panic!("{file} has no {key}"));
    let mut contracts: Vec<String> = text.split(";; contract ").map(str::to_owned).collect();
    if contracts.len() > 1 {
        contracts.remove(0);
        for (number, contract) in contracts.iter_mut().enumerate() {
            let rest = contract.strip_prefix(&format!("{}\n", number + 1));
            *contract = rest.unwrap_or_else(|| panic!("{file}: contracts out of order")).to_owned();
        }
    }
    assert_eq!(needed("contracts"), contracts.len().to_string(), "{file}");
    let mut call = call(&[]);
    if let Some(limit) = value("limit") {
        call.gas_limit = limit.parse().unwrap();
    }
    match value("kind") {
        Some("view") => call.kind = CallKind::View,
        Some(other) => panic!("{file}: kind {other}"),
        None => {}
    }
    Entry {
        name: needed("name").to_owned(),
        file: file.to_owned(),
        contracts: contracts.iter().map(|contract| expanded(contract)).collect(),
        call,
        expect: needed("expect").to_owned(),
        gas: value("gas").map(|gas| gas.parse().unwrap()),
        of_family: false,
    }
}

/// Writes out what is abbreviated.
fn expanded(text: &str) -> String {
    let next = ["(@repeat ", "(@bytes "].iter().filter_map(|start| Some((text.find(start)?, *start))).min();
    let Some((at, start)) = next else { return text.to_owned() };
    let rest = &text[at + start.len()..];
    let (times, rest) = rest.split_once(' ').unwrap();
    let (body, rest) = rest.split_at(closing(rest));
    let body = expanded(body);
    let separator = if start == "(@repeat " { " " } else { "" };
    let times: i64 = times.parse().unwrap();
    let repeated: Vec<String> = (0..times).map(|number| numbered(&body, number)).collect();
    format!("{}{}{}", &text[..at], repeated.join(separator), expanded(&rest[1..]))
}

/// Where the parenthesis that is open closes.
fn closing(text: &str) -> usize {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at;
        }
    }
    panic!("a parenthesis is not closed: {text}")
}

fn numbered(body: &str, number: i64) -> String {
    let Some((before, rest)) = body.split_once("(@at ") else { return body.replace('#', &number.to_string()) };
    let (numbers, rest) = rest.split_once(')').unwrap();
    let (times, plus) = numbers.split_once(' ').unwrap();
    let value = times.parse::<i64>().unwrap() * number + plus.parse::<i64>().unwrap();
    format!("{}{value}{}", before.replace('#', &number.to_string()), numbered(rest, number))
}
