//! How the command ends when it cannot do what was asked.

use countersign_client::Error;
use countersign_client::capture::{NotCorrected, Stopped};
use std::process::ExitCode;

/// Something was refused or is not as it should be.
pub const REFUSED: u8 = 1;
/// What was given cannot be used.
pub const USAGE: u8 = 2;
/// The network could not be used.
pub const NETWORK: u8 = 3;

/// A mistake in what was given, such as a file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Says on stderr what went wrong, and which exit code that is.
pub fn report(error: &anyhow::Error) -> ExitCode {
    anstream::eprintln!("error: {}", crate::output::clean(&words(error)));
    ExitCode::from(code(error))
}

/// The error with its causes, without those that its own words contain already.
fn words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        _ if said.contains(&cause) => said,
        _ => format!("{said}: {cause}"),
    })
}

fn code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Usage>().is_some() {
        return USAGE;
    }
    match cause(error) {
        Some(Error::Address(_) | Error::Contract(_) | Error::Key(_) | Error::TooLarge { .. } | Error::Source(_)) => {
            USAGE
        }
        Some(error) if error.is_network() => NETWORK,
        _ => REFUSED,
    }
}

/// The client's error that is behind it, if one is.
fn cause(error: &anyhow::Error) -> Option<&Error> {
    match error.downcast_ref::<NotCorrected>() {
        Some(NotCorrected::Client(cause) | NotCorrected::Stopped(Stopped { cause, .. })) => return Some(cause),
        Some(_) => return None,
        None => {}
    }
    error.downcast_ref::<Stopped>().map(|stopped| &stopped.cause).or_else(|| error.downcast_ref())
}
