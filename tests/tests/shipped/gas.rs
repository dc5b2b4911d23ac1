//! What the methods of the contracts that ship cost, held to `data/gas-shipped.txt`: a paragraph for each compiler that
//! is in use, its name, then gas and name of each step. `UPDATE_GOLDEN=1` writes that of the compiler anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use countersign_certification::Certification;
use countersign_coldchain::ColdChain;
use countersign_contract::testing::Harness;
use countersign_credentials::Credentials;
use countersign_escrow::Escrow;
use countersign_provenance::{Provenance, Registries};
use countersign_tests::cluster::contract_module;
use wasmparser::{KnownCustom, Parser, Payload};

use crate::both::{Both, VM};
use crate::escrow::world::{World, admin, clerk, device};
use crate::{coldchain, credentials};

/// A change of the cost table, of the SDK or of a contract that moves gas by more than this shows up here.
const TOLERATED_PERCENT: u64 = 5;
/// The same for a compiler that the baseline does not know: it writes other instructions.
const TOLERATED_OF_ANOTHER_COMPILER_PERCENT: u64 = 25;

type Costs = Vec<(String, u64)>;

fn costs() -> Costs {
    let mut costs = Costs::new();
    for name in ["certification", "coldchain", "credentials", "escrow"] {
        let gas = VM.check(&contract_module(name).unwrap()).unwrap().deploy_gas;
        costs.push((format!("{name} deployment"), gas));
    }
    of_a_deal(&mut costs);
    of_cold_chain(&mut costs);
    of_credentials(&mut costs);
    costs
}

fn of_a_deal(costs: &mut Costs) {
    let mut both = Both::with_init::<Escrow>("escrow", &("bank",));
    let records = both.deploy_with::<Provenance>("provenance", &());
    let certification = both.deploy_with::<Certification>("certification", &("board",));
    let coldchain = both.deploy_with::<ColdChain>("coldchain", &("board",));
    let mut world = World::new(&mut both, Both::select, [records, certification, coldchain]);
    let mut note = |name: &str, world: &World<'_, Both>| costs.push((name.to_owned(), world.host.wasm.gas_used()));
    world.certify();
    note("certification grant", &world);
    let terms = world.terms();
    let id = world.open(&terms).unwrap();
    note("escrow open", &world);
    world.countersign(id);
    note("escrow countersign", &world);
    world.ship("urn:e:shipped");
    note("provenance capture, an event with a claim and a thing that leaves", &world);
    world.measure("urn:e:measured", "20", 3_600_000);
    note("provenance capture, an event with a reading that leads to a hold", &world);
    let item = "urn:epc:id:sscc:9521321.0000000001";
    world.at(coldchain, &admin("board")).invoke::<()>("release", &(item, "checked")).unwrap();
    note("coldchain release", &world);
    world.receive("urn:e:received");
    note("provenance capture, an event with nothing to ask", &world);
    world.settle(id, "urn:e:received").unwrap();
    note("escrow settle", &world);
    world.at(records, &admin("test")).invoke::<()>("consult", &(Registries::default(),)).unwrap();
    world.receive("urn:e:received again");
    note("provenance capture, the same asking nobody", &world);
    world.at(certification, &clerk("tuv")).invoke::<()>("revoke", &(1u64, "residues found")).unwrap();
    note("certification revoke", &world);
}

fn of_cold_chain(costs: &mut Costs) {
    use coldchain::scenario::{BOTTLE, at, entrust, observe};
    let mut both = Both::with_init::<ColdChain>("coldchain", &("board",));
    entrust(&mut both);
    both.as_account(&device("carrier"));
    for (name, temperature) in [("within limits", 5_000), ("outside of them", 9_000)] {
        let readings: Vec<_> = (0..10).map(|n| at(n * 60, temperature)).collect();
        observe(&mut both, BOTTLE, &readings).unwrap();
        costs.push((format!("coldchain observe, ten readings {name}"), both.wasm.gas_used()));
    }
}

fn of_credentials(costs: &mut Costs) {
    use credentials::scenario::{access, gate, holds, issue, issuer, port, present, register};
    let mut both = Both::new::<Credentials>("credentials");
    register(both.as_account(&port()), "port", &issuer()).unwrap();
    let credential = access(both.as_account(&gate()), 1, 0);
    let id = issue(&mut both, &credential).unwrap();
    costs.push(("credentials issue".to_owned(), both.wasm.gas_used()));
    present(&mut both, id, 1).unwrap();
    costs.push(("credentials present".to_owned(), both.wasm.gas_used()));
    holds(&mut both, credential.from_ms).unwrap();
    costs.push(("credentials holds".to_owned(), both.wasm.gas_used()));
}

/// What compiled a module, in the words of its `producers` section.
fn compiler(module: &[u8]) -> String {
    let mut sections = Parser::new(0).parse_all(module).filter_map(|payload| match payload.unwrap() {
        Payload::CustomSection(section) => Some(section),
        _ => None,
    });
    let section = sections.find(|section| section.name() == "producers").expect("contract build writes it");
    let KnownCustom::Producers(fields) = section.as_known() else { panic!("not as the convention writes it") };
    let field = fields.into_iter().next().unwrap().unwrap();
    let value = field.values.into_iter().next().unwrap().unwrap();
    format!("{} {}", value.name, value.version)
}

#[test]
fn gas_is_that_of_the_baseline() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/gas-shipped.txt");
    let compiler = compiler(&contract_module("escrow").unwrap());
    let costs = costs();
    let mut lines = String::new();
    for (name, gas) in &costs {
        writeln!(lines, "{gas:>12}  {name}").unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut baselines: BTreeMap<&str, &str> =
        text.split("\n\n").filter_map(|paragraph| paragraph.split_once('\n')).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        baselines.insert(&compiler, lines.trim_end());
        let written: Vec<String> =
            baselines.iter().map(|(name, lines)| format!("{name}\n{}\n", lines.trim_end())).collect();
        std::fs::write(&path, written.join("\n")).unwrap();
    }
    let own = baselines.get(compiler.as_str()).map(|baseline| (TOLERATED_PERCENT, *baseline));
    let other = || (TOLERATED_OF_ANOTHER_COMPILER_PERCENT, *baselines.values().next().expect("there is a baseline"));
    let (percent, baseline) = own.unwrap_or_else(other);
    let known: BTreeMap<&str, u64> = baseline
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(gas, name)| (name, gas.parse().unwrap()))
        .collect();
    assert_eq!(known.len(), costs.len(), "UPDATE_GOLDEN=1 writes the baseline of {compiler} anew:\n{lines}");
    for (name, gas) in &costs {
        let before = known[name.as_str()];
        let most = before * percent / 100;
        assert!(gas.abs_diff(before) <= most, "{compiler}: {name}: {before} before, {gas} now; see UPDATE_GOLDEN");
    }
}
