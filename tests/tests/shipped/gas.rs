//! What the methods of the contracts that ship cost, held to `data/gas-shipped.txt`. `UPDATE_GOLDEN=1` writes what the
//! compiler in use comes to anew.

use std::path::Path;

use countersign_contract::testing::Harness;
use countersign_provenance::Registries;
use countersign_testing::{Both, GasReport};
use countersign_vm::{Vm, VmConfig};

use crate::escrow::world::{World, admin, clerk, device};
use crate::{coldchain, credentials, keeper, module, wallet, within};

#[test]
fn gas_is_that_of_the_baseline() {
    let mut report = GasReport::new(&module("escrow"));
    let vm = Vm::new(VmConfig::default()).unwrap();
    for name in ["certification", "coldchain", "credentials", "escrow"] {
        report.add(format!("{name} deployment"), vm.check(&module(name)).unwrap().deploy_gas);
    }
    within(|world| of_a_deal(&mut report, world));
    of_cold_chain(&mut report);
    of_credentials(&mut report);
    report.hold(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/gas-shipped.txt")).unwrap();
}

fn of_a_deal(report: &mut GasReport, world: &mut World<'_, Both>) {
    let World { records, certification, coldchain, .. } = *world;
    let mut note = |name: &str, world: &World<'_, Both>| report.add(name, world.host.gas_used());
    world.certify();
    note("certification grant", world);
    let terms = world.terms();
    let id = world.open(&terms).unwrap();
    note("escrow open", world);
    world.countersign(id);
    note("escrow countersign", world);
    world.ship("urn:e:shipped");
    note("provenance capture, an event with a claim and a thing that leaves", world);
    world.measure("urn:e:measured", "20", 3_600_000);
    note("provenance capture, an event with a reading that leads to a hold", world);
    let item = "urn:epc:id:sscc:9521321.0000000001";
    world.at(coldchain, &admin("board")).invoke::<()>("release", &(item, "checked")).unwrap();
    note("coldchain release", world);
    world.receive("urn:e:received");
    note("provenance capture, an event with nothing to ask", world);
    world.settle(id, "urn:e:received").unwrap();
    note("escrow settle", world);
    world.at(records, &admin("test")).invoke::<()>("consult", &(Registries::default(),)).unwrap();
    world.receive("urn:e:again");
    note("provenance capture, the same asking nobody", world);
    world.at(certification, &clerk("tuv")).invoke::<()>("revoke", &(1u64, "residues found")).unwrap();
    note("certification revoke", world);
}

fn of_cold_chain(report: &mut GasReport) {
    use coldchain::scenario::{BOTTLE, at, entrust, observe};
    let mut both = keeper();
    entrust(&mut both);
    both.as_account(&device("carrier"));
    for (name, temperature) in [("within limits", 5_000), ("outside of them", 9_000)] {
        let readings: Vec<_> = (0..10).map(|n| at(n * 60, temperature)).collect();
        observe(&mut both, BOTTLE, &readings).unwrap();
        report.add(format!("coldchain observe, ten readings {name}"), both.gas_used());
    }
}

fn of_credentials(report: &mut GasReport) {
    use credentials::scenario::{access, gate, holds, issue, issuer, port, present, register};
    let mut both = wallet();
    register(both.as_account(&port()), "port", &issuer()).unwrap();
    let credential = access(both.as_account(&gate()), 1, 0);
    let id = issue(&mut both, &credential).unwrap();
    report.add("credentials issue", both.gas_used());
    present(&mut both, id, 1).unwrap();
    report.add("credentials present", both.gas_used());
    holds(&mut both, credential.from_ms).unwrap();
    report.add("credentials holds", both.gas_used());
}
