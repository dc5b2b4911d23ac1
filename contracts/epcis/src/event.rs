//! Event: the typed, canonical EPCIS event. It is what is signed, stored and traced; JSON-LD is a rendering.
//!
//! Invariants, held by [`crate::rule::check`] and again by the contract: identifiers and vocabulary words
//! are canonical with their spelling beside them, numbers are exact, nothing here depends on where the
//! event stood in its document. Record time is not part of an event: the ledger says when.
//! Source: EPCIS 2.0 §7.4. Fields that are to stay private have their place in [`Sealed`].

mod spelling;

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::decimal::Decimal;
use crate::identifier::Identifier;
use crate::sensor::SensorElement;
use crate::term::Term;
use crate::time::{Offset, Time};
use crate::value::{Field, Value};

/// One event: what happened to which things, where, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Event {
    /// The submitter's name for the event, if it gave one.
    pub event_id: Option<String>,
    /// When it happened.
    pub time: Time,
    /// The time zone in force where it happened.
    pub offset: Offset,
    /// The type of the event and the things it is about.
    pub what: What,
    /// Where it happened.
    pub read_point: Option<Place>,
    /// Where the things are afterwards.
    pub location: Option<Place>,
    /// The business step, in the words of the vocabulary (`commissioning`).
    pub step: Option<Term>,
    /// The condition of the things afterwards.
    pub disposition: Option<Term>,
    /// Conditions that begin to hold.
    pub persistent_set: Vec<Term>,
    /// Conditions that cease to hold.
    pub persistent_unset: Vec<Term>,
    /// Business documents the event belongs to.
    pub transactions: Vec<Reference>,
    /// Where or from whom the things come.
    pub sources: Vec<Reference>,
    /// Where or to whom the things go.
    pub destinations: Vec<Reference>,
    /// Sensor data.
    pub sensors: Vec<SensorElement>,
    /// Instance or lot master data, given at birth only.
    pub ilmd: Vec<Field>,
    /// Certificates, as written.
    pub certification: Vec<String>,
    /// Present where the event with this `event_id` is declared to be in error.
    pub error: Option<ErrorDeclaration>,
    /// Fields of other namespaces, by their names as written (`prefix:name`).
    pub extensions: Vec<Field>,
    /// The parts of the JSON-LD context that the event's names need, beyond the standard's own: addresses
    /// of pinned contexts as text, namespaces as maps.
    pub context: Vec<Value>,
    /// Fields whose content is committed to and kept off the chain.
    pub sealed: Vec<Sealed>,
}

/// The type of an event with what only that type has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum What {
    /// Things came to be, were observed or ceased to be.
    Object {
        /// Which of the three.
        action: Action,
        /// The things.
        items: Items,
    },
    /// Things went into a container, were seen in it or came out.
    Aggregation {
        /// Which of the three.
        action: Action,
        /// The container.
        parent: Option<Identifier>,
        /// The things; none with DELETE means all.
        children: Items,
    },
    /// Things were joined to business documents.
    Transaction {
        /// Joined, confirmed or separated.
        action: Action,
        /// A container of the things, if one is named.
        parent: Option<Identifier>,
        /// The things.
        items: Items,
    },
    /// Inputs were used up and outputs made.
    Transformation {
        /// What went in.
        inputs: Items,
        /// What came out.
        outputs: Items,
        /// Joins the events of one long transformation.
        id: Option<Identifier>,
    },
    /// Things were fixed to another thing or a place, were seen so or were taken off.
    Association {
        /// Which of the three.
        action: Action,
        /// What they were fixed to.
        parent: Option<Identifier>,
        /// The things; none with DELETE means all.
        children: Items,
    },
}

/// What an event does to the relation it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Action {
    /// Begins it.
    Add,
    /// Confirms it.
    Observe,
    /// Ends it.
    Delete,
}

impl Action {
    /// The word of the standard.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Observe => "OBSERVE",
            Self::Delete => "DELETE",
        }
    }
}

/// Things: instances by identifier, and amounts of classes and lots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Items {
    /// Instances.
    pub epcs: Vec<Identifier>,
    /// Amounts of classes and lots.
    pub quantities: Vec<Quantity>,
}

impl Items {
    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.epcs.is_empty() && self.quantities.is_empty()
    }

    /// The identifiers of instances, then of classes and lots.
    pub fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.epcs.iter().chain(self.quantities.iter().map(|quantity| &quantity.class))
    }
}

/// An amount of a class or lot; without `quantity`, an unknown amount.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Quantity {
    /// The class or lot.
    pub class: Identifier,
    /// How much.
    pub quantity: Option<Decimal>,
    /// The unit, a UN/ECE Recommendation 20 code; without it the quantity counts pieces.
    pub uom: Option<String>,
}

/// A place: read point or business location.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Place {
    /// Its identifier.
    pub id: Identifier,
    /// Fields of other namespaces.
    pub extensions: Vec<Field>,
}

/// A business transaction, a source or a destination: an identifier in a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Reference {
    /// The role (`po`, `owning_party`); only a business transaction may leave it out.
    pub kind: Option<Term>,
    /// What is referred to.
    pub id: Identifier,
}

/// Declares the earlier event of the same `event_id` to be in error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ErrorDeclaration {
    /// When the error was declared.
    pub time: Time,
    /// Why.
    pub reason: Option<Term>,
    /// The events that put it right.
    pub corrective_event_ids: Vec<String>,
    /// Fields of other namespaces.
    pub extensions: Vec<Field>,
}

/// A field kept private: its place in the event and a salted commitment to its content.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Sealed {
    /// The JSON path of the field within the event (`$.ilmd`).
    pub path: String,
    /// SHA-256 over salt and canonical content.
    pub commitment: [u8; 32],
}

impl Event {
    /// An event with nothing but its type and time.
    #[must_use]
    pub fn new(what: What, time: Time, offset: Offset) -> Self {
        Self {
            event_id: None,
            time,
            offset,
            what,
            read_point: None,
            location: None,
            step: None,
            disposition: None,
            persistent_set: Vec::new(),
            persistent_unset: Vec::new(),
            transactions: Vec::new(),
            sources: Vec::new(),
            destinations: Vec::new(),
            sensors: Vec::new(),
            ilmd: Vec::new(),
            certification: Vec::new(),
            error: None,
            extensions: Vec::new(),
            context: Vec::new(),
            sealed: Vec::new(),
        }
    }

    /// The bytes an event is identified, signed and stored by. Their SHA-256 is its identity on the chain.
    ///
    /// # Panics
    ///
    /// Never: writing to memory cannot fail.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to memory cannot fail")
    }

    /// The business step's word, empty if there is none.
    #[must_use]
    pub fn step_word(&self) -> &str {
        self.step.as_ref().map_or("", Term::word)
    }

    /// Every identifier the event is about: items, parent, inputs and outputs; not places or documents.
    pub fn subjects(&self) -> impl Iterator<Item = &Identifier> {
        let (first, second) = self.what.items();
        self.what.parent().into_iter().chain(first.identifiers()).chain(second.into_iter().flat_map(Items::identifiers))
    }
}

impl What {
    /// The name of the type in the standard (`ObjectEvent`).
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Object { .. } => "ObjectEvent",
            Self::Aggregation { .. } => "AggregationEvent",
            Self::Transaction { .. } => "TransactionEvent",
            Self::Transformation { .. } => "TransformationEvent",
            Self::Association { .. } => "AssociationEvent",
        }
    }

    /// The action; a transformation has none.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        match self {
            Self::Object { action, .. }
            | Self::Aggregation { action, .. }
            | Self::Transaction { action, .. }
            | Self::Association { action, .. } => Some(*action),
            Self::Transformation { .. } => None,
        }
    }

    /// The container, or what the things are fixed to.
    #[must_use]
    pub fn parent(&self) -> Option<&Identifier> {
        match self {
            Self::Aggregation { parent, .. } | Self::Transaction { parent, .. } | Self::Association { parent, .. } => {
                parent.as_ref()
            }
            Self::Object { .. } | Self::Transformation { .. } => None,
        }
    }

    /// The things of the event; for a transformation its inputs and then its outputs.
    #[must_use]
    pub fn items(&self) -> (&Items, Option<&Items>) {
        match self {
            Self::Object { items, .. } | Self::Transaction { items, .. } => (items, None),
            Self::Aggregation { children, .. } | Self::Association { children, .. } => (children, None),
            Self::Transformation { inputs, outputs, .. } => (inputs, Some(outputs)),
        }
    }
}
