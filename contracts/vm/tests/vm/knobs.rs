//! `DETERMINISM.md` has a row for each knob of the engine that the code sets, and sets none that it leaves alone.

use std::collections::BTreeSet;

const CODE: &str = include_str!("../../src/engine.rs");
const PAGE: &str = include_str!("../../DETERMINISM.md");

/// What the code calls on the configuration and on the pool's: a line each.
fn called() -> BTreeSet<&'static str> {
    let lines = CODE.lines().map(|line| line.trim().strip_prefix("pool").unwrap_or(line.trim()));
    let calls = lines.filter_map(|line| line.strip_prefix('.')?.split_once('('));
    calls.map(|(name, _)| name).collect()
}

/// Names in the first column of the table under this heading.
fn listed(heading: &str) -> BTreeSet<&'static str> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let names = rows.flat_map(|row| row.split(" | ").next().unwrap().split('`').skip(1).step_by(2));
    names.collect()
}

#[test]
fn the_page_lists_every_knob_that_is_set() {
    let (called, listed) = (called(), listed("What is set"));
    assert!(called.len() > 40, "{called:?}");
    let missing: Vec<_> = called.difference(&listed).collect();
    assert!(missing.is_empty(), "set, and not on the page: {missing:?}");
    let gone: Vec<_> = listed.difference(&called).collect();
    assert!(gone.is_empty(), "on the page, and no longer set: {gone:?}");
}

#[test]
fn what_the_page_leaves_alone_is_not_set() {
    let (called, left) = (called(), listed("What is left as it is"));
    assert!(left.len() > 20, "{left:?}");
    let both: Vec<_> = left.intersection(&called).collect();
    assert!(both.is_empty(), "{both:?}");
}
