//! Code that may not be deployed, each with exactly why; and code that may.

use countersign_abi::MODULE;
use countersign_vm::limits::WORK_MAX;
use countersign_vm::{CodeLimit, CodeRejected, SegmentKind};

use crate::world::{contract, vm, with};

fn check(text: &str) -> Result<(), CodeRejected> {
    vm().check(&wat::parse_str(text).unwrap()).map(drop)
}

fn over(limit: CodeLimit, value: u64, max: u64) -> CodeRejected {
    CodeRejected::OverLimit { limit, function: None, value, max }
}

fn over_in(function: u32, limit: CodeLimit, value: u64, max: u64) -> CodeRejected {
    CodeRejected::OverLimit { limit, function: Some(function), value, max }
}

/// A module with this in it, a memory and a method.
fn module(inside: &str) -> String {
    format!("(module {inside} (memory (export \"memory\") 1) (func (export \"run\")))")
}

#[test]
fn proposals_that_are_not_accepted() {
    for (feature, text) in [
        ("simd", contract("(drop (v128.const i64x2 0 0))")),
        ("threads", contract("(drop (i32.atomic.load (i32.const 0)))")),
        ("threads", "(module (memory (export \"memory\") 1 1 shared) (func (export \"run\")))".into()),
        ("memory64", "(module (memory (export \"memory\") i64 1) (func (export \"run\")))".into()),
        ("tail_call", contract("(return_call 0)")),
        ("exceptions", module("(tag)")),
        ("gc", module("(type (struct))")),
        ("extended_const", module("(global i32 (i32.add (i32.const 1) (i32.const 1)))")),
    ] {
        let refused = check(&text);
        assert!(
            matches!(&refused, Err(CodeRejected::Feature { feature: named, .. }) if named == feature),
            "{feature}: {refused:?}"
        );
    }
}

#[test]
fn instructions_that_are_not_accepted() {
    let table = "(table 1 funcref) (elem declare func $run)";
    for (name, body) in [
        ("TableGrow", "(drop (table.grow (ref.null func) (i32.const 1)))"),
        ("RefNull", "(drop (ref.null func))"),
        ("RefFunc", "(drop (ref.func $run))"),
        ("TableGet", "(drop (table.get (i32.const 0)))"),
        ("TableSize", "(drop (table.size))"),
    ] {
        let refused = check(&with(body, table));
        match refused {
            Err(CodeRejected::Opcode { opcode, .. }) => {
                // Operands come first in the code: the first that is refused is named.
                assert!(opcode == name || opcode == "RefNull", "{name}: {opcode}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn references_as_values() {
    for text in [
        module("(type (func (param externref)))"),
        module("(type (func (param funcref)))"),
        module("(type (func (result funcref)))"),
        module("(global funcref (ref.null func))"),
        contract("(local funcref)"),
    ] {
        let refused = check(&text);
        assert!(
            matches!(
                refused,
                Err(CodeRejected::ReferenceValue { .. } | CodeRejected::Feature { .. } | CodeRejected::Invalid { .. })
            ),
            "{text}: {refused:?}"
        );
    }
    let table = check(&module("(table 1 externref)"));
    assert!(table.is_err(), "{table:?}");
}

#[test]
fn imports() {
    for (module_name, name) in [("wasi_snapshot_preview1", "fd_write"), ("env", "output"), (MODULE, "clock")] {
        assert_eq!(
            check(&module(&format!("(import \"{module_name}\" \"{name}\" (func))"))),
            Err(CodeRejected::UnknownImport { module: module_name.into(), name: name.into() })
        );
    }
    for kind in ["(func)", "(func (param i32 i64))", "(global i32)", "(memory 1)"] {
        assert_eq!(
            check(&format!("(module (import \"countersign\" \"output\" {kind}) (func (export \"run\")))")),
            Err(CodeRejected::ImportSignature { name: "output".into() }),
            "{kind}"
        );
    }
    let many = "(import \"countersign\" \"input_len\" (func (result i32)))".repeat(101);
    assert_eq!(check(&module(&many)), Err(over(CodeLimit::Imports, 101, 100)));
}

#[test]
fn exports() {
    assert_eq!(check("(module (func (export \"run\")))"), Err(CodeRejected::NoMemory));
    assert_eq!(check("(module (memory 1) (func (export \"run\")))"), Err(CodeRejected::NoMemory));
    assert_eq!(check("(module (memory (export \"memory\") 1))"), Err(CodeRejected::NoMethods));
    for signature in ["(param i32)", "(result i32)"] {
        assert_eq!(
            check(&module(&format!("(func (export \"f\") {signature} unreachable)"))),
            Err(CodeRejected::MethodSignature { name: "f".into() })
        );
    }
    let long = "n".repeat(65);
    for name in ["", "a b", "1st", "countersign:gas", "naïve", &long] {
        assert_eq!(
            check(&module(&format!("(func (export \"{name}\"))"))),
            Err(CodeRejected::MethodName { name: name.into() })
        );
    }
    // A host function cannot be a method.
    assert!(
        check("(module (import \"countersign\" \"returned_len\" (func (result i32))) (memory (export \"memory\") 1) (export \"f\" (func 0)))").is_err()
    );
}

#[test]
fn code_that_would_run_on_instantiation() {
    assert_eq!(check(&module("(func $s) (start $s)")), Err(CodeRejected::StartFunction { function: 0 }));
    for (segment, kind, end, size) in [
        ("(data (i32.const 65535) \"ab\")", SegmentKind::Data, 65_537, 65_536),
        ("(data (i32.const -1) \"ab\")", SegmentKind::Data, (1 << 32) + 1, 65_536),
        ("(func $f) (table 1 funcref) (elem (i32.const 1) $f)", SegmentKind::Element, 2, 1),
    ] {
        assert_eq!(check(&module(segment)), Err(CodeRejected::SegmentOutOfBounds { kind, index: 0, end, size }));
    }
}

#[test]
fn sizes() {
    let locals = |count: usize| contract(&format!("(local {})", "i64 ".repeat(count)));
    let table = |count: usize| contract(&format!("(block (br_table {} (i32.const 0)))", "0 ".repeat(count + 1)));
    let parameters = |count: usize| module(&format!("(func (param {}))", "i32 ".repeat(count)));
    let functions = |count: usize| module(&"(func)".repeat(count));
    let nested = |count: usize| contract(&format!("{}{}", "(block ".repeat(count), ")".repeat(count)));
    let operands = |count: usize| contract(&format!("{}{}", "(i32.const 0)".repeat(count), "(drop)".repeat(count)));
    let pages = |count: u32| format!("(module (memory (export \"memory\") {count}) (func (export \"run\")))");
    for (fits, too_much, refused) in [
        (locals(4_096), locals(4_097), over_in(0, CodeLimit::Locals, 4_097, 4_096)),
        (table(256), table(257), over_in(0, CodeLimit::BrTable, 257, 256)),
        (parameters(100), parameters(101), over(CodeLimit::Parameters, 101, 100)),
        (functions(19_999), functions(20_000), over(CodeLimit::Functions, 20_001, 20_000)),
        (nested(1_023), nested(1_024), over_in(0, CodeLimit::Nesting, 1_025, 1_024)),
        (operands(1_024), operands(1_025), over_in(0, CodeLimit::Operands, 1_025, 1_024)),
        (pages(512), pages(513), over(CodeLimit::MemoryPages, 513, 512)),
        (module("(table 2500 funcref)"), module("(table 2501 funcref)"), over(CodeLimit::TableElements, 2_501, 2_500)),
        (module("(table 1 funcref)"), module("(table 1 funcref) (table 1 funcref)"), over(CodeLimit::Tables, 2, 1)),
        (
            module("(func (result i32) (i32.const 0))"),
            module("(func (result i32 i32) (i32.const 0) (i32.const 0))"),
            over_in(0, CodeLimit::Results, 2, 1),
        ),
        (
            contract(&"nop ".repeat(131_000)),
            contract(&"nop ".repeat(131_100)),
            over_in(0, CodeLimit::FunctionBytes, 131_102, 131_072),
        ),
        (
            contract(&"(if (i32.const 0) (then))".repeat(4_999)),
            contract(&"(if (i32.const 0) (then))".repeat(5_000)),
            over_in(0, CodeLimit::Blocks, 10_001, 10_000),
        ),
    ] {
        assert_eq!(check(&fits), Ok(()));
        assert_eq!(check(&too_much), Err(refused));
    }
    let code = vec![0; (1 << 20) + 1];
    assert_eq!(vm().check(&code).map(drop), Err(over(CodeLimit::CodeBytes, (1 << 20) + 1, 1 << 20)));
}

#[test]
fn work_of_the_compiler() {
    // 4,000 locals alive over 10,000 blocks.
    let text = contract(&format!("(local {}) {}", "i64 ".repeat(4_000), "(if (i32.const 0) (then))".repeat(4_500)));
    let refused = check(&text);
    assert!(matches!(refused, Err(CodeRejected::OverLimit { limit: CodeLimit::BlockLocals, .. })), "{refused:?}");

    // Functions of calls, which are three units each, and of others, which are one.
    let calls = format!("(func {})", "(call 0)".repeat(60_000)).repeat(6);
    let with_others = |count: usize| {
        let others = format!("(func {}) (func {})", "nop ".repeat(80_000), "nop ".repeat(count - 80_000));
        vm().check(&wat::parse_str(module(&format!("{calls} {others}"))).unwrap())
    };
    let least = with_others(80_000).unwrap().stats.work;
    let most = usize::try_from(WORK_MAX - least).unwrap() + 80_000;
    assert_eq!(with_others(most).unwrap().stats.work, WORK_MAX);
    // `run`, the functions with their ends, a block each, and what is in them.
    assert_eq!(least, 9 * (30 + 15 + 1) + 6 * 60_000 * (1 + 2) + 80_000);
    assert_eq!(with_others(most + 1), Err(over(CodeLimit::Work, WORK_MAX + 1, WORK_MAX)));
}

#[test]
fn bytes_that_are_no_module() {
    for code in [&b""[..], b"\0asm", b"\0asm\x02\0\0\0", b"hello, world"] {
        let refused = vm().check(code);
        assert!(matches!(refused, Err(CodeRejected::Invalid { .. })), "{refused:?}");
    }
    let component = vm().check(&wat::parse_str("(component)").unwrap());
    assert!(component.is_err());

    // Any prefix of a module, and any single damaged byte, draws a verdict and never a panic.
    let code = wat::parse_str(with(
        "(call $output (i32.const 0) (i32.const 8)) (call $f (i32.const 3))",
        "(table 1 funcref) (elem (i32.const 0) $run) (global $g (mut i32) (i32.const 1))
         (data (i32.const 0) \"data\")
         (func $f (param i32) (loop (br_if 0 (i32.sub (local.get 0) (i32.const 1)))))",
    ))
    .unwrap();
    assert!(vm().check(&code).is_ok());
    for end in 0..code.len() {
        if vm().check(&code[..end]).is_ok() {
            vm().prepare(&code[..end]).unwrap();
        }
    }
    for at in 0..code.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = code.clone();
            damaged[at] ^= flip;
            // What passes must also compile.
            if vm().check(&damaged).is_ok() {
                vm().prepare(&damaged).unwrap();
            }
        }
    }
}

#[test]
fn what_todays_compiler_writes() {
    let text = with(
        "(local i32)
         (memory.copy (i32.const 0) (i32.const 8) (i32.const 8))
         (memory.fill (i32.const 0) (i32.const 8) (i32.const 8))
         (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
         (data.drop $d)
         (drop (i32.extend8_s (i32.const 200)))
         (drop (i64.trunc_sat_f64_s (f64.const 1e300)))
         (call_indirect (i32.const 0))
         (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
         (block (result i32 i64) (i32.const 1) (i64.const 2)) drop drop",
        "(global $sp (mut i32) (i32.const 1048576)) (global (export \"__heap_base\") i32 (i32.const 1))
         (table (export \"__indirect_function_table\") 2 2 funcref) (elem (i32.const 1) func $nothing)
         (func $nothing) (data $d \"passive\")",
    )
    .replace("(i32.const 0))\n         (global.set", "(i32.const 1))\n         (global.set");
    let checked = vm().check(&wat::parse_str(&text).unwrap()).unwrap();
    assert_eq!(checked.facts.methods, ["run"]);
    assert_eq!(checked.stats.functions, 2);
    let mut world = crate::world::World::of(&text);
    let outcome = world.run(&crate::world::call(&[]));
    assert_eq!(crate::world::output(&outcome), b"");
}
