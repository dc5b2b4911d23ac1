//! `make fuzz`: writes each target's seeds into a directory of its name, below the one given, and
//! prints the names.

use countersign_targets::TARGETS;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let below = std::env::args().nth(1).map_or_else(|| PathBuf::from("corpus"), PathBuf::from);
    for target in TARGETS {
        let directory = below.join(target.name);
        std::fs::create_dir_all(&directory)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(directory.join(format!("seed-{number}")), seed)?;
        }
        println!("{}", target.name);
    }
    Ok(())
}
