//! What must hold of a compiled module before it is worth deploying, and what is taken off it.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use wasm_encoder::{ProducersField, ProducersSection, Section as _};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// The only module that a contract imports from.
const HOST: &str = "countersign";
/// The export that the host reads arguments through.
const MEMORY: &str = "memory";
/// The custom section of the interface.
const INTERFACE: &str = "countersign.abi";
/// The custom section of the state's layout.
const LAYOUT: &str = "countersign.layout";
/// Magic number and version.
const HEADER_BYTES: usize = 8;

/// A module that is a contract.
#[derive(Debug)]
pub(super) struct Checked {
    /// The module with three custom sections: the interface, the layout of the state, and the compiler as `producers`.
    pub(super) bytes: Vec<u8>,
    pub(super) imports: Vec<String>,
}

/// Checks a module and strips it. What compiled it is written down in the tools' conventional section,
/// so that whoever builds the source again knows with what.
pub(super) fn check(module: &[u8], compiler: &str) -> Result<Checked> {
    let mut bytes = module.get(..HEADER_BYTES).context("the compiler wrote something else than a module")?.to_vec();
    let mut interface = Vec::new();
    let (mut methods, mut imports, mut has_memory) = (Vec::new(), Vec::new(), false);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.context("the compiler wrote a malformed module")?;
        let mut keep = true;
        match &payload {
            Payload::CustomSection(section) if section.name() == INTERFACE => {
                interface.extend_from_slice(section.data());
            }
            Payload::CustomSection(section) => keep = section.name() == LAYOUT,
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import.context("the compiler wrote a malformed import")?;
                    let is_function = matches!(import.ty, TypeRef::Func(_));
                    if import.module != HOST || !is_function {
                        bail!(
                            "the contract needs {}.{}, which no node offers; does a dependency \
                             expect a browser or an operating system?",
                            import.module,
                            import.name
                        );
                    }
                    imports.push(import.name.to_owned());
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export.context("the compiler wrote a malformed export")?;
                    match export.kind {
                        ExternalKind::Func => methods.push(export.name.to_owned()),
                        ExternalKind::Memory => has_memory |= export.name == MEMORY,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if let (true, Some((id, range))) = (keep, payload.as_section()) {
            let contents = module.get(range).context("a section lies inside the module")?;
            bytes.push(id);
            push_leb128(&mut bytes, contents.len());
            bytes.extend_from_slice(contents);
        }
    }
    bytes.extend_from_slice(&producers(compiler));
    ensure!(has_memory, "the contract exports no memory");
    check_interface(&interface, &methods)?;
    Ok(Checked { bytes, imports })
}

/// The section that names what compiled a module, as the tool conventions of WebAssembly write it.
fn producers(compiler: &str) -> Vec<u8> {
    let mut field = ProducersField::new();
    field.value("rustc", compiler);
    let mut section = ProducersSection::new();
    section.field("processed-by", &field);
    let mut bytes = Vec::new();
    section.append_to(&mut bytes);
    bytes
}

/// What every line of the interface has, and more that is not looked at here.
#[derive(Deserialize)]
struct Line {
    kind: String,
    name: String,
}

/// Every method that the interface describes is exported, and the other way round.
fn check_interface(interface: &[u8], exported: &[String]) -> Result<()> {
    let mut described = Vec::new();
    for line in interface.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Line =
            serde_json::from_slice(line).context("the embedded interface is not a JSON object per line")?;
        if line.kind == "method" {
            described.push(line.name);
        }
    }
    ensure!(
        !described.is_empty(),
        "the module describes no methods; mark them with #[call] or #[view] in a #[contract] impl"
    );
    for name in &described {
        ensure!(exported.contains(name), "method {name} is described but not exported");
    }
    for name in exported {
        ensure!(described.contains(name), "function {name} is exported but not described");
    }
    Ok(())
}

fn push_leb128(bytes: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests;
