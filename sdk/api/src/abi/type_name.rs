//! Types as the interface writes them: Rust's syntax without spaces.

use crate::limits::ABI_DEPTH_MAX;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// An integer of 8 to 128 bits.
    Integer {
        /// Its width in bytes.
        bytes: usize,
        /// Whether it can be negative.
        signed: bool,
    },
    /// `bool`.
    Bool,
    /// `String`.
    Text,
    /// `Vec<u8>`.
    Bytes,
    /// `[u8;N]`.
    Array(usize),
    /// `Vec<T>`.
    List(Box<Self>),
    /// `Option<T>`.
    Option(Box<Self>),
    /// `(A,B,…)`.
    Tuple(Vec<Self>),
    /// `BTreeMap<K,V>`.
    Map(Box<Self>, Box<Self>),
    /// A struct or enum of the interface.
    Named(String),
}

impl Type {
    /// Reads a type; `None` if the text is not one or nests too deeply.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let parsed = one(&mut rest, 0)?;
        rest.is_empty().then_some(parsed)
    }

    /// The named types within.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Named(name) => vec![name],
            Self::List(inner) | Self::Option(inner) => inner.names(),
            Self::Map(key, value) => key.names().into_iter().chain(value.names()).collect(),
            Self::Tuple(items) => items.iter().flat_map(Self::names).collect(),
            _ => Vec::new(),
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer { bytes, signed } => write!(f, "{}{}", if *signed { 'i' } else { 'u' }, bytes * 8),
            Self::Bool => f.write_str("bool"),
            Self::Text => f.write_str("String"),
            Self::Bytes => f.write_str("Vec<u8>"),
            Self::Array(length) => write!(f, "[u8;{length}]"),
            Self::List(inner) => write!(f, "Vec<{inner}>"),
            Self::Option(inner) => write!(f, "Option<{inner}>"),
            Self::Map(key, value) => write!(f, "BTreeMap<{key},{value}>"),
            Self::Named(name) => f.write_str(name),
            Self::Tuple(items) => {
                f.write_str("(")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    item.fmt(f)?;
                }
                f.write_str(")")
            }
        }
    }
}

fn one(rest: &mut &str, depth: usize) -> Option<Type> {
    if depth > ABI_DEPTH_MAX {
        return None;
    }
    let below = depth + 1;
    if take(rest, "(") {
        return tuple(rest, below);
    }
    if take(rest, "[u8;") {
        let digits = rest.find(']').and_then(|end| rest.split_at_checked(end));
        let (digits, after) = digits?;
        *rest = after;
        let length = digits.parse().ok()?;
        return take(rest, "]").then_some(Type::Array(length));
    }
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    let (name, after) = rest.split_at_checked(end)?;
    *rest = after;
    if !take(rest, "<") {
        return plain(name);
    }
    let first = one(rest, below)?;
    let made = match name {
        "Vec" if first == (Type::Integer { bytes: 1, signed: false }) => Type::Bytes,
        "Vec" => Type::List(Box::new(first)),
        "Option" => Type::Option(Box::new(first)),
        "BTreeMap" if take(rest, ",") => Type::Map(Box::new(first), Box::new(one(rest, below)?)),
        _ => return None,
    };
    take(rest, ">").then_some(made)
}

fn tuple(rest: &mut &str, depth: usize) -> Option<Type> {
    let mut items = Vec::new();
    while !take(rest, ")") {
        items.push(one(rest, depth)?);
        if !take(rest, ",") && !rest.starts_with(')') {
            return None;
        }
    }
    Some(Type::Tuple(items))
}

fn plain(name: &str) -> Option<Type> {
    let integer = |bytes, signed| Some(Type::Integer { bytes, signed });
    match name {
        "" => None,
        "u8" => integer(1, false),
        "u16" => integer(2, false),
        "u32" => integer(4, false),
        "u64" => integer(8, false),
        "u128" => integer(16, false),
        "i8" => integer(1, true),
        "i16" => integer(2, true),
        "i32" => integer(4, true),
        "i64" => integer(8, true),
        "i128" => integer(16, true),
        "bool" => Some(Type::Bool),
        "String" => Some(Type::Text),
        name => name.chars().next().is_some_and(char::is_alphabetic).then(|| Type::Named(name.to_owned())),
    }
}

fn take(rest: &mut &str, prefix: &str) -> bool {
    match rest.strip_prefix(prefix) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}
