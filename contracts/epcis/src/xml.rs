//! XML: EPCIS 1.x and 2.0 documents, read into what their JSON-LD counterparts are read into.
//!
//! An `EPCISDocument` or `EPCISQueryDocument` becomes the members that the same document has in JSON-LD, and
//! from there the one reader of events and the one set of rules apply. Nothing here judges an event. A fault
//! names line, column and element instead of a JSON path. Source: EPCIS 1.2 §9.5, EPCIS 2.0 §9.2–9.3 and §12.
//!
//! What differs between the two spellings:
//!
//! - `extension` and `baseExtension` of 1.x are taken away, and what they hold moves up;
//! - a `QuantityEvent` of 1.x is the ObjectEvent with action OBSERVE that took its place;
//! - words, identifiers and times stay as written; white space around them does not;
//! - elements of other namespaces become members `prefix:name`. An element that repeats becomes a list, one
//!   with attributes or elements an object, whose own text stands as `#text`. `xsi:type` makes numbers and
//!   truth values; other types are kept beside the text as `@type` and `@value`;
//! - namespaces become the context: of the document, and of an event where that declares others. A prefix that
//!   is missing or would be taken twice is made up (`ns1`);
//! - a document type declaration may name the root and nothing else; entities are the predefined five.
//!
//! No bytes make it panic; bounds are in [`crate::limits`].

mod document;
mod event;
mod extension;
mod located;
mod master_data;
mod names;
mod place;
mod tree;

use crate::document::{Document, build, header};
use crate::rule::{Policy, Violation};

pub(crate) use place::Places;
pub(crate) use tree::Before;

/// Whether a document is XML rather than JSON: its first character is `<`.
pub(crate) fn is_xml(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// Reads an XML document and checks its events under `policy`.
pub(crate) fn parse(bytes: &[u8], policy: Policy) -> Result<Document, Violation> {
    parse_part(bytes, policy, None)
}

/// As [`parse`], with what a longer document has before a part of this one.
pub(crate) fn parse_part(bytes: &[u8], policy: Policy, before: Option<Before>) -> Result<Document, Violation> {
    let (raw, places) = document::raw(tree::read(bytes, before)?)?;
    let document = header(&raw.envelope).and_then(|()| build(raw, policy));
    let document = document.map_err(|violation| places.locate(violation))?;
    Ok(document.at(places))
}
