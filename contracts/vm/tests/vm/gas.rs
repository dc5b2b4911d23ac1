//! What gas is charged, and that nothing but code and input decides it.

use countersign_abi::{SECTION, trap};
use countersign_vm::{OptLevel, Vm};

use crate::world::{World, call, contract, machine, output, trapped, vm, with};

/// Gas beyond calling and instantiating the contract.
fn gas_of(body: &str, definitions: &str) -> u64 {
    let text = with(body, definitions);
    let code = wat::parse_str(&text).unwrap();
    let instantiation = vm().check(&code).unwrap().stats.instantiation_gas;
    let outcome = World::of(&text).run(&call(&[]));
    assert_eq!(output(&outcome), b"", "{text}");
    outcome.gas_used - 10_003 - instantiation
}

#[test]
fn instructions() {
    for (body, gas) in [
        ("", 1),
        ("nop", 1),
        ("(local i32 i64)", 3),
        ("(drop (i32.const 0))", 2),
        ("(drop (i64.div_u (i64.const 1) (i64.const 1)))", 23),
        // Not taken: constant, if, and the block after it. Taken: the block inside as well.
        ("(if (i32.const 0) (then nop))", 5),
        ("(if (i32.const 1) (then nop))", 6),
        // Code that cannot run costs nothing.
        ("(return) (drop (i64.div_u (i64.const 1) (i64.const 1)))", 2),
        ("(block (br 0) (loop (br 0))) nop", 3),
        // Three rounds of: block, get, const, add, tee, const, compare, branch; then one block more.
        (
            "(local i32) (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))))",
            2 + 3 * (1 + 3 + 1 + 1 + 1 + 2) + 1,
        ),
    ] {
        assert_eq!(gas_of(body, ""), gas, "{body}");
    }
}

#[test]
fn lengths() {
    for (length, words) in [(0, 0), (1, 1), (8, 1), (9, 2), (65_536, 8_192)] {
        let body = format!("(memory.fill (i32.const 0) (i32.const 0) (i32.const {length}))");
        assert_eq!(gas_of(&body, ""), 1 + 3 + 60 + words, "{length}");
    }
    for pages in [0, 1, 10] {
        let body = format!("(drop (memory.grow (i32.const {pages})))");
        assert_eq!(gas_of(&body, ""), 1 + 1 + 1_000 + 10_000 * pages, "{pages}");
    }
    // More pages than any memory can have: refused without a charge for them.
    let body = "(drop (memory.grow (i32.const 513)))";
    assert_eq!(gas_of(body, ""), 1 + 1 + 1_000);

    for length in [0, 1, 1_000] {
        let body = format!("(call $sha256 (i32.const 0) (i32.const {length}) (i32.const 0))");
        // Both spans count.
        assert_eq!(gas_of(&body, ""), 1 + 3 + 10 + 1_000 + 7 * (length + 32));
    }
    let write = "(call $storage_write (i32.const 0) (i32.const 10) (i32.const 0) (i32.const 90))";
    assert_eq!(gas_of(write, ""), 1 + 4 + 10 + 10_000 + 8 * 100);
}

#[test]
fn instantiation() {
    let check = |text: &str| vm().check(&wat::parse_str(text).unwrap()).unwrap();
    let module = |inside: &str, pages: u32| {
        format!("(module (memory (export \"memory\") {pages}) (func (export \"run\")) {inside})")
    };
    let gas = |inside: &str, pages| {
        let checked = check(&module(inside, pages));
        checked.stats.instantiation_gas - checked.facts.code_bytes
    };
    assert_eq!(gas("", 0), 5_000);
    assert_eq!(gas("", 17), 5_000 + 17 * 10_000);
    assert_eq!(gas("(data (i32.const 0) \"123456789\")", 1), 15_000 + 2);
    assert_eq!(gas("(table 10 funcref)", 0), 5_000 + 20);
}

#[test]
fn depends_on_code_and_input_alone() {
    // The same calls in any order, on machines in any state, cost the same.
    let text = with(
        "(local i32) (local.set 0 (call $input_len))
         (call $f (local.get 0))",
        "(func $f (param i32)
           (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))",
    );
    let mut world = World::of(&text);
    let mut gas = |vm: &Vm, len: usize| vm.run(&mut world, &call(&vec![0; len])).unwrap().gas_used;
    let expected: Vec<u64> = (0..20).map(|len| gas(vm(), len)).collect();
    let steps: Vec<u64> = expected.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Each byte more: one for the input, and one more round of the recursion.
    assert!(steps[1..].iter().all(|step| *step == steps[1]), "{steps:?}");
    for opt_level in [OptLevel::None, OptLevel::Speed] {
        let cold = machine(opt_level);
        let backwards: Vec<u64> = (0..20).rev().map(|len| gas(&cold, len)).collect();
        assert!(backwards.iter().rev().eq(expected.iter()));
    }
}

#[test]
fn threads_agree() {
    let text = with(
        "(loop (call $sha256 (i32.const 0) (i32.const 64) (i32.const 0))
           (br_if 0 (i32.load8_u (i32.const 0))))
         (call $output (i32.const 0) (i32.const 32))",
        "",
    );
    let vm = machine(OptLevel::Speed);
    let expected = vm.run(&mut World::of(&text), &call(&[])).unwrap();
    // More threads than turns.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let outcome = vm.run(&mut World::of(&text), &call(&[])).unwrap();
                    assert_eq!(outcome, expected);
                }
            });
        }
    });
}

#[test]
fn checking_is_pure_and_reads_the_interface() {
    let mut code = wat::parse_str(contract("nop")).unwrap();
    let without = vm().check(&code).unwrap();
    assert!(without.interface.is_empty());
    assert_eq!(without.deploy_gas, 50_000 + 2_000 * code.len() as u64);

    let interface = b"{\"kind\":\"contract\"}\n";
    code.push(0);
    code.push((1 + SECTION.len() + interface.len()) as u8);
    code.push(SECTION.len() as u8);
    code.extend_from_slice(SECTION.as_bytes());
    code.extend_from_slice(interface);
    let with = vm().check(&code).unwrap();
    assert_eq!(with.interface, interface);
    assert_ne!(with.hash, without.hash);
    assert_eq!(with, vm().check(&code).unwrap());
    assert_eq!(with, machine(OptLevel::None).check(&code).unwrap());
}

#[test]
fn limits_of_the_call_itself() {
    let mut world = World::of(&contract(""));
    let mut large = call(&vec![0; (1 << 20) + 1]);
    assert_eq!(world.run(&large).status, trapped(trap::BAD_HOST_ARGUMENT));
    large.input.truncate(1 << 20);
    assert_eq!(output(&world.run(&large)), b"");
    large.gas_limit = u64::MAX;
    assert_eq!(output(&world.run(&large)), b"");
    large.gas_limit = 0;
    let outcome = world.run(&large);
    assert_eq!(outcome.status, trapped(trap::OUT_OF_GAS));
    assert_eq!(outcome.gas_used, 0);
}

#[test]
fn loads_cost_by_what_the_memory_can_grow_to() {
    for (memory, load) in [("1 1", 6), ("1 256", 6), ("1 257", 40), ("1 512", 40), ("1", 40), ("1 65536", 40)] {
        for kind in ["i32.load", "i64.load32_u", "f64.load"] {
            let body = format!("(drop ({kind} (i32.const 0)))");
            let text = with(&body, &format!("(memory (export \"memory\") {memory})"));
            let instantiation = vm().check(&wat::parse_str(&text).unwrap()).unwrap().stats.instantiation_gas;
            let outcome = World::of(&text).run(&call(&[]));
            // The call, then a block and a constant.
            assert_eq!(outcome.gas_used, 10_003 + instantiation + 1 + 1 + load, "{kind} in {memory}");
        }
    }
}
