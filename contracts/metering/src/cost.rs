//! What everything costs. One unit of gas is mostly less than a nanosecond of the reference machine
//! and at worst some fifteen: `GAS.md` has what was measured.
//!
//! The table has a version, since a change to any number changes outcomes: it comes with a protocol
//! version, and compiled code is kept by code hash and table version. `GAS.md` is the table for
//! readers.

use countersign_abi::import;
use wasmparser::Operator;

use crate::CodeFacts;

/// A cost table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Its version.
    pub version: u32,
    /// Entering a basic block.
    pub block: u64,
    /// Entering a function, for each parameter and local.
    pub local: u64,
    /// A load, by how far it can reach.
    pub load: Load,
    /// A bulk memory operation, for each 8 bytes or part of them.
    pub bulk_word: u64,
    /// A bulk table operation, for each element.
    pub bulk_element: u64,
    /// A page of memory, at instantiation or by `memory.grow`.
    pub page: u64,
    /// Deployment, by bytes of code: checking and compiling them.
    pub deploy: Linear,
    /// Instantiation: fixed, and for each byte of the module: loading compiled code from disk, whether it
    /// is in memory already or not.
    pub instantiate: Linear,
    /// Instantiation, for each 8 bytes of data segments.
    pub data_word: u64,
    /// Instantiation, for each element of the table and of its segments.
    pub element: u64,
    /// Host functions.
    pub host: HostCosts,
}

/// The cost of a load. One that misses every cache of the CPU takes fifteen times what one takes that finds its
/// value in the largest, and the code does not show which it will be; but what a memory can grow to stands in the
/// module, and a small one stays in the caches. The border is where the largest event that `provenance` takes still has
/// the lower price; half of it would be better for the time (`GAS.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// In a module whose memory can have at most [`Load::near_pages`].
    pub near: u64,
    /// In any other.
    pub far: u64,
    /// Pages of a memory that is near.
    pub near_pages: u64,
}

/// The table as it is for one module.
#[derive(Clone, Copy)]
pub(crate) struct Prices<'c> {
    pub costs: &'c Costs,
    /// What a load costs in the module.
    load: u64,
}

/// A cost that grows with a length: `fixed + each * units`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Charged always.
    pub fixed: u64,
    /// Charged for each unit (a byte unless stated otherwise).
    pub each: u64,
}

impl Linear {
    /// The cost of that many units.
    #[must_use]
    pub fn of(self, units: usize) -> u64 {
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        self.fixed.saturating_add(self.each.saturating_mul(units))
    }
}

/// Costs of the host functions, by their lengths in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCosts {
    /// Any host function that only answers a number.
    pub answer: u64,
    /// Copying bytes between guest and host; part of every function that does.
    pub copy: Linear,
    /// Looking up a storage value, by its key.
    pub read: Linear,
    /// A storage value that was found, by its length.
    pub value: Linear,
    /// Writing a storage value, by key and value.
    pub write: Linear,
    /// Removing a storage value, by its key.
    pub remove: Linear,
    /// Appending to a log, by key and entry.
    pub append: Linear,
    /// The length of a log, by its key.
    pub log_len: Linear,
    /// Reading a log's record, by its key; the record costs as a value does.
    pub log_read: Linear,
    /// An event, by name, data and attributes.
    pub emit: Linear,
    /// A call of a contract, by method and input; what it then does is on top.
    pub call: Linear,
    /// Scheduling a call, by method and input; the gas that it is given is on top.
    pub schedule: Linear,
    /// SHA-256, by length.
    pub sha256: Linear,
    /// Ed25519 verification, by the message's length.
    pub ed25519_verify: Linear,
}

impl HostCosts {
    /// The most that a host function costs besides what it costs by lengths. What a called contract uses, and
    /// what is paid ahead for a scheduled call, is on top.
    pub(crate) fn fixed(&self, name: &str) -> u64 {
        let copy = self.copy.fixed;
        let found = self.value.fixed.saturating_add(copy);
        match name {
            import::INPUT_LEN | import::RETURNED_LEN | import::RETURNED_CODE => self.answer,
            import::INPUT_READ | import::OUTPUT | import::FAIL | import::RETURNED_READ => copy,
            import::CONTEXT => self.answer.saturating_add(copy),
            import::STORAGE_READ => self.read.fixed.saturating_add(found),
            import::STORAGE_WRITE => self.write.fixed,
            import::STORAGE_REMOVE => self.remove.fixed,
            import::LOG_APPEND => self.append.fixed,
            import::LOG_LEN => self.log_len.fixed,
            import::LOG_READ => self.log_read.fixed.saturating_add(found),
            import::EMIT => self.emit.fixed,
            import::CALL => self.call.fixed,
            import::SCHEDULE => self.schedule.fixed,
            import::SHA256 => self.sha256.fixed,
            import::ED25519_VERIFY => self.ed25519_verify.fixed,
            _ => 0,
        }
    }
}

/// The table in use. The first one priced neither compiling nor loading code, and memory too low; the second had one
/// price for all loads.
pub static V3: Costs = Costs {
    version: 3,
    block: 1,
    local: 1,
    load: Load { near: 6, far: 40, near_pages: 256 },
    bulk_word: 1,
    bulk_element: 2,
    page: 10_000,
    deploy: Linear { fixed: 50_000, each: 2_000 },
    instantiate: Linear { fixed: 5_000, each: 1 },
    data_word: 1,
    element: 2,
    host: HostCosts {
        answer: 30,
        copy: Linear { fixed: 50, each: 1 },
        read: Linear { fixed: 8_000, each: 4 },
        value: Linear { fixed: 0, each: 1 },
        write: Linear { fixed: 10_000, each: 8 },
        remove: Linear { fixed: 18_000, each: 8 },
        append: Linear { fixed: 10_000, each: 8 },
        log_len: Linear { fixed: 8_000, each: 4 },
        log_read: Linear { fixed: 10_000, each: 4 },
        emit: Linear { fixed: 2_000, each: 8 },
        call: Linear { fixed: 10_000, each: 1 },
        schedule: Linear { fixed: 20_000, each: 8 },
        sha256: Linear { fixed: 1_000, each: 7 },
        ed25519_verify: Linear { fixed: 65_000, each: 5 },
    },
};

impl Costs {
    /// What instantiating code of these facts costs.
    #[must_use]
    pub fn instantiation(&self, facts: &CodeFacts) -> u64 {
        self.instantiate
            .of(usize::try_from(facts.code_bytes).unwrap_or(usize::MAX))
            .saturating_add(self.page.saturating_mul(u64::from(facts.memory_pages)))
            .saturating_add(self.data_word.saturating_mul(facts.data_bytes.div_ceil(8)))
            .saturating_add(self.element.saturating_mul(facts.elements))
    }

    /// The table for a module that declares this maximum of pages for its memory.
    pub(crate) fn prices(&self, pages_max: Option<u64>) -> Prices<'_> {
        let Load { near, far, near_pages } = self.load;
        let load = if pages_max.is_some_and(|pages| pages <= near_pages) { near } else { far };
        Prices { costs: self, load }
    }
}

impl Prices<'_> {
    /// The fixed cost of an instruction; `None` if it is not accepted. The list is the whole of
    /// what guests may use: an instruction that is not here is refused, whatever the validator says.
    pub(crate) fn operator(self, operator: &Operator<'_>) -> Option<u64> {
        use Operator as O;
        Some(match operator {
            O::Nop | O::Block { .. } | O::Loop { .. } | O::Else | O::End | O::Drop => 0,

            O::LocalGet { .. }
            | O::LocalSet { .. }
            | O::LocalTee { .. }
            | O::I32Const { .. }
            | O::I64Const { .. }
            | O::F32Const { .. }
            | O::F64Const { .. }
            | O::Unreachable
            | O::Br { .. }
            | O::Return
            | O::Select
            | O::TypedSelect { .. }
            | O::GlobalGet { .. } => 1,

            O::If { .. } | O::BrIf { .. } | O::GlobalSet { .. } | O::MemorySize { .. } => 2,
            O::BrTable { .. } => 5,
            O::Call { .. } => 10,
            O::CallIndirect { .. } => 20,

            O::I32Load { .. }
            | O::I64Load { .. }
            | O::F32Load { .. }
            | O::F64Load { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Load16S { .. }
            | O::I32Load16U { .. }
            | O::I64Load8S { .. }
            | O::I64Load8U { .. }
            | O::I64Load16S { .. }
            | O::I64Load16U { .. }
            | O::I64Load32S { .. }
            | O::I64Load32U { .. } => self.load,

            O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. } => 2,

            O::I32Eqz
            | O::I32Eq
            | O::I32Ne
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::I64Eqz
            | O::I64Eq
            | O::I64Ne
            | O::I64LtS
            | O::I64LtU
            | O::I64GtS
            | O::I64GtU
            | O::I64LeS
            | O::I64LeU
            | O::I64GeS
            | O::I64GeU
            | O::I32Add
            | O::I32Sub
            | O::I32And
            | O::I32Or
            | O::I32Xor
            | O::I32Shl
            | O::I32ShrS
            | O::I32ShrU
            | O::I32Rotl
            | O::I32Rotr
            | O::I64Add
            | O::I64Sub
            | O::I64And
            | O::I64Or
            | O::I64Xor
            | O::I64Shl
            | O::I64ShrS
            | O::I64ShrU
            | O::I64Rotl
            | O::I64Rotr
            | O::I32WrapI64
            | O::I64ExtendI32S
            | O::I64ExtendI32U
            | O::I32Extend8S
            | O::I32Extend16S
            | O::I64Extend8S
            | O::I64Extend16S
            | O::I64Extend32S
            | O::I32ReinterpretF32
            | O::I64ReinterpretF64
            | O::F32ReinterpretI32
            | O::F64ReinterpretI64 => 1,

            O::I32Clz | O::I32Ctz | O::I32Popcnt | O::I64Clz | O::I64Ctz | O::I64Popcnt | O::I32Mul | O::I64Mul => 2,

            O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 10,
            O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 20,

            O::F32Abs
            | O::F32Neg
            | O::F32Copysign
            | O::F64Abs
            | O::F64Neg
            | O::F64Copysign
            | O::F32Eq
            | O::F32Ne
            | O::F32Lt
            | O::F32Gt
            | O::F32Le
            | O::F32Ge
            | O::F64Eq
            | O::F64Ne
            | O::F64Lt
            | O::F64Gt
            | O::F64Le
            | O::F64Ge => 2,

            // With the canonicalisation of NaN that follows each.
            O::F32Add
            | O::F32Sub
            | O::F32Mul
            | O::F64Add
            | O::F64Sub
            | O::F64Mul
            | O::F32ConvertI32S
            | O::F32ConvertI32U
            | O::F32ConvertI64S
            | O::F32ConvertI64U
            | O::F64ConvertI32S
            | O::F64ConvertI32U
            | O::F64ConvertI64S
            | O::F64ConvertI64U
            | O::F32DemoteF64
            | O::F64PromoteF32
            | O::I32TruncF32S
            | O::I32TruncF32U
            | O::I32TruncF64S
            | O::I32TruncF64U
            | O::I64TruncF32S
            | O::I64TruncF32U
            | O::I64TruncF64S
            | O::I64TruncF64U
            | O::I32TruncSatF32S
            | O::I32TruncSatF32U
            | O::I32TruncSatF64S
            | O::I32TruncSatF64U
            | O::I64TruncSatF32S
            | O::I64TruncSatF32U
            | O::I64TruncSatF64S
            | O::I64TruncSatF64U => 6,

            // Library calls on machines without the instruction.
            O::F32Min
            | O::F32Max
            | O::F64Min
            | O::F64Max
            | O::F32Ceil
            | O::F32Floor
            | O::F32Trunc
            | O::F32Nearest
            | O::F64Ceil
            | O::F64Floor
            | O::F64Trunc
            | O::F64Nearest
            | O::F32Div
            | O::F64Div
            | O::F32Sqrt
            | O::F64Sqrt => 20,

            O::MemoryGrow { .. } => 1_000,
            O::MemoryCopy { .. }
            | O::MemoryFill { .. }
            | O::MemoryInit { .. }
            | O::TableCopy { .. }
            | O::TableInit { .. }
            | O::DataDrop { .. }
            | O::ElemDrop { .. } => 60,

            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
