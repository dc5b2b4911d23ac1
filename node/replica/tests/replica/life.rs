//! Policy, approvals, upgrades and freezing.

use crate::chain::{State, call_of, genesis, key, module, signed, transaction};
use countersign_abi::trap;
use countersign_types::codec::{decode, encode};
use countersign_types::hash::sha256;
use countersign_types::{
    Address, ContractRecord, DeployPolicy, Frozen, Hash, Height, Measure, NativeOperation, Outcome, Payload,
    PolicyState, RejectCode, Revision, Validator, ValidatorSet, VerifiedTransaction, state_key,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A chain that transactions are executed on one by one, each in a block of its own.
struct Chain {
    state: State,
    height: u64,
}

impl Chain {
    /// Organisations `a` and `b` run two validators each.
    fn new() -> Self {
        let mut state = State::of_genesis();
        let organisations = ["a", "a", "b", "b"];
        let validators = organisations.iter().zip(1..).map(|(organisation, number)| Validator {
            organisation: (*organisation).into(),
            key: key(number).public(),
            network_key: key(100 + number).public(),
        });
        let set = ValidatorSet::new(validators.collect()).unwrap();
        state.0.insert(state_key::validators(), encode(&set));
        Self { state, height: 0 }
    }

    fn with_policy(policy: DeployPolicy) -> Self {
        let mut chain = Self::new();
        chain.state.0.insert(state_key::policy(), encode(&PolicyState { version: 0, policy }));
        chain
    }

    fn run(&mut self, signer: u8, payload: Payload) -> Outcome {
        self.height += 1;
        let transaction: Arc<VerifiedTransaction> = signed(signer, transaction(signer, self.height, 30_000, payload));
        self.state.execute(self.height, self.height, &[transaction]).remove(0)
    }

    fn native(&mut self, signer: u8, operation: NativeOperation) -> Outcome {
        self.run(signer, Payload::Native(operation))
    }

    fn deploy(&mut self, signer: u8, name: &str, code: &[u8]) -> Outcome {
        self.run(signer, Payload::Deploy { name: name.into(), code: code.to_vec(), input: Vec::new() })
    }

    fn upgrade(&mut self, signer: u8, name: &str, code: &[u8]) -> Outcome {
        let contract = Address::of(name);
        self.run(signer, Payload::Upgrade { contract, code: code.to_vec(), input: Vec::new() })
    }

    fn approve(&mut self, signer: u8, contract: &str, code: &[u8], approve: bool) -> Outcome {
        let code = Hash(sha256(code));
        self.native(signer, NativeOperation::ApproveCode { contract: contract.into(), code, approve })
    }

    fn record(&self, name: &str) -> ContractRecord {
        let bytes = &self.state.0[&state_key::contract(&Address::of(name))];
        decode(bytes, bytes.len()).unwrap()
    }

    fn revision(&self, name: &str, number: u32) -> Option<Revision> {
        let bytes = self.state.0.get(&state_key::revision(&Address::of(name), number))?;
        Some(decode(bytes, bytes.len()).unwrap())
    }
}

/// An organisation's vote for a measure, which is a proposal where there is none.
fn propose(measure: Measure) -> NativeOperation {
    NativeOperation::Propose { measure, reason: String::new(), open_ms: 60_000 }
}

fn succeeded(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Succeeded { .. }), "{outcome:?}");
}

fn rejected(outcome: &Outcome, code: RejectCode) {
    assert_eq!(*outcome, Outcome::Rejected(code));
}

/// A contract of two methods that calls another one's `run` in `relay`.
fn relay(to: &str) -> Vec<u8> {
    let bytes: String = Address::of(to).0.iter().map(|byte| format!("\\{byte:02x}")).collect();
    wat::parse_str(format!(
        r#"(module
            (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "{bytes}run")
            (func (export "relay")
                (if (i32.ne (call $call (i32.const 0) (i32.const 32) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const 1000000)) (i32.const 2))
                    (then unreachable))))"#
    ))
    .unwrap()
}

#[test]
fn new_code_takes_the_place_of_old_code_and_is_counted() {
    let mut chain = Chain::new();
    succeeded(&chain.deploy(11, "a/box", &module(&["run"])));
    let first = chain.record("a/box");
    let code = module(&["walk", "migrate"]);
    succeeded(&chain.upgrade(11, "a/box", &code));
    let record = chain.record("a/box");
    let expected = ContractRecord { code: Hash(sha256(&code)), revision: 1, ..first.clone() };
    assert_eq!(record, expected);
    succeeded(&chain.run(11, call_of("a/box", "walk")));
    assert_eq!(chain.run(11, call_of("a/box", "run")), Outcome::Trapped { cause: trap::METHOD_NOT_FOUND });
    assert_eq!(chain.run(11, call_of("a/box", "migrate")), Outcome::Trapped { cause: trap::METHOD_NOT_FOUND });
    let revisions: Vec<_> = (0..3).map(|number| chain.revision("a/box", number)).collect();
    assert_eq!(revisions[0].as_ref().map(|revision| (revision.code, revision.at)), Some((first.code, Height(1))));
    assert_eq!(revisions[1].as_ref().map(|revision| (revision.code, revision.at)), Some((record.code, Height(2))));
    assert_eq!(revisions[2], None);
    rejected(&chain.upgrade(11, "a/box", &code), RejectCode::SameCode);
    succeeded(&chain.upgrade(11, "a/box", &module(&["run"])));
    assert_eq!(chain.record("a/box").revision, 2, "going back is an upgrade too");
}

#[test]
fn an_upgrade_whose_migrate_fails_changes_nothing() {
    let mut chain = Chain::new();
    succeeded(&chain.deploy(11, "a/box", &module(&["run"])));
    let before = chain.record("a/box");
    let fails =
        wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "migrate") unreachable))"#).unwrap();
    assert_eq!(chain.upgrade(11, "a/box", &fails), Outcome::Trapped { cause: trap::UNREACHABLE });
    assert_eq!(chain.record("a/box"), before);
    assert_eq!(chain.revision("a/box", 1), None);
    assert!(!chain.state.0.contains_key(&state_key::code(&Hash(sha256(&fails)))));
    succeeded(&chain.run(11, call_of("a/box", "run")));
}

#[test]
fn another_layout_of_the_state_needs_a_higher_version() {
    let with_layout = |version: u32, fields: u8| -> Vec<u8> {
        let section: Vec<u8> = [version.to_le_bytes().as_slice(), &[fields; 32]].concat();
        let escaped: String = section.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let text = format!(
            r#"(module (@custom "countersign.layout" "{escaped}") (memory (export "memory") 1) (func (export "run{version}")))"#
        );
        wat::parse_str(text).unwrap()
    };
    let mut chain = Chain::new();
    succeeded(&chain.deploy(11, "a/box", &with_layout(2, 7)));
    rejected(&chain.upgrade(11, "a/box", &with_layout(2, 8)), RejectCode::Incompatible);
    rejected(&chain.upgrade(11, "a/box", &with_layout(1, 7)), RejectCode::Incompatible);
    rejected(&chain.upgrade(11, "a/box", &module(&["run"])), RejectCode::Incompatible);
    succeeded(&chain.upgrade(11, "a/box", &with_layout(3, 8)));
    assert_eq!(chain.record("a/box").revision, 1);
    let twice = wat::parse_str(
        r#"(module (@custom "countersign.layout" "short") (memory (export "memory") 1) (func (export "run")))"#,
    );
    rejected(&chain.upgrade(11, "a/box", &twice.unwrap()), RejectCode::BadCode);
}

#[test]
fn only_deployers_of_the_owner_replace_code() {
    let mut chain = Chain::new();
    succeeded(&chain.deploy(11, "a/box", &module(&["run"])));
    let code = module(&["walk"]);
    rejected(&chain.upgrade(12, "a/box", &code), RejectCode::NotOwner);
    rejected(&chain.upgrade(13, "a/box", &code), RejectCode::Forbidden);
    rejected(&chain.upgrade(11, "a/none", &code), RejectCode::NoContract);
    rejected(&chain.upgrade(11, "a/box", b"no module"), RejectCode::BadCode);
    let never = DeployPolicy { upgrades: false, ..DeployPolicy::default() };
    chain.state.0.insert(state_key::policy(), encode(&PolicyState { version: 1, policy: never }));
    rejected(&chain.upgrade(11, "a/box", &code), RejectCode::PolicyForbids);
    succeeded(&chain.deploy(11, "a/other", &code));
}

#[test]
fn a_policy_names_who_deploys() {
    let named = |names: &[&str]| DeployPolicy {
        organisations: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..DeployPolicy::default()
    };
    let mut chain = Chain::with_policy(named(&["b"]));
    rejected(&chain.deploy(11, "a/box", &module(&["run"])), RejectCode::PolicyForbids);
    succeeded(&chain.deploy(12, "b/box", &module(&["run"])));
    let mut chain = Chain::with_policy(named(&[]));
    rejected(&chain.deploy(12, "b/box", &module(&["run"])), RejectCode::PolicyForbids);
}

#[test]
fn approvals_are_for_one_code_of_one_contract_and_are_used_up() {
    let two = DeployPolicy { approvals: 2, ..DeployPolicy::default() };
    let mut chain = Chain::with_policy(two);
    let (code, other) = (module(&["run"]), module(&["walk"]));
    let approvals = |chain: &Chain, code: &[u8]| -> Option<BTreeSet<String>> {
        let bytes = chain.state.0.get(&state_key::approvals("a/box", 0, &Hash(sha256(code))))?;
        Some(decode(bytes, bytes.len()).unwrap())
    };
    rejected(&chain.deploy(11, "a/box", &code), RejectCode::NotApproved);
    succeeded(&chain.approve(11, "a/box", &code, true));
    rejected(&chain.deploy(11, "a/box", &code), RejectCode::NotApproved);
    succeeded(&chain.approve(12, "a/crate", &code, true));
    rejected(&chain.deploy(11, "a/box", &code), RejectCode::NotApproved);
    succeeded(&chain.approve(12, "a/box", &other, true));
    rejected(&chain.deploy(11, "a/box", &code), RejectCode::NotApproved);
    succeeded(&chain.approve(12, "a/box", &code, true));
    assert_eq!(approvals(&chain, &code), Some(BTreeSet::from(["a".to_owned(), "b".to_owned()])));
    succeeded(&chain.approve(12, "a/box", &code, false));
    rejected(&chain.deploy(11, "a/box", &code), RejectCode::NotApproved);
    succeeded(&chain.approve(12, "a/box", &code, true));
    succeeded(&chain.deploy(11, "a/box", &code));
    assert_eq!(approvals(&chain, &code), None, "used up");
    // What was approved to be deployed was not approved to replace what was deployed meanwhile.
    rejected(&chain.upgrade(11, "a/box", &other), RejectCode::NotApproved);
    succeeded(&chain.approve(12, "a/box", &other, true));
    succeeded(&chain.upgrade(11, "a/box", &other));
    rejected(&chain.upgrade(11, "a/box", &code), RejectCode::NotApproved);
    rejected(&chain.approve(13, "a/box", &code, true), RejectCode::Forbidden);
}

#[test]
fn two_thirds_of_those_who_run_validators_replace_the_policy() {
    let mut chain = Chain::new();
    let wanted = DeployPolicy { approvals: 2, ..DeployPolicy::default() };
    let vote = |version, policy: &DeployPolicy| propose(Measure::Deployment { version, policy: policy.clone() });
    let in_force = |chain: &Chain| -> PolicyState {
        let bytes = &chain.state.0[&state_key::policy()];
        decode(bytes, bytes.len()).unwrap()
    };
    rejected(&chain.native(11, vote(1, &wanted)), RejectCode::MeasureOver);
    rejected(&chain.native(13, vote(0, &wanted)), RejectCode::Forbidden);
    let unknown = DeployPolicy { organisations: Some(BTreeSet::from(["c".to_owned()])), ..wanted.clone() };
    rejected(&chain.native(11, vote(0, &unknown)), RejectCode::BadPolicy);
    succeeded(&chain.native(11, vote(0, &wanted)));
    assert_eq!(in_force(&chain), PolicyState::default(), "one of two is not enough");
    succeeded(&chain.native(12, vote(0, &DeployPolicy { approvals: 1, ..wanted.clone() })));
    assert_eq!(in_force(&chain), PolicyState::default(), "they want different things");
    succeeded(&chain.native(12, vote(0, &wanted)));
    assert_eq!(in_force(&chain), PolicyState { version: 1, policy: wanted.clone() });
    rejected(&chain.native(12, vote(0, &wanted)), RejectCode::MeasureOver);
    succeeded(&chain.native(11, vote(1, &DeployPolicy::default())));
    assert_eq!(in_force(&chain).version, 1, "old votes do not count for the next one");
}

#[test]
fn who_runs_no_validator_has_no_vote() {
    let mut chain = Chain { state: State::of_genesis(), height: 0 };
    succeeded(&chain.deploy(11, "a/box", &module(&["run"])));
    let contract = Address::of("a/box");
    let measures = [
        Measure::Deployment { version: 0, policy: DeployPolicy { approvals: 1, ..DeployPolicy::default() } },
        Measure::Freeze { contract, revision: 0, frozen: true },
    ];
    for (proposal, measure) in (0..).zip(measures) {
        succeeded(&chain.native(12, propose(measure.clone())));
        rejected(&chain.native(12, NativeOperation::Vote { proposal, approve: true }), RejectCode::Forbidden);
        rejected(&chain.native(12, propose(measure)), RejectCode::Forbidden);
    }
    succeeded(&chain.run(11, call_of("a/box", "run")));
}

#[test]
fn a_frozen_contract_is_not_called_by_anybody_and_can_be_mended() {
    let mut chain = Chain::new();
    succeeded(&chain.deploy(11, "a/box", &module(&["run"])));
    succeeded(&chain.deploy(12, "b/relay", &relay("a/box")));
    let contract = Address::of("a/box");
    let set = |frozen| NativeOperation::SetFrozen { contract, frozen };
    rejected(&chain.native(12, set(true)), RejectCode::NotOwner);
    rejected(&chain.native(13, set(true)), RejectCode::Forbidden);
    assert_eq!(chain.run(11, call_of("b/relay", "relay")), Outcome::Trapped { cause: trap::UNREACHABLE });
    succeeded(&chain.native(11, set(true)));
    assert_eq!(chain.record("a/box").frozen, Frozen { by_owner: true, by_network: false });
    rejected(&chain.run(11, call_of("a/box", "run")), RejectCode::Frozen);
    succeeded(&chain.run(11, call_of("b/relay", "relay")));
    succeeded(&chain.upgrade(11, "a/box", &module(&["run", "migrate"])));
    rejected(&chain.run(11, call_of("a/box", "run")), RejectCode::Frozen);
    succeeded(&chain.native(11, set(false)));
    succeeded(&chain.run(11, call_of("a/box", "run")));
}

#[test]
fn what_the_network_froze_its_owner_does_not_thaw() {
    let mut chain = Chain::new();
    succeeded(&chain.deploy(11, "a/box", &module(&["run"])));
    let contract = Address::of("a/box");
    let vote = |revision, frozen| propose(Measure::Freeze { contract, revision, frozen });
    succeeded(&chain.native(12, vote(0, true)));
    succeeded(&chain.run(11, call_of("a/box", "run")));
    succeeded(&chain.native(11, vote(0, true)));
    rejected(&chain.run(11, call_of("a/box", "run")), RejectCode::Frozen);
    succeeded(&chain.native(11, NativeOperation::SetFrozen { contract, frozen: false }));
    rejected(&chain.run(11, call_of("a/box", "run")), RejectCode::Frozen);
    // What the network stopped, its owner does not replace alone either.
    rejected(&chain.upgrade(11, "a/box", &module(&["walk"])), RejectCode::NotApproved);
    succeeded(&chain.approve(11, "a/box", &module(&["walk"]), true));
    rejected(&chain.upgrade(11, "a/box", &module(&["walk"])), RejectCode::NotApproved);
    succeeded(&chain.native(11, vote(0, false)));
    rejected(&chain.run(11, call_of("a/box", "run")), RejectCode::Frozen);
    succeeded(&chain.native(12, vote(0, false)));
    succeeded(&chain.run(11, call_of("a/box", "run")));
    // A vote about an older revision does not count for the next.
    succeeded(&chain.native(12, vote(0, true)));
    succeeded(&chain.upgrade(11, "a/box", &module(&["run", "walk"])));
    rejected(&chain.native(11, vote(0, true)), RejectCode::MeasureOver);
    succeeded(&chain.native(11, vote(1, true)));
    succeeded(&chain.run(11, call_of("a/box", "run")));
    let nowhere = propose(Measure::Freeze { contract: Address::of("a/none"), revision: 0, frozen: true });
    rejected(&chain.native(11, nowhere), RejectCode::NoContract);
}

#[test]
fn a_policy_of_a_genesis_is_checked() {
    let with = |deployment| countersign_types::Genesis { deployment, ..genesis() }.check();
    assert!(with(DeployPolicy { approvals: 2, ..DeployPolicy::default() }).is_ok());
    let refused = |deployment| with(deployment).unwrap_err().to_string();
    assert!(refused(DeployPolicy { approvals: 3, ..DeployPolicy::default() }).contains("2 organisations"));
    let named = |name: &str| DeployPolicy { organisations: Some([name.to_owned()].into()), ..DeployPolicy::default() };
    assert!(refused(named("c")).contains("`c`"));
    assert!(refused(named("C")).contains("`C`"));
}
