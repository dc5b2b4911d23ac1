//! What organisations decide together: members, their standing and admins, rules; and organisations of several admins.

use crate::chain::{State, account, call_of, genesis, key, module, signed, transaction};
use countersign_replica::organisation;
use countersign_types::codec::decode;
use countersign_types::governance::{Electorate, Fraction, Threshold};
use countersign_types::proposal::Wanted;
use countersign_types::{
    Account, Address, DeployPolicy, Genesis, Hash, Height, KeyProof, Measure, NativeOperation, Organisation, Outcome,
    Payload, PolicyState, Proposal, RejectCode, Roles, Rules, RulesState, Standing, Told, Validator, ValidatorSet,
    codec::encode, hash::sha256, state_key,
};
use std::collections::BTreeMap;

/// A chain that transactions are executed on one by one, each in a block of its own, a second apart.
struct Chain {
    state: State,
    height: u64,
    time: u64,
}

const ALL: Roles = Roles::ADMIN.with(Roles::DEPLOYER).with(Roles::SUBMITTER);

impl Chain {
    /// Organisations `a` to `d` run a validator each and have an admin with the keys 11, 12, 16 and 17; `e` runs none, and
    /// its admin has the key 18.
    fn new() -> Self {
        let mut base = genesis();
        base.organisations.extend(["c", "d", "e"].map(|id| Organisation::new(id, id)));
        base.accounts.extend([("c", 16), ("d", 17), ("e", 18)].map(|(id, number)| admin(id, number)));
        let validators = ["a", "b", "c", "d"].iter().zip(1..).map(|(id, number)| Validator {
            organisation: (*id).into(),
            key: key(number).public(),
            network_key: key(100 + number).public(),
        });
        base.validators = ValidatorSet::new(validators.collect()).unwrap();
        base.check().unwrap();
        Self { state: State::of(&base), height: 0, time: 0 }
    }

    fn run(&mut self, signer: u8, payload: Payload) -> Outcome {
        self.height += 1;
        self.time += 1_000;
        let body = transaction(signer, self.height, self.time + 30_000, payload);
        self.state.execute(self.height, self.time, &[signed(signer, body)]).remove(0)
    }

    fn native(&mut self, signer: u8, operation: NativeOperation) -> Outcome {
        self.run(signer, Payload::Native(operation))
    }

    fn propose(&mut self, signer: u8, measure: Measure) -> Outcome {
        self.native(signer, proposing(measure, 600_000))
    }

    fn vote(&mut self, signer: u8, proposal: u64, approve: bool) -> Outcome {
        self.native(signer, NativeOperation::Vote { proposal, approve })
    }

    /// Three of the four who may vote decide it.
    fn decide(&mut self, measure: &Measure) {
        for (signer, adopted) in [(11, None), (12, None), (16, Some(true))] {
            let outcome = self.propose(signer, measure.clone());
            assert!(matches!(told(&outcome), Told::Voted { adopted: found, .. } if found == adopted), "{outcome:?}");
        }
    }

    fn proposal(&self, number: u64) -> Proposal {
        self.read(state_key::proposal(number)).unwrap()
    }

    fn organisation(&self, id: &str) -> Organisation {
        self.read(state_key::organisation(id)).unwrap()
    }

    fn read<T: borsh::BorshDeserialize>(&self, key: Vec<u8>) -> Option<T> {
        self.state.0.get(&key).map(|bytes| decode(bytes, bytes.len()).unwrap())
    }
}

fn admin(organisation: &str, number: u8) -> Account {
    account(&format!("{organisation}/admin"), ALL, &[(number, None)])
}

fn proposing(measure: Measure, open_ms: u64) -> NativeOperation {
    NativeOperation::Propose { measure, reason: "since".into(), open_ms }
}

fn proof(account: &Account, number: u8) -> KeyProof {
    KeyProof::new(&key(number), &genesis().chain(), &account.id)
}

fn admitting(id: &str, number: u8) -> Measure {
    let admin = admin(id, number);
    let proofs = vec![proof(&admin, number)];
    Measure::Admit { organisation: Organisation::new(id, id), admins: vec![admin], proofs }
}

fn standing(id: &str, standing: Wanted) -> Measure {
    Measure::Standing { organisation: id.into(), standing }
}

fn told(outcome: &Outcome) -> Told {
    match outcome {
        Outcome::Succeeded { output } => decode(output, output.len()).unwrap(),
        outcome => panic!("{outcome:?}"),
    }
}

fn voted(outcome: &Outcome, proposal: u64, adopted: Option<bool>) {
    assert_eq!(told(outcome), Told::Voted { proposal, adopted });
}

fn done(outcome: &Outcome) {
    assert_eq!(*outcome, Outcome::Succeeded { output: Vec::new() });
}

fn rejected(outcome: &Outcome, code: RejectCode) {
    assert_eq!(*outcome, Outcome::Rejected(code));
}

fn putting(account: Account, proofs: Vec<KeyProof>) -> NativeOperation {
    NativeOperation::PutAccount { account, proofs }
}

#[test]
fn equal_measures_are_one_proposal_and_three_of_four_adopt_it() {
    let mut chain = Chain::new();
    let wanted = DeployPolicy { approvals: 2, ..DeployPolicy::default() };
    let measure = Measure::Deployment { version: 0, policy: wanted.clone() };
    voted(&chain.propose(11, measure.clone()), 0, None);
    voted(&chain.propose(18, admitting("x", 30)), 1, None);
    voted(&chain.propose(12, measure.clone()), 0, None);
    voted(&chain.vote(12, 0, true), 0, None);
    let open = chain.proposal(0);
    assert_eq!((open.decision, open.height, open.reason.as_str()), (None, Height(1), "since"));
    assert_eq!(open.votes.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(chain.proposal(1).votes.len(), 0, "who has no vote proposes alone");
    voted(&chain.vote(17, 0, true), 0, Some(true));
    let decision = chain.proposal(0).decision.unwrap();
    assert_eq!((decision.adopted, decision.height), (true, Height(5)));
    let policy: PolicyState = chain.read(state_key::policy()).unwrap();
    assert_eq!((policy.version, policy.policy), (1, wanted));
    rejected(&chain.vote(16, 0, true), RejectCode::ProposalOver);
    rejected(&chain.propose(16, measure), RejectCode::MeasureOver);
    rejected(&chain.vote(11, 2, true), RejectCode::ProposalOver);
}

#[test]
fn votes_change_until_so_many_are_against_it_that_it_is_over() {
    let mut chain = Chain::new();
    let measure = admitting("x", 30);
    voted(&chain.propose(11, measure.clone()), 0, None);
    voted(&chain.vote(12, 0, false), 0, None);
    voted(&chain.vote(12, 0, true), 0, None);
    voted(&chain.vote(16, 0, false), 0, None);
    rejected(&chain.vote(18, 0, true), RejectCode::Forbidden);
    rejected(&chain.vote(13, 0, true), RejectCode::Forbidden);
    voted(&chain.vote(17, 0, false), 0, Some(false));
    assert_eq!(organisation::of(&chain.state, "x").unwrap(), None);
    rejected(&chain.vote(16, 0, true), RejectCode::ProposalOver);
    voted(&chain.propose(11, measure), 1, None);
}

#[test]
fn a_proposal_ends_with_its_time_and_can_be_made_again() {
    let mut chain = Chain::new();
    let measure = admitting("x", 30);
    rejected(&chain.native(11, proposing(measure.clone(), 999)), RejectCode::BadWindow);
    let longest = Rules::default().window_ms;
    rejected(&chain.native(11, proposing(measure.clone(), longest + 1)), RejectCode::BadWindow);
    voted(&chain.native(11, proposing(measure.clone(), 2_000)), 0, None);
    voted(&chain.vote(12, 0, true), 0, None);
    voted(&chain.vote(12, 0, true), 0, None);
    rejected(&chain.vote(16, 0, true), RejectCode::ProposalOver);
    voted(&chain.propose(16, measure), 1, None);
    assert_eq!(chain.proposal(1).votes.len(), 1, "old votes do not count");
}

#[test]
fn a_member_is_taken_in_with_its_admins_and_acts() {
    let mut chain = Chain::new();
    rejected(&chain.propose(11, admitting("b", 30)), RejectCode::BadOrganisation);
    rejected(&chain.propose(11, admitting("x", 12)), RejectCode::KeyTaken);
    let unproven = match admitting("x", 30) {
        Measure::Admit { organisation, admins, .. } => Measure::Admit { organisation, admins, proofs: Vec::new() },
        other => other,
    };
    rejected(&chain.propose(11, unproven), RejectCode::KeyUnproven);
    chain.decide(&admitting("x", 30));
    assert_eq!(chain.organisation("x"), Organisation::new("x", "x"));
    assert!(organisation::all(&chain.state).unwrap().contains("x"));
    let gate = account("x/gate", Roles::SUBMITTER, &[(31, None)]);
    done(&chain.native(30, putting(gate.clone(), vec![proof(&gate, 31)])));
    rejected(&chain.propose(12, admitting("x", 32)), RejectCode::BadOrganisation);
}

#[test]
fn a_suspended_member_does_nothing_from_the_next_block_on_until_it_is_reinstated() {
    let mut chain = Chain::new();
    assert!(matches!(
        chain.run(18, Payload::Deploy { name: "e/box".into(), code: module(&["run"]), input: Vec::new() }),
        Outcome::Succeeded { .. }
    ));
    let suspend = standing("e", Wanted::Suspended);
    chain.propose(11, suspend.clone());
    chain.propose(12, suspend.clone());
    // The deciding vote and a call of the member stand in one block, and another call comes in the next.
    chain.height += 1;
    chain.time += 1_000;
    let (height, time) = (chain.height, chain.time);
    let sign = |signer, nonce, payload| signed(signer, transaction(signer, nonce, time + 30_000, payload));
    let vote = sign(16, 900, Payload::Native(NativeOperation::Vote { proposal: 0, approve: true }));
    let outcomes = chain.state.execute(height, time, &[vote, sign(18, 901, call_of("e/box", "run"))]);
    voted(&outcomes[0], 0, Some(true));
    assert!(matches!(outcomes[1], Outcome::Succeeded { .. }));
    assert_eq!(chain.organisation("e").standing, Standing::Suspended { from: Height(height + 1) });
    rejected(&chain.run(18, call_of("e/box", "run")), RejectCode::Suspended);
    rejected(&chain.propose(18, admitting("x", 30)), RejectCode::Suspended);
    assert!(matches!(chain.run(11, call_of("e/box", "run")), Outcome::Succeeded { .. }), "others call its contracts");
    rejected(&chain.propose(11, suspend), RejectCode::MeasureOver);
    chain.decide(&standing("e", Wanted::Good));
    assert!(matches!(chain.run(18, call_of("e/box", "run")), Outcome::Succeeded { .. }));
}

#[test]
fn so_many_stay_in_good_standing_that_something_can_be_decided() {
    let mut chain = Chain::new();
    rejected(&chain.propose(11, standing("none", Wanted::Suspended)), RejectCode::BadOrganisation);
    chain.decide(&standing("d", Wanted::Suspended));
    rejected(&chain.propose(17, admitting("x", 30)), RejectCode::Suspended);
    rejected(&chain.propose(11, standing("c", Wanted::Suspended)), RejectCode::NoQuorum);
    chain.decide(&standing("d", Wanted::Good));
}

#[test]
fn who_runs_a_validator_is_not_expelled_and_who_is_expelled_does_not_return() {
    let mut chain = Chain::new();
    rejected(&chain.propose(11, standing("d", Wanted::Expelled)), RejectCode::RunsValidator);
    chain.decide(&standing("e", Wanted::Expelled));
    rejected(&chain.native(18, NativeOperation::Vote { proposal: 0, approve: true }), RejectCode::Suspended);
    rejected(&chain.propose(11, standing("e", Wanted::Good)), RejectCode::BadOrganisation);
    rejected(&chain.propose(11, admitting("e", 30)), RejectCode::BadOrganisation);
    let validators = genesis_with_e();
    let measure = Measure::Validators { epoch: countersign_types::Epoch::ZERO, validators };
    rejected(&chain.propose(11, measure), RejectCode::BadValidators);
}

fn genesis_with_e() -> ValidatorSet {
    let member = |(id, number): (&str, u8)| Validator {
        organisation: id.into(),
        key: key(number).public(),
        network_key: key(100 + number).public(),
    };
    ValidatorSet::new([("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)].map(member).into()).unwrap()
}

#[test]
fn a_member_that_lost_its_keys_gets_new_admins_and_the_old_ones_lose_the_role() {
    let mut chain = Chain::new();
    let new = account("d/rescue", ALL, &[(40, None)]);
    let measure =
        Measure::Admins { organisation: "d".into(), admins: vec![new.clone()], proofs: vec![proof(&new, 40)] };
    chain.decide(&measure);
    let gate = account("d/gate", Roles::SUBMITTER, &[(41, None)]);
    rejected(&chain.native(17, putting(gate.clone(), vec![proof(&gate, 41)])), RejectCode::Forbidden);
    done(&chain.native(40, putting(gate.clone(), vec![proof(&gate, 41)])));
    let old: Account = chain.read(state_key::account("d/admin")).unwrap();
    assert_eq!(old.roles, Roles::DEPLOYER.with(Roles::SUBMITTER));
    voted(&chain.propose(40, admitting("x", 30)), 1, None);
}

#[test]
fn several_admins_agree_before_anything_is_done_in_their_name() {
    let mut chain = Chain::new();
    let ask = |threshold| NativeOperation::PutOrganisation {
        name: "Acme".into(),
        gln: Some("9521321000010".into()),
        contact: Some("ops@acme.example".into()),
        threshold,
    };
    rejected(&chain.native(11, ask(2)), RejectCode::LastAdmin);
    let second = account("a/deputy", Roles::ADMIN, &[(50, None)]);
    done(&chain.native(11, putting(second.clone(), vec![proof(&second, 50)])));
    done(&chain.native(11, ask(2)));
    assert_eq!((chain.organisation("a").threshold, chain.organisation("a").name.as_str()), (2, "Acme"));

    let gate = account("a/gate2", Roles::SUBMITTER, &[(51, None)]);
    let put = putting(gate.clone(), vec![proof(&gate, 51)]);
    let waits = Told::Waits { asked: 1, needed: 2 };
    assert_eq!(told(&chain.native(11, put.clone())), waits);
    assert_eq!(told(&chain.native(11, put.clone())), waits, "one admin twice is one");
    assert_eq!(chain.read::<Account>(state_key::account("a/gate2")), None);
    done(&chain.native(50, put.clone()));
    assert!(chain.read::<Account>(state_key::account("a/gate2")).is_some());
    // The next time it begins anew.
    assert_eq!(told(&chain.native(50, put)), waits);
    // A vote of the organisation takes both, whatever reason each gives.
    assert_eq!(told(&chain.propose(11, admitting("x", 30))), waits);
    let otherwise = NativeOperation::Propose { measure: admitting("x", 30), reason: "why".into(), open_ms: 600_000 };
    voted(&chain.native(50, otherwise), 0, None);
    // Neither leaves while two must agree.
    let leaves = putting(Account { roles: Roles::SUBMITTER, ..second.clone() }, Vec::new());
    assert_eq!(told(&chain.native(11, leaves.clone())), waits);
    rejected(&chain.native(50, leaves), RejectCode::LastAdmin);
    assert_eq!(told(&chain.native(11, ask(1))), waits);
    done(&chain.native(50, ask(1)));
    let gone = putting(Account { roles: Roles::SUBMITTER, ..second }, Vec::new());
    done(&chain.native(11, gone));
}

#[test]
fn an_admin_who_is_none_any_more_does_not_count_and_old_consent_ends() {
    let mut chain = Chain::new();
    for (name, number) in [("deputy", 50), ("third", 51)] {
        let more = account(&format!("a/{name}"), Roles::ADMIN, &[(number, None)]);
        done(&chain.native(11, putting(more.clone(), vec![proof(&more, number)])));
    }
    let ask = NativeOperation::PutOrganisation { name: "Acme".into(), gln: None, contact: None, threshold: 2 };
    done(&chain.native(11, ask));
    let waits = Told::Waits { asked: 1, needed: 2 };
    let gate = account("a/gate2", Roles::SUBMITTER, &[(60, None)]);
    let put = putting(gate.clone(), vec![proof(&gate, 60)]);
    assert_eq!(told(&chain.native(51, put.clone())), waits);
    let gone = putting(account("a/third", Roles::SUBMITTER, &[(51, None)]), Vec::new());
    assert_eq!(told(&chain.native(11, gone.clone())), waits);
    done(&chain.native(50, gone));
    assert_eq!(told(&chain.native(11, put.clone())), waits, "the third's does not count");
    chain.time += countersign_replica::limits::CONSENT_MS + 10_000;
    assert_eq!(told(&chain.native(50, put.clone())), waits, "the first's is too old");
    done(&chain.native(11, put));
}

#[test]
fn the_network_consents_to_code_in_the_place_of_approvals() {
    let mut chain = Chain::new();
    let policy = DeployPolicy { approvals: 5, ..DeployPolicy::default() };
    chain.decide(&Measure::Deployment { version: 0, policy });
    let code = module(&["run"]);
    let deploy = || Payload::Deploy { name: "a/box".into(), code: code.clone(), input: Vec::new() };
    rejected(&chain.run(11, deploy()), RejectCode::NotApproved);
    let consent = |revision| Measure::Code { contract: "a/box".into(), revision, code: Hash(sha256(&code)) };
    rejected(&chain.propose(11, consent(1)), RejectCode::MeasureOver);
    chain.decide(&consent(0));
    assert!(matches!(chain.run(11, deploy()), Outcome::Succeeded { .. }));
    assert!(chain.state.0.contains_key(&state_key::contract(&Address::of("a/box"))));
}

#[test]
fn rules_say_who_votes_on_what() {
    let mut chain = Chain::new();
    let half = Threshold { more_than: Fraction { of: 1, parts: 2 }, of: Electorate::Members };
    let rules = Rules { members: half, ..Rules::default() };
    chain.decide(&Measure::Rules { version: 0, rules: rules.clone() });
    let state: RulesState = chain.read(state_key::rules()).unwrap();
    assert_eq!((state.version, state.rules), (1, rules.clone()));
    rejected(&chain.propose(11, Measure::Rules { version: 0, rules }), RejectCode::MeasureOver);
    // Five members: three are more than half, and one that runs no validator votes.
    voted(&chain.propose(18, admitting("x", 30)), 1, None);
    voted(&chain.vote(11, 1, true), 1, None);
    voted(&chain.vote(12, 1, true), 1, Some(true));
}

#[test]
fn rules_that_let_too_few_decide_are_refused() {
    let refused = |rules: Rules| Genesis { governance: rules, ..genesis() }.check().unwrap_err().to_string();
    let by = |of, parts| Threshold { more_than: Fraction { of, parts }, of: Electorate::Validators };
    assert!(refused(Rules { members: by(1, 3), ..Rules::default() }).contains("at least 1/2"));
    assert!(refused(Rules { rules: by(3, 3), ..Rules::default() }).contains("less than 1"));
    assert!(refused(Rules { validators: by(1, 2), ..Rules::default() }).contains("at least 2/3"));
    let others = Threshold { of: Electorate::Members, ..Threshold::default() };
    assert!(refused(Rules { validators: others, ..Rules::default() }).contains("run validators"));
    assert!(refused(Rules { window_ms: 0, ..Rules::default() }).contains("windowMs"));
    let written = serde_json::to_value(Rules::default()).unwrap();
    assert_eq!(written["members"], serde_json::json!({ "moreThan": "2/3", "of": "validators" }));
    assert_eq!(serde_json::from_value::<Rules>(written).unwrap(), Rules::default());
}

#[test]
fn an_organisation_of_a_genesis_has_as_many_admins_as_must_agree() {
    let mut two = genesis();
    two.organisations[0].threshold = 2;
    assert!(two.check().unwrap_err().to_string().contains("asks more admins to agree than the 1"));
    two.organisations[0].threshold = 0;
    assert!(two.check().is_err());
    two.organisations[0] =
        Organisation { standing: Standing::Suspended { from: Height(1) }, ..Organisation::new("a", "a") };
    assert!(two.check().unwrap_err().to_string().contains("nobody begins suspended"));
}

#[test]
fn attributes_of_accounts_are_bounded() {
    let with = |attributes: BTreeMap<String, String>| Account { attributes, ..admin("a", 11) }.is_valid();
    let of = |name: &str, bytes: usize| BTreeMap::from([(name.to_owned(), "x".repeat(bytes))]);
    assert!(with(of("site", 64)));
    assert!(!with(of("site", 65)));
    assert!(!with(of("Site", 1)));
    assert!(!with((0..9).map(|number| (format!("n{number}"), String::new())).collect()));
    assert_eq!(encode(&admin("a", 11)).len(), encode(&Account { attributes: of("a", 0), ..admin("a", 11) }).len() - 9);
}

/// Answers the account's attributes.
fn telling() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "countersign" "context" (func $context (param i32 i32 i32) (result i32)))
            (import "countersign" "output" (func $output (param i32 i32)))
            (memory (export "memory") 1)
            (func (export "run") (call $output (i32.const 0) (call $context (i32.const 10) (i32.const 0) (i32.const 1000)))))"#,
    )
    .unwrap()
}

#[test]
fn contracts_read_the_attributes_of_who_calls() {
    let mut chain = Chain::new();
    let deploy = Payload::Deploy { name: "a/box".into(), code: telling(), input: Vec::new() };
    assert!(matches!(chain.run(11, deploy), Outcome::Succeeded { .. }));
    let told = |chain: &mut Chain, signer| chain.run(signer, call_of("a/box", "run"));
    done(&told(&mut chain, 13));
    let attributes = BTreeMap::from([("site".to_owned(), "north".to_owned())]);
    let mut gate: Account = chain.read(state_key::account("a/gate")).unwrap();
    gate.attributes.clone_from(&attributes);
    done(&chain.native(11, putting(gate, Vec::new())));
    assert_eq!(told(&mut chain, 13), Outcome::Succeeded { output: encode(&attributes) });
}
