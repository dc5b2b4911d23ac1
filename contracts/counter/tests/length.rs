//! A first contract stays short.

/// Lines that are neither empty nor comments: what an author of a first contract writes.
#[test]
fn the_smallest_contract_has_at_most_20_lines() {
    let source = include_str!("../src/lib.rs");
    let written = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let count = written.count();
    assert!(count > 0 && count <= 20, "{count} lines");
}
