//! The `countersignd` command.
fn main() {}
