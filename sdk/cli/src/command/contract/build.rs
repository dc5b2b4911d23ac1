//! `countersign contract build`.

use crate::contract_build::{self, Built, Weight};
use crate::output::{Output, facts, say, table};
use serde_json::json;
use std::path::Path;

/// Limits of which less is needed are not worth a person's time, in hundredths of a percent.
const SHOWN_SHARE: u64 = 1_000;

/// Builds, and says what the module costs.
pub fn build(directory: &Path, file: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let built = contract_build::build(directory, file)?;
    show(&built, output)?;
    say(&format!("Deploy it with `countersign contract deploy {} --name ORGANISATION/NAME`.", built.path.display()));
    Ok(())
}

fn show(built: &Built, output: Output) -> anyhow::Result<()> {
    let told = json!({
        "file": built.path, "bytes": built.bytes, "imports": built.imports, "toolchain": built.toolchain,
        "weight": built.weight,
    });
    output.show(&told, |_| {
        let about = facts([
            ("module", format!("{} ({} bytes)", built.path.display(), built.bytes)),
            ("deployment", format!("{} gas, and what init uses", built.weight.deploy_gas)),
            ("each call", format!("{} gas before its own", built.weight.instantiation_gas)),
            ("limits", limits(&built.weight)),
            ("toolchain", built.toolchain.to_owned()),
        ]);
        format!("{about}\n{}", methods(&built.weight))
    })
}

/// The limits that a module is nearest to.
fn limits(weight: &Weight) -> String {
    // Of what there can be one only, a module has that one.
    let counted = weight.limits.iter().filter(|limit| limit.max > 1 && limit.share() >= SHOWN_SHARE);
    let near: Vec<String> = counted
        .map(|limit| format!("{} {} of {} ({} %)", limit.what, limit.used, limit.max, limit.share() / 100))
        .collect();
    if near.is_empty() { format!("less than {} % of each", SHOWN_SHARE / 100) } else { near.join(", ") }
}

fn methods(weight: &Weight) -> String {
    let rows = weight.methods.iter().map(|(name, method)| {
        let more = if method.repeats { "loops: more each time round" } else { "at most, and by lengths" };
        vec![name.clone(), method.gas.to_string(), more.to_owned()]
    });
    table(&["method", "gas of the dearest way", ""], rows)
}
