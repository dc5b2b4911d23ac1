//! A member's life in a network of real processes, by the commands of `node/docs/operate.md`: it is taken in, deploys, is
//! suspended and reinstated, lets two admins agree, rotates a key, loses all its keys and gets new admins, and is
//! expelled. What was decided is read back and proven.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_tests::cluster::{Cluster, program};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Tour {
    cluster: Cluster,
    directory: PathBuf,
}

struct Ran {
    code: Option<i32>,
    out: Value,
    err: String,
}

impl Tour {
    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn ends(&self, key: &Path, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program("countersign").unwrap());
        command.args(["--rpc", &self.cluster.url(1), "--json", "--key"]).arg(key).args(arguments);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        Ran {
            code: output.status.code(),
            out: serde_json::from_str(&text).unwrap_or(Value::Null),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, key: &Path, arguments: &[&str]) -> Value {
        let Ran { code, out, err } = self.ends(key, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}\n{out}");
        out
    }

    fn refused(&self, key: &Path, arguments: &[&str], why: &str) {
        let Ran { code, err, .. } = self.ends(key, arguments);
        assert_ne!(code, Some(0), "{arguments:?}");
        assert!(err.contains(why), "{arguments:?}: {err}");
    }

    fn founder(&self, number: u16) -> PathBuf {
        self.cluster.key(&format!("org{number}/admin"))
    }

    /// Three of the four who may vote ask for the same.
    fn decide(&self, arguments: &[&str]) {
        for (number, adopted) in [(0, Value::Null), (1, Value::Null), (2, json!(true))] {
            let told = self.run(&self.founder(number), arguments);
            assert_eq!(told["told"]["voted"]["adopted"], adopted, "{told}");
        }
    }

    /// A new key, and the proof that it is to be an account's.
    fn key(&self, account: &str, name: &str) -> (PathBuf, String) {
        let file = self.file(name);
        self.run(&file, &["key", "new"]);
        let proven = self.run(&file, &["key", "prove", account]);
        (file, format!("{}:{}", proven["public"].as_str().unwrap(), proven["proof"].as_str().unwrap()))
    }

    fn state(&self, number: &str) -> Value {
        self.run(&self.founder(0), &["governance", "show", number])["state"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_joins_deploys_is_suspended_rotates_loses_its_keys_and_leaves() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&directory.path().join("net"), 4, &[]).await.unwrap();
    let module = directory.path().join("counter.wasm");
    std::fs::write(&module, countersign_tests::cluster::contract_module("counter").unwrap()).unwrap();
    let tour = Tour { cluster, directory: directory.path().to_owned() };
    tokio::task::block_in_place(|| {
        let (admin, proof) = tour.key("mill/admin", "admin.key");
        is_taken_in(&tour, &admin, &proof);
        let module = module.to_str().unwrap();
        tour.run(&admin, &["contract", "deploy", module, "--name", "mill/counter"]);
        tour.run(&admin, &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#]);
        is_suspended_and_reinstated(&tour, &admin);
        let deputy = lets_two_admins_agree(&tour, &admin);
        rotates_a_key(&tour, &admin, &deputy);
        loses_its_keys_and_leaves(&tour, &deputy);
    });
    what_was_decided_is_proven(&tour).await;
}

fn is_taken_in(tour: &Tour, admin: &Path, proof: &str) {
    tour.refused(admin, &["account", "show"], "no account");
    let named = format!("admin={proof}");
    let admit = ["governance", "admit", "mill", "--name", "Mill Ltd", "--gln", "9521321000010", "--admin", &named];
    tour.decide(&admit);
    assert_eq!(tour.state("0"), json!("adopted"));
    tour.refused(&tour.founder(3), &["governance", "vote", "0", "no"], "decided, or its time is over");
    tour.refused(&tour.founder(0), &admit, "one of that id is or was a member");
    let shown = tour.run(admin, &["organisation", "show", "mill"]);
    assert_eq!(shown["member"]["organisation"]["gln"], json!("9521321000010"));
    assert_eq!(shown["accounts"][0]["id"], json!("mill/admin"));
}

fn is_suspended_and_reinstated(tour: &Tour, admin: &Path) {
    tour.run(&tour.founder(0), &["governance", "suspend", "mill", "--reason", "unpaid"]);
    tour.run(&tour.founder(1), &["governance", "vote", "1", "no"]);
    tour.run(&tour.founder(2), &["governance", "vote", "1", "no"]);
    assert_eq!(tour.state("1"), json!("rejected"), "two of four against it are enough");
    tour.decide(&["governance", "suspend", "mill"]);
    tour.refused(admin, &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#], "suspended or expelled");
    // Others use its contract meanwhile.
    tour.run(&tour.founder(0), &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#]);
    tour.refused(&tour.founder(0), &["governance", "expel", "org3"], "runs a validator");
    tour.refused(&tour.founder(0), &["validator", "remove", "org3"], "needs four");
    tour.decide(&["governance", "reinstate", "mill"]);
    tour.run(admin, &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#]);
}

fn lets_two_admins_agree(tour: &Tour, admin: &Path) -> PathBuf {
    let (deputy, proof) = tour.key("mill/deputy", "deputy.key");
    tour.run(admin, &["account", "put", "mill/deputy", "--role", "admin,submitter", "--public", &proof]);
    tour.run(admin, &["organisation", "set", "--threshold", "2"]);
    let contact = ["organisation", "set", "--contact", "ops@mill.example"];
    let waits = tour.run(admin, &contact);
    assert_eq!(waits["told"]["waits"], json!({ "asked": 1, "needed": 2 }));
    let shown = |tour: &Tour| tour.run(admin, &["organisation", "show", "mill"])["member"]["organisation"].clone();
    assert_eq!(shown(tour)["contact"], Value::Null);
    assert_eq!(tour.run(&deputy, &contact)["told"], Value::Null);
    assert_eq!(shown(tour)["contact"], json!("ops@mill.example"));
    deputy
}

/// Both admins ask for the same change of keys at the same height.
fn both(tour: &Tour, admins: [&Path; 2], arguments: &[&str]) {
    let first = tour.run(admins[0], arguments);
    assert!(first["told"]["waits"].is_object(), "{first}");
    let at = first["at"].to_string();
    let second = tour.run(admins[1], &[arguments, &["--at", &at]].concat());
    assert_eq!(second["told"], Value::Null);
}

/// The new key is there before the old one ends, and the account stays the same.
fn rotates_a_key(tour: &Tour, admin: &Path, deputy: &Path) {
    let old = tour.run(admin, &["key", "show"])["public"].as_str().unwrap().to_owned();
    let (fresh, proof) = tour.key("mill/admin", "fresh.key");
    let roles = "admin,deployer,submitter";
    both(
        tour,
        [admin, deputy],
        &["account", "put", "mill/admin", "--role", roles, "--public", &old, "--public", &proof],
    );
    for key in [admin, &fresh] {
        tour.run(key, &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#]);
    }
    let public = proof.split(':').next().unwrap();
    both(tour, [&fresh, deputy], &["account", "put", "mill/admin", "--role", roles, "--public", public]);
    tour.refused(
        admin,
        &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#],
        "belongs to no account at this height",
    );
    tour.run(&fresh, &["contract", "call", "mill/counter", "add", r#"{"n": 1}"#]);
}

fn loses_its_keys_and_leaves(tour: &Tour, deputy: &Path) {
    let (first, one) = tour.key("mill/rescue", "rescue.key");
    let (_, two) = tour.key("mill/rescue2", "rescue2.key");
    let (one, two) = (format!("rescue={one}"), format!("rescue2={two}"));
    tour.refused(&tour.founder(0), &["governance", "restore", "mill", "--admin", &one], "fewer admins");
    tour.decide(&["governance", "restore", "mill", "--admin", &one, "--admin", &two]);
    tour.refused(deputy, &["organisation", "set", "--threshold", "1"], "lacks the role");
    assert!(tour.run(&first, &["organisation", "set", "--threshold", "1"])["told"]["waits"].is_object());
    tour.decide(&["governance", "expel", "mill"]);
    tour.refused(&first, &["organisation", "set", "--threshold", "1"], "suspended or expelled");
    tour.refused(&tour.founder(0), &["governance", "reinstate", "mill"], "expelled");
    let members = tour.run(&tour.founder(0), &["organisation", "list"]);
    let mill = members.as_array().unwrap().iter().find(|member| member["organisation"]["id"] == json!("mill")).unwrap();
    assert!(mill["organisation"]["standing"]["expelled"]["from"].is_u64(), "{mill}");
}

/// The state shows each proposal with its votes to who trusts the genesis alone.
async fn what_was_decided_is_proven(tour: &Tour) {
    use countersign_api::method::gov::{GetProposalParams, GovGetProposal};
    use countersign_api::{At, U64};
    use countersign_client::verify::{Finding, read, trusted, verify};
    let params = GetProposalParams { proposal: U64(2), at: At::Final, prove: true };
    let client = tour.cluster.client(2).unwrap();
    let said = client.unverified().call_again::<GovGetProposal>(&params).await.unwrap().into_said();
    let file = serde_json::to_vec(&said.proof.unwrap()).unwrap();
    let root = trusted(&std::fs::read(tour.cluster.genesis()).unwrap()).unwrap();
    let verified = verify(&read(&file).unwrap(), &root).unwrap();
    let Finding::State { entries } = verified.data() else { panic!("{verified:?}") };
    let bytes = &entries[0].value.as_ref().unwrap();
    let proposal: countersign_types::Proposal = countersign_types::decode(bytes, bytes.len()).unwrap();
    assert_eq!(proposal.measure.to_string(), "to suspend mill");
    assert_eq!(proposal.votes.len(), 3);
    assert!(proposal.decision.unwrap().adopted);
}
