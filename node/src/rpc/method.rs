//! The table of methods.

use super::conn::Conn;
use super::{
    about, chain, code, consensus, contract, custody, epcis, events, gov, identity, lifecycle, node, pool, proof,
    query, report, scheduled, simulate, state, trace, trial, tx,
};
use countersign_api::Registry;
use countersign_api::method::rpc::RpcDiscover;

/// All methods of the interface.
pub(super) fn registry() -> Registry<Conn> {
    let mut registry = Registry::new("Countersign", env!("CARGO_PKG_VERSION"));
    about::register(&mut registry);
    chain::register(&mut registry);
    code::register(&mut registry);
    consensus::register(&mut registry);
    contract::register(&mut registry);
    custody::register(&mut registry);
    epcis::register(&mut registry);
    events::register(&mut registry);
    gov::register(&mut registry);
    identity::register(&mut registry);
    lifecycle::register(&mut registry);
    scheduled::register(&mut registry);
    node::register(&mut registry);
    pool::register(&mut registry);
    proof::register(&mut registry);
    query::register(&mut registry);
    report::register(&mut registry);
    simulate::register(&mut registry);
    state::register(&mut registry);
    trace::register(&mut registry);
    trial::register(&mut registry);
    tx::register(&mut registry);
    registry.describe::<RpcDiscover>();
    let document = registry.openrpc();
    registry.on::<RpcDiscover, _, _>(move |_, _| {
        let document = document.clone();
        async move { Ok(document) }
    });
    registry
}

#[cfg(test)]
mod tests {
    use super::registry;

    #[test]
    fn every_method_described_is_answered() {
        let registry = registry();
        let document = registry.openrpc();
        let described: Vec<&str> =
            document["methods"].as_array().unwrap().iter().map(|method| method["name"].as_str().unwrap()).collect();
        assert_eq!(described, registry.names().collect::<Vec<_>>());
        assert_eq!(described.len(), 68, "a method of the interface is missing: {described:?}");
    }
}
