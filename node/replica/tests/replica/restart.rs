//! P11: more than a third of the validators are lost for good, and admins order the chain to go on with others.

use crate::chain::key;
use crate::crowd::{Crowd, admin, replay, validator};
use countersign_consensus::Record;
use countersign_ledger::verify::verify;
use countersign_ledger::{Blocks, LedgerError, end_by_order, prove_state};
use countersign_replica::journal::JournalRecord;
use countersign_types::epoch::BadEpochEnd;
use countersign_types::proof::{BadProof, Proof, Trusted};
use countersign_types::restart::BadRestart;
use countersign_types::{Epoch, Hash, Height, KeyEntry, RestartOrder, ValidatorSet, View, codec, state_key};
use std::collections::BTreeSet;

/// An order for the last certified height of a node, that nobody signed.
fn propose(crowd: &Crowd, node: usize, validators: ValidatorSet) -> RestartOrder {
    let reader = crowd.nodes[node].ledger(&crowd.genesis).reader();
    let height = reader.certified();
    RestartOrder {
        chain: crowd.genesis.chain(),
        epoch: reader.newest_epoch().unwrap().0.next(),
        result: reader.result(height).unwrap().unwrap(),
        certificate: reader.result_certificate(height).unwrap().unwrap(),
        validators,
        signatures: Vec::new(),
    }
}

/// Signed by the admins of these organisations.
fn signed(order: &RestartOrder, organisations: &[usize]) -> RestartOrder {
    organisations.iter().fold(order.clone(), |order, index| {
        order.sign(format!("o{index}/admin").parse().unwrap(), &key(admin(*index))).unwrap()
    })
}

/// Carries an order out on a node that is down, as `countersignd restart apply` does.
fn apply(crowd: &mut Crowd, index: usize, order: &RestartOrder) -> Result<(), LedgerError> {
    let (chain, run_ahead) = (crowd.genesis.chain(), crowd.genesis.parameters.run_ahead);
    let node = &mut crowd.nodes[index];
    let mut ledger = node.ledger(&crowd.genesis);
    let end = end_by_order(&ledger.reader(), order)?;
    ledger.check_restart(&end, run_ahead)?;
    let origin = Record::Origin { chain, key: key(node.key.unwrap()).public(), epoch: order.epoch, above: View::ZERO };
    node.journal = vec![JournalRecord::Engine(origin).to_bytes()];
    ledger.restart(&end, run_ahead)
}

fn stop(crowd: &mut Crowd, nodes: impl IntoIterator<Item = usize>) {
    nodes.into_iter().for_each(|index| crowd.nodes[index].replica = None);
}

/// A transaction that is submitted now becomes certified on all that run.
#[track_caller]
fn expect_progress(crowd: &mut Crowd) -> Height {
    let transaction = crowd.submit(None).id();
    let done = |crowd: &Crowd| {
        crowd.nodes.iter().filter_map(|node| node.replica.as_ref()).all(|replica| {
            let place = replica.reader().locate(&transaction).unwrap();
            place.is_some_and(|(height, _)| replica.certified() >= height)
        })
    };
    assert!(crowd.run(60_000, done), "{}", crowd.describe());
    let certified =
        crowd.nodes.iter().filter(|node| node.replica.is_some()).map(|node| node.certified()).min().unwrap();
    for height in 1..=certified.0 {
        assert_eq!(crowd.results(Height(height)).len(), 1, "height {height}");
    }
    for node in &crowd.nodes {
        assert_eq!((&node.stopped, node.accusations), (&None, 0));
        if let Some(replica) = &node.replica {
            let report = verify(&replica.reader(), &crowd.genesis, |_| {});
            assert!(report.is_sound(), "{report:?}");
        }
    }
    let running = crowd.nodes.iter().find_map(|node| node.replica.as_ref());
    running.into_iter().for_each(|replica| replay(&crowd.genesis, &replica.reader()));
    certified
}

/// Seven, of whom the last three die of a block that the others have executed.
fn crippled() -> (Crowd, Height, Hash) {
    let mut crowd = Crowd::new(7);
    (0..3).for_each(|_| _ = expect_progress(&mut crowd));
    (4..7).for_each(|index| crowd.arm(index, true));
    let poison = crate::poison::poison(&mut crowd);
    assert!(crowd.run(30_000, |crowd| (4..7).all(|index| crowd.nodes[index].replica.is_none())));
    crowd.run(30_000, |_| false);
    let height = crowd.nodes[0].certified();
    for index in 0..4 {
        let replica = crowd.nodes[index].replica();
        assert!(replica.certified() == height && replica.reader().tip().height > height, "the chain stands");
        assert!(replica.reader().locate(&poison).unwrap().is_some());
    }
    stop(&mut crowd, 0..4);
    (crowd, height, poison)
}

fn survivors(crowd: &Crowd, count: usize) -> ValidatorSet {
    ValidatorSet::new(crowd.genesis.validators.members()[..count].to_vec()).unwrap()
}

#[test]
fn three_of_seven_are_lost_and_the_others_go_on() {
    let (mut crowd, height, poison) = crippled();
    let order = signed(&propose(&crowd, 0, survivors(&crowd, 4)), &[0, 1, 2, 3, 5]);
    for index in 0..4 {
        apply(&mut crowd, index, &order).unwrap();
        assert!(matches!(apply(&mut crowd, index, &order), Err(LedgerError::Restarted { epoch: Epoch(1) })));
        crowd.start(index, None, Vec::new()).unwrap();
        let replica = crowd.nodes[index].replica();
        assert_eq!((replica.reader().tip().height, replica.epoch()), (height, Epoch(1)));
        assert_eq!(replica.reader().locate(&poison).unwrap(), None, "what was not certified is gone");
    }
    assert!(expect_progress(&mut crowd) > height);
    let set: ValidatorSet =
        crowd.nodes[0].replica().reader().native(&state_key::validators(), "the validators").unwrap().unwrap();
    assert_eq!(set, order.validators);

    // Who comes later goes through the order with the blocks; also who is told nothing else than the genesis.
    crowd.replace(3, Some(4), false);
    crowd.start(3, None, Vec::new()).unwrap();
    expect_progress(&mut crowd);
    assert_eq!(crowd.nodes[3].replica().epoch(), Epoch(1));
    assert!(crowd.run(60_000, |crowd| !crowd.nodes[3].replica().status().recovering));
    // What it may have signed before lies in views that are over by now.
    (0..4).for_each(|_| _ = expect_progress(&mut crowd));
    stop(&mut crowd, [0]);
    expect_progress(&mut crowd);
}

#[test]
fn orders_that_do_not_count_change_nothing() {
    let (mut crowd, height, _) = crippled();
    let proposal = propose(&crowd, 0, survivors(&crowd, 4));
    let refusal = |crowd: &mut Crowd, order: &RestartOrder| apply(crowd, 0, order).unwrap_err();
    let bad = |crowd: &mut Crowd, order: &RestartOrder| match refusal(crowd, order) {
        LedgerError::Restart(BadEpochEnd::Restart(bad)) => bad,
        other => panic!("{other:?}"),
    };
    let signers = [0, 1, 2, 3, 4];
    let few = bad(&mut crowd, &signed(&proposal, &[0, 1, 2, 3]));
    assert_eq!(few, BadRestart::Organisations { agreeing: 4, organisations: 7 });
    // Of another chain, epoch or set than was signed.
    let other = RestartOrder { chain: Hash([7; 32]), ..proposal.clone() };
    assert!(matches!(bad(&mut crowd, &signed(&other, &signers)), BadRestart::Signer(_)));
    let other = RestartOrder { epoch: Epoch(2), ..signed(&proposal, &signers) };
    assert!(matches!(bad(&mut crowd, &other), BadRestart::Signer(_)));
    let other = RestartOrder { validators: survivors(&crowd, 5), ..signed(&proposal, &signers) };
    assert!(matches!(bad(&mut crowd, &other), BadRestart::Signer(_)));
    let zero = signed(&RestartOrder { epoch: Epoch(0), ..proposal.clone() }, &signers);
    assert!(matches!(bad(&mut crowd, &zero), BadRestart::Epoch { .. }));
    // Revoked, no admin, nobody.
    for (account, number) in [("o4/former", admin(4) + 20), ("o4/clerk", admin(4) + 10), ("o4/admin", admin(5))] {
        let order = signed(&proposal, &[0, 1, 2, 3]).sign(account.parse().unwrap(), &key(number)).unwrap();
        assert!(matches!(bad(&mut crowd, &order), BadRestart::Signer(_)), "{account}");
    }
    let order = signed(&proposal, &signers).sign("o4/nobody".parse().unwrap(), &key(9)).unwrap();
    assert!(matches!(bad(&mut crowd, &order), BadRestart::Entry(_)));
    // Validators that are too few, or of an organisation that is none.
    let small = RestartOrder { validators: survivors(&crowd, 3), ..proposal.clone() };
    assert!(matches!(bad(&mut crowd, &signed(&small, &signers)), BadRestart::Validators { count: 3, least: 4 }));
    let mut members = survivors(&crowd, 4).members().to_vec();
    members.push(validator(8, 40));
    let foreign = RestartOrder { validators: ValidatorSet::new(members).unwrap(), ..proposal.clone() };
    assert!(matches!(bad(&mut crowd, &signed(&foreign, &signers)), BadRestart::Entry(_)));
    // Below what is certified, and above.
    let reader = crowd.nodes[0].ledger(&crowd.genesis).reader();
    let below = height.previous();
    let lower = RestartOrder {
        result: reader.result(below).unwrap().unwrap(),
        certificate: reader.result_certificate(below).unwrap().unwrap(),
        ..proposal.clone()
    };
    assert!(matches!(refusal(&mut crowd, &signed(&lower, &signers)), LedgerError::Rewind { .. }));
    let above = RestartOrder { result: reader.result(height.next()).unwrap().unwrap(), ..proposal.clone() };
    assert!(matches!(
        refusal(&mut crowd, &signed(&above, &signers)),
        LedgerError::Restart(BadEpochEnd::Parts("certificate"))
    ));
    drop(reader);
    // Nothing of it changed anything.
    assert_eq!(crowd.nodes[0].ledger(&crowd.genesis).reader().newest_epoch().unwrap().0, Epoch::ZERO);
    apply(&mut crowd, 0, &signed(&proposal, &signers)).unwrap();
}

#[test]
fn new_keys_take_the_place_of_two_of_four() {
    let mut crowd = Crowd::new(4);
    expect_progress(&mut crowd);
    stop(&mut crowd, 0..4);
    let mut members = crowd.genesis.validators.members()[..2].to_vec();
    members.extend([validator(2, 30), validator(3, 31)]);
    let order = signed(&propose(&crowd, 0, ValidatorSet::new(members).unwrap()), &[0, 1, 3]);
    for index in [0, 1] {
        apply(&mut crowd, index, &order).unwrap();
        crowd.start(index, None, Vec::new()).unwrap();
    }
    for (index, number) in [(2, 30), (3, 31)] {
        crowd.replace(index, Some(number), true);
        assert!(matches!(apply(&mut crowd, index, &order), Err(LedgerError::Unknown { .. })), "it has no blocks yet");
        crowd.start(index, None, Vec::new()).unwrap();
    }
    let height = order.result.height;
    assert!(crowd.run(30_000, |crowd| crowd.all_reach(height)), "they get them from the others");
    for index in [2, 3] {
        stop(&mut crowd, [index]);
        apply(&mut crowd, index, &order).unwrap();
        crowd.start(index, None, Vec::new()).unwrap();
    }
    expect_progress(&mut crowd);
    // All four agree: without one of them it goes on, in whatever place.
    stop(&mut crowd, [1]);
    expect_progress(&mut crowd);
}

#[test]
fn lost_journals_are_begun_anew_by_an_order_for_the_same_validators() {
    let mut crowd = Crowd::new(4);
    expect_progress(&mut crowd);
    for index in 1..4 {
        stop(&mut crowd, [index]);
        crowd.nodes[index].journal.clear();
        crowd.start(index, None, Vec::new()).unwrap();
    }
    let height = crowd.nodes[0].certified();
    crowd.submit(None);
    crowd.run(60_000, |_| false);
    for index in 1..4 {
        assert!(crowd.nodes[index].replica().status().recovering, "too few are left to tell it the view");
    }
    assert_eq!(crowd.nodes[0].certified(), height);
    stop(&mut crowd, 0..4);
    // A first order whose validators do not come up either is followed by another one from the same height.
    let vain = signed(&propose(&crowd, 0, crowd.genesis.validators.clone()), &[0, 1, 2]);
    apply(&mut crowd, 0, &vain).unwrap();
    let order = signed(&propose(&crowd, 0, crowd.genesis.validators.clone()), &[1, 2, 3]);
    assert_eq!((vain.epoch, order.epoch), (Epoch(1), Epoch(2)));
    for index in 0..4 {
        apply(&mut crowd, index, &order).unwrap();
        crowd.start(index, None, Vec::new()).unwrap();
    }
    expect_progress(&mut crowd);
}

#[test]
fn a_verifier_that_has_the_genesis_follows_the_order_and_no_forged_one() {
    let (mut crowd, height, _) = crippled();
    let order = signed(&propose(&crowd, 0, survivors(&crowd, 4)), &[0, 1, 2, 3, 6]);
    for index in 0..4 {
        apply(&mut crowd, index, &order).unwrap();
        crowd.start(index, None, Vec::new()).unwrap();
    }
    let certified = expect_progress(&mut crowd);
    assert!(certified > height);
    let keys = BTreeSet::from([state_key::validators()]);
    let proof = prove_state(&crowd.nodes[0].replica().reader(), Blocks::at(certified), &keys).unwrap();
    let text = serde_json::to_string(&proof).unwrap();
    let proof: Proof = serde_json::from_str(&text).unwrap();
    let trusted = Trusted::from(&crowd.genesis);
    let proven = proof.verify(&trusted).unwrap();
    let set = codec::encode(&order.validators);
    assert_eq!(proven.state().unwrap().entry(&state_key::validators()), Some(Some(set.as_slice())));

    let forged = |change: &dyn Fn(&mut countersign_types::EpochEnd)| {
        let mut proof = proof.clone();
        change(&mut proof.epochs[0]);
        let unchanged: Proof = serde_json::from_str(&text).unwrap();
        assert!(proof.epochs != unchanged.epochs);
        proof.verify(&trusted).map(|_| ()).unwrap_err()
    };
    let restart = |error| matches!(error, BadProof::Epoch { index: 0, cause: BadEpochEnd::Restart(_), .. });
    let other = survivors(&crowd, 5);
    assert!(restart(forged(&|end| end.validators = other.clone())));
    assert!(restart(forged(&|end| drop(end.restart.as_mut().unwrap().signatures.pop()))));
    assert!(restart(forged(&|end| {
        // One signature counted twice.
        let signatures = &mut end.restart.as_mut().unwrap().signatures;
        signatures[1] = signatures[0].clone();
    })));
    assert!(restart(forged(&|end| end.restart.as_mut().unwrap().epoch = Epoch(2))));
    assert!(restart(forged(&|end| drop(end.restart.as_mut().unwrap().entries.remove(0)))));
    assert!(restart(forged(&|end| {
        // Another key in an admin's account.
        let entries = &mut end.restart.as_mut().unwrap().entries;
        let entry = entries.iter_mut().find(|entry| entry.key == state_key::account("o0/admin")).unwrap();
        let bytes = entry.value.clone().unwrap();
        let mut account: countersign_types::Account = codec::decode(&bytes, bytes.len()).unwrap();
        account.keys.push(KeyEntry { key: key(99).public(), valid_from: Height(0), valid_to: None });
        entry.value = Some(codec::encode(&account));
    })));
    assert!(restart(forged(&|end| end.restart.as_mut().unwrap().witness.0.clear())));
    assert!(matches!(
        forged(&|end| end.restart = None),
        BadProof::Epoch { index: 0, cause: BadEpochEnd::Parts("set"), .. }
    ));
    assert!(matches!(forged(&|end| end.result.height = Height(1)), BadProof::Epoch { index: 0, .. }));
    assert!(matches!(
        forged(&|end| end.certificate.signatures.truncate(4)),
        BadProof::Epoch { index: 0, cause: BadEpochEnd::Certificate(_), .. }
    ));
}
