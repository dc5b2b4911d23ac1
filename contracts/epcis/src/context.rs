//! JSON-LD contexts: which remote ones are known, and what an event's context defines.
//!
//! Nothing is ever fetched. Known by address are the standard's context and the published extension
//! contexts below; their terms are taken on trust, since their content is pinned by their publishers'
//! addresses and no rule here depends on it. Namespaces and terms declared inline are kept as they are.

use alloc::borrow::ToOwned;
use alloc::format;

use crate::rule::{Rule, Violation, fault, step};
use crate::value::Value;

/// Addresses of the standard's own context. It is implied, and written first, in every rendering.
pub const STANDARD: [&str; 4] = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
];

/// The context a rendering names for the standard.
pub const RENDERED: &str = STANDARD[0];

/// Published extension contexts.
pub const EXTENSIONS: [&str; 11] = [
    "https://gs1-epcis-reg.org/rail/rail-context.jsonld",
    "https://ref.openepcis.io/extensions/common/core/dpp-core-context.jsonld",
    "https://ref.openepcis.io/extensions/common/interop/rail-bridge-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/battery/battery-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/cpr/cpr-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/detergent/detergent-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/electronics/electronics-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/eudr/eudr-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/ppwr/ppwr-context.jsonld",
    "https://ref.openepcis.io/extensions/eu/textile/textile-context.jsonld",
    "https://ref.openepcis.io/extensions/us/fsma204/fsma204-context.jsonld",
];

/// Prefixes that the standard's context declares, and schemes that make a name a full URI.
const PREFIXES: [&str; 11] = ["epcis", "cbv", "cbvmda", "gs1", "rdfs", "owl", "xsd", "dcterms", "urn", "http", "https"];

/// What the context of an event defines.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    entries: &'a [Value],
}

impl<'a> Context<'a> {
    /// The context with these entries beyond the standard's.
    #[must_use]
    pub fn of(entries: &'a [Value]) -> Self {
        Self { entries }
    }

    /// Whether `term` is a prefix or term that the context may give a meaning: declared inline, or by the
    /// standard, or left to a published extension context.
    #[must_use]
    pub fn defines(self, term: &str) -> bool {
        PREFIXES.contains(&term)
            || self.entries.iter().any(|entry| match entry {
                Value::Map(terms) => terms.iter().any(|(name, _)| name == term || name == "@vocab"),
                _ => true,
            })
    }
}

/// Checks that a context entry, and every context within it, is inline or pinned.
///
/// # Errors
///
/// The first address that is not pinned, with its path within the entry.
pub fn known(entry: &Value) -> Result<(), Violation> {
    match entry {
        Value::Text(address) if STANDARD.contains(&address.as_str()) || EXTENSIONS.contains(&address.as_str()) => {
            Ok(())
        }
        Value::Text(address) => Err(fault(Rule::ContextUnknown, format!("{address} is not a pinned context"))),
        Value::Map(terms) => terms.iter().try_for_each(|(name, definition)| brought(name, definition)),
        Value::List(entries) => entries.iter().try_for_each(known),
        _ => Err(fault(Rule::FieldType, "a context is an address or an object".to_owned())),
    }
}

/// Contexts that a term's definition brings along.
fn brought(name: &str, definition: &Value) -> Result<(), Violation> {
    let checked = match (name, definition) {
        ("@import", _) => Err(fault(Rule::ContextUnknown, "@import fetches a context".to_owned())),
        ("@context", Value::Null) => Ok(()),
        ("@context", context) => known(context),
        (_, Value::Map(members)) => members.iter().try_for_each(|(name, definition)| brought(name, definition)),
        _ => Ok(()),
    };
    checked.map_err(|fault| fault.below(&step(name)))
}
