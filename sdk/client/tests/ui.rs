//! What a node says cannot pass as what a proof shows, nor can anybody but the verifier make the latter: programs that
//! try do not compile.

#[test]
fn what_is_said_does_not_pass_as_shown() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
