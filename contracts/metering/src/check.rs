//! Reads a module once: checks everything it may not be, and writes its metered form.

use countersign_abi as abi;
use wasm_encoder::{CodeSection, ExportKind, ExportSection, Module, RawSection};
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, Encoding, ExternalKind, FuncType, FuncValidatorAllocations,
    GlobalSectionReader, Operator, Parser, Payload, TypeRef, ValidPayload, Validator, WasmFeatures,
};

use crate::cost::Costs;
use crate::imports;
use crate::limits;
use crate::meter::{Counters, meter};
use crate::reject::{CodeLimit, CodeRejected, SegmentKind, bound_in};
use crate::usage::{Share, Usage};
use crate::{CodeFacts, CodeStats, Layout};

/// What today's Rust compiler uses, and nothing else. Without `GC_TYPES` the reference types have
/// only functions, and those only in tables (`Reader` refuses them as values).
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES);

/// Names of the added exports. No method can have them: a method's name is an identifier.
pub const GAS_EXPORT: &str = "countersign:gas";
/// See [`GAS_EXPORT`].
pub const STACK_EXPORT: &str = "countersign:stack";

const PAGE_BYTES: u64 = 65_536;

/// A module that passed, in its metered form.
#[must_use]
pub struct Metered {
    /// The module to compile. Its exports are the methods, the memory and the two counters.
    pub wasm: Vec<u8>,
    /// What is known of it without its code.
    pub facts: CodeFacts,
    /// Bytes of the interface section.
    pub interface: Vec<u8>,
    /// Sizes.
    pub stats: CodeStats,
    /// How much of each limit it needs.
    pub shares: Vec<Share>,
}

/// Checks and meters a module.
pub fn check(code: &[u8], costs: &Costs) -> Result<Metered, CodeRejected> {
    let mut reader = Reader::new(code, costs);
    reader.usage.take(CodeLimit::CodeBytes, len(code), limits::CODE_BYTES_MAX)?;
    let mut validator = Validator::new_with_features(FEATURES);
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    for payload in parser.parse_all(code) {
        let payload = payload?;
        reader.before(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let index = function.index;
            let result = reader.type_of(index).and_then(|kind| kind.results().first());
            let (counters, prices) = (reader.counters(), costs.prices(reader.memory_max));
            let metered = meter(code, function, &body, result.copied(), counters, prices, &mut allocations)?;
            let work = metered.blocks.saturating_mul(metered.locals.saturating_add(1));
            reader.block_locals = reader.block_locals.saturating_add(work);
            reader.usage.take(CodeLimit::BlockLocals, reader.block_locals, limits::BLOCK_LOCALS_MAX)?;
            reader.stats.work = reader.stats.work.saturating_add(metered.work());
            reader.usage.take(CodeLimit::Work, reader.stats.work, limits::WORK_MAX)?;
            reader.usage.note_function(&metered);
            reader.stats.instructions += metered.instructions;
            reader.stats.blocks += metered.blocks;
            reader.bodies.raw(&metered.body);
        }
        reader.after(payload)?;
    }
    reader.finish()
}

/// What has been read of a module.
struct Reader<'a> {
    code: &'a [u8],
    costs: &'a Costs,
    types: Vec<FuncType>,
    /// Type index of every function, imported ones first.
    functions: Vec<u32>,
    imported: usize,
    parameters: u64,
    memory_pages: Option<u64>,
    memory_max: Option<u64>,
    memory_exported: bool,
    table_elements: Option<u64>,
    elements: u64,
    globals: Option<GlobalSectionReader<'a>>,
    exports: ExportSection,
    bodies: CodeSection,
    /// Sections that pass unchanged, by id.
    raw: Vec<(u8, &'a [u8])>,
    block_locals: u64,
    data_bytes: u64,
    methods: Vec<String>,
    interface: Vec<u8>,
    layout: Option<Layout>,
    stats: CodeStats,
    usage: Usage,
}

impl<'a> Reader<'a> {
    fn new(code: &'a [u8], costs: &'a Costs) -> Self {
        Self {
            code,
            costs,
            types: Vec::new(),
            functions: Vec::new(),
            imported: 0,
            parameters: 0,
            memory_pages: None,
            memory_max: None,
            memory_exported: false,
            table_elements: None,
            elements: 0,
            globals: None,
            exports: ExportSection::new(),
            bodies: CodeSection::new(),
            raw: Vec::new(),
            block_locals: 0,
            data_bytes: 0,
            methods: Vec::new(),
            interface: Vec::new(),
            layout: None,
            stats: CodeStats::default(),
            usage: Usage::default(),
        }
    }

    /// Limits that are known from a section's head, before the validator reads it.
    fn before(&mut self, payload: &Payload<'a>) -> Result<(), CodeRejected> {
        use CodeLimit as L;
        let (limit, count, max) = match payload {
            Payload::Version { encoding: Encoding::Component, .. } => return Err(CodeRejected::Component),
            Payload::StartSection { func, .. } => {
                return Err(CodeRejected::StartFunction { function: *func });
            }
            Payload::TypeSection(s) => (L::Types, s.count(), limits::TYPES_MAX),
            Payload::ImportSection(s) => (L::Imports, s.count(), limits::IMPORTS_MAX),
            Payload::FunctionSection(s) => (L::Functions, s.count(), limits::FUNCTIONS_MAX),
            Payload::TableSection(s) => (L::Tables, s.count(), limits::TABLES_MAX),
            Payload::MemorySection(s) => (L::Memories, s.count(), limits::MEMORIES_MAX),
            Payload::GlobalSection(s) => (L::Globals, s.count(), limits::GLOBALS_MAX),
            Payload::ExportSection(s) => (L::Exports, s.count(), limits::EXPORTS_MAX),
            Payload::DataSection(s) => (L::DataSegments, s.count(), limits::DATA_SEGMENTS_MAX),
            Payload::DataCountSection { count, .. } => (L::DataSegments, *count, limits::DATA_SEGMENTS_MAX),
            Payload::ElementSection(s) => (L::ElementSegments, s.count(), limits::ELEMENT_SEGMENTS_MAX),
            _ => return Ok(()),
        };
        self.usage.take(limit, u64::from(count), max)
    }

    /// Takes in a section that the validator has passed.
    fn after(&mut self, payload: Payload<'a>) -> Result<(), CodeRejected> {
        match payload {
            Payload::TypeSection(section) => {
                let offset = section.range().start;
                self.keep(1, section.range());
                for kind in section.into_iter_err_on_gc_types() {
                    self.function_type(kind?, offset)?;
                }
            }
            Payload::ImportSection(section) => {
                self.keep(2, section.range());
                for import in section.into_imports() {
                    let import = import?;
                    self.import(import.module, import.name, import.ty)?;
                }
                self.imported = self.functions.len();
            }
            Payload::FunctionSection(section) => {
                self.keep(3, section.range());
                self.stats.functions = section.count();
                for index in section {
                    self.function(index?)?;
                }
            }
            Payload::TableSection(section) => {
                self.keep(4, section.range());
                for table in section {
                    let table = table?;
                    let elements = table.ty.initial;
                    self.usage.take(CodeLimit::TableElements, elements, limits::TABLE_ELEMENTS_MAX)?;
                    self.table_elements = Some(elements);
                }
            }
            Payload::MemorySection(section) => {
                self.keep(5, section.range());
                for memory in section {
                    let memory = memory?;
                    self.usage.take(CodeLimit::MemoryPages, memory.initial, u64::from(limits::MEMORY_PAGES_MAX))?;
                    self.memory_pages = Some(memory.initial);
                    self.memory_max = memory.maximum;
                }
            }
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let global = global?;
                    if global.ty.content_type.is_reference_type() {
                        return Err(CodeRejected::ReferenceValue { offset: section.range().start });
                    }
                }
                self.globals = Some(section);
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.export(export.name, export.kind, export.index)?;
                }
            }
            Payload::ElementSection(section) => {
                self.keep(9, section.range());
                for (index, element) in (0u32..).zip(section) {
                    let element = element?;
                    self.element(index, &element.kind, &element.items)?;
                }
            }
            Payload::DataCountSection { range, .. } => self.keep(12, range),
            Payload::DataSection(section) => {
                self.keep(11, section.range());
                for (index, data) in (0u32..).zip(section) {
                    let data = data?;
                    self.data(index, &data.kind, len(data.data))?;
                }
            }
            Payload::CustomSection(section) if section.name() == abi::LAYOUT_SECTION => {
                let layout = Layout::from_section(section.data()).filter(|_| self.layout.is_none());
                self.layout = Some(layout.ok_or(CodeRejected::Layout { bytes: section.data().len() })?);
            }
            Payload::CustomSection(section) if section.name() == abi::SECTION => {
                self.interface.extend_from_slice(section.data());
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, id: u8, range: std::ops::Range<usize>) {
        let bytes = self.code.get(range).expect("ranges come from reading this very code");
        self.raw.push((id, bytes));
    }

    fn function_type(&mut self, kind: FuncType, offset: usize) -> Result<(), CodeRejected> {
        use CodeLimit as L;
        self.usage.take(L::Parameters, len(kind.params()), limits::PARAMETERS_MAX)?;
        self.usage.take(L::BlockResults, len(kind.results()), limits::BLOCK_RESULTS_MAX)?;
        if kind.params().iter().chain(kind.results()).any(|value| value.is_reference_type()) {
            return Err(CodeRejected::ReferenceValue { offset });
        }
        self.types.push(kind);
        Ok(())
    }

    fn function(&mut self, index: u32) -> Result<(), CodeRejected> {
        let (parameters, results) =
            self.types.get(to_usize(index)).map_or((0, 0), |kind| (len(kind.params()), len(kind.results())));
        let function = u32::try_from(self.functions.len()).ok();
        bound_in(CodeLimit::Results, function, results, limits::RESULTS_MAX)?;
        self.usage.note(CodeLimit::Results, results, limits::RESULTS_MAX);
        self.parameters = self.parameters.saturating_add(parameters);
        self.usage.take(CodeLimit::ParametersTotal, self.parameters, limits::PARAMETERS_TOTAL_MAX)?;
        self.functions.push(index);
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, kind: TypeRef) -> Result<(), CodeRejected> {
        let known = imports::find(name).filter(|_| module == abi::MODULE);
        let Some(known) = known else {
            return Err(CodeRejected::UnknownImport { module: module.to_owned(), name: name.to_owned() });
        };
        let index = match kind {
            TypeRef::Func(index) => Some(index),
            _ => None,
        };
        let signature = index.and_then(|index| self.types.get(to_usize(index)));
        let same = signature
            .is_some_and(|signature| signature.params() == known.parameters && signature.results() == known.results);
        match (same, index) {
            (true, Some(index)) => {
                self.functions.push(index);
                Ok(())
            }
            _ => Err(CodeRejected::ImportSignature { name: name.to_owned() }),
        }
    }

    fn type_of(&self, function: u32) -> Option<&FuncType> {
        let index = self.functions.get(to_usize(function))?;
        self.types.get(to_usize(*index))
    }

    fn export(&mut self, name: &str, kind: ExternalKind, index: u32) -> Result<(), CodeRejected> {
        match kind {
            ExternalKind::Func => {
                let name = name.to_owned();
                if !is_method_name(&name) {
                    return Err(CodeRejected::MethodName { name });
                }
                let plain =
                    self.type_of(index).is_some_and(|kind| kind.params().is_empty() && kind.results().is_empty());
                if !plain || to_usize(index) < self.imported {
                    return Err(CodeRejected::MethodSignature { name });
                }
                self.exports.export(&name, ExportKind::Func, index);
                self.methods.push(name);
            }
            ExternalKind::Memory if name == abi::MEMORY => {
                self.exports.export(name, ExportKind::Memory, index);
                self.memory_exported = true;
            }
            // Linkers export their own globals (`__heap_base`); nothing reads them.
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, index: u32, kind: &ElementKind<'_>, items: &ElementItems<'_>) -> Result<(), CodeRejected> {
        let count = u64::from(match items {
            ElementItems::Functions(items) => items.count(),
            ElementItems::Expressions(_, items) => items.count(),
        });
        self.elements = self.elements.saturating_add(count);
        self.usage.take(CodeLimit::Elements, self.elements, limits::ELEMENTS_MAX)?;
        if let ElementKind::Active { offset_expr, .. } = kind {
            let start = constant(offset_expr)?;
            let size = self.table_elements.unwrap_or(0);
            within(SegmentKind::Element, index, start, count, size)?;
        }
        Ok(())
    }

    fn data(&mut self, index: u32, kind: &DataKind<'_>, bytes: u64) -> Result<(), CodeRejected> {
        self.data_bytes = self.data_bytes.saturating_add(bytes);
        if let DataKind::Active { offset_expr, .. } = kind {
            let start = constant(offset_expr)?;
            let size = self.memory_pages.unwrap_or(0).saturating_mul(PAGE_BYTES);
            within(SegmentKind::Data, index, start, bytes, size)?;
        }
        Ok(())
    }

    /// Indexes of the counters: after the module's own globals (none can be imported).
    fn counters(&self) -> Counters {
        let own = self.globals.as_ref().map_or(0, |section| section.count());
        Counters { gas: own, stack: own.saturating_add(1) }
    }

    fn finish(mut self) -> Result<Metered, CodeRejected> {
        let (Some(pages), true) = (self.memory_pages, self.memory_exported) else {
            return Err(CodeRejected::NoMemory);
        };
        if self.methods.is_empty() {
            return Err(CodeRejected::NoMethods);
        }
        self.methods.sort_unstable();
        let wasm = self.assemble()?;
        self.stats.metered_bytes = len(&wasm);
        self.stats.table_elements = u32::try_from(self.table_elements.unwrap_or(0)).unwrap_or(u32::MAX);
        let facts = CodeFacts {
            methods: self.methods,
            code_bytes: len(self.code),
            data_bytes: self.data_bytes,
            elements: self.elements.saturating_add(self.table_elements.unwrap_or(0)),
            memory_pages: u32::try_from(pages).unwrap_or(u32::MAX),
            layout: self.layout,
        };
        self.stats.instantiation_gas = self.costs.instantiation(&facts);
        let shares = self.usage.shares();
        Ok(Metered { wasm, facts, interface: self.interface, stats: self.stats, shares })
    }

    /// The metered module: the sections as they were, with two more globals, other exports and
    /// other bodies. Custom sections are left out.
    fn assemble(&mut self) -> Result<Vec<u8>, CodeRejected> {
        let counters = self.counters();
        let globals = self.global_section(counters)?;
        self.exports.export(GAS_EXPORT, ExportKind::Global, counters.gas).export(
            STACK_EXPORT,
            ExportKind::Global,
            counters.stack,
        );

        let mut module = Module::new();
        for id in [1, 2, 3, 4, 5] {
            self.raw_section(&mut module, id);
        }
        module.section(&RawSection { id: 6, data: &globals });
        module.section(&self.exports);
        for id in [9, 12] {
            self.raw_section(&mut module, id);
        }
        module.section(&self.bodies);
        self.raw_section(&mut module, 11);
        Ok(module.finish())
    }

    fn raw_section(&self, module: &mut Module, id: u8) {
        for (_, data) in self.raw.iter().filter(|(at, _)| *at == id) {
            module.section(&RawSection { id, data });
        }
    }

    /// The module's own globals as they were, and the two counters after them.
    fn global_section(&self, counters: Counters) -> Result<Vec<u8>, CodeRejected> {
        use wasm_encoder::{ConstExpr as Init, Encode, GlobalType, ValType};
        let mut section = Vec::new();
        counters.stack.saturating_add(1).encode(&mut section);
        if let Some(own) = &self.globals {
            let end = own.range().end;
            let start = match own.clone().into_iter_with_offsets().next() {
                Some(first) => first?.0,
                None => end,
            };
            section.extend_from_slice(self.code.get(start..end).expect("ranges come from reading this very code"));
        }
        for _ in [counters.gas, counters.stack] {
            GlobalType { val_type: ValType::I64, mutable: true, shared: false }.encode(&mut section);
            Init::i64_const(0).encode(&mut section);
        }
        Ok(section)
    }
}

/// The value of an offset, which must be a constant.
fn constant(expression: &ConstExpr<'_>) -> Result<u64, CodeRejected> {
    let mut operators = expression.get_operators_reader();
    let (first, offset) = operators.read_with_offset()?;
    match first {
        // Offsets are unsigned.
        Operator::I32Const { value } => Ok(u64::from(value.cast_unsigned())),
        _ => Err(CodeRejected::Offset { offset }),
    }
}

fn within(kind: SegmentKind, index: u32, start: u64, length: u64, size: u64) -> Result<(), CodeRejected> {
    let end = start.saturating_add(length);
    if end > size {
        return Err(CodeRejected::SegmentOutOfBounds { kind, index, end, size });
    }
    Ok(())
}

fn is_method_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= abi::limits::NAME_BYTES_MAX
        && bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn len<T>(slice: &[T]) -> u64 {
    u64::try_from(slice.len()).unwrap_or(u64::MAX)
}

fn to_usize(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
