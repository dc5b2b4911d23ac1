//! An event with its identifiers in another spelling.

use alloc::vec::Vec;

use super::{Event, Items, Place, Quantity, Reference, What};
use crate::identifier::Identifier;

impl Event {
    /// The event with canonical links for all keys of GS1, whatever they were written as. It has other canonical bytes
    /// and so another hash than what was recorded.
    #[must_use]
    pub fn linked(self) -> Self {
        Self {
            what: what(self.what),
            read_point: self.read_point.map(place),
            location: self.location.map(place),
            transactions: references(self.transactions),
            sources: references(self.sources),
            destinations: references(self.destinations),
            ..self
        }
    }
}

fn what(what: What) -> What {
    match what {
        What::Object { action, items } => What::Object { action, items: all(items) },
        What::Aggregation { action, parent, children } => {
            What::Aggregation { action, parent: parent.map(link), children: all(children) }
        }
        What::Transaction { action, parent, items } => {
            What::Transaction { action, parent: parent.map(link), items: all(items) }
        }
        What::Transformation { inputs, outputs, id } => {
            What::Transformation { inputs: all(inputs), outputs: all(outputs), id: id.map(link) }
        }
        What::Association { action, parent, children } => {
            What::Association { action, parent: parent.map(link), children: all(children) }
        }
    }
}

fn link(id: Identifier) -> Identifier {
    Identifier::as_written(id.canonical())
}

fn all(items: Items) -> Items {
    let quantity = |amount: Quantity| Quantity { class: link(amount.class), ..amount };
    Items {
        epcs: items.epcs.into_iter().map(link).collect(),
        quantities: items.quantities.into_iter().map(quantity).collect(),
    }
}

fn place(place: Place) -> Place {
    Place { id: link(place.id), ..place }
}

fn references(references: Vec<Reference>) -> Vec<Reference> {
    references.into_iter().map(|reference| Reference { id: link(reference.id), ..reference }).collect()
}
