//! Contracts that mean harm, each with exactly what comes of it: the same on a cold and a warm
//! cache and at either optimisation level, with gas charged on every path.

use countersign_abi::trap;
use countersign_vm::{OptLevel, Status};

use crate::world::{GAS, World, call, contract, machine, trapped, vm, with};

struct Case {
    name: &'static str,
    text: String,
    status: Status,
    gas_used: u64,
}

fn case(name: &'static str, text: String, status: Status, gas_used: u64) -> Case {
    Case { name, text, status, gas_used }
}

fn cases() -> Vec<Case> {
    let out_of_gas = || trapped(trap::OUT_OF_GAS);
    vec![
        case("does nothing", contract(""), Status::Succeeded { output: vec![] }, 25_066),
        case("infinite loop", contract("(loop (br 0))"), out_of_gas(), GAS),
        case("infinite loop by condition", contract("(loop (br_if 0 (i32.const 1)))"), out_of_gas(), GAS),
        case("infinite loop by table", contract("(loop (br_table 0 0 (i32.const 1)))"), out_of_gas(), GAS),
        case("infinite loop that calls", with("(loop (call $f) (br 0))", "(func $f)"), out_of_gas(), GAS),
        case(
            "mutual recursion",
            with("(call $f)", "(func $f (call $g)) (func $g (call $f))"),
            trapped(trap::STACK_OVERFLOW),
            47_624,
        ),
        case("deep recursion", with("(call $f)", "(func $f (call $f))"), trapped(trap::STACK_OVERFLOW), 47_615),
        case(
            "recursion with wide frames",
            with(
                "(drop (call $f (i64.const 1)))",
                &format!("(func $f (param i64) (result i64) (local {}) (call $f (local.get 0)))", "i64 ".repeat(4_000)),
            ),
            trapped(trap::STACK_OVERFLOW),
            61_218,
        ),
        case(
            "recursion with values kept alive",
            with("(drop (call $f (i64.const 3)))", &kept_alive(2_000)),
            trapped(trap::STACK_OVERFLOW),
            237_157,
        ),
        case(
            "recursion with many parameters",
            with(
                &format!("(call $f {})", "(i64.const 1)".repeat(100)),
                &format!(
                    "(func $f (param {}) (call $f {}))",
                    "i64 ".repeat(100),
                    (0..100).rev().map(|i| format!("(local.get {i})")).collect::<String>(),
                ),
            ),
            trapped(trap::STACK_OVERFLOW),
            54_389,
        ),
        case(
            "recursion with a few values kept alive",
            with("(drop (call $f (i64.const 3)))", &kept_alive(20)),
            trapped(trap::STACK_OVERFLOW),
            144_709,
        ),
        case(
            "recursion through the table",
            with(
                "(call_indirect (type $t) (i32.const 0))",
                "(type $t (func)) (table 1 funcref) (elem (i32.const 0) $run)",
            ),
            trapped(trap::STACK_OVERFLOW),
            67_511,
        ),
        case("unreachable", contract("unreachable"), trapped(trap::UNREACHABLE), 25_068),
        case(
            "division by zero",
            contract("(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
            trapped(trap::DIVISION_BY_ZERO),
            25_084,
        ),
        case(
            "division overflow",
            contract("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
            trapped(trap::INTEGER_OVERFLOW),
            25_088,
        ),
        case(
            "conversion of a float too large",
            contract("(drop (i32.trunc_f64_s (f64.const 1e10)))"),
            trapped(trap::INTEGER_OVERFLOW),
            25_084,
        ),
        case(
            "conversion of a NaN",
            contract("(drop (i32.trunc_f64_s (f64.const nan)))"),
            trapped(trap::BAD_CONVERSION),
            25_084,
        ),
        case(
            "load out of bounds",
            contract("(drop (i32.load (i32.const 65533)))"),
            trapped(trap::MEMORY_OUT_OF_BOUNDS),
            25_081,
        ),
        case(
            "load near 2^32",
            contract("(drop (i64.load offset=0xfffffff8 (i32.const -1)))"),
            trapped(trap::MEMORY_OUT_OF_BOUNDS),
            25_083,
        ),
        case(
            "store out of bounds",
            contract("(i64.store (i32.const -8) (i64.const 1))"),
            trapped(trap::MEMORY_OUT_OF_BOUNDS),
            25_077,
        ),
        case(
            "copy out of bounds",
            contract("(memory.copy (i32.const 0) (i32.const 65000) (i32.const 1000))"),
            trapped(trap::MEMORY_OUT_OF_BOUNDS),
            25_267,
        ),
        case("copy of 4 GiB", contract("(memory.copy (i32.const 0) (i32.const 0) (i32.const -1))"), out_of_gas(), GAS),
        case("fill of 4 GiB", contract("(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))"), out_of_gas(), GAS),
        case(
            "fills without end",
            contract("(loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0))"),
            out_of_gas(),
            GAS,
        ),
        case(
            "memory bomb",
            contract("(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))"),
            Status::Succeeded { output: vec![] },
            5_660_151,
        ),
        case(
            "memory growth without end",
            contract("(loop (drop (memory.grow (i32.const 1))) (br 0))"),
            out_of_gas(),
            GAS,
        ),
        case(
            "memory growth by 2^32 - 1 pages",
            contract("(if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))"),
            Status::Succeeded { output: vec![] },
            26_083,
        ),
        case(
            "memory growth past its own maximum",
            with(
                "(if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))",
                "(memory (export \"memory\") 1 2)",
            ),
            Status::Succeeded { output: vec![] },
            46_084,
        ),
        case(
            "indirect call of another signature",
            with(
                "(call_indirect (type $t) (i64.const 0) (i32.const 0))",
                "(type $t (func (param i64))) (table 1 funcref) (elem (i32.const 0) $run)",
            ),
            trapped(trap::BAD_INDIRECT_CALL),
            25_124,
        ),
        case(
            "indirect call of an empty element",
            with("(call_indirect (i32.const 1))", "(table 2 funcref) (elem (i32.const 0) $run)"),
            trapped(trap::BAD_INDIRECT_CALL),
            25_113,
        ),
        case(
            "indirect call past the table",
            with("(call_indirect (i32.const 2))", "(table 2 funcref) (elem (i32.const 0) $run)"),
            trapped(trap::TABLE_OUT_OF_BOUNDS),
            25_113,
        ),
        case(
            "table copy past the table",
            with("(table.copy (i32.const 1) (i32.const 0) (i32.const 2))", "(table 2 funcref)"),
            trapped(trap::TABLE_OUT_OF_BOUNDS),
            25_153,
        ),
        case(
            "table bomb",
            with("(loop (table.copy (i32.const 0) (i32.const 0) (i32.const 2500)) (br 0))", "(table 2500 funcref)"),
            out_of_gas(),
            GAS,
        ),
        case(
            "wild pointer",
            contract("(call $output (i32.const -5) (i32.const 10))"),
            trapped(trap::BAD_HOST_ARGUMENT),
            25_171,
        ),
        case(
            "wild length",
            contract("(call $sha256 (i32.const 0) (i32.const -1) (i32.const 0))"),
            trapped(trap::BAD_HOST_ARGUMENT),
            26_125,
        ),
        case(
            "wild place for the answer",
            contract("(drop (call $context (i32.const 0) (i32.const 65530) (i32.const 32)))"),
            trapped(trap::BAD_HOST_ARGUMENT),
            25_243,
        ),
        case(
            "output too long",
            with("(call $output (i32.const 0) (i32.const 65537))", "(memory (export \"memory\") 2)"),
            trapped(trap::BAD_HOST_ARGUMENT),
            35_173,
        ),
        case(
            "key too long",
            contract("(drop (call $storage_read (i32.const 0) (i32.const 513) (i32.const 0) (i32.const 0)))"),
            trapped(trap::BAD_HOST_ARGUMENT),
            33_144,
        ),
        case(
            "unknown field",
            contract("(drop (call $context (i32.const 99) (i32.const 0) (i32.const 0)))"),
            trapped(trap::BAD_HOST_ARGUMENT),
            25_160,
        ),
        case(
            "event without a name",
            contract(
                "(call $emit (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
            ),
            trapped(trap::BAD_HOST_ARGUMENT),
            27_133,
        ),
        case(
            "event flood",
            with(
                "(loop (call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 512) (i32.const 0) (i32.const 0)) (br 0))",
                "(data (i32.const 0) \"e\")",
            ),
            trapped(trap::TOO_MUCH_OUTPUT),
            25_057_991,
        ),
        case(
            "storage flood",
            with("(loop (call $storage_write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 65536)) (br 0))", ""),
            out_of_gas(),
            GAS,
        ),
        case(
            "hash flood",
            contract("(loop (call $sha256 (i32.const 0) (i32.const 65536) (i32.const 0)) (br 0))"),
            out_of_gas(),
            GAS,
        ),
        case(
            "fails with a code",
            with("(call $fail (i32.const 77) (i32.const 0) (i32.const 3))", "(data (i32.const 0) \"why\")"),
            Status::Failed { code: 77, message: b"why".to_vec() },
            25_187,
        ),
        case(
            "log read outside a view",
            contract("(drop (call $log_read (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0)))"),
            trapped(trap::LOG_READ_IN_CALL),
            35_143,
        ),
    ]
}

/// A function whose values stay alive far beyond what its operand stack shows: products that are
/// needed before and after a call of itself.
fn kept_alive(values: usize) -> String {
    let product = |i: usize| format!("(i64.mul (local.get 0) (i64.const {}))", 2 * i + 3);
    let sum: String = (0..values).map(|i| format!("(local.set 1 (i64.add (local.get 1) {}))", product(i))).collect();
    let mix: String = (0..values).map(|i| format!("(local.set 1 (i64.xor (local.get 1) {}))", product(i))).collect();
    format!(
        "(func $f (param i64) (result i64) (local i64) {sum} \
         (local.set 1 (i64.add (local.get 1) (call $f (local.get 1)))) {mix} (local.get 1))"
    )
}

#[test]
fn comes_to_exactly_this_everywhere() {
    let unoptimised = machine(OptLevel::None);
    let mut wrong = Vec::new();
    for Case { name, text, status, gas_used } in cases() {
        let mut world = World::of(&text);
        let call = call(&[]);
        let cold = vm().run(&mut world, &call).unwrap();
        let warm = vm().run(&mut world, &call).unwrap();
        let plain = unoptimised.run(&mut world, &call).unwrap();
        assert_eq!(cold, warm, "{name}: cold and warm");
        assert_eq!(cold, plain, "{name}: optimised and not");
        if !matches!(status, Status::Succeeded { .. }) {
            assert_eq!(cold.effects, Default::default(), "{name}: nothing remains");
        }
        if (&cold.status, cold.gas_used) != (&status, gas_used) {
            wrong.push(format!("{name}: {:?} gas {}", cold.status, cold.gas_used));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn gas_is_charged_on_every_path_at_every_limit() {
    // Whatever the limit, the run ends out of gas below what it needs and as ever from there on.
    for text in [
        contract("(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
        with("(call $f)", "(func $f (call $f))"),
        contract("(call $storage_write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 100))"),
        with("(call $fail (i32.const 7) (i32.const 0) (i32.const 3))", ""),
    ] {
        let mut world = World::of(&text);
        let needs = world.run(&call(&[]));
        assert!(needs.gas_used > 0 && needs.gas_used < GAS);
        for gas_limit in [0, 1, 10_000, needs.gas_used / 2, needs.gas_used - 1] {
            let mut call = call(&[]);
            call.gas_limit = gas_limit;
            let short = world.run(&call);
            assert_eq!(short.status, trapped(trap::OUT_OF_GAS), "{text}");
            assert_eq!(short.gas_used, gas_limit, "{text}");
        }
        let mut call = call(&[]);
        call.gas_limit = needs.gas_used;
        assert_eq!(world.run(&call), needs);
    }
}
