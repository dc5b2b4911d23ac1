//! Bounds of code, with their arithmetic: what the check compares a module with.
//!
//! Every one of them decides which code may be deployed, so it is part of the protocol: it changes only
//! with a protocol version.

/// Longest module, in bytes.
pub const CODE_BYTES_MAX: u64 = 1 << 20;
/// Function types.
pub const TYPES_MAX: u64 = 2_000;
/// Imports. There are fewer host functions, but a module may import one twice.
pub const IMPORTS_MAX: u64 = 100;
/// Defined functions.
pub const FUNCTIONS_MAX: u64 = 20_000;
/// Globals.
pub const GLOBALS_MAX: u64 = 1_000;
/// Exports.
pub const EXPORTS_MAX: u64 = 1_000;
/// Data segments.
pub const DATA_SEGMENTS_MAX: u64 = 10_000;
/// Element segments.
pub const ELEMENT_SEGMENTS_MAX: u64 = 1_000;
/// Tables.
pub const TABLES_MAX: u64 = 1;
/// Elements a table starts with; it cannot grow.
pub const TABLE_ELEMENTS_MAX: u64 = 2_500;
/// Functions in all element segments together, passive ones included.
pub const ELEMENTS_MAX: u64 = 20_000;
/// Memories.
pub const MEMORIES_MAX: u64 = 1;
/// Pages of 64 KiB that one contract's memory can reach: 32 MiB.
pub const MEMORY_PAGES_MAX: u32 = 512;
/// Parameters of a function or block.
pub const PARAMETERS_MAX: u64 = 100;
/// Results of a function.
pub const RESULTS_MAX: u64 = 1;
/// Results of a block.
pub const BLOCK_RESULTS_MAX: u64 = 16;
/// Parameters of all functions together.
pub const PARAMETERS_TOTAL_MAX: u64 = 100_000;
/// Longest body of one function, in bytes: what a compiler does for an instruction or a block grows with its function.
pub const FUNCTION_BYTES_MAX: u64 = 128 << 10;
/// Parameters and locals of one function.
pub const LOCALS_MAX: u64 = 4_096;
/// Basic blocks of one function; likewise.
pub const BLOCKS_MAX: u64 = 10_000;
/// Highest operand stack of one function.
pub const OPERANDS_MAX: u64 = 1_024;
/// Blocks within blocks in one function.
pub const NESTING_MAX: u64 = 1_024;
/// Targets of one `br_table`.
pub const BR_TABLE_MAX: u64 = 256;
/// Blocks × (locals + 1), over all functions: what building SSA form costs a compiler at worst.
/// 1 MiB of ordinary code (50 blocks × 20 locals × 1,500 functions) needs a tenth.
pub const BLOCK_LOCALS_MAX: u64 = 16 << 20;
/// Work of a compiler with all functions, in units of one instruction that does not call: 2.3 times what the largest contract that
/// ships needs (provenance; GAS.md says how long that takes). 1 MiB of ordinary code needs about 1,050,000.
pub const WORK_MAX: u64 = 1_250_000;
/// Work of a function beside its instructions.
pub const FUNCTION_WORK: u64 = 30;
/// Work of an instruction that calls, beside that of any.
pub const CALL_WORK: u64 = 2;
/// Work of a basic block beside its instructions: the counting of gas, and joining what is alive.
pub const BLOCK_WORK: u64 = 15;
