//! Says whether a module may be deployed, how large it is and how long it takes to compile:
//! `cargo run --release -p countersign-vm --example check -- contract.wasm`.

use std::time::Instant;

use countersign_vm::{Vm, VmConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let vm = Vm::new(VmConfig::default())?;
    for path in std::env::args().skip(1) {
        let code = std::fs::read(&path)?;
        let begin = Instant::now();
        let checked = vm.check(&code)?;
        let check = begin.elapsed();
        vm.prepare(&code)?;
        println!("{path}: {checked:#?}");
        println!("checked in {check:?}, compiled in {:?}", begin.elapsed());
    }
    Ok(())
}
