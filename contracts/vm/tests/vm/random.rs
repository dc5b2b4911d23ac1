//! Random programs, run by the machine, by an interpreter and by a plain evaluator of their syntax tree that
//! counts gas instruction by instruction. All must come to the same value and the same gas, whatever the
//! optimisation level; and metering must not change what a program computes. What methods cost by their
//! code alone must be enough for what they use.

use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::OnceLock;

use countersign_abi::trap;
use countersign_metering::{MethodCost, V3, check, static_costs};
use countersign_vm::{OptLevel, Vm};
use proptest::prelude::*;

use crate::bare::{After, Bare, STACK_SLOTS};
use crate::interpreter::Interpreter;
use crate::world::{GAS, World, call, machine, output, trapped, vm, with};

/// Locals that programs compute with; loop counters come after them.
const VALUES: usize = 4;

#[derive(Clone, Debug)]
enum Value {
    Const(i64),
    Local(usize),
    Add(Box<Value>, Box<Value>),
    Mul(Box<Value>, Box<Value>),
    Xor(Box<Value>, Box<Value>),
    /// Division by the second, made odd so that it is not zero.
    Div(Box<Value>, Box<Value>),
    /// Call of a function that calls another.
    Call(Box<Value>),
}

#[derive(Clone, Debug)]
enum Step {
    Set(usize, Value),
    If(Value, Vec<Step>),
    IfElse(Value, Vec<Step>, Vec<Step>),
    Loop(u8, Vec<Step>),
    Escape(Value, Vec<Step>),
    Switch(Value, Vec<Step>),
    ReturnIf(Value),
    Fill(u16),
    Grow,
}

/// Runs a program by its tree.
struct Evaluator {
    locals: Vec<i64>,
    gas: u64,
    /// Of it, what depends on lengths.
    by_lengths: u64,
}

struct Returned;

impl Evaluator {
    fn value(&mut self, value: &Value) -> i64 {
        let (operands, cost): (Vec<&Value>, u64) = match value {
            Value::Const(_) | Value::Local(_) => (vec![], 1),
            Value::Add(a, b) | Value::Xor(a, b) => (vec![a, b], 1),
            Value::Mul(a, b) => (vec![a, b], 2),
            Value::Div(a, b) => (vec![a, b], 22),
            // The call, its entry and parameter, `3 * x` and a call of `x + 1` likewise.
            Value::Call(a) => (vec![a], 10 + 2 + (1 + 1 + 2) + 10 + 2 + 3),
        };
        let operands: Vec<i64> = operands.into_iter().map(|value| self.value(value)).collect();
        self.gas += cost;
        match (value, operands.as_slice()) {
            (Value::Const(value), _) => *value,
            (Value::Local(index), _) => self.locals[*index],
            (Value::Add(..), [a, b]) => a.wrapping_add(*b),
            (Value::Mul(..), [a, b]) => a.wrapping_mul(*b),
            (Value::Xor(..), [a, b]) => a ^ b,
            (Value::Div(..), [a, b]) => ((*a as u64) / ((*b | 1) as u64)) as i64,
            (Value::Call(..), [a]) => a.wrapping_mul(3).wrapping_add(1),
            _ => unreachable!("operands as above"),
        }
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), Returned> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), Returned> {
        match step {
            Step::Set(index, value) => {
                self.locals[*index] = self.value(value);
                self.gas += 1;
            }
            Step::If(condition, then) => {
                let taken = self.value(condition) == 0;
                self.gas += 1 + 2;
                if taken {
                    self.gas += 1;
                    self.steps(then)?;
                }
                self.gas += 1;
            }
            Step::IfElse(condition, then, otherwise) => {
                let taken = self.value(condition) == 0;
                self.gas += 1 + 2 + 1;
                self.steps(if taken { then } else { otherwise })?;
                self.gas += 1;
            }
            Step::Loop(times, body) => {
                self.gas += 2;
                for _ in 0..(*times).max(1) {
                    self.gas += 1;
                    self.steps(body)?;
                    self.gas += 4 + 3 + 2;
                }
                self.gas += 1;
            }
            Step::Escape(condition, body) => {
                let escaped = self.value(condition) == 0;
                self.gas += 1 + 2;
                if !escaped {
                    self.gas += 1;
                    self.steps(body)?;
                }
                self.gas += 1;
            }
            Step::Switch(selector, body) => {
                let selected = self.value(selector) & 1;
                self.gas += 2 + 1 + 5;
                if selected == 0 {
                    self.gas += 1;
                    self.steps(body)?;
                }
                self.gas += 1;
            }
            Step::ReturnIf(condition) => {
                let taken = self.value(condition) == 0;
                self.gas += 1 + 2 + 1;
                if taken {
                    self.gas += 1 + 1;
                    return Err(Returned);
                }
            }
            Step::Fill(len) => {
                let words = u64::from(*len).div_ceil(8);
                self.gas += 3 + 60 + words;
                self.by_lengths += words;
            }
            // Charged whether or not the memory has room.
            Step::Grow => {
                self.gas += 1 + 1_000 + 10_000;
                self.by_lengths += 10_000;
            }
        }
        Ok(())
    }
}

/// Writes a program as text.
struct Printer {
    text: String,
    loops: usize,
}

impl Printer {
    fn value(&mut self, value: &Value) {
        let (name, operands): (&str, Vec<&Value>) = match value {
            Value::Const(value) => {
                write!(self.text, "(i64.const {value})").unwrap();
                return;
            }
            Value::Local(index) => {
                write!(self.text, "(local.get {index})").unwrap();
                return;
            }
            Value::Div(a, b) => {
                self.text.push_str("(i64.div_u ");
                self.value(a);
                self.text.push_str("(i64.or (i64.const 1) ");
                self.value(b);
                self.text.push_str("))");
                return;
            }
            Value::Add(a, b) => ("i64.add", vec![a, b]),
            Value::Mul(a, b) => ("i64.mul", vec![a, b]),
            Value::Xor(a, b) => ("i64.xor", vec![a, b]),
            Value::Call(a) => ("call $outer", vec![a]),
        };
        write!(self.text, "({name} ").unwrap();
        operands.into_iter().for_each(|value| self.value(value));
        self.text.push(')');
    }

    fn condition(&mut self, value: &Value) {
        self.text.push_str("(i64.eqz ");
        self.value(value);
        self.text.push(')');
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
            self.text.push('\n');
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Set(index, value) => {
                write!(self.text, "(local.set {index} ").unwrap();
                self.value(value);
                self.text.push(')');
            }
            Step::If(condition, then) => {
                self.text.push_str("(if ");
                self.condition(condition);
                self.text.push_str("(then ");
                self.steps(then);
                self.text.push_str("))");
            }
            Step::IfElse(condition, then, otherwise) => {
                self.text.push_str("(if ");
                self.condition(condition);
                self.text.push_str("(then ");
                self.steps(then);
                self.text.push_str(") (else ");
                self.steps(otherwise);
                self.text.push_str("))");
            }
            Step::Loop(times, body) => {
                let counter = VALUES + self.loops;
                self.loops += 1;
                write!(self.text, "(local.set {counter} (i64.const {})) (loop ", (*times).max(1)).unwrap();
                self.steps(body);
                write!(
                    self.text,
                    "(local.set {counter} (i64.sub (local.get {counter}) (i64.const 1)))
                     (br_if 0 (i64.ne (local.get {counter}) (i64.const 0))))"
                )
                .unwrap();
            }
            Step::Escape(condition, body) => {
                self.text.push_str("(block (br_if 0 ");
                self.condition(condition);
                self.text.push(')');
                self.steps(body);
                self.text.push(')');
            }
            Step::Switch(selector, body) => {
                self.text.push_str("(block (block (br_table 0 1 (i32.wrap_i64 (i64.and (i64.const 1) ");
                self.value(selector);
                self.text.push_str("))))");
                self.steps(body);
                self.text.push(')');
            }
            Step::ReturnIf(condition) => {
                self.text.push_str("(if ");
                self.condition(condition);
                // What follows the return can never run and must cost nothing.
                self.text.push_str(
                    "(then (return (local.get 0)) (loop (if (i32.const 1) (then) (else (br 1)))) (unreachable)))",
                );
            }
            Step::Fill(len) => {
                write!(self.text, "(memory.fill (i32.const 64) (i32.const 1) (i32.const {len}))").unwrap()
            }
            Step::Grow => self.text.push_str("(drop (memory.grow (i32.const 1)))"),
        }
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![prop_oneof![-3i64..4, any::<i64>()].prop_map(Value::Const), (0..VALUES).prop_map(Value::Local),];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let pair = (inner.clone(), inner.clone()).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
        prop_oneof![
            pair.clone().prop_map(|(a, b)| Value::Add(a, b)),
            pair.clone().prop_map(|(a, b)| Value::Mul(a, b)),
            pair.clone().prop_map(|(a, b)| Value::Xor(a, b)),
            pair.prop_map(|(a, b)| Value::Div(a, b)),
            inner.prop_map(|a| Value::Call(Box::new(a))),
        ]
    })
}

fn programs() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![
        6 => (0..VALUES, values()).prop_map(|(index, value)| Step::Set(index, value)),
        1 => values().prop_map(Step::ReturnIf),
        1 => (0u16..5_000).prop_map(Step::Fill),
        1 => Just(Step::Grow),
    ];
    let step = leaf.prop_recursive(4, 40, 5, |inner| {
        let body = prop::collection::vec(inner, 0..5);
        prop_oneof![
            (values(), body.clone()).prop_map(|(value, then)| Step::If(value, then)),
            (values(), body.clone(), body.clone()).prop_map(|(v, a, b)| Step::IfElse(v, a, b)),
            (1u8..6, body.clone()).prop_map(|(times, body)| Step::Loop(times, body)),
            (values(), body.clone()).prop_map(|(value, body)| Step::Escape(value, body)),
            (values(), body).prop_map(|(value, body)| Step::Switch(value, body)),
        ]
    });
    prop::collection::vec(step, 1..8)
}

fn loops(steps: &[Step]) -> usize {
    steps
        .iter()
        .map(|step| match step {
            Step::Loop(_, body) => 1 + loops(body),
            Step::IfElse(_, a, b) => loops(a) + loops(b),
            Step::If(_, body) | Step::Escape(_, body) | Step::Switch(_, body) => loops(body),
            _ => 0,
        })
        .sum()
}

fn bare() -> &'static Bare {
    static BARE: OnceLock<Bare> = OnceLock::new();
    BARE.get_or_init(Bare::new)
}

fn unoptimised() -> &'static Vm {
    static VM: OnceLock<Vm> = OnceLock::new();
    VM.get_or_init(|| machine(OptLevel::None))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn machine_and_evaluator_agree(program in programs(), short in 0u64..100) {
        let locals = VALUES + loops(&program);
        let mut printer = Printer { text: String::new(), loops: 0 };
        printer.steps(&program);
        let text = with(
            "(i64.store (i32.const 0) (call $body)) (call $output (i32.const 0) (i32.const 8))",
            &format!(
                "(memory (export \"memory\") 1 8)
                 (func $inner (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
                 (func $outer (param i64) (result i64)
                   (call $inner (i64.mul (local.get 0) (i64.const 3))))
                 (func $body (result i64) (local {}) {} (local.get 0))",
                "i64 ".repeat(locals),
                printer.text,
            ),
        );

        let mut evaluator = Evaluator { locals: vec![0; locals], gas: 0, by_lengths: 0 };
        let returned = evaluator.steps(&program).is_err();

        let mut world = World::of(&text);
        let code = wat::parse_str(&text).unwrap();
        let base = 10_003 + vm().check(&code).unwrap().stats.instantiation_gas;
        let run = 1 + 1 + 10 + 2 + 2 + 10 + 58;
        let body = 1 + locals as u64 + evaluator.gas + u64::from(!returned);
        let expected = base + run + body;

        // What the code alone tells is enough for whatever way is taken, if none of them repeats.
        let MethodCost { gas, repeats } = static_costs(&code, &V3).unwrap()["run"];
        prop_assert_eq!(repeats, locals > VALUES);
        let by_lengths = evaluator.by_lengths + 8;
        prop_assert!(repeats || run + body - by_lengths <= gas, "{} - {} of {}", run + body, by_lengths, gas);

        let value = evaluator.locals[0].to_le_bytes();
        let interpreter = Rc::new(Interpreter::new());
        let fast = vm().run(&mut world, &call(&[])).unwrap();
        let again = vm().run(&mut world, &call(&[])).unwrap();
        let plain = unoptimised().run(&mut world, &call(&[])).unwrap();
        prop_assert_eq!(&fast, &again);
        prop_assert_eq!(&fast, &plain);
        prop_assert!(expected < GAS);
        prop_assert_eq!(output(&fast), &value[..]);
        prop_assert_eq!(fast.gas_used, expected, "{}", text);

        prop_assert_eq!(&fast, &interpreter.run(&world, &call(&[])));
        let metered = check(&code, &V3).unwrap().wasm;
        // Without the host, whose `output` takes 58.
        let inside = (expected - base - 58) as i64;
        let after = bare().both(&metered, inside).map_err(TestCaseError::fail)?;
        prop_assert_eq!(after, After { cause: None, gas: 0, stack: STACK_SLOTS });

        // With any less it ends out of gas, at its limit.
        let mut limited = call(&[]);
        limited.gas_limit = expected - 1 - short.min(expected - 1);
        let fast = vm().run(&mut world, &limited).unwrap();
        prop_assert_eq!(&fast.status, &trapped(trap::OUT_OF_GAS));
        prop_assert_eq!(fast.gas_used, limited.gas_limit);
        prop_assert_eq!(&fast, &unoptimised().run(&mut world, &limited).unwrap());
        prop_assert_eq!(&fast, &interpreter.run(&world, &limited));
        let inside = inside - (expected - limited.gas_limit) as i64;
        let after = bare().both(&metered, inside).map_err(TestCaseError::fail)?;
        prop_assert!(after.gas < 0);
    }
}
