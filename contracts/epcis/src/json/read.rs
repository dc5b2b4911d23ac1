//! The JSON reader: RFC 8259 text to [`Value`], exact and bounded.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::{DOCUMENT_BYTES_MAX, NESTING_MAX};
use crate::rule::{Rule, Violation, fault, step};
use crate::value::{Field, Value};

/// Reads one JSON value; a byte order mark before it is skipped.
///
/// # Errors
///
/// The first fault, with its path.
pub fn read(bytes: &[u8]) -> Result<Value, Violation> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(fault(Rule::DocumentSize, format!("{} bytes, at most {DOCUMENT_BYTES_MAX}", bytes.len())));
    }
    read_part(bytes, Shift::default(), NESTING_MAX)
}

/// Reads a value out of a longer text, which nests at most `depth` deep.
pub(crate) fn read_part(bytes: &[u8], shift: Shift, depth: usize) -> Result<Value, Violation> {
    let text = core::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let before = if at >= shift.at { shift.bytes } else { 0 };
        fault(Rule::JsonSyntax, format!("not UTF-8 at byte {}", at + before))
    })?;
    let mut reader = Reader { text: text.strip_prefix('\u{feff}').unwrap_or(text), shift, at: 0 };
    let value = reader.value(depth)?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.unexpected("the end")),
    }
}

/// What a longer text has before a byte of a part of it, beyond what the part has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shift {
    /// The byte of the part.
    pub(crate) at: usize,
    /// Bytes left out before it.
    pub(crate) bytes: usize,
    /// Line ends left out before it.
    pub(crate) lines: usize,
}

struct Reader<'a> {
    text: &'a str,
    shift: Shift,
    /// The byte to be read next; always at a character boundary.
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let space = self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.count();
    }

    fn unexpected(&self, wanted: &str) -> Violation {
        let found = self.rest().chars().next().map_or_else(|| "the end".to_owned(), |found| format!("{found:?}"));
        let line = self.text.get(..self.at).unwrap_or_default().matches('\n').count() + 1;
        let Shift { bytes, lines, .. } = if self.at >= self.shift.at { self.shift } else { Shift::default() };
        let (at, line) = (self.at + bytes, line + lines);
        fault(Rule::JsonSyntax, format!("{found} at byte {at}, line {line}, where {wanted} belongs"))
    }

    /// Consumes `byte`, or fails.
    fn expect(&mut self, byte: u8, wanted: &str) -> Result<(), Violation> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected(wanted));
        }
        self.at += 1;
        Ok(())
    }

    /// A value that nests at most `depth` deep.
    fn value(&mut self, depth: usize) -> Result<Value, Violation> {
        let below = depth
            .checked_sub(1)
            .ok_or_else(|| fault(Rule::JsonNesting, format!("nested more than {NESTING_MAX} deep")))?;
        self.space();
        match self.peek() {
            Some(b'{') => self.map(below),
            Some(b'[') => self.list(below),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Violation> {
        if !self.rest().starts_with(word) {
            return Err(self.unexpected(word));
        }
        self.at += word.len();
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Violation> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            let item = self.value(depth).map_err(|fault| fault.below(&format!("$[{}]", items.len())))?;
            items.push(item);
            self.space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b']', "',' or ']'")?;
            return Ok(Value::List(items));
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Violation> {
        self.at += 1;
        let mut fields: Vec<Field> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(fields));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a member's name"));
            }
            let name = self.string()?;
            self.space();
            self.expect(b':', "':'").map_err(|fault| fault.below(&step(&name)))?;
            let value = self.value(depth).map_err(|fault| fault.below(&step(&name)))?;
            fields.push((name, value));
            self.space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b'}', "',' or '}'")?;
            return distinct(fields);
        }
    }

    fn number(&mut self) -> Result<Value, Violation> {
        let rest = self.rest();
        let end =
            rest.bytes().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
        let text = rest.get(..end).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            return Err(self.unexpected("a number without leading zero"));
        }
        let number =
            text.parse().map_err(|_| fault(Rule::JsonNumber, format!("{text:?} is not an exact decimal that fits")))?;
        self.at += end;
        Ok(Value::Number(number))
    }

    fn string(&mut self) -> Result<String, Violation> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.bytes().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
            string.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => {
                    self.at += 1;
                    string.push(self.escape()?);
                }
                _ => return Err(self.unexpected("the string's end")),
            }
        }
    }

    /// The character after a backslash.
    fn escape(&mut self) -> Result<char, Violation> {
        let escaped = match self.peek() {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected("an escape")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// Four hexadecimal digits, or two times four for a surrogate pair.
    fn unicode(&mut self) -> Result<char, Violation> {
        let first = self.hex()?;
        let code = if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.hex()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(self.unexpected("the second half of a surrogate pair"));
            }
            0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.unexpected("the second half of a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32, Violation> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.unexpected("four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

/// The members, if no name repeats.
fn distinct(fields: Vec<Field>) -> Result<Value, Violation> {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.array_windows().find(|[first, second]| first == second) {
        Some([name, _]) => Err(fault(Rule::JsonDuplicate, format!("{name:?} appears twice")).below(&step(name))),
        None => Ok(Value::Map(fields)),
    }
}
