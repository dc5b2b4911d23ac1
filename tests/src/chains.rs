//! Chains: what industries capture, event by event, as iterators that a seed decides.
//!
//! Sizes, mixes, depths and fan-outs are those measured on published documents; each profile's file says which. Events of
//! different profiles or seeds share places and no things, so they mix in one ledger. The same profile and seed give the same
//! events, byte by byte.

mod adversarial;
mod batteries;
mod deep;
mod food;
mod iot;
mod mixed;
mod pharma;
mod recall;
mod scribe;
mod seafood;

pub use deep::Deep;
pub use mixed::Mixed;
pub use recall::Recall;

use clap::ValueEnum;
use countersign_epcis::Event;
use countersign_epcis::json::{render_within, write};
use countersign_epcis::value::Value;
use std::collections::VecDeque;
use std::io::{self, Write};

/// What is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Profile {
    /// Lots from farm to shop, cut and mixed on the way.
    Food,
    /// Serial numbers by the thousand, packed into cases and pallets.
    Pharma,
    /// Catches, landings and processing, with the data elements of GDST.
    Seafood,
    /// Cells, modules and packs with their passports' data.
    Batteries,
    /// Readings of loggers on the way, in bursts after hours without network.
    Iot,
    /// One lot made of the one before, over and over.
    Deep,
    /// One lot of medicine and where all of its serial numbers went.
    Recall,
    /// Nesting, fan-in and reuse of containers as far as capture takes them.
    Adversarial,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 8] = [
        Self::Food,
        Self::Pharma,
        Self::Seafood,
        Self::Batteries,
        Self::Iot,
        Self::Deep,
        Self::Recall,
        Self::Adversarial,
    ];

    /// The word that names it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Pharma => "pharma",
            Self::Seafood => "seafood",
            Self::Batteries => "batteries",
            Self::Iot => "iot",
            Self::Deep => "deep",
            Self::Recall => "recall",
            Self::Adversarial => "adversarial",
        }
    }

    /// Its events from a seed. Deep, recall and adversarial chains end, the others do not.
    #[must_use]
    pub fn events(self, seed: u64) -> Box<dyn Iterator<Item = Event> + Send> {
        match self {
            Self::Food => Box::new(Telling::of(food::Food::new(seed))),
            Self::Pharma => Box::new(Telling::of(pharma::Pharma::new(seed))),
            Self::Seafood => Box::new(Telling::of(seafood::Seafood::new(seed))),
            Self::Batteries => Box::new(Telling::of(batteries::Batteries::new(seed))),
            Self::Iot => Box::new(Telling::of(iot::Iot::new(seed))),
            Self::Deep => Box::new(Deep::new(seed, deep::LENGTH).events()),
            Self::Recall => Box::new(Recall::new(seed, recall::SERIALS).events()),
            Self::Adversarial => Box::new(adversarial::events(seed)),
        }
    }
}

/// What tells a chain's events, some at a time.
trait Story {
    /// Adds the next events; none if there are no more.
    fn tell(&mut self, events: &mut VecDeque<Event>);
}

/// The events of a story.
struct Telling<S> {
    story: S,
    told: VecDeque<Event>,
}

impl<S> Telling<S> {
    fn of(story: S) -> Self {
        Self { story, told: VecDeque::new() }
    }
}

impl<S: Story> Iterator for Telling<S> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.told.is_empty() {
            self.story.tell(&mut self.told);
        }
        self.told.pop_front()
    }
}

/// Writes events as one EPCIS document in JSON-LD, a line for each.
///
/// # Errors
/// If it cannot be written.
pub fn write_document(out: &mut impl Write, events: impl Iterator<Item = Event>) -> io::Result<()> {
    let context = scribe::context();
    let mut names = vec![Value::Text("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld".to_owned())];
    names.extend(context.iter().cloned());
    let names = write(&Value::List(names));
    let head = r#""type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z""#;
    write!(out, r#"{{"@context":{names},{head},"epcisBody":{{"eventList":["#)?;
    for (number, event) in events.enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}\n{}", write(&render_within(&event, &context)))?;
    }
    writeln!(out, "\n]}}}}")
}

/// Bytes of an event in such a document.
#[must_use]
pub fn text_bytes(event: &Event) -> usize {
    write(&render_within(event, &scribe::context())).len()
}

#[cfg(test)]
mod tests;
