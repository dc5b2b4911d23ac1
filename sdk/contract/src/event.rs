//! Events: what a call tells the outside world.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use borsh::BorshSerialize;

use crate::host;
use crate::item::encode;

/// An event. Derive it: `#[derive(ContractEvent)]` on a struct, `#[indexed]` on the fields by which
/// the node should find it (up to eight).
///
/// The event's name is the struct's, its data the borsh encoding of all fields.
pub trait ContractEvent: BorshSerialize {
    /// Name of the event.
    const NAME: &'static str;

    /// Adds the indexed fields.
    fn attributes(&self, attributes: &mut Attributes);
}

/// A type that an indexed field may have. Values over 256 bytes make the call trap.
pub trait Attribute {
    /// Appends the value as the index sees it: the bytes of strings, byte arrays and byte vectors,
    /// integers as decimal text, `true` and `false`.
    fn append(&self, bytes: &mut Vec<u8>);
}

/// Indexed fields, laid out as in [`abi::attributes`](crate::abi::attributes).
#[derive(Debug, Default)]
pub struct Attributes(Vec<u8>);

impl Attributes {
    /// Adds an attribute.
    pub fn add<A: Attribute + ?Sized>(&mut self, name: &str, value: &A) {
        let Self(bytes) = self;
        let mut text = Vec::new();
        value.append(&mut text);
        // Over-long names and values are passed on as such for the host to refuse.
        bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend_from_slice(&text);
    }

    /// The bytes that the host takes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

pub(crate) fn emit<E: ContractEvent>(event: &E) {
    let mut attributes = Attributes::default();
    event.attributes(&mut attributes);
    host::emit(E::NAME, &encode(event), attributes.as_bytes());
}

impl Attribute for str {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

impl Attribute for String {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

impl Attribute for Vec<u8> {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }
}

impl<const N: usize> Attribute for [u8; N] {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }
}

impl<A: Attribute + ?Sized> Attribute for &A {
    fn append(&self, bytes: &mut Vec<u8>) {
        A::append(self, bytes);
    }
}

impl Attribute for bool {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Attribute for $integer {
            fn append(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(self.to_string().as_bytes());
            }
        }
    )*};
}
integers!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);
