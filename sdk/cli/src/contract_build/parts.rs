//! What a module is made of, to say where two modules differ.

use anyhow::{Context as _, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use wasmparser::{Parser, Payload, ProducersSectionReader};

/// A module's sections and compiler.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ModuleParts {
    /// Sections by name; custom ones by their own.
    pub sections: BTreeMap<String, Part>,
    /// What compiled it, by its own words.
    pub compiler: String,
}

/// A section.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its length.
    pub bytes: usize,
    /// SHA-256 of its contents, in hex.
    pub sha256: String,
}

impl ModuleParts {
    /// The parts of a module.
    ///
    /// # Errors
    /// If the bytes are no module.
    pub fn of(module: &[u8]) -> Result<Self> {
        let mut parts = Self { sections: BTreeMap::new(), compiler: "an unnamed compiler".to_owned() };
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.context("the module is malformed")?;
            if let Payload::CustomSection(section) = &payload
                && section.name() == "producers"
            {
                let reader = wasmparser::BinaryReader::new(section.data(), section.data_offset());
                parts.compiler = compiler(reader).unwrap_or(parts.compiler);
            }
            let Some((id, range)) = payload.as_section() else { continue };
            let contents = module.get(range).context("a section lies inside the module")?;
            let name = match &payload {
                Payload::CustomSection(section) => section.name().to_owned(),
                _ => name(id).to_owned(),
            };
            let sha256 = Sha256::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect();
            parts.sections.insert(name, Part { bytes: contents.len(), sha256 });
        }
        Ok(parts)
    }
}

/// Names and versions of what processed a module.
fn compiler(reader: wasmparser::BinaryReader<'_>) -> Option<String> {
    let fields = ProducersSectionReader::new(reader).ok()?.into_iter();
    let values = fields.flatten().filter(|field| field.name == "processed-by").flat_map(|field| field.values);
    let named: Vec<String> = values.flatten().map(|value| format!("{} {}", value.name, value.version)).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// Name of a section by its number. Source: WebAssembly core specification, section 5.5.2.
fn name(id: u8) -> &'static str {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    NAMES.get(usize::from(id)).copied().unwrap_or("unknown")
}
