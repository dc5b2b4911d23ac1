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

use wasm_encoder::{BlockType, Encode, Instruction as I, ValType as Encoded};
use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, ValType, ValidatorResources};

use crate::cost::Costs;
use crate::limits;
use crate::reject::{CodeLimit, CodeRejected, bound_in};

/// Fixed part of a frame, in slots of 8 bytes.
const FRAME_SLOTS: u64 = 16;
/// Instructions to one further slot of a frame.
const INSTRUCTIONS_PER_SLOT: u64 = 4;

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
    /// Basic blocks charged for.
    pub blocks: u64,
    /// Parameters and locals.
    pub locals: u64,
}

/// Validates a function and writes its counting. `code` is the whole module, `result` the
/// function's result type.
pub(crate) fn meter(
    code: &[u8],
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    result: Option<ValType>,
    counters: Counters,
    costs: &Costs,
    allocations: &mut FuncValidatorAllocations,
) -> Result<MeteredFunction, CodeRejected> {
    let plan = Plan::scan(function, body, costs, allocations)?;
    let instructions = plan.instructions;
    let blocks = u64::try_from(plan.charges.len()).unwrap_or(u64::MAX);
    let locals = plan.locals;
    Ok(MeteredFunction {
        body: Writer { code, plan: &plan, counters, costs, result }.write(),
        instructions,
        blocks,
        locals,
    })
}

/// What is to be charged where.
struct Plan {
    /// Declared locals as in the code, by count and type.
    declared: Vec<(u32, ValType)>,
    /// Parameters and locals: the index of the first local that is free.
    locals: u64,
    /// Basic blocks.
    charges: Vec<Charge>,
    /// Changes to the code, by ascending offset.
    edits: Vec<Edit>,
    /// Where the instructions begin and where the final `end` is.
    first: usize,
    last: usize,
    instructions: u64,
    operands: u64,
    calls: bool,
    /// Whether a local is needed to keep an operand in.
    keeps_operand: bool,
}

#[derive(Default)]
struct Charge {
    gas: u64,
    check: bool,
}

struct Edit {
    at: usize,
    kind: EditKind,
}

enum EditKind {
    /// Charge for the block that begins here.
    Charge(usize),
    /// Leave out what stands before this offset.
    SkipTo(usize),
    /// Replace the `return` that ends before this offset by a branch of this depth.
    Return { next: usize, depth: u32 },
    /// Charge for a length on top of the stack: `each` for every `1 << shift` units.
    Bulk { shift: i64, each: u64 },
    /// Replace the `memory.grow` that ends before this offset.
    Grow { next: usize },
}

/// A block that is open during the scan.
struct Open {
    is_if: bool,
    is_loop: bool,
    /// Something branches to its end.
    joined: bool,
}

impl Plan {
    fn scan(
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        costs: &Costs,
        allocations: &mut FuncValidatorAllocations,
    ) -> Result<Self, CodeRejected> {
        let index = function.index;
        let within = Some(index);
        let length = u64::try_from(body.range().len()).unwrap_or(u64::MAX);
        bound_in(CodeLimit::FunctionBytes, within, length, limits::FUNCTION_BYTES_MAX)?;

        let mut validator = function.into_validator(std::mem::take(allocations));
        let mut locals = u64::from(validator.len_locals());
        let mut declared = Vec::new();
        let mut reader = body.get_locals_reader()?;
        for _ in 0..reader.get_count() {
            let offset = reader.original_position();
            let (count, kind) = reader.read()?;
            locals = locals.saturating_add(u64::from(count));
            bound_in(CodeLimit::Locals, within, locals, limits::LOCALS_MAX)?;
            if kind.is_reference_type() {
                return Err(CodeRejected::ReferenceValue { offset });
            }
            validator.define_locals(offset, count, kind)?;
            declared.push((count, kind));
        }

        let mut operators = body.get_operators_reader()?;
        let mut scan = Scan {
            plan: Self {
                declared,
                locals,
                charges: Vec::new(),
                edits: Vec::new(),
                first: operators.original_position(),
                last: operators.original_position(),
                instructions: 0,
                operands: 0,
                calls: false,
                keeps_operand: false,
            },
            open: vec![Open { is_if: false, is_loop: false, joined: false }],
            charge: None,
            dead_from: None,
            dead_depth: 0,
            costs,
        };
        scan.enter(scan.plan.first, true);
        scan.pay(costs.local.saturating_mul(locals));

        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            let next = operators.original_position();
            let Some(cost) = costs.operator(&operator) else {
                // Words from the validator's own verdict first: it names the proposal.
                validator.op(offset, &operator)?;
                return Err(CodeRejected::Opcode { function: index, offset, opcode: opcode_name(&operator) });
            };
            if let Operator::BrTable { targets } = &operator {
                let count = u64::from(targets.len());
                bound_in(CodeLimit::BrTable, within, count, limits::BR_TABLE_MAX)?;
            }
            validator.op(offset, &operator)?;
            scan.plan.instructions = scan.plan.instructions.saturating_add(1);
            let operands = u64::from(validator.operand_stack_height());
            scan.plan.operands = scan.plan.operands.max(operands);
            bound_in(CodeLimit::Operands, within, operands, limits::OPERANDS_MAX)?;
            let nesting = u64::from(validator.control_stack_height());
            bound_in(CodeLimit::Nesting, within, nesting, limits::NESTING_MAX)?;
            scan.operator(&operator, cost, offset, next);
            let blocks = u64::try_from(scan.plan.charges.len()).unwrap_or(u64::MAX);
            bound_in(CodeLimit::Blocks, within, blocks, limits::BLOCKS_MAX)?;
        }
        operators.finish()?;
        *allocations = validator.into_allocations();
        Ok(scan.plan)
    }

    /// Slots of the function's frame.
    fn frame(&self) -> u64 {
        FRAME_SLOTS
            .saturating_add(self.locals)
            .saturating_add(self.operands)
            .saturating_add(self.instructions / INSTRUCTIONS_PER_SLOT)
    }
}

/// The scan's place in the code.
struct Scan<'c> {
    plan: Plan,
    /// Enclosing blocks, the function's own first.
    open: Vec<Open>,
    /// The basic block being summed up; `None` where nothing can run.
    charge: Option<usize>,
    /// Where dead code began.
    dead_from: Option<usize>,
    /// Blocks opened within dead code.
    dead_depth: u32,
    costs: &'c Costs,
}

impl Scan<'_> {
    fn operator(&mut self, operator: &Operator<'_>, cost: u64, offset: usize, next: usize) {
        if self.charge.is_none() && !self.leaves_dead_code(operator, offset) {
            return;
        }
        self.pay(cost);
        match operator {
            Operator::Block { .. } => self.push(false, false),
            Operator::Loop { .. } => {
                self.push(false, true);
                self.enter(next, true);
            }
            Operator::If { .. } => {
                self.push(true, false);
                self.enter(next, false);
            }
            Operator::Else => self.enter(next, false),
            Operator::End => self.end(offset, next),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.die(next);
            }
            Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth);
                self.enter(next, false);
            }
            Operator::BrTable { targets } => {
                for depth in targets.targets().flatten() {
                    self.branch(depth);
                }
                self.branch(targets.default());
                self.die(next);
            }
            Operator::Return => {
                let depth = u32::try_from(self.open.len().saturating_sub(1)).unwrap_or(u32::MAX);
                self.edit(offset, EditKind::Return { next, depth });
                self.die(next);
            }
            Operator::Unreachable => self.die(next),
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.plan.calls = true,
            Operator::MemoryGrow { .. } => {
                self.plan.keeps_operand = true;
                self.edit(offset, EditKind::Grow { next });
            }
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => {
                self.bulk(offset, 3, self.costs.bulk_word)
            }
            Operator::TableCopy { .. } | Operator::TableInit { .. } => {
                self.bulk(offset, 0, self.costs.bulk_element);
            }
            _ => {}
        }
    }

    /// In dead code: whether this instruction ends it.
    fn leaves_dead_code(&mut self, operator: &Operator<'_>, offset: usize) -> bool {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.dead_depth = self.dead_depth.saturating_add(1);
                return false;
            }
            Operator::End if self.dead_depth > 0 => {
                self.dead_depth = self.dead_depth.saturating_sub(1);
                return false;
            }
            Operator::Else if self.dead_depth == 0 => {}
            Operator::End => {}
            _ => return false,
        }
        if let Some(from) = self.dead_from.take()
            && from < offset
        {
            self.edit(from, EditKind::SkipTo(offset));
        }
        true
    }

    fn push(&mut self, is_if: bool, is_loop: bool) {
        self.open.push(Open { is_if, is_loop, joined: false });
    }

    /// The end of a block. What follows is a new basic block if something else than what stands
    /// before it leads there.
    fn end(&mut self, offset: usize, next: usize) {
        let Some(block) = self.open.pop() else { return };
        if self.open.is_empty() {
            self.plan.last = offset;
        } else if block.joined || block.is_if || self.charge.is_none() {
            self.enter(next, false);
        }
    }

    fn branch(&mut self, depth: u32) {
        let target = usize::try_from(depth).ok().and_then(|depth| self.open.len().checked_sub(depth.saturating_add(1)));
        if let Some(block) = target.and_then(|at| self.open.get_mut(at))
            && !block.is_loop
        {
            block.joined = true;
        }
    }

    /// Begins a basic block.
    fn enter(&mut self, at: usize, check: bool) {
        let charge = self.plan.charges.len();
        self.plan.charges.push(Charge { gas: self.costs.block, check });
        self.charge = Some(charge);
        self.edit(at, EditKind::Charge(charge));
    }

    /// Begins dead code.
    fn die(&mut self, next: usize) {
        self.charge = None;
        self.dead_from = Some(next);
        self.dead_depth = 0;
    }

    fn pay(&mut self, gas: u64) {
        if let Some(charge) = self.charge.and_then(|at| self.plan.charges.get_mut(at)) {
            charge.gas = charge.gas.saturating_add(gas);
        }
    }

    fn bulk(&mut self, at: usize, shift: i64, each: u64) {
        self.plan.keeps_operand = true;
        self.edit(at, EditKind::Bulk { shift, each });
    }

    fn edit(&mut self, at: usize, kind: EditKind) {
        self.plan.edits.push(Edit { at, kind });
    }
}

/// Writes a function as its plan says.
struct Writer<'p> {
    code: &'p [u8],
    plan: &'p Plan,
    counters: Counters,
    costs: &'p Costs,
    result: Option<ValType>,
}

impl Writer<'_> {
    fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.plan.last.saturating_sub(self.plan.first) * 2 + 64);
        self.locals(&mut out);
        let mut from = self.plan.first;
        for edit in &self.plan.edits {
            self.copy(&mut out, from, edit.at);
            from = from.max(edit.at);
            match edit.kind {
                EditKind::Charge(0) => self.entry(&mut out),
                EditKind::Charge(at) => {
                    if let Some(charge) = self.plan.charges.get(at) {
                        self.charge(&mut out, charge);
                    }
                }
                EditKind::SkipTo(next) => from = next,
                EditKind::Return { next, depth } => {
                    emit(&mut out, &[I::Br(depth)]);
                    from = next;
                }
                EditKind::Bulk { shift, each } => self.bulk(&mut out, shift, each),
                EditKind::Grow { next } => {
                    self.grow(&mut out);
                    from = next;
                }
            }
        }
        self.copy(&mut out, from, self.plan.last);
        self.exit(&mut out);
        out
    }

    fn copy(&self, out: &mut Vec<u8>, from: usize, to: usize) {
        if from < to {
            out.extend_from_slice(self.code.get(from..to).expect("offsets come from reading this very code"));
        }
    }

    fn locals(&self, out: &mut Vec<u8>) {
        let own = u32::from(self.plan.keeps_operand);
        let count = u32::try_from(self.plan.declared.len()).unwrap_or(u32::MAX);
        (count.saturating_add(own)).encode(out);
        for (count, kind) in &self.plan.declared {
            count.encode(out);
            encoded(*kind).encode(out);
        }
        if self.plan.keeps_operand {
            1u32.encode(out);
            Encoded::I32.encode(out);
        }
    }

    /// Index of the local that keeps an operand.
    fn kept(&self) -> u32 {
        u32::try_from(self.plan.locals).unwrap_or(u32::MAX)
    }

    fn entry(&self, out: &mut Vec<u8>) {
        let Counters { gas, stack } = self.counters;
        let frame = signed(self.plan.frame());
        let charge = self.plan.charges.first().map_or(0, |charge| charge.gas);
        emit(
            out,
            &[
                I::GlobalGet(gas),
                I::I64Const(signed(charge)),
                I::I64Sub,
                I::GlobalSet(gas),
                I::GlobalGet(stack),
                I::I64Const(frame),
                I::I64Sub,
            ],
        );
        if self.plan.calls {
            emit(out, &[I::GlobalSet(stack), I::GlobalGet(stack)]);
        }
        emit(out, &[I::GlobalGet(gas), I::I64Or, I::I64Const(0), I::I64LtS, I::If(BlockType::Empty)]);
        if !self.plan.calls {
            emit(out, &[I::I64Const(-1), I::GlobalSet(stack)]);
        }
        emit(out, &[I::Unreachable, I::End]);
        let block = self.result.map_or(BlockType::Empty, |kind| BlockType::Result(encoded(kind)));
        emit(out, &[I::Block(block)]);
    }

    fn exit(&self, out: &mut Vec<u8>) {
        emit(out, &[I::End]);
        if self.plan.calls {
            let stack = self.counters.stack;
            emit(out, &[I::GlobalGet(stack), I::I64Const(signed(self.plan.frame())), I::I64Add, I::GlobalSet(stack)]);
        }
        emit(out, &[I::End]);
    }

    fn charge(&self, out: &mut Vec<u8>, charge: &Charge) {
        let gas = self.counters.gas;
        emit(out, &[I::GlobalGet(gas), I::I64Const(signed(charge.gas)), I::I64Sub, I::GlobalSet(gas)]);
        if charge.check {
            self.check(out);
        }
    }

    fn check(&self, out: &mut Vec<u8>) {
        emit(
            out,
            &[
                I::GlobalGet(self.counters.gas),
                I::I64Const(0),
                I::I64LtS,
                I::If(BlockType::Empty),
                I::Unreachable,
                I::End,
            ],
        );
    }

    fn bulk(&self, out: &mut Vec<u8>, shift: i64, each: u64) {
        let (gas, kept) = (self.counters.gas, self.kept());
        let round = (1i64 << shift).saturating_sub(1);
        emit(
            out,
            &[
                I::LocalSet(kept),
                I::GlobalGet(gas),
                I::LocalGet(kept),
                I::I64ExtendI32U,
                I::I64Const(round),
                I::I64Add,
                I::I64Const(shift),
                I::I64ShrU,
                I::I64Const(signed(each)),
                I::I64Mul,
                I::I64Sub,
                I::GlobalSet(gas),
            ],
        );
        self.check(out);
        emit(out, &[I::LocalGet(kept)]);
    }

    fn grow(&self, out: &mut Vec<u8>) {
        let (gas, kept) = (self.counters.gas, self.kept());
        let max = i32::try_from(limits::MEMORY_PAGES_MAX).unwrap_or(i32::MAX);
        emit(
            out,
            &[
                I::LocalTee(kept),
                I::I32Const(max),
                I::I32GtU,
                I::If(BlockType::Result(Encoded::I32)),
                I::I32Const(-1),
                I::Else,
                I::GlobalGet(gas),
                I::LocalGet(kept),
                I::I64ExtendI32U,
                I::I64Const(signed(self.costs.page)),
                I::I64Mul,
                I::I64Sub,
                I::GlobalSet(gas),
            ],
        );
        self.check(out);
        emit(out, &[I::LocalGet(kept), I::MemoryGrow(0), I::End]);
    }
}

fn emit(out: &mut Vec<u8>, instructions: &[I<'_>]) {
    for instruction in instructions {
        instruction.encode(out);
    }
}

/// A cost as the operand of an instruction. A function's costs are bounded by its length, far below
/// the limit.
fn signed(cost: u64) -> i64 {
    i64::try_from(cost).expect("costs of one function fit")
}

/// A number type as the encoder knows it. References were refused before.
pub(crate) fn encoded(kind: ValType) -> Encoded {
    match kind {
        ValType::I64 => Encoded::I64,
        ValType::F32 => Encoded::F32,
        ValType::F64 => Encoded::F64,
        ValType::I32 | ValType::V128 | ValType::Ref(_) => Encoded::I32,
    }
}

/// The instruction's name, without its operands.
fn opcode_name(operator: &Operator<'_>) -> String {
    let debug = format!("{operator:?}");
    debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
