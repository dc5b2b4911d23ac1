//! What is to be charged where in a function: one scan of its code, beside the validator's.

use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, ValType, ValidatorResources};

use crate::cost::{Costs, Prices};
use crate::limits;
use crate::reject::{CodeLimit, CodeRejected, bound_in};

/// Fixed part of a frame, in slots of 8 bytes.
const FRAME_SLOTS: u64 = 16;
/// Instructions to one further slot of a frame.
const INSTRUCTIONS_PER_SLOT: u64 = 4;

/// What is to be charged where.
pub(crate) struct Plan {
    /// Declared locals as in the code, by count and type.
    pub declared: Vec<(u32, ValType)>,
    /// Parameters and locals: the index of the first local that is free.
    pub locals: u64,
    /// Basic blocks.
    pub charges: Vec<Charge>,
    /// Changes to the code, by ascending offset.
    pub edits: Vec<Edit>,
    /// Where the instructions begin and where the final `end` is.
    pub first: usize,
    pub last: usize,
    pub instructions: u64,
    pub operands: u64,
    pub nesting: u64,
    /// Most targets of a `br_table`.
    pub targets: u64,
    /// Instructions that call.
    pub calls: u64,
    /// Whether a local is needed to keep an operand in.
    pub keeps_operand: bool,
}

#[derive(Default)]
pub(crate) struct Charge {
    pub gas: u64,
    pub check: bool,
}

pub(crate) struct Edit {
    pub at: usize,
    pub kind: EditKind,
}

pub(crate) enum EditKind {
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
    pub(crate) fn scan(
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        prices: Prices<'_>,
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
                nesting: 0,
                targets: 0,
                calls: 0,
                keeps_operand: false,
            },
            open: vec![Open { is_if: false, is_loop: false, joined: false }],
            charge: None,
            dead_from: None,
            dead_depth: 0,
            costs: prices.costs,
        };
        scan.enter(scan.plan.first, true);
        scan.pay(prices.costs.local.saturating_mul(locals));

        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            let next = operators.original_position();
            let Some(cost) = prices.operator(&operator) else {
                // Words from the validator's own verdict first: it names the proposal.
                validator.op(offset, &operator)?;
                return Err(CodeRejected::Opcode { function: index, offset, opcode: opcode_name(&operator) });
            };
            if let Operator::BrTable { targets } = &operator {
                let count = u64::from(targets.len());
                bound_in(CodeLimit::BrTable, within, count, limits::BR_TABLE_MAX)?;
                scan.plan.targets = scan.plan.targets.max(count);
            }
            validator.op(offset, &operator)?;
            scan.plan.instructions = scan.plan.instructions.saturating_add(1);
            let operands = u64::from(validator.operand_stack_height());
            scan.plan.operands = scan.plan.operands.max(operands);
            bound_in(CodeLimit::Operands, within, operands, limits::OPERANDS_MAX)?;
            let nesting = u64::from(validator.control_stack_height());
            scan.plan.nesting = scan.plan.nesting.max(nesting);
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
    pub(super) fn frame(&self) -> u64 {
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
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                self.plan.calls = self.plan.calls.saturating_add(1)
            }
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

/// The instruction's name, without its operands.
fn opcode_name(operator: &Operator<'_>) -> String {
    let debug = format!("{operator:?}");
    debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
