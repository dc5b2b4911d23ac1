//! The rules an event must keep beyond the shape of its type, checked on the typed event.
//!
//! The client checks before it signs and the contract checks again, with the same code. Sources: EPCIS 2.0
//! §7.4, its JSON schema 2.0.1 and SHACL shapes, GS1 conformance requirements TCR-53 (sensor elements) and
//! TCR-54 (association events), and the digit counts of `identifier`.
//!
//! A rule has a [`Level`]. A *fault* leaves no meaning to record and always rejects. A *conformance* rule
//! is one that files in daily use, and examples published by GS1 itself, break without losing their
//! meaning: [`Policy::Strict`] rejects it, [`Policy::Lenient`] records the event as written (a key with wrong
//! digits then stays as written and is never converted). A *note* never rejects. [`findings`] names all.

mod check;
mod identity;
mod name;
mod sensor;
mod vocabulary;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::event::Event;
use crate::limits::VIOLATION_TEXT_BYTES_MAX;

/// How much a deployment lets pass. The default is what the provenance contract and its client use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub enum Policy {
    /// Faults and conformance rules reject.
    Strict,
    /// Only faults reject; the rest is reported.
    #[default]
    Lenient,
}

/// What breaking a rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The event cannot be recorded.
    Fault,
    /// The event breaks the standard and can be recorded as written, where the deployment allows it.
    Conformance,
    /// The event departs from the standard's letter and is recorded as written.
    Note,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A broken rule, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The JSON path of the fault (`$.epcList[0]`), from the event or from the document; in an XML document the
    /// path of elements.
    pub path: String,
    /// Where that stands in an XML document.
    pub position: Option<Position>,
    /// The rule.
    pub rule: Rule,
    /// What is wrong, with the values found.
    pub reason: String,
}

impl Violation {
    /// The violation with its path taken to be below `base` (`$.epcisBody.eventList[3]`).
    #[must_use]
    pub fn below(mut self, base: &str) -> Self {
        self.path = format!("{base}{}", self.path.strip_prefix('$').unwrap_or(&self.path));
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.rule.hint()
    }

    /// Whether `policy` rejects an event for this.
    #[must_use]
    pub fn rejects(&self, policy: Policy) -> bool {
        match self.rule.level() {
            Level::Fault => true,
            Level::Conformance => policy == Policy::Strict,
            Level::Note => false,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "{position} ")?;
        }
        write!(f, "{}: {} [{}]", self.path, self.reason, self.rule.name())
    }
}

impl core::error::Error for Violation {}

/// The path step of member `name`: `$.name`, or `$["odd name"]`.
pub(crate) fn step(name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@:-".contains(&byte));
    short(if plain { format!("$.{name}") } else { format!("$[{name:?}]") })
}

/// A violation at path `$`, to be taken below where it is found.
pub(crate) fn fault(rule: Rule, reason: String) -> Violation {
    Violation { path: String::from("$"), position: None, rule, reason: short(reason) }
}

/// The text, cut where a document quoted in it makes it long.
fn short(mut text: String) -> String {
    if text.len() > VIOLATION_TEXT_BYTES_MAX {
        let cut = (0..=VIOLATION_TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// Checks every rule and rejects with the first that `policy` does not let pass.
///
/// # Errors
///
/// The violation that rejects the event.
pub fn check(event: &Event, policy: Policy) -> Result<(), Violation> {
    match findings(event).into_iter().find(|finding| finding.rejects(policy)) {
        Some(finding) => Err(finding),
        None => Ok(()),
    }
}

/// All that breaks a rule, in the order of the event's fields.
#[must_use]
pub fn findings(event: &Event) -> Vec<Violation> {
    check::all(event)
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $level:ident, $hint:literal;)+) => {
        /// The rules, by their stable names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name, for programs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What breaking it means.
            #[must_use]
            pub fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)+ }
            }
        }
    };
}

rules! {
    /// The text is JSON (RFC 8259).
    JsonSyntax = "json.syntax", Fault, "send UTF-8 JSON, complete and without trailing text";
    /// Values nest no deeper than the bound.
    JsonNesting = "json.nesting", Fault, "flatten the extension";
    /// A name appears once in an object.
    JsonDuplicate = "json.duplicate", Fault, "remove one of the two members";
    /// A number fits an exact decimal.
    JsonNumber = "json.number", Fault, "use at most 38 digits and 30 decimal places";
    /// The text is well-formed XML 1.0.
    XmlSyntax = "xml.syntax", Fault, "send well-formed XML 1.0 in UTF-8";
    /// Depth, names, attributes, texts and namespaces of XML fit their bounds.
    XmlBounds = "xml.bounds", Fault, "split the document, or flatten its extensions";
    /// A document type declaration names the root and nothing else.
    XmlDoctype = "xml.doctype", Fault, "remove the document type declaration";
    /// Entities are the predefined five.
    XmlEntity = "xml.entity", Fault, "write the character itself, or its number as in &#233;";
    /// Prefixes of XML names are declared.
    XmlNamespace = "xml.namespace", Fault, "declare the prefix with xmlns";
    /// An element of the standard stands once.
    XmlTwice = "xml.twice", Fault, "remove one of the two elements";
    /// A document fits the bound.
    DocumentSize = "document.size", Fault, "split the document";
    /// A document is an EPCISDocument, an EPCISQueryDocument, an event or a list of events.
    DocumentType = "document.type", Fault, "send an EPCISDocument, an EPCISQueryDocument, an event or a list of events";
    /// The version is one of EPCIS 2.
    DocumentVersion = "document.version", Fault, "convert the document to EPCIS 2.0";
    /// Remote contexts are pinned.
    ContextUnknown = "context.unknown", Fault, "declare the namespaces inline; no context is ever fetched";
    /// A context leaves the standard's own terms alone.
    ContextProtected = "context.protected", Fault, "give the term another name";
    /// Prefixes of names are declared.
    ContextUndeclared = "context.undeclared", Note, "declare the prefix in @context";
    /// Required fields are there.
    FieldMissing = "field.missing", Fault, "add the field";
    /// Fields hold the JSON type they should.
    FieldType = "field.type", Fault, "see the EPCIS 2.0 JSON schema";
    /// A field of the standard stands in an event that has it.
    FieldMisplaced = "field.misplaced", Fault, "remove the field, or use the event type that has it";
    /// An extension does not take the name of a field of the standard, or of another extension.
    FieldTwice = "field.twice", Fault, "give the extension a name of its own";
    /// Objects that take no extensions have none.
    FieldClosed = "field.closed", Fault, "remove the field; this object takes no extensions";
    /// Extensions have a namespace.
    FieldUnknown = "field.unknown", Note, "put the field under a declared prefix";
    /// The type is one of the five.
    EventType = "event.type", Fault, "use ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent or AssociationEvent";
    /// The action is one of the three.
    EventAction = "event.action", Fault, "use ADD, OBSERVE or DELETE";
    /// An event identifier is a URI.
    EventId = "event.id", Fault, "use a URI such as urn:uuid:… or ni:///sha-256;…";
    /// Times have a date, a time and a zone.
    TimeFormat = "time.format", Fault, "write YYYY-MM-DDThh:mm:ss with Z or ±hh:mm";
    /// Offsets are ±hh:mm.
    TimeOffset = "time.offset", Fault, "write ±hh:mm, at most 14:00";
    /// Bare words are of the standard's vocabularies.
    VocabularyWord = "vocabulary.word", Fault, "use a word of CBV 2.0, or a URI of a vocabulary of your own";
    /// URIs of the standard's vocabularies name words that it has.
    VocabularyUri = "vocabulary.uri", Note, "use a word of CBV 2.0, or a URI of a vocabulary of your own";
    /// Bare types of measurements and persistent dispositions are of the standard's vocabularies.
    VocabularyOther = "vocabulary.other", Note, "use a word of CBV 2.0 or the GS1 Web Vocabulary, or a URI of a vocabulary of your own";
    /// Canonical forms are what their spellings make.
    IdentifierCanonical = "identifier.canonical", Fault, "build events with this library's parser";
    /// Identifiers are URIs.
    IdentifierUri = "identifier.uri", Note, "use a URI: an EPC URN, a GS1 Digital Link or a URI of your own";
    /// Identifiers have 1 to 2,048 bytes.
    IdentifierLength = "identifier.length", Fault, "name the thing, in at most 2,048 bytes";
    /// Identifiers hold neither white space nor control characters.
    IdentifierText = "identifier.text", Fault, "remove the character, or write it percent-encoded";
    /// GS1 keys have the digits they should.
    IdentifierDigits = "identifier.digits", Conformance, "correct the key: company prefix and reference together have a fixed length";
    /// EPC URNs are of a scheme of the Tag Data Standard.
    IdentifierScheme = "identifier.scheme", Note, "use a scheme of the EPC Tag Data Standard, or a URN namespace of your own";
    /// GS1 keys end in their check digit.
    IdentifierCheckDigit = "identifier.check-digit", Conformance, "correct the key or its check digit";
    /// EPC URNs are formed as their scheme wants.
    IdentifierForm = "identifier.form", Conformance, "see the EPC Tag Data Standard for the scheme";
    /// An event is about something.
    ItemsMissing = "items.missing", Fault, "name the things, by identifier or by class and quantity";
    /// A thing is named once.
    ItemsTwice = "items.twice", Fault, "remove the repetition";
    /// A container is not its own content.
    ItemsParent = "items.parent", Fault, "remove the parent from its children";
    /// What begins or ends has a parent.
    ParentMissing = "parent.missing", Fault, "name the parent; only OBSERVE may leave it out";
    /// Quantities are more than zero.
    QuantityPositive = "quantity.positive", Fault, "leave the quantity out if it is not known";
    /// Units are codes of UN/ECE Recommendation 20.
    QuantityUnit = "quantity.unit", Fault, "use a code such as KGM, LTR or EA";
    /// A transformation has inputs and outputs, or an identifier that joins it to where they are.
    TransformationItems = "transformation.items", Fault, "name inputs and outputs, or give a transformationID";
    /// A transaction event names its documents.
    TransactionMissing = "transaction.missing", Fault, "name the business transaction";
    /// Sources and destinations say their role.
    PartyType = "party.type", Fault, "use owning_party, possessing_party or location";
    /// Master data of instances and lots is given at birth.
    IlmdPlace = "ilmd.place", Fault, "give ilmd with ADD of an ObjectEvent or in a TransformationEvent";
    /// One reference to a certificate.
    CertificationCount = "certification.count", Fault, "refer to one certificate; list the others under it";
    /// Persistent dispositions are set, unset, and never both.
    DispositionBoth = "disposition.both", Fault, "set or unset it, not both";
    /// A sensor element holds reports.
    SensorReport = "sensor.report", Fault, "add at least one sensorReport";
    /// TCR-53: an attribute is in the metadata or in the report.
    SensorTwice = "sensor.twice", Conformance, "give it in sensorMetadata or in sensorReport";
    /// Nothing is measured after the event.
    SensorLater = "sensor.later", Conformance, "correct the sensor's time or the event's";
    /// Sealed fields are not yet opened by any rule.
    Sealed = "event.sealed", Fault, "send the event without sealed fields";
}
