//! EPC URNs (`urn:epc:id:…`, `urn:epc:class:…`, `urn:epc:idpat:…`) to canonical links.
//!
//! Source: EPC Tag Data Standard 2.0 §6.3 and §7. Every scheme joins company prefix and reference to a
//! fixed number of digits; any other number is a fault and never converted. A pattern stands for its class
//! where only the serial number is open (`*`); other patterns stay as written.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::key::{is_digits, with_check_digit};
use super::{HOST, text};
use crate::error::Error;

/// The canonical link of the URN after `urn:epc:`; `None` for EPCs that have none.
pub(super) fn canonical(rest: &str) -> Result<Option<String>, Error> {
    let (form, rest) = rest.split_once(':').ok_or(Error::Scheme)?;
    let (scheme, body) = rest.split_once(':').ok_or(Error::Scheme)?;
    let open = match form {
        "id" | "class" => false,
        "idpat" => true,
        // Tag encodings and raw values carry no key of their own.
        "tag" | "pat" | "raw" => return Ok(None),
        _ => return Err(Error::Scheme),
    };
    if (scheme == "lgtin") != (form == "class") && !(scheme == "lgtin" && open) {
        return Err(Error::Scheme);
    }
    let Some(scheme) = Scheme::named(scheme)? else {
        return Ok(None);
    };
    let parts = scheme.split(body)?;
    match parts.split_last() {
        Some((&"*", fixed)) if open && !fixed.contains(&"*") && scheme.pattern => {
            let mut fixed = fixed.to_vec();
            fixed.push("");
            scheme.link(&fixed).map(Some)
        }
        _ if open => Ok(None),
        Some((&"", _)) if scheme.pattern => Err(scheme.malformed()),
        _ => scheme.link(&parts).map(Some),
    }
}

/// How the parts of a scheme make a key.
struct Scheme {
    name: &'static str,
    /// Parts between dots; the last takes what remains.
    parts: usize,
    /// Digits of company prefix and reference together; 0 where the reference is text.
    digits: usize,
    /// Whether the last part is a serial number, which a pattern may leave open.
    pattern: bool,
}

impl Scheme {
    /// The scheme `name`; `None` for those that have no GS1 key.
    fn named(name: &str) -> Result<Option<Self>, Error> {
        let (name, parts, digits, pattern) = match name {
            "sgtin" => ("sgtin", 3, 13, true),
            "lgtin" => ("lgtin", 3, 13, true),
            "upui" => ("upui", 3, 13, true),
            "itip" => ("itip", 5, 13, true),
            "sscc" => ("sscc", 2, 17, false),
            "sgln" => ("sgln", 3, 12, false),
            "pgln" => ("pgln", 2, 12, false),
            "grai" => ("grai", 3, 12, true),
            "gdti" => ("gdti", 3, 12, true),
            "sgcn" => ("sgcn", 3, 12, true),
            "gsrn" => ("gsrn", 2, 17, false),
            "gsrnp" => ("gsrnp", 2, 17, false),
            "gsin" => ("gsin", 2, 16, false),
            "cpi" => ("cpi", 3, 0, true),
            "giai" => ("giai", 2, 0, false),
            "ginc" => ("ginc", 2, 0, false),
            "gmn" => ("gmn", 2, 0, false),
            "gid" | "usdod" | "adi" | "bic" | "imovn" => return Ok(None),
            _ => return Err(Error::Scheme),
        };
        Ok(Some(Self { name, parts, digits, pattern }))
    }

    /// The parts of `body`; serial numbers may contain dots.
    fn split<'a>(&self, body: &'a str) -> Result<Vec<&'a str>, Error> {
        let parts: Vec<&str> = body.splitn(self.parts, '.').collect();
        if parts.len() == self.parts { Ok(parts) } else { Err(self.malformed()) }
    }

    fn malformed(&self) -> Error {
        Error::Form { key: self.name }
    }

    /// The canonical link of the parts; an empty last part of a pattern scheme names the class.
    fn link(&self, parts: &[&str]) -> Result<String, Error> {
        let [prefix, reference, rest @ ..] = parts else {
            return Err(self.malformed());
        };
        if !is_digits(prefix) || !(6..=12).contains(&prefix.len()) {
            return Err(self.malformed());
        }
        if self.digits == 0 {
            return self.text_key(prefix, reference, rest);
        }
        let found = prefix.len() + reference.len();
        if found != self.digits || !(reference.is_empty() || is_digits(reference)) {
            return Err(Error::Digits { key: self.name, expected: self.digits, found });
        }
        self.digit_key(prefix, reference, rest)
    }

    /// A key of digits with a check digit.
    fn digit_key(&self, prefix: &str, reference: &str, rest: &[&str]) -> Result<String, Error> {
        let joined = || with_check_digit(format!("{prefix}{reference}"));
        // The indicator or extension digit is written first in the reference and stands before the prefix.
        let indicated = || {
            let (first, tail) = reference.split_at_checked(1).ok_or_else(|| self.malformed())?;
            Ok::<_, Error>(with_check_digit(format!("{first}{prefix}{tail}")))
        };
        Ok(match (self.name, rest) {
            ("sgtin", [serial]) => format!("{HOST}01/{}{}", indicated()?, self.qualifier("21", serial)?),
            ("lgtin", [lot]) => format!("{HOST}01/{}{}", indicated()?, self.qualifier("10", lot)?),
            ("upui", [serial]) => format!("{HOST}01/{}{}", indicated()?, self.qualifier("235", serial)?),
            ("itip", [piece, total, serial]) => {
                if ![piece, total].into_iter().all(|part| part.len() == 2 && is_digits(part)) {
                    return Err(self.malformed());
                }
                format!("{HOST}8006/{}{piece}{total}{}", indicated()?, self.qualifier("21", serial)?)
            }
            ("sscc", []) => format!("{HOST}00/{}", indicated()?),
            ("sgln", ["0"]) => format!("{HOST}414/{}", joined()),
            ("sgln", [extension]) => format!("{HOST}414/{}/254/{}", joined(), self.text(extension)?),
            ("pgln", []) => format!("{HOST}417/{}", joined()),
            ("grai", [serial]) => format!("{HOST}8003/0{}{}", joined(), self.tail(serial)?),
            ("gdti", [serial]) => format!("{HOST}253/{}{}", joined(), self.tail(serial)?),
            ("sgcn", [serial]) => format!("{HOST}255/{}{}", joined(), self.tail(serial)?),
            ("gsrn", []) => format!("{HOST}8018/{}", joined()),
            ("gsrnp", []) => format!("{HOST}8017/{}", joined()),
            ("gsin", []) => format!("{HOST}402/{}", joined()),
            _ => return Err(self.malformed()),
        })
    }

    /// A key whose reference is text.
    fn text_key(&self, prefix: &str, reference: &str, rest: &[&str]) -> Result<String, Error> {
        let reference = self.text(reference)?;
        Ok(match (self.name, rest) {
            ("giai", []) => format!("{HOST}8004/{prefix}{reference}"),
            ("ginc", []) => format!("{HOST}401/{prefix}{reference}"),
            ("gmn", []) => format!("{HOST}8013/{prefix}{reference}"),
            ("cpi", [serial]) => format!("{HOST}8010/{prefix}{reference}{}", self.qualifier("8011", serial)?),
            _ => return Err(self.malformed()),
        })
    }

    /// `/ai/value`, or nothing for the class.
    fn qualifier(&self, ai: &str, value: &str) -> Result<String, Error> {
        if value.is_empty() { Ok(String::new()) } else { Ok(format!("/{ai}/{}", self.text(value)?)) }
    }

    /// A serial number that follows its key directly, or nothing for the class.
    fn tail(&self, value: &str) -> Result<String, Error> {
        if value.is_empty() { Ok(String::new()) } else { self.text(value) }
    }

    fn text(&self, value: &str) -> Result<String, Error> {
        text::normal(value).ok_or_else(|| self.malformed())
    }
}
