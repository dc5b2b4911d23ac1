//! Seeds from the golden vectors of the crates that are fuzzed.

const LEDGER: &str = include_str!("../../../ledger/tests/golden/vectors.txt");
const CONSENSUS: &str = include_str!("../../../consensus/tests/protocol/vectors.txt");

/// The ledger's vectors whose names begin so.
pub fn ledger(prefixes: &[&str]) -> Vec<Vec<u8>> {
    let lines = LEDGER.lines().filter_map(|line| line.split_once(" = "));
    let wanted = lines.filter(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)));
    wanted.filter_map(|(_, hex)| bytes(hex)).collect()
}

/// The consensus crate's vectors whose names begin so.
pub fn consensus(prefix: &str) -> Vec<Vec<u8>> {
    let lines = CONSENSUS.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(name, _)| name.starts_with(prefix)).filter_map(|(_, hex)| bytes(hex)).collect()
}

/// Bytes in hexadecimal.
pub fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.trim().as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
