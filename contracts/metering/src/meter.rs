//! Writes the counting of gas and stack into a function's code.
//!
//! Two mutable globals are added to a module: the gas that is left and the stack slots that are
//! left. The rules:
//!
//! - A basic block is charged whole when it is entered, before any of its instructions run.
//! - The charge is checked at a function's entry and at a loop's head. Every cycle passes one of
//!   the two, so at most one pass through one function's code runs after gas is exhausted. Host
//!   functions, bulk operations, `memory.grow` and the end of the call check as well, so that
//!   nothing but such arithmetic happens in between.
//! - Bulk operations and `memory.grow` are charged and checked by their operand before they run.
//!   Growing by more pages than a memory can have answers −1 at once.
//! - A function that calls others takes its frame from the stack counter at its entry and gives it
//!   back at its end; its body becomes a block, so that `return` becomes a branch to that end. A
//!   function that calls nothing only compares.
//! - Exhaustion ends in `unreachable`. The globals tell it from the guest's own: gas below zero
//!   means out of gas, whatever the trap; else stack below zero means stack overflow.
//! - Code after an unconditional branch, which can never run, is left out.
//!
//! The counters are plain WebAssembly globals, so the standard itself defines their value at every
//! call, trap and return; no compiler may change it.

mod plan;
mod writer;

#[cfg(test)]
mod tests;

use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, ValType, ValidatorResources};

use crate::cost::Prices;
use crate::limits;
use crate::reject::CodeRejected;

pub(crate) use plan::{EditKind, Plan};
use writer::Writer;

/// Version of the metered form. Code compiled from another one is not loaded from disk; a change to a
/// single byte of the form is a new version, which the golden test of this crate sees.
pub const VERSION: u32 = 1;

/// Indexes of the globals that count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    /// Gas left, `i64`.
    pub gas: u32,
    /// Stack slots left, `i64`.
    pub stack: u32,
}

/// A function with its counting.
pub(crate) struct MeteredFunction {
    /// Its body as the code section holds it, without its length.
    pub body: Vec<u8>,
    /// Its instructions.
    pub instructions: u64,
    /// Those of them that call.
    pub calls: u64,
    /// Basic blocks charged for.
    pub blocks: u64,
    /// Parameters and locals.
    pub locals: u64,
    /// Its length.
    pub bytes: u64,
    /// Highest operand stack.
    pub operands: u64,
    /// Deepest nesting.
    pub nesting: u64,
    /// Most targets of a `br_table`.
    pub targets: u64,
}

impl MeteredFunction {
    /// What a compiler does for it at most, in units of one simple instruction.
    pub fn work(&self) -> u64 {
        limits::FUNCTION_WORK
            .saturating_add(self.instructions)
            .saturating_add(self.calls.saturating_mul(limits::CALL_WORK))
            .saturating_add(self.blocks.saturating_mul(limits::BLOCK_WORK))
    }
}

/// Validates a function and writes its counting. `code` is the whole module, `result` the
/// function's result type.
pub(crate) fn meter(
    code: &[u8],
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    result: Option<ValType>,
    counters: Counters,
    prices: Prices<'_>,
    allocations: &mut FuncValidatorAllocations,
) -> Result<MeteredFunction, CodeRejected> {
    let plan = Plan::scan(function, body, prices, allocations)?;
    let (instructions, calls) = (plan.instructions, plan.calls);
    let blocks = u64::try_from(plan.charges.len()).unwrap_or(u64::MAX);
    let (locals, operands, nesting, targets) = (plan.locals, plan.operands, plan.nesting, plan.targets);
    Ok(MeteredFunction {
        body: Writer { code, plan: &plan, counters, costs: prices.costs, result }.write(),
        instructions,
        calls,
        blocks,
        locals,
        bytes: u64::try_from(body.range().len()).unwrap_or(u64::MAX),
        operands,
        nesting,
        targets,
    })
}
