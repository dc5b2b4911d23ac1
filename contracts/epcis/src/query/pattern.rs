//! Patterns of identifiers, in the spellings of the standard: an identifier, one with its last part open
//! (`urn:epc:idpat:sgtin:9521321.000031.*`), or a company prefix with the rest open (`urn:epc:idpat:sgtin:9521321.*.*`).

use alloc::format;
use alloc::string::String;

use crate::identifier::{HOST, Identifier, Kind};

/// Which identifiers are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// This one, and whatever belongs to it: instances and lots of a class, instances that name this lot, places
    /// within a place.
    Of(Identifier),
    /// Those of a company.
    Company {
        /// What the canonical path begins with: `01/`.
        ai: &'static str,
        /// Digits between that and the company prefix: the indicator of a GTIN.
        skipped: usize,
        /// The company prefix.
        prefix: String,
    },
}

/// Schemes whose keys begin with a company prefix, and after how many digits.
const COMPANY: [(&str, &str, usize); 9] = [
    ("sgtin", "01/", 1),
    ("lgtin", "01/", 1),
    ("sscc", "00/", 1),
    ("sgln", "414/", 0),
    ("pgln", "417/", 0),
    ("grai", "8003/", 1),
    ("giai", "8004/", 0),
    ("gdti", "253/", 0),
    ("gsrn", "8018/", 0),
];

impl Pattern {
    /// The pattern written as `text`; `None` for a pattern that has no meaning here.
    pub(super) fn read(text: &str) -> Option<Self> {
        let id = Identifier::parse(text).unwrap_or_else(|_| Identifier::as_written(text));
        let Some(rest) = id.canonical().strip_prefix("urn:epc:idpat:") else {
            return Some(Self::Of(id));
        };
        let (scheme, body) = rest.split_once(':')?;
        let (prefix, open) = body.split_once('.')?;
        let (_, ai, skipped) = COMPANY.into_iter().find(|(name, ..)| *name == scheme)?;
        let is_open = open.split('.').all(|part| part == "*");
        let is_prefix = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        (is_open && is_prefix).then(|| Self::Company { ai, skipped, prefix: prefix.into() })
    }

    /// Whether it means `id`.
    pub(super) fn covers(&self, id: &Identifier) -> bool {
        match self {
            Self::Of(of) => {
                let (wanted, found) = (of.canonical(), id.canonical());
                found == wanted
                    || (wanted.starts_with(HOST)
                        && found.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/')))
                    || id.lot_class().is_some_and(|lot| lot.canonical() == wanted)
            }
            Self::Company { ai, skipped, prefix } => {
                let digits = id.canonical().strip_prefix(HOST).and_then(|path| path.strip_prefix(ai));
                digits
                    .and_then(|digits| digits.get(*skipped..))
                    .is_some_and(|digits| digits.starts_with(prefix.as_str()))
            }
        }
    }

    /// The identifier, where every event that is meant stands in its log; `is_class` if amounts of it are meant.
    pub(super) fn exact(&self, is_class: bool) -> Option<&Identifier> {
        match self {
            // Things of a class and places within a place have logs of their own, and so have instances of a lot.
            Self::Of(id) => match id.kind() {
                Kind::Class | Kind::Location | Kind::Key => None,
                Kind::Lot if !is_class => None,
                _ => Some(id),
            },
            Self::Company { .. } => None,
        }
    }
}

/// The places that are `place` or within it: sub-sites of a site have its number and an extension.
pub(super) fn is_within(found: &Identifier, place: &str) -> bool {
    found.canonical() == place || found.canonical().starts_with(&format!("{place}/254/"))
}
