//! What a module weighs: what it costs by its code alone, and how much of each limit it needs.
//!
//! The check is the one that every node makes, with the prices in use.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use countersign_metering::{CodeLimit, V3, check, static_costs};
use serde::Serialize;

/// What a module weighs.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Weight {
    /// Version of the prices.
    pub cost_version: u32,
    /// Gas to deploy it, before its `init`.
    pub deploy_gas: u64,
    /// Gas of every call before its own.
    pub instantiation_gas: u64,
    /// By method.
    pub methods: BTreeMap<String, Method>,
    /// What is nearest to its limit first.
    pub limits: Vec<Limit>,
}

/// What a method costs before anything is known of its arguments.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Method {
    /// Gas of the dearest way on which nothing repeats, without what depends on lengths.
    pub gas: u64,
    /// Whether it can cost more because a loop or a recursion is on its ways.
    pub repeats: bool,
}

/// What a module needs of a limit.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// What is limited.
    pub what: String,
    /// What the module needs.
    pub used: u64,
    /// What is allowed.
    pub max: u64,
}

impl Limit {
    /// Used of allowed, in hundredths of a percent.
    #[must_use]
    pub fn share(&self) -> u64 {
        self.used.saturating_mul(10_000).checked_div(self.max).unwrap_or_default()
    }
}

/// Weighs a module.
///
/// # Errors
/// If no network would take it.
pub(super) fn weigh(module: &[u8]) -> Result<Weight> {
    let accepted = check(module, &V3).context("no network takes this module")?;
    let methods = static_costs(module, &V3).context("no network takes this module")?;
    let limits =
        accepted.shares.iter().map(|share| Limit { what: name(share.limit), used: share.used, max: share.max });
    Ok(Weight {
        cost_version: V3.version,
        deploy_gas: V3.deploy.of(module.len()),
        instantiation_gas: accepted.stats.instantiation_gas,
        methods: methods
            .into_iter()
            .map(|(name, cost)| (name, Method { gas: cost.gas, repeats: cost.repeats }))
            .collect(),
        limits: limits.collect(),
    })
}

fn name(limit: CodeLimit) -> String {
    let name = limit.to_string().trim_end_matches(':').to_owned();
    if limit.is_of_function() { format!("{name} of a function") } else { name }
}

#[cfg(test)]
mod tests;
