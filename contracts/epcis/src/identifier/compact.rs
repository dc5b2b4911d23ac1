//! The bytes of an identifier: the host of a canonical link is implied, and an EPC URN beside its link is one
//! byte, the length of its company prefix, from which the URN is made again.
//!
//! | tag | then | canonical | written |
//! |---|---|---|---|
//! | 0 | text | text | the same |
//! | 1 | path | link of path | the same |
//! | 2 | path, prefix length | link of path | its URN |
//! | 3 | path, text | link of path | text |

use alloc::format;
use alloc::string::String;

use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{HOST, Identifier};

impl BorshSerialize for Identifier {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        let Some(path) = self.canonical.strip_prefix(HOST) else {
            0u8.serialize(writer)?;
            return self.canonical.serialize(writer);
        };
        match &self.written {
            None => {
                1u8.serialize(writer)?;
                path.serialize(writer)
            }
            Some(written) => match prefix_length(written).filter(|digits| urn(path, *digits).as_ref() == Some(written))
            {
                Some(digits) => {
                    2u8.serialize(writer)?;
                    path.serialize(writer)?;
                    digits.serialize(writer)
                }
                None => {
                    3u8.serialize(writer)?;
                    path.serialize(writer)?;
                    written.serialize(writer)
                }
            },
        }
    }
}

impl BorshDeserialize for Identifier {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let tag = u8::deserialize_reader(reader)?;
        let text = String::deserialize_reader(reader)?;
        let written = match tag {
            0 => return Ok(Self { canonical: text, written: None }),
            1 => None,
            2 => {
                let digits = u8::deserialize_reader(reader)?;
                Some(urn(&text, digits).ok_or_else(|| Error::new(ErrorKind::InvalidData, "identifier without URN"))?)
            }
            3 => Some(String::deserialize_reader(reader)?),
            _ => return Err(Error::new(ErrorKind::InvalidData, "identifier tag")),
        };
        Ok(Self { canonical: format!("{HOST}{text}"), written })
    }
}

/// The length of the company prefix in an EPC URN.
fn prefix_length(urn: &str) -> Option<u8> {
    let body = urn.strip_prefix("urn:epc:")?.splitn(3, ':').nth(2)?;
    u8::try_from(body.find('.')?).ok()
}

/// The URN of the canonical link at `path`, for the schemes in daily use and a company prefix of `digits`.
fn urn(path: &str, digits: u8) -> Option<String> {
    let digits = usize::from(digits);
    let (ai, rest) = path.split_once('/')?;
    let (key, qualifier) = match rest.split_once('/') {
        Some((key, rest)) => (key, Some(rest.split_once('/')?)),
        None => (rest, None),
    };
    let parts = Parts { key, digits };
    Some(match (ai, qualifier) {
        ("01", Some(("21", serial))) => format!("urn:epc:id:sgtin:{}.{serial}", parts.indicated(14)?),
        ("01", Some(("10", lot))) => format!("urn:epc:class:lgtin:{}.{lot}", parts.indicated(14)?),
        ("01", None) => format!("urn:epc:idpat:sgtin:{}.*", parts.indicated(14)?),
        ("00", None) => format!("urn:epc:id:sscc:{}", parts.indicated(18)?),
        ("414", None) => format!("urn:epc:id:sgln:{}.0", parts.plain()?),
        ("414", Some(("254", extension))) => format!("urn:epc:id:sgln:{}.{extension}", parts.plain()?),
        ("417", None) => format!("urn:epc:id:pgln:{}", parts.plain()?),
        ("253", None) => format!("urn:epc:id:gdti:{}.{}", parts.plain()?, key.get(13..)?),
        ("8003", None) => {
            let parts = Parts { key: key.get(1..)?, digits };
            format!("urn:epc:id:grai:{}.{}", parts.plain()?, parts.key.get(13..)?)
        }
        ("8004", None) => format!("urn:epc:id:giai:{}.{}", key.get(..digits)?, key.get(digits..)?),
        _ => return None,
    })
}

/// A key of digits, to be split after its company prefix.
struct Parts<'a> {
    key: &'a str,
    digits: usize,
}

impl Parts<'_> {
    /// `prefix.reference` where the first of `length` digits belongs to the reference and the last is the
    /// check digit.
    fn indicated(&self, length: usize) -> Option<String> {
        let end = length.checked_sub(1)?;
        let split = self.digits.checked_add(1)?;
        Some(format!("{}.{}{}", self.key.get(1..split)?, self.key.get(..1)?, self.key.get(split..end)?))
    }

    /// `prefix.reference` of 12 digits before the check digit.
    fn plain(&self) -> Option<String> {
        Some(format!("{}.{}", self.key.get(..self.digits)?, self.key.get(self.digits..12)?))
    }
}
