//! Identifier: what a thing, place, party or document is called, in one canonical form.
//!
//! The canonical form of a GS1 key is the constrained GS1 Digital Link on `https://id.gs1.org`; EPC URNs
//! (EPC Tag Data Standard 2.0 §6–7), links on other domains, alphabetic key names and any order of
//! qualifiers map to it. The spelling is kept where it differs. Everything else (`urn:gdst:…`, DIDs,
//! private URIs) is held as written. An instance's identity drops its lot; [`Identifier::lot`] still tells it.
//!
//! URN → link needs no table, link → URN would need that of company prefixes, so links are what is stored.

mod compact;
mod key;
mod link;
mod text;
mod urn;

#[cfg(test)]
mod tests;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::error::Error;
use crate::limits::IDENTIFIER_BYTES_MAX;

/// Where canonical links live.
pub const HOST: &str = "https://id.gs1.org/";

/// A canonical identifier and, where it differs, its spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    canonical: String,
    written: Option<String>,
}

/// What an identifier names, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One trade item: GTIN with serial number (SGTIN, UPUI), or a piece of one (ITIP with serial).
    Instance,
    /// A lot or batch of a trade item.
    Lot,
    /// A trade item of any lot: GTIN, ITIP.
    Class,
    /// A logistic unit: SSCC.
    LogisticUnit,
    /// A place: GLN, with extension or without.
    Location,
    /// A party: PGLN.
    Party,
    /// An asset, returnable or individual: GRAI, GIAI.
    Asset,
    /// A document: GDTI.
    Document,
    /// A service relation: GSRN of recipient or provider.
    Relation,
    /// A component or part, coupon, consignment, shipment or model: CPID, GCN, GINC, GSIN, GMN.
    Key,
    /// Not a GS1 key.
    Other,
}

impl Identifier {
    /// The identifier written as `text`.
    ///
    /// # Errors
    ///
    /// A text that can be no identifier: empty, past [`IDENTIFIER_BYTES_MAX`], or with white space or control
    /// characters. An EPC URN or GS1 Digital Link that is recognised as such and has a wrong number of digits, a
    /// wrong check digit or malformed parts. What is not recognised is taken as written.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if text.len() > IDENTIFIER_BYTES_MAX {
            return Err(Error::Long { found: text.len(), max: IDENTIFIER_BYTES_MAX });
        }
        // Nearly all identifiers are printable ASCII, which is told by their bytes.
        if text.bytes().any(|byte| !byte.is_ascii_graphic())
            && let Some(found) = text.chars().find(|found| found.is_whitespace() || found.is_control())
        {
            return Err(Error::Character { found });
        }
        Ok(match canonical(text)? {
            Some(canonical) if canonical != text => Self { canonical, written: Some(text.to_owned()) },
            _ => Self::as_written(text),
        })
    }

    /// The identifier `text` as it stands, whatever its form: for keys that [`Self::parse`] refuses and a
    /// lenient policy keeps.
    #[must_use]
    pub fn as_written(text: &str) -> Self {
        Self { canonical: text.to_owned(), written: None }
    }

    /// The canonical form: what equality, registers and traces go by.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The spelling in the document.
    #[must_use]
    pub fn written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.canonical)
    }

    /// The canonical form alone, its spelling forgotten.
    #[must_use]
    pub fn into_canonical(self) -> String {
        self.canonical
    }

    /// Whether the canonical form is what the spelling makes.
    ///
    /// # Errors
    ///
    /// What is wrong with the spelling, as for [`Self::parse`].
    pub fn verify(&self) -> Result<bool, Error> {
        Self::parse(self.written()).map(|parsed| parsed == *self)
    }

    /// What the identifier names.
    #[must_use]
    pub fn kind(&self) -> Kind {
        kind(&self.canonical)
    }

    /// The 14 digits of the GTIN, of a class, lot, instance or piece.
    #[must_use]
    pub fn gtin(&self) -> Option<&str> {
        let path = self.canonical.strip_prefix(HOST)?;
        path.strip_prefix("01/").or_else(|| path.strip_prefix("8006/"))?.get(..14)
    }

    /// The serial number of an instance, percent-encoded.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        qualifier(&self.canonical, "21").or_else(|| qualifier(&self.canonical, "235"))
    }

    /// The lot of a lot, or of an instance whose spelling names its lot; percent-encoded.
    #[must_use]
    pub fn lot(&self) -> Option<String> {
        match qualifier(&self.canonical, "10") {
            Some(lot) => Some(lot.to_owned()),
            None => link::lot(self.written.as_deref()?),
        }
    }

    /// The class of a lot or instance: its GTIN alone.
    #[must_use]
    pub fn class(&self) -> Option<Self> {
        let gtin = self.gtin()?;
        Some(Self { canonical: format!("{HOST}01/{gtin}"), written: None })
    }

    /// The lot an identifier belongs to, as an identifier of its own: of a lot itself, or of an instance
    /// whose spelling names its lot.
    #[must_use]
    pub fn lot_class(&self) -> Option<Self> {
        let (gtin, lot) = (self.gtin()?, self.lot()?);
        Some(Self { canonical: format!("{HOST}01/{gtin}/10/{lot}"), written: None })
    }
}

/// The canonical link of a GS1 key, or `None` for what is not one and stays as written.
///
/// # Errors
///
/// As for [`Identifier::parse`].
pub fn canonical(text: &str) -> Result<Option<String>, Error> {
    if let Some(rest) = text.strip_prefix("urn:epc:") {
        return urn::canonical(rest);
    }
    match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        Some(rest) => link::canonical(rest),
        None => Ok(None),
    }
}

/// Percent-encoded text as it was before; `None` if it was none.
#[must_use]
pub fn decoded(text: &str) -> Option<String> {
    String::from_utf8(text::decoded(text)?).ok()
}

/// What a canonical identifier names.
#[must_use]
pub fn kind(canonical: &str) -> Kind {
    let Some((ai, rest)) = canonical.strip_prefix(HOST).and_then(|path| path.split_once('/')) else {
        return Kind::Other;
    };
    match ai {
        "01" | "8006" if rest.contains("/21/") || rest.contains("/235/") => Kind::Instance,
        "01" | "8006" if rest.contains("/10/") => Kind::Lot,
        _ => key::by_ai(ai).map_or(Kind::Other, |key| key.kind),
    }
}

/// The value of qualifier `ai` in a canonical link.
fn qualifier<'a>(canonical: &'a str, ai: &str) -> Option<&'a str> {
    let mut segments = canonical.strip_prefix(HOST)?.split('/').skip(2);
    while let Some(name) = segments.next() {
        let value = segments.next()?;
        if name == ai {
            return Some(value);
        }
    }
    None
}

impl FromStr for Identifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}
