//! Says whether a module may be deployed, how large it is, and how long it takes to compile and to load again:
//! `cargo build --release --workspace --example check`, then `target/release/examples/check contract.wasm`.

use std::sync::LazyLock;
use std::time::Instant;

use countersign_vm::{DiskConfig, Vm, VmConfig};

fn clock() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let disk = Some(DiskConfig::new(directory.path().to_owned(), [0; 32]));
    let config = VmConfig { disk, clock, ..VmConfig::default() };
    for path in std::env::args().skip(1) {
        let code = std::fs::read(&path)?;
        let vm = Vm::new(config.clone())?;
        let begin = Instant::now();
        let checked = vm.check(&code)?;
        println!("{path}: {checked:#?}\nchecked in {:?}", begin.elapsed());
        vm.prepare(&code)?;
        let again = Vm::new(config.clone())?;
        again.prepare(&code)?;
        let (first, second) = (vm.counters(), again.counters());
        println!("compiled in {} µs, {} bytes in memory", first.ahead.compile_micros, first.bytes);
        println!("loaded in {} µs", second.ahead.load_micros);
    }
    Ok(())
}
