//! The lines of the section as they are written. Members that are not known are left to later
//! versions; kinds that are not known are an error, since a type might hide in them.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Line {
    Contract {
        name: String,
        #[serde(default)]
        version: String,
        abi: u32,
        #[serde(default)]
        docs: String,
        #[serde(default)]
        layout: Option<u32>,
        #[serde(default)]
        fields: Vec<StoredLine>,
    },
    Method {
        name: String,
        mode: super::Mode,
        #[serde(default)]
        docs: String,
        args: Vec<FieldLine>,
        returns: String,
        #[serde(default)]
        error: String,
    },
    Struct {
        name: String,
        #[serde(default)]
        docs: String,
        fields: Vec<FieldLine>,
    },
    Enum {
        name: String,
        #[serde(default)]
        docs: String,
        variants: Vec<VariantLine>,
    },
    Event {
        name: String,
        #[serde(default)]
        docs: String,
        fields: Vec<FieldLine>,
    },
    Error {
        name: String,
        #[serde(default)]
        docs: String,
        variants: Vec<VariantLine>,
    },
}

/// A field of the contract's struct; its type is Rust's, not the interface's.
#[derive(Debug, Deserialize)]
pub(super) struct StoredLine {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct FieldLine {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub docs: String,
    #[serde(default)]
    pub indexed: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct VariantLine {
    pub name: String,
    #[serde(default)]
    pub docs: String,
    #[serde(default)]
    pub fields: Vec<FieldLine>,
}
