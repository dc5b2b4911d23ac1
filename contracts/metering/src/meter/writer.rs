//! A function's code, written anew with its counting as the plan says.

use wasm_encoder::{BlockType, Encode, Instruction as I, ValType as Encoded};
use wasmparser::ValType;

use super::Counters;
use super::plan::{Charge, EditKind, Plan};
use crate::cost::Costs;
use crate::limits;

/// Writes a function as its plan says.
pub(super) struct Writer<'p> {
    pub code: &'p [u8],
    pub plan: &'p Plan,
    pub counters: Counters,
    pub costs: &'p Costs,
    pub result: Option<ValType>,
}

impl Writer<'_> {
    pub(super) fn write(&self) -> Vec<u8> {
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
        if self.plan.calls > 0 {
            emit(out, &[I::GlobalSet(stack), I::GlobalGet(stack)]);
        }
        emit(out, &[I::GlobalGet(gas), I::I64Or, I::I64Const(0), I::I64LtS, I::If(BlockType::Empty)]);
        if self.plan.calls == 0 {
            emit(out, &[I::I64Const(-1), I::GlobalSet(stack)]);
        }
        emit(out, &[I::Unreachable, I::End]);
        let block = self.result.map_or(BlockType::Empty, |kind| BlockType::Result(encoded(kind)));
        emit(out, &[I::Block(block)]);
    }

    fn exit(&self, out: &mut Vec<u8>) {
        emit(out, &[I::End]);
        if self.plan.calls > 0 {
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
fn encoded(kind: ValType) -> Encoded {
    match kind {
        ValType::I64 => Encoded::I64,
        ValType::F32 => Encoded::F32,
        ValType::F64 => Encoded::F64,
        ValType::I32 | ValType::V128 | ValType::Ref(_) => Encoded::I32,
    }
}
