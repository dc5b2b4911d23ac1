//! Modules of one method, weighed.
#![allow(clippy::unwrap_used)]

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Instruction,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

use super::{Limit, Method, weigh};

/// A module whose method `run` calls the host's `output` as a function of these parameters.
fn module(parameters: &[ValType], instructions: &[Instruction<'_>]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function(parameters.iter().copied(), []);
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("countersign", "output", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("run", ExportKind::Func, 1);
    let mut body = Function::new([]);
    instructions.iter().for_each(|instruction| {
        body.instruction(instruction);
    });
    body.instruction(&Instruction::End);
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}

#[test]
fn a_module_is_weighed_by_the_prices_in_use() {
    use Instruction as I;
    let code = module(&[ValType::I32, ValType::I32], &[I::I32Const(0), I::I32Const(4), I::Call(0)]);
    let weight = weigh(&code).unwrap();
    let bytes = u64::try_from(code.len()).unwrap();
    assert_eq!(weight.deploy_gas, 50_000 + 2_000 * bytes);
    assert_eq!(weight.instantiation_gas, 5_000 + bytes + 10_000);
    // A block, two constants, a call, and a copy besides its bytes.
    assert_eq!(weight.methods.get("run"), Some(&Method { gas: 1 + 2 + 10 + 50, repeats: false }));
    let of = |what: &str| weight.limits.iter().find(|limit| limit.what == what);
    assert_eq!(of("bytes of code").map(|limit| (limit.used, limit.max)), Some((bytes, 1 << 20)));
    assert_eq!(of("operands of a function").map(Limit::share), Some(2 * 10_000 / 1_024));
}

#[test]
fn what_no_network_takes_is_refused_where_it_is_built() {
    let refused = weigh(&module(&[], &[Instruction::Call(0)])).unwrap_err();
    let words = format!("{refused:#}");
    assert!(words.contains("no network takes") && words.contains("another signature"), "{words}");
}
