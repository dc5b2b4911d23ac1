//! Events like those of a food chain: object, transformation and aggregation events 60 : 20 : 20,
//! no two alike. They are varied as typed events, since parsing text would cost the load generator
//! more than the network.

use countersign_epcis::Identifier;
use countersign_epcis::document::parse;
use countersign_epcis::event::{Event, Items, What};
use countersign_epcis::rule::Policy;
use std::time::{SystemTime, UNIX_EPOCH};

const TEMPLATES: &str = include_str!("events.jsonld");

/// Makes events.
#[derive(Debug, Clone)]
pub struct Events {
    object: Event,
    transformation: Event,
    aggregation: Event,
    run: u128,
    next: u64,
}

impl Events {
    /// A generator whose events differ from those of any other.
    pub fn new() -> Self {
        let document = parse(TEMPLATES.as_bytes(), Policy::Strict).expect("the templates are a valid document");
        let events: Vec<Event> = document.accepted().cloned().collect();
        let [object, transformation, aggregation] =
            events.try_into().expect("the templates are one valid event of each type");
        let run = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        Self { object, transformation, aggregation, run, next: 0 }
    }

    /// Canonical bytes of the next event.
    pub fn next(&mut self) -> Vec<u8> {
        let number = self.next;
        self.next += 1;
        let template = match number % 5 {
            0..=2 => &self.object,
            3 => &self.transformation,
            _ => &self.aggregation,
        };
        let mut event = template.clone();
        event.event_id = Some(format!("urn:countersign:bench:{:x}:{number:x}", self.run));
        let suffix = format!("{:x}-{number:x}", self.run & 0xff_ffff_ffff);
        match &mut event.what {
            What::Object { items, .. } => vary(items, &suffix),
            What::Aggregation { children, parent, .. } => {
                *parent =
                    parent.as_ref().map(|_| Identifier::as_written(&format!("urn:countersign:bench:pallet:{suffix}")));
                vary(children, &suffix);
            }
            What::Transformation { inputs, outputs, .. } => {
                vary(inputs, &suffix);
                vary(outputs, &suffix);
            }
            What::Transaction { .. } | What::Association { .. } => {}
        }
        event.canonical_bytes()
    }
}

/// Gives every instance and lot a name of its own.
fn vary(items: &mut Items, suffix: &str) {
    let lots = items.quantities.iter_mut().map(|quantity| &mut quantity.class);
    for (index, identifier) in items.epcs.iter_mut().chain(lots).enumerate() {
        *identifier = Identifier::as_written(&varied(identifier.canonical(), suffix, index));
    }
}

/// The canonical identifier with another serial or lot at its end, at most 20 characters as GS1
/// allows.
fn varied(canonical: &str, suffix: &str, index: usize) -> String {
    let stem = canonical.rsplit_once('/').map_or(canonical, |(stem, _)| stem);
    let tail: String = format!("{index}{suffix}").chars().take(20).collect();
    format!("{stem}/{tail}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use countersign_epcis::rule::check;
    use std::collections::BTreeSet;

    #[test]
    fn events_are_valid_and_no_two_alike() {
        let mut events = Events::new();
        let all: BTreeSet<Vec<u8>> = (0..1_000).map(|_| events.next()).collect();
        assert_eq!(all.len(), 1_000);
        let mut named = BTreeSet::new();
        for bytes in &all {
            let event: Event = borsh::from_slice(bytes).unwrap();
            check(&event, Policy::Strict).unwrap();
            for identifier in event.subjects() {
                assert!(named.insert(identifier.canonical().to_owned()), "{}", identifier.canonical());
                assert_eq!(Identifier::parse(identifier.canonical()).unwrap().canonical(), identifier.canonical());
            }
        }
    }
}
