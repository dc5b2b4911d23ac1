//! Why code may not be deployed.

use std::fmt;

/// The code may not be deployed. The same bytes draw the same verdict everywhere; only the variant
/// may be recorded, since some carry words of a library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeRejected {
    /// Something is larger than allowed.
    #[error("{limit}{} {value}; at most {max} allowed", within(.function))]
    OverLimit {
        /// What is too large.
        limit: CodeLimit,
        /// The function it is in, if it is in one.
        function: Option<u32>,
        /// How large it is. When it was not counted to the end, how far it was counted.
        value: u64,
        /// How large it may be.
        max: u64,
    },
    /// Not valid WebAssembly.
    #[error("invalid at byte {offset}: {message}")]
    Invalid {
        /// Where.
        offset: usize,
        /// What the validator says.
        message: String,
    },
    /// A WebAssembly proposal that is not accepted.
    #[error("needs {feature}, which is not accepted (at byte {offset})")]
    Feature {
        /// The proposal.
        feature: String,
        /// Where it is needed.
        offset: usize,
    },
    /// An instruction that is not accepted.
    #[error("instruction {opcode} in function {function} is not accepted (at byte {offset})")]
    Opcode {
        /// Index of the function.
        function: u32,
        /// Where.
        offset: usize,
        /// The instruction.
        opcode: String,
    },
    /// A component, not a module.
    #[error("a component, not a module")]
    Component,
    /// A start function, which would run code on instantiation.
    #[error("start function {function} is not accepted")]
    StartFunction {
        /// Its index.
        function: u32,
    },
    /// An import that the host does not have.
    #[error("unknown import {module}.{name}")]
    UnknownImport {
        /// Module it is imported from.
        module: String,
        /// Its name.
        name: String,
    },
    /// A host function imported with another signature, or not as a function.
    #[error("import {name} has another signature than the host's")]
    ImportSignature {
        /// Its name.
        name: String,
    },
    /// What stands in the section of the layout is none, or the section stands twice.
    #[error("the section `countersign.layout` must stand once and have 36 bytes; one has {bytes}")]
    Layout {
        /// Bytes of the section.
        bytes: usize,
    },
    /// No memory, or one that is not exported under its name.
    #[error("no memory is exported as \"memory\"")]
    NoMemory,
    /// An exported function that takes or returns something.
    #[error("method {name} takes or returns values")]
    MethodSignature {
        /// Its name.
        name: String,
    },
    /// An exported function whose name is not a Rust-like identifier of at most 64 bytes.
    #[error("{name:?} is no name for a method")]
    MethodName {
        /// The name.
        name: String,
    },
    /// No exported function.
    #[error("no methods are exported")]
    NoMethods,
    /// A reference held as a value (parameter, result, local, global, block type).
    #[error("references are not accepted as values (at byte {offset})")]
    ReferenceValue {
        /// Where.
        offset: usize,
    },
    /// A constant expression that is not a constant.
    #[error("segment offset is not a constant (at byte {offset})")]
    Offset {
        /// Where.
        offset: usize,
    },
    /// An active segment that reaches past the memory or table it is copied to.
    #[error("{kind} segment {index} ends at {end}, beyond {size}")]
    SegmentOutOfBounds {
        /// What it holds.
        kind: SegmentKind,
        /// Its index.
        index: u32,
        /// Where it ends.
        end: u64,
        /// Where the memory or table ends.
        size: u64,
    },
}

/// What a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Bytes of the memory.
    Data,
    /// Functions of the table.
    Element,
}

/// What can be too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeLimit {
    /// Bytes of the module.
    CodeBytes,
    /// Function types.
    Types,
    /// Imports.
    Imports,
    /// Functions.
    Functions,
    /// Globals.
    Globals,
    /// Exports.
    Exports,
    /// Data segments.
    DataSegments,
    /// Element segments.
    ElementSegments,
    /// Functions in element segments.
    Elements,
    /// Tables.
    Tables,
    /// Elements of the table.
    TableElements,
    /// Memories.
    Memories,
    /// Pages the memory starts with.
    MemoryPages,
    /// Parameters of one type.
    Parameters,
    /// Parameters of all functions.
    ParametersTotal,
    /// Results of one function.
    Results,
    /// Results of one block.
    BlockResults,
    /// Bytes of one function.
    FunctionBytes,
    /// Parameters and locals of one function.
    Locals,
    /// Basic blocks of one function.
    Blocks,
    /// Operand stack of one function.
    Operands,
    /// Nesting of one function.
    Nesting,
    /// Targets of one `br_table`.
    BrTable,
    /// Stack frame of one function.
    Frame,
    /// Blocks × locals of all functions.
    BlockLocals,
    /// Work of a compiler with all functions.
    Work,
}

impl CodeLimit {
    /// Whether it bounds each function by itself.
    #[must_use]
    pub fn is_of_function(self) -> bool {
        matches!(
            self,
            Self::FunctionBytes
                | Self::Locals
                | Self::Blocks
                | Self::Operands
                | Self::Nesting
                | Self::BrTable
                | Self::Frame
        )
    }
}

impl fmt::Display for CodeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeBytes => "bytes of code:",
            Self::Types => "types:",
            Self::Imports => "imports:",
            Self::Functions => "functions:",
            Self::Globals => "globals:",
            Self::Exports => "exports:",
            Self::DataSegments => "data segments:",
            Self::ElementSegments => "element segments:",
            Self::Elements => "elements in segments:",
            Self::Tables => "tables:",
            Self::TableElements => "table elements:",
            Self::Memories => "memories:",
            Self::MemoryPages => "memory pages:",
            Self::Parameters => "parameters of a type:",
            Self::ParametersTotal => "parameters of all functions:",
            Self::Results => "results of a function:",
            Self::BlockResults => "results of a block:",
            Self::FunctionBytes => "bytes",
            Self::Locals => "locals",
            Self::Blocks => "basic blocks",
            Self::Operands => "operands",
            Self::Nesting => "nested blocks",
            Self::BrTable => "br_table targets",
            Self::Frame => "stack slots",
            Self::BlockLocals => "blocks times locals:",
            Self::Work => "work of the compiler:",
        })
    }
}

impl fmt::Display for SegmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Element => "element",
        })
    }
}

impl From<wasmparser::Error> for CodeRejected {
    fn from(error: wasmparser::Error) -> Self {
        let offset = error.offset();
        match error.missing_wasm_feature() {
            Some(features) => Self::Feature {
                feature: features.iter_names().map(|(name, _)| name.to_lowercase()).next().unwrap_or_default(),
                offset,
            },
            None => Self::Invalid { offset, message: error.message().to_owned() },
        }
    }
}

/// Refuses a value over its limit.
pub(crate) fn bound(limit: CodeLimit, value: u64, max: u64) -> Result<(), CodeRejected> {
    bound_in(limit, None, value, max)
}

/// Refuses a value over its limit, within a function.
pub(crate) fn bound_in(limit: CodeLimit, function: Option<u32>, value: u64, max: u64) -> Result<(), CodeRejected> {
    if value > max {
        return Err(CodeRejected::OverLimit { limit, function, value, max });
    }
    Ok(())
}

fn within(function: &Option<u32>) -> String {
    function.map_or_else(String::new, |index| format!(" of function {index}:"))
}
