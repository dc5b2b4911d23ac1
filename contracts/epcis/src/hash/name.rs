//! Names of other vocabularies, with their namespaces instead of their prefixes.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::value::Value;

/// Prefixes of the standard's own context.
const STANDARD: [(&str, &str); 5] = [
    ("cbv", "https://ref.gs1.org/cbv/"),
    ("cbvmda", MASTER_DATA),
    ("epcis", "https://ref.gs1.org/epcis/"),
    ("gs1", "https://gs1.org/voc/"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
];
/// The namespace of the vocabulary's master data attributes.
const MASTER_DATA: &str = "urn:epcglobal:cbv:mda:";

/// The prefixes that an event's context declares.
pub(super) struct Names<'a> {
    context: &'a [Value],
}

impl<'a> Names<'a> {
    pub(super) fn of(context: &'a [Value]) -> Self {
        Self { context }
    }

    /// The namespace of a prefix; the last declaration counts.
    fn namespace(&self, prefix: &str) -> Option<&'a str> {
        let declared = self.context.iter().rev().find_map(|terms| terms.member(prefix));
        let address = declared.and_then(|term| term.as_text().or_else(|| term.member("@id")?.as_text()));
        let standard = || STANDARD.iter().find(|(name, _)| *name == prefix).map(|(_, namespace)| *namespace);
        // It is published without its colon in XML, and with it in JSON-LD.
        address
            .or_else(standard)
            .map(|found| if MASTER_DATA.strip_suffix(':') == Some(found) { MASTER_DATA } else { found })
    }

    /// `{namespace}name` of a prefixed name or an address; another name as it is.
    pub(super) fn name(&self, name: &str) -> String {
        match name.split_once(':') {
            Some((_, rest)) if rest.starts_with("//") => match name.rfind('#').or_else(|| name.rfind('/')) {
                Some(end) => {
                    let (namespace, local) = name.split_at(end + 1);
                    format!("{{{namespace}}}{local}")
                }
                None => name.to_owned(),
            },
            Some((prefix, local)) => match self.namespace(prefix) {
                Some(namespace) => format!("{{{namespace}}}{local}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        }
    }

    /// The address that a prefixed value abbreviates.
    pub(super) fn expanded(&self, text: &str) -> Option<String> {
        let (prefix, rest) = text.split_once(':').filter(|(_, rest)| !rest.starts_with("//"))?;
        Some(format!("{}{rest}", self.namespace(prefix)?))
    }
}
