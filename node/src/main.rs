//! The Countersign validator node.

use std::process::ExitCode;

// Bugs that tests plant must not be within reach of a node: a build that turned them on ends here.
const _: () = assert!(!countersign_consensus::mutation::ENABLED, "a node is never built with planted bugs");

/// The state tree makes and lets go of small pieces all over the memory; `Cargo.toml` has the reason.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stop_on_panic();
    match countersignd::command::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("countersignd: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

/// A node without one of its own threads would be deaf or mute and look alive. A request's panic
/// ends that request alone.
fn stop_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        if name == "replica" || name == "intake" || name.starts_with("verifier-") {
            std::process::abort();
        }
    }));
}
