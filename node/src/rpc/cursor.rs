//! Cursors: where a list goes on.
//!
//! A cursor is opaque text. It carries the height that the first page was read at and the place after the last item, so
//! later pages are read as of the same height, on any node of the chain. It ends with a digest over the chain, the
//! list's method and parameters, and all of itself: one that was altered, or is of another list, is refused. The digest
//! keeps no secret; who makes up a cursor asks nothing that the parameters could not ask.

use super::conn::Node;
use crate::limits::CURSOR_BYTES_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_api::{Code, Method, RpcError};
use countersign_types::hash::sha256;
use countersign_types::{Hash, Height, codec};
use std::fmt::Write as _;

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Cursor<P> {
    /// The height that all pages are read at.
    pub height: Height,
    /// The place after the last item, as the list counts.
    pub place: P,
}

/// What a list is asked: its cursors are good for nothing else.
#[derive(Debug, Clone)]
pub(super) struct Query {
    chain: Hash,
    method: &'static str,
    params: Vec<u8>,
}

/// Bytes of the digest at the end: two queries share one by chance in 2^128.
const DIGEST: usize = 16;

impl Node {
    /// What a list is asked, without its page: `params` are those of the first page, without limit and cursor.
    pub fn query<M: Method>(&self, params: &M::Params) -> Query {
        let params = serde_json::to_vec(params).expect("parameters came as JSON");
        Query { chain: self.context.chain, method: M::NAME, params }
    }
}

impl Query {
    /// The text of a cursor of this list.
    pub fn text<P: BorshSerialize>(&self, cursor: &Cursor<P>) -> String {
        let body = codec::encode(cursor);
        let digest = self.digest(&body);
        body.iter().chain(digest.iter().take(DIGEST)).fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to memory cannot fail");
            text
        })
    }

    /// The cursor of this list that a text is.
    pub fn cursor<P: BorshDeserialize>(&self, text: &str) -> Result<Cursor<P>, RpcError> {
        let read = || {
            let bytes = bytes(text)?;
            let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
            let own = self.digest(body);
            (own.get(..DIGEST)? == digest).then(|| codec::decode(body, CURSOR_BYTES_MAX).ok())?
        };
        read().ok_or_else(|| {
            let cause = format!(
                "give the `nextCursor` of an earlier page of {} unchanged, with the same parameters",
                self.method
            );
            RpcError::new(Code::BadCursor, cause)
        })
    }

    fn digest(&self, body: &[u8]) -> [u8; 32] {
        sha256(&codec::encode(&("cs/cursor", self.chain, self.method, &self.params, body)))
    }
}

/// Bytes in hexadecimal, of which each has one spelling.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() > 2 * CURSOR_BYTES_MAX || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(epc: &str) -> Query {
        Query { chain: Hash([1; 32]), method: "trace_history", params: epc.as_bytes().to_vec() }
    }

    #[test]
    fn a_cursor_is_read_back_by_its_own_list_only() {
        let cursor = Cursor { height: Height(77), place: (-5i64, 9u64) };
        let text = query("a").text(&cursor);
        assert_eq!(query("a").cursor::<(i64, u64)>(&text).unwrap(), cursor);
        for other in [
            query("b"),
            Query { chain: Hash([2; 32]), ..query("a") },
            Query { method: "contract_listEvents", ..query("a") },
        ] {
            let refused = other.cursor::<(i64, u64)>(&text).unwrap_err();
            assert_eq!(refused.kind(), Some(Code::BadCursor));
        }
    }

    #[test]
    fn every_altered_byte_is_refused() {
        let text = query("a").text(&Cursor { height: Height(77), place: (-5i64, 9u64) });
        let refused = |text: &str| {
            let error = query("a").cursor::<(i64, u64)>(text).unwrap_err();
            assert_eq!(error.kind(), Some(Code::BadCursor), "{text}");
        };
        let mut altered = 0;
        for at in 0..text.len() {
            for other in 0..=127u8 {
                let mut bytes = text.clone().into_bytes();
                if bytes[at] == other {
                    continue;
                }
                bytes[at] = other;
                refused(&String::from_utf8(bytes).unwrap());
                altered += 1;
            }
            refused(&text[..at]);
            refused(&format!("{}{}", &text[..at], &text[at + 1..]));
            refused(&format!("{}0{}", &text[..at], &text[at..]));
            refused(&format!("{}é{}", &text[..at], &text[at + 1..]));
        }
        assert_eq!(altered, text.len() * 127);
        for other in [format!("{text}00"), text.to_uppercase(), format!("0x{text}"), "0".repeat(100_000), String::new()]
        {
            refused(&other);
        }
    }
}
