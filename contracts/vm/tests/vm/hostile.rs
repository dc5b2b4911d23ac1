//! Gas of hostile calls at every limit. What they come to is in the corpus.

use countersign_abi::trap;

use crate::world::{GAS, World, call, contract, trapped, with};

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
