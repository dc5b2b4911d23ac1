//! The ways through one function.

use std::collections::BTreeMap;

use wasmparser::{FunctionBody, Operator};

use crate::CodeRejected;
use crate::meter::{EditKind, Plan};

use super::MethodCost;

/// What a function may call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    /// A function, by its index.
    Function(u32),
    /// Whatever the table holds of a type, by its index.
    Type(u32),
}

/// A function's charges and the branches between them.
pub(super) struct Flow(Vec<Step>);

enum Step {
    Pay(u64),
    Open(Kind),
    Else,
    End,
    /// A branch that is taken, or may be.
    Branch {
        depth: u32,
        taken: bool,
    },
    /// What comes is not reached.
    Leave,
    Call(Callee),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
}

/// A block that the way is in.
struct Open {
    kind: Kind,
    /// At an `if` without `else` so far: the way that does not enter it.
    around: Option<u64>,
    /// The dearest way that branches to its end.
    joined: Option<u64>,
}

impl Flow {
    /// Reads a function whose charges are planned.
    pub(super) fn read(plan: &Plan, body: &FunctionBody<'_>) -> Result<Self, CodeRejected> {
        let charges: BTreeMap<usize, u64> = plan
            .edits
            .iter()
            .filter_map(|edit| match edit.kind {
                EditKind::Charge(index) => Some((edit.at, plan.charges.get(index)?.gas)),
                _ => None,
            })
            .collect();
        let mut steps: Vec<Step> = charges.get(&plan.first).map(|gas| Step::Pay(*gas)).into_iter().collect();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            push(&mut steps, &operator);
            // Where code cannot be reached there is no charge.
            steps.extend(charges.get(&operators.original_position()).map(|gas| Step::Pay(*gas)));
        }
        Ok(Self(steps))
    }

    /// The dearest way, with what each callee costs.
    pub(super) fn dearest(&self, mut of_callee: impl FnMut(Callee) -> MethodCost) -> MethodCost {
        let mut open = vec![Open { kind: Kind::Block, around: None, joined: None }];
        // `None` where nothing can run.
        let mut here = Some(0u64);
        let mut dearest = MethodCost::default();
        for step in &self.0 {
            match step {
                Step::Pay(gas) => here = here.map(|way| way.saturating_add(*gas)),
                Step::Open(kind) => {
                    let around = here.filter(|_| *kind == Kind::If);
                    open.push(Open { kind: *kind, around, joined: None });
                }
                Step::Else => {
                    if let Some(block) = open.last_mut() {
                        block.joined = block.joined.max(here);
                        here = block.around.take();
                    }
                }
                Step::End => {
                    if let Some(block) = open.pop() {
                        here = here.max(block.joined).max(block.around);
                    }
                }
                Step::Branch { depth, taken } => {
                    let target = usize::try_from(*depth).ok().and_then(|depth| open.iter_mut().nth_back(depth));
                    match target {
                        Some(block) if block.kind == Kind::Loop => dearest.repeats |= here.is_some(),
                        Some(block) => block.joined = block.joined.max(here),
                        None => {}
                    }
                    if *taken {
                        dearest.gas = dearest.gas.max(here.take().unwrap_or(0));
                    }
                }
                Step::Leave => dearest.gas = dearest.gas.max(here.take().unwrap_or(0)),
                Step::Call(callee) => {
                    here = here.map(|way| {
                        let callee = of_callee(*callee);
                        dearest.repeats |= callee.repeats;
                        way.saturating_add(callee.gas)
                    });
                }
            }
        }
        dearest.gas = dearest.gas.max(here.unwrap_or(0));
        dearest
    }
}

fn push(steps: &mut Vec<Step>, operator: &Operator<'_>) {
    let step = match operator {
        Operator::Block { .. } => Step::Open(Kind::Block),
        Operator::Loop { .. } => Step::Open(Kind::Loop),
        Operator::If { .. } => Step::Open(Kind::If),
        Operator::Else => Step::Else,
        Operator::End => Step::End,
        Operator::Br { relative_depth } => Step::Branch { depth: *relative_depth, taken: true },
        Operator::BrIf { relative_depth } => Step::Branch { depth: *relative_depth, taken: false },
        Operator::BrTable { targets } => {
            let others = targets.targets().flatten();
            steps.extend(others.map(|depth| Step::Branch { depth, taken: false }));
            Step::Branch { depth: targets.default(), taken: true }
        }
        Operator::Return | Operator::Unreachable => Step::Leave,
        Operator::Call { function_index } => Step::Call(Callee::Function(*function_index)),
        Operator::CallIndirect { type_index, .. } => Step::Call(Callee::Type(*type_index)),
        _ => return,
    };
    steps.push(step);
}
