//! Percent-encoding of serial numbers, lots and extensions, in one spelling.
//!
//! Encoded are exactly the characters that an EPC URN encodes (`" # % & / < > ?`) and all outside printable
//! ASCII; hexadecimal digits are upper case. So a URN and a link of the same serial have the same text.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// `text` decoded and encoded again; `None` for a broken escape, an empty text or a bare character that
/// cannot stand in a URI.
pub(super) fn normal(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|byte| byte != b'%' && stands_bare(byte)) {
        return Some(text.into());
    }
    let mut normal = String::with_capacity(text.len());
    for byte in decoded(text)? {
        if stands_bare(byte) && byte != b'%' {
            normal.push(char::from(byte));
        } else {
            write!(normal, "%{byte:02X}").ok()?;
        }
    }
    Some(normal)
}

/// The bytes that `text` encodes; `None` for a broken escape or a bare character that cannot stand in a URI.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
                decoded.push(high * 16 + low);
            }
            0..=b' ' | b'"' | b'<' | b'>' | 0x7f => return None,
            _ => decoded.push(byte),
        }
    }
    Some(decoded)
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn stands_bare(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'%' | b'&' | b'/' | b'<' | b'>' | b'?')
}
