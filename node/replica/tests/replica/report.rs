//! Validators that contradict themselves: reported by those who see it, recorded once, with proof.

use crate::chain::{BEGIN, State, call, genesis, key, signed, transaction};
use crate::network::{Validator, run, vote};
use countersign_consensus::Message;
use countersign_replica::wire::Wire;
use countersign_replica::{Input, Source};
use countersign_types::transaction::BadTransaction;
use countersign_types::{
    Epoch, Equivocation, Evidence, Hash, Height, NativeOperation, Outcome, Payload, Phase, RejectCode, Vote, state_key,
};
use std::collections::VecDeque;

/// The key of an admin among the accounts of the genesis, and that of one without roles for this.
const ADMIN: u8 = 12;
const SUBMITTER: u8 = 13;
/// The key of validator 0.
const VALIDATOR: u8 = 1;

fn evidence(signer: u8, number: u64) -> Evidence {
    let first = vote(Phase::Commit, number, Hash([1; 32]), signer);
    Evidence { first, second: vote(Phase::Commit, number, Hash([2; 32]), signer) }
}

fn report(evidence: Evidence) -> Payload {
    Payload::Native(NativeOperation::ReportEquivocation { evidence })
}

fn rejected(code: RejectCode) -> Outcome {
    Outcome::Rejected(code)
}

#[test]
fn a_case_is_recorded_once_and_only_if_it_is_proven() {
    let mut state = State::of_genesis();
    let by = |signer: u8, nonce, evidence| signed(signer, transaction(signer, nonce, 30_000, report(evidence)));
    let mut forged = evidence(3, 5);
    forged.second.signature = forged.first.signature;
    let mut later = evidence(3, 5);
    later.first.epoch = Epoch(1);
    later.second.epoch = Epoch(1);
    let outcomes = state.execute(
        1,
        1,
        &[
            by(SUBMITTER, 1, evidence(3, 5)),
            by(99, 2, evidence(3, 5)),
            by(VALIDATOR, 3, forged),
            by(VALIDATOR, 4, later),
            by(VALIDATOR, 5, evidence(3, 5)),
            by(ADMIN, 6, evidence(3, 6)),
            by(ADMIN, 7, evidence(2, 6)),
        ],
    );
    let succeeded = || Outcome::Succeeded { output: Vec::new() };
    assert_eq!(
        outcomes,
        [
            rejected(RejectCode::Forbidden),
            rejected(RejectCode::UnknownSigner),
            rejected(RejectCode::BadEvidence),
            rejected(RejectCode::BadEvidence),
            succeeded(),
            rejected(RejectCode::EvidenceKnown),
            succeeded(),
        ]
    );
    let case: Equivocation = borsh::from_slice(&state.0[&state_key::equivocation(Epoch::ZERO, 3)]).unwrap();
    assert_eq!((case.evidence, case.reporter.to_string().as_str()), (evidence(3, 5), "a/validator"));
    // With its key a validator reports, and does nothing else.
    assert_eq!(state.execute(2, 2, &[call(VALIDATOR, 8)]), [rejected(RejectCode::UnknownSigner)]);
}

#[test]
fn p6_5_who_signs_another_result_for_an_override_has_not_contradicted_itself() {
    let mut state = State::of_genesis();
    state.0.insert(state_key::overridden(Height(20)), vec![0; 4]);
    let window = genesis().parameters.run_ahead;
    let checkpoints = |height| {
        let first = vote(Phase::Checkpoint, height, Hash([1; 32]), 3);
        Evidence { first, second: vote(Phase::Checkpoint, height, Hash([2; 32]), 3) }
    };
    let mut outcome = |nonce, height| {
        let report = signed(ADMIN, transaction(ADMIN, nonce, 30_000, report(checkpoints(height))));
        state.execute(30 + nonce, nonce, &[report]).remove(0)
    };
    for (nonce, height) in [(1, 20), (2, 20 + window - 1)] {
        assert_eq!(outcome(nonce, height), rejected(RejectCode::BadEvidence));
    }
    assert!(matches!(outcome(3, 20 + window), Outcome::Succeeded { .. }));
}

#[test]
fn what_is_no_contradiction_is_no_transaction() {
    let same = Evidence { second: evidence(3, 5).first, ..evidence(3, 5) };
    let elsewhere = Evidence { second: vote(Phase::Commit, 6, Hash([2; 32]), 3), ..evidence(3, 5) };
    let another = Evidence { second: Vote { signer: 2, ..evidence(3, 5).second }, ..evidence(3, 5) };
    for nothing in [same, elsewhere, another] {
        let verdict = transaction(ADMIN, 1, 30_000, report(nothing)).sign(&key(ADMIN)).verify(&genesis().chain());
        assert!(matches!(verdict, Err(BadTransaction::Evidence(_))), "{verdict:?}");
    }
}

#[test]
fn p8_3_who_sees_a_contradiction_reports_it_in_its_next_block() {
    let mut validators: Vec<Validator> = (0..3).map(Validator::new).collect();
    let mut queue = VecDeque::new();
    // Only one of the three has seen it.
    let message = Wire::Consensus { epoch: Epoch::ZERO, message: Message::Evidence(evidence(3, 5)) };
    queue.push_back((1, Input::Received { from: 0, message }));
    let case = |validator: &Validator| {
        let key = state_key::equivocation(Epoch::ZERO, 3);
        validator.replica.reader().native::<Equivocation>(&key, "a case").unwrap()
    };
    for nonce in 100..120 {
        for index in 0..3 {
            let transactions = vec![call(SUBMITTER, nonce)];
            queue.push_back((index, Input::Transactions { transactions, source: Source::Gossip }));
        }
        if run(&mut validators, &mut queue, |all| all.iter().all(|one| case(one).is_some())) {
            break;
        }
    }
    let cases: Vec<Equivocation> = validators.iter().map(|one| case(one).unwrap()).collect();
    assert!(cases.iter().all(|one| *one == cases[0]));
    assert_eq!((&cases[0].evidence, cases[0].reporter.to_string().as_str()), (&evidence(3, 5), "a/validator"));
    assert!(cases[0].time >= BEGIN);
}
