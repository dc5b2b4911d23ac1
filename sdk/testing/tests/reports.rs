//! Reports of gas beside baselines.
#![allow(clippy::unwrap_used)]

use std::fs;

use countersign_testing::{Error, GasReport};
use wasm_encoder::{Module, ProducersField, ProducersSection};

fn module(version: &str) -> Vec<u8> {
    let mut field = ProducersField::new();
    field.value("rustc", version);
    let mut section = ProducersSection::new();
    section.field("processed-by", &field);
    let mut module = Module::new();
    module.section(&section);
    module.finish()
}

fn report(version: &str, steps: &[(&str, u64)]) -> GasReport {
    let mut report = GasReport::new(&module(version));
    steps.iter().for_each(|(step, gas)| report.add(*step, *gas));
    report
}

const BASELINE: &str = "rustc 1
        1000  add
          20  total

rustc 2
        2000  add
          20  total
";

#[test]
fn a_report_is_held_to_its_compilers_paragraph() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gas.txt");
    fs::write(&path, BASELINE).unwrap();
    let held = |version, steps: &[(&str, u64)]| report(version, steps).compare(&path).unwrap().is_held();
    assert!(held("1", &[("add", 1_000), ("total", 20)]));
    assert!(held("1", &[("add", 1_050), ("total", 19)]), "5 % are tolerated, in both directions");
    assert!(!held("1", &[("add", 1_051), ("total", 20)]));
    assert!(!held("1", &[("add", 949), ("total", 20)]), "gas that is no longer used is news as well");
    assert!(held("2", &[("add", 2_000), ("total", 20)]));
    assert!(!held("2", &[("add", 1_000), ("total", 20)]));
    assert!(!held("1", &[("add", 1_000)]), "a step is gone");
    assert!(!held("1", &[("add", 1_000), ("total", 20), ("more", 1)]), "a step is new");
    assert!(held("3", &[("add", 1_250), ("total", 25)]), "of an unknown compiler 25 % are");
    assert!(!held("3", &[("add", 1_251), ("total", 25)]));
}

#[test]
fn a_comparison_shows_every_step() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gas.txt");
    fs::write(&path, BASELINE).unwrap();
    let shown = report("1", &[("add", 1_023), ("more", 7)]).compare(&path).unwrap().to_string();
    let expected = "         gas     baseline            step
        1023         1000    +2.3 %  add
           7            -       new  more
           -           20      gone  total
compiled by rustc 1; 5 % are tolerated
";
    assert_eq!(shown, expected);
}

#[test]
fn a_baseline_that_is_none_is_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gas.txt");
    let first = report("1", &[("add", 1)]);
    assert!(!first.compare(&path).unwrap().is_held(), "without a baseline every step is new");
    fs::write(&path, "rustc 1\n 1000 add\n").unwrap();
    assert!(matches!(first.compare(&path), Err(Error::Baseline { line: 2, .. })));
}

#[test]
fn what_is_written_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kept/gas.txt");
    report("2", &[("add, first", 80_237), ("total", 20)]).take_over(&path).unwrap();
    report("1", &[("add, first", 1)]).take_over(&path).unwrap();
    report("1", &[("add, first", 2)]).take_over(&path).unwrap();
    let text = "rustc 1\n           2  add, first\n\nrustc 2\n       80237  add, first\n          20  total\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert!(report("2", &[("add, first", 80_237), ("total", 20)]).compare(&path).unwrap().is_held());
}
