//! The Countersign validator node.

use std::process::ExitCode;

fn main() -> ExitCode {
    match countersignd::command::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("countersignd: {cause:#}");
            ExitCode::FAILURE
        }
    }
}
