//! Who writes the events down: identifiers, clock, and what every event has.

use crate::simulation::Random;
use countersign_epcis::event::{Action, Event, Items, Place, Quantity, Reference, What};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::time::{Offset, Time};
use countersign_epcis::value::{Field, Value};
use countersign_epcis::{Decimal, Identifier};

/// 2026-01-01T00:00:00Z.
const BEGIN_MS: i64 = 1_767_225_600_000;
pub(super) const MINUTE_MS: i64 = 60_000;
/// Places of all chains together.
pub(super) const SITES: u64 = 2_000;
/// Namespace of the fields that are in no standard.
const NAMESPACE: &str = "https://example.org/chains/";

/// The names that events use beside the standard's.
pub(super) fn context() -> Vec<Value> {
    let entry = |prefix: &str, namespace: &str| (prefix.to_owned(), Value::Text(namespace.to_owned()));
    vec![Value::Map(vec![entry("chain", NAMESPACE)])]
}

/// Writes one chain.
#[derive(Debug, Clone)]
pub(super) struct Scribe {
    pub(super) random: Random,
    /// Names of events come from a stream of their own.
    names: Random,
    /// Profile and seed: things of different chains have different identifiers.
    chain: u64,
    /// Milliseconds since 1970 UTC.
    pub(super) clock_ms: i64,
    units: u64,
}

impl Scribe {
    /// The scribe of a profile, whose number is below 10.
    pub(super) fn new(profile: u64, seed: u64) -> Self {
        Self {
            random: Random::of(seed, &format!("chain {profile}")),
            names: Random::of(seed, &format!("names {profile}")),
            chain: profile * 1_000 + seed % 1_000,
            clock_ms: BEGIN_MS,
            units: 0,
        }
    }

    /// Lets so many minutes go by.
    pub(super) fn wait(&mut self, minutes: u64) {
        self.clock_ms += i64::try_from(minutes).unwrap_or(0) * MINUTE_MS;
    }

    fn gtin(&self, product: u64) -> String {
        checked(&format!("0952{:04}{:05}", self.chain, product % 100_000))
    }

    /// A lot of a product.
    pub(super) fn lot(&self, product: u64, lot: u64) -> Identifier {
        Identifier::as_written(&format!("https://id.gs1.org/01/{}/10/L{lot:08X}", self.gtin(product)))
    }

    /// One piece of a product.
    pub(super) fn item(&self, product: u64, serial: u64) -> Identifier {
        Identifier::as_written(&format!("https://id.gs1.org/01/{}/21/{serial:010X}", self.gtin(product)))
    }

    /// A logistic unit that had no number before.
    pub(super) fn unit(&mut self) -> Identifier {
        self.units += 1;
        self.numbered_unit(self.units)
    }

    /// The logistic unit of a number.
    pub(super) fn numbered_unit(&self, number: u64) -> Identifier {
        let digits = format!("0952{:04}{:09}", self.chain, number % 1_000_000_000);
        Identifier::as_written(&format!("https://id.gs1.org/00/{}", checked(&digits)))
    }

    /// An event now, of a step that ends at a site.
    pub(super) fn event(&mut self, what: What, step: &str, disposition: &str, at: u64) -> Event {
        let seconds = i64::try_from(self.random.below(60)).unwrap_or(0);
        let offset: Offset = "+02:00".parse().expect("an offset as the standard writes it");
        let mut event = Event::new(what, Time::at(self.clock_ms + seconds * 1_000), offset);
        event.event_id = Some(self.name());
        event.step = Some(Term::new(Vocabulary::BizStep, step));
        event.disposition = Some(Term::new(Vocabulary::Disposition, disposition));
        event.read_point = Some(Place { id: gate(at, self.random.below(8)), extensions: Vec::new() });
        event.location = Some(Place { id: site(at), extensions: Vec::new() });
        event
    }

    /// A name as most systems make them.
    fn name(&mut self) -> String {
        let (a, b) = (self.names.number(), self.names.number());
        let (low, middle, high) = (a >> 32, (a >> 16) & 0xffff, a & 0x0fff);
        let (variant, node) = ((b >> 48) & 0x3fff | 0x8000, b & 0xffff_ffff_ffff);
        format!("urn:uuid:{low:08x}-{middle:04x}-4{high:03x}-{variant:04x}-{node:012x}")
    }

    /// Things on the way from one site to another: both parties and two documents are named.
    pub(super) fn shipped(&mut self, mut event: Event, from: u64, to: u64) -> Event {
        let order = self.random.below(1_000_000);
        let reference = |kind, text: &str, id| Reference { kind: Some(Term::new(kind, text)), id };
        let document = |kind: &str, site_: u64| {
            let id = format!("urn:epcglobal:cbv:bt:{}:{}{order:07}", checked(&format!("9521{site_:08}")), kind.len());
            reference(Vocabulary::Transaction, kind, Identifier::as_written(&id))
        };
        event.transactions = vec![document("po", to), document("desadv", from)];
        event.sources = vec![reference(Vocabulary::Party, "possessing_party", party(from))];
        event.destinations = vec![reference(Vocabulary::Party, "possessing_party", party(to))];
        event
    }
}

/// Objects that come to be, are seen or go.
pub(super) fn object(action: Action, items: Items) -> What {
    What::Object { action, items }
}

/// Things that go into a container or come out; all, if none is named.
pub(super) fn packed(action: Action, parent: &Identifier, children: Items) -> What {
    What::Aggregation { action, parent: Some(parent.clone()), children }
}

/// Instances.
pub(super) fn epcs(epcs: impl IntoIterator<Item = Identifier>) -> Items {
    Items { epcs: epcs.into_iter().collect(), quantities: Vec::new() }
}

/// Lots with their mass in tenths of a kilogramme.
pub(super) fn masses(lots: impl IntoIterator<Item = (Identifier, u64)>) -> Items {
    let mass = |(class, tenths): (Identifier, u64)| Quantity {
        class,
        quantity: Decimal::new(i128::from(tenths), 1),
        uom: Some("KGM".to_owned()),
    };
    Items { epcs: Vec::new(), quantities: lots.into_iter().map(mass).collect() }
}

/// A field with a text.
pub(super) fn field(name: &str, text: impl Into<String>) -> Field {
    (name.to_owned(), Value::Text(text.into()))
}

/// Fields of the chains' own namespace, which the event then declares.
pub(super) fn extend(event: &mut Event, fields: impl IntoIterator<Item = Field>) {
    event.extensions.extend(fields);
    event.context = context();
}

/// Where things are at a site.
pub(super) fn site(number: u64) -> Identifier {
    Identifier::as_written(&format!("https://id.gs1.org/414/{}", gln(number)))
}

fn gate(number: u64, gate: u64) -> Identifier {
    Identifier::as_written(&format!("https://id.gs1.org/414/{}/254/gate-{gate}", gln(number)))
}

fn party(number: u64) -> Identifier {
    Identifier::as_written(&format!("https://id.gs1.org/417/{}", gln(number)))
}

fn gln(number: u64) -> String {
    checked(&format!("9521{:08}", number % SITES))
}

/// Digits with their check digit: weights 3 and 1 from the right.
fn checked(digits: &str) -> String {
    let weighed = |(at, digit): (usize, u8)| u32::from(digit - b'0') * if at % 2 == 0 { 3 } else { 1 };
    let sum: u32 = digits.bytes().rev().enumerate().map(weighed).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
