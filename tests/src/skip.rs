//! Tests that need what a machine may lack: they say so, loudly, and in CI they fail.

/// What CI sets, where every test must be carried out.
const MUST_RUN: &str = "COUNTERSIGN_CI";

/// Says that a test could not be carried out here. In CI that is a failure.
///
/// # Panics
/// In CI.
pub fn skipped(why: &str) {
    skip(why, std::env::var_os(MUST_RUN).is_some());
}

fn skip(why: &str, must_run: bool) {
    assert!(!must_run, "a test cannot be carried out, and {MUST_RUN} says that all must be: {why}");
    eprintln!("TEST SKIPPED, AND NOTHING SHOWN BY IT: {why}");
}

#[cfg(test)]
mod tests {
    use super::skip;

    #[test]
    fn elsewhere_a_test_may_be_skipped() {
        skip("no disk", false);
    }

    #[test]
    #[should_panic(expected = "cannot be carried out")]
    fn in_ci_none_may_be() {
        skip("no disk", true);
    }
}
