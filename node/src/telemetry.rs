//! Where the node's logs go: standard error, as text for people or JSON lines for machines.

use std::{
    fmt,
    io::{self, IsTerminal},
    str::FromStr,
};

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, fmt as output, layer::SubscriberExt, util::SubscriberInitExt};

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What is logged: a level (`info`), or levels by module (`info,countersign_consensus=debug`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel(String);

/// A bare level is about Countersign. What libraries say about peers is counted by the network and the
/// listener already, and gossipsub prints whole messages.
const LIBRARIES: &str = "libp2p=error,libp2p_core=error,libp2p_swarm=error,libp2p_tcp=error,libp2p_noise=error,libp2p_gossipsub=off,\
     multistream_select=error,yamux=error,hyper=error,hyper_util=error,wasmtime=error,cranelift=error";

impl LogLevel {
    fn filter(&self) -> EnvFilter {
        let is_bare = !self.0.contains([',', '=']);
        let directives = if is_bare { format!("{},{LIBRARIES}", self.0) } else { self.0.clone() };
        // Checked when it was parsed.
        EnvFilter::try_new(directives).unwrap_or_default()
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<Self, LogLevelError> {
        match EnvFilter::try_new(text) {
            Ok(_) if !text.trim().is_empty() => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => Err(LogLevelError(text.to_owned())),
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not a log level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a log level; write one of error, warn, info, debug, trace, or levels by module as in `info,countersignd::network=debug`"
)]
pub struct LogLevelError(String);

/// Starts logging; once per process.
///
/// # Errors
/// If logging has been started before.
pub fn start(level: &LogLevel, format: LogFormat) -> Result<(), TelemetryError> {
    let registry = tracing_subscriber::registry().with(level.filter());
    let started = match format {
        LogFormat::Text => registry
            .with(output::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).with_target(false))
            .try_init(),
        LogFormat::Json => registry
            .with(output::layer().json().flatten_event(true).with_current_span(false).with_writer(io::stderr))
            .try_init(),
    };
    started.map_err(|_| TelemetryError)
}

/// Logging has been started before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("logging has been started before")]
pub struct TelemetryError;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn levels_parse() {
        for text in ["info", "debug", "info,countersignd::network=trace"] {
            assert_eq!(text.parse::<LogLevel>().unwrap().to_string(), text);
        }
        for text in ["", " ", "info,=x=", "countersignd=loud"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text:?} was accepted");
        }
        assert!(EnvFilter::try_new(LIBRARIES).is_ok());
        let filter = LogLevel::default().filter().to_string();
        assert!(filter.contains("libp2p_gossipsub=off") && filter.contains("info"), "{filter}");
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn json_lines_carry_fields_and_the_level_filters() {
        let sink = Sink::default();
        let writer = sink.clone();
        let layer = output::layer().json().flatten_event(true).with_writer(move || writer.clone());
        let level: LogLevel = "info".parse().unwrap();
        let subscriber = tracing_subscriber::registry().with(level.filter()).with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(height = 7, "block");
            tracing::debug!("hidden");
        });
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(line["height"], 7);
        assert_eq!(line["message"], "block");
    }
}
