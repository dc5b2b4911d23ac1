//! Tables for P0.7: peers that make a validator check signatures in vain.

use crate::agreeing::{first_block, proposal};
use crate::table::Table;
use crate::validators::hash;
use countersign_consensus::limits::{EVIDENCE_PER_SIGNER_MAX, WASTED_CHECK_MS, WASTED_CHECKS_MAX};
use countersign_consensus::{Counters, Event, Message};
use countersign_types::{Certificate, Evidence, Hash, Phase, Signature};

fn counters(table: &Table) -> Counters {
    table.engine.status().counters
}

fn bad_certificate(table: &Table, phase: Phase, number: u64) -> Message {
    let mut certificate = table.validators.certificate(phase, number, Hash::ZERO, &[0, 1, 2]);
    certificate.signatures[2].1 = Signature([7; 64]);
    Message::Certificate(certificate)
}

/// Has peer 1 send rubbish until it is no longer heard; answers how many signatures were checked for it.
fn silence(table: &mut Table, mut rubbish: impl FnMut(&Table, u64) -> Message) -> u64 {
    let before = counters(table).signatures_checked;
    for number in 0.. {
        assert!(number < 10_000, "it can go on for ever");
        let message = rubbish(table, number);
        table.hear(1, message);
        if counters(table).unheard > 0 {
            break;
        }
    }
    counters(table).signatures_checked - before
}

#[test]
fn p0_7_bad_certificates_of_any_kind_are_checked_a_bounded_number_of_times() {
    for phase in [Phase::Prepare, Phase::Commit, Phase::ViewChange, Phase::Checkpoint] {
        let mut table = Table::new(3);
        let checked = silence(&mut table, |table, number| bad_certificate(table, phase, 2 + number % 3));
        assert!((WASTED_CHECKS_MAX..WASTED_CHECKS_MAX + 10).contains(&checked), "{phase:?}: {checked}");
        let before = counters(&table);
        for number in 0..1_000 {
            let message = bad_certificate(&table, phase, number);
            table.hear(1, message);
        }
        let after = counters(&table);
        assert_eq!(after.signatures_checked, before.signatures_checked);
        assert_eq!(after.unheard, before.unheard + 1_000);
    }
}

#[test]
fn p0_7_who_is_not_heard_is_heard_again_and_others_always_are() {
    let mut table = Table::new(3);
    silence(&mut table, |table, _| bad_certificate(table, Phase::ViewChange, 2));
    for signer in [0, 1] {
        table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, signer);
    }
    table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 2);
    assert_eq!(table.engine.status().view.0, 1, "the liar's vote was not taken");
    table.wait(WASTED_CHECK_MS * 10);
    let orders = table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 1);
    assert!(orders.iter().any(|order| order.contains("view-change-certificate 1 - by 012")), "{orders:?}");
    assert_eq!(table.engine.status().view.0, 2);
}

#[test]
fn p0_7_a_clock_that_was_set_back_forgives_as_well() {
    let mut table = Table::new(3);
    table.wait(500_000);
    silence(&mut table, |table, _| bad_certificate(table, Phase::ViewChange, 2));
    table.now = countersign_types::TimestampMs(table.now.0 - 400_000);
    table.tell(Event::Tick);
    table.wait(WASTED_CHECK_MS * 10);
    let before = counters(&table).unheard;
    table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 1);
    assert_eq!(counters(&table).unheard, before);
}

#[test]
fn p0_7_bad_votes_proposals_and_evidence_are_paid_for() {
    let false_vote = |table: &Table, number: u64| {
        let mut vote = table.validators.vote(Phase::ViewChange, 1, Hash::ZERO, 1);
        vote.signature = Signature([u8::try_from(number % 200).unwrap(); 64]);
        Message::Vote { vote, reason: None }
    };
    let mut table = Table::new(3);
    for signer in [0, 2] {
        table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, signer);
    }
    assert!(silence(&mut table, false_vote) <= 2 * WASTED_CHECKS_MAX);
    assert_eq!(table.engine.status().view.0, 1);

    let mut table = Table::new(3);
    silence(&mut table, |table, number| {
        let genesis = table.validators.committee.chain();
        let block = table.validators.block(1, genesis, 1, table.now.plus(number), &[]);
        let Message::PrePrepare(mut proposal) = proposal(table, &block, None, vec![]) else { unreachable!() };
        proposal.signature = Signature([9; 64]);
        Message::PrePrepare(proposal)
    });

    let mut table = Table::new(3);
    silence(&mut table, |table, number| {
        let first = table.validators.vote(Phase::Prepare, number, hash("x"), 2);
        let second = countersign_types::Vote { digest: hash("y"), ..first.clone() };
        Message::Evidence(Evidence { first, second })
    });
}

#[test]
fn p0_7_a_proven_equivocator_cannot_go_on_contradicting_itself() {
    // Real signatures each time: nothing is false, and nothing new either.
    let contradiction = |table: &Table, number: u64| {
        let vote = table.validators.vote(Phase::Prepare, 1, hash(&number.to_string()), 1);
        Message::Vote { vote, reason: None }
    };
    let mut table = Table::new(3);
    silence(&mut table, contradiction);
    assert_eq!(counters(&table).equivocations, 1);
}

#[test]
fn p8_2_evidence_against_one_validator_ends() {
    let mut table = Table::new(3);
    for number in 1..1_000 {
        let first = table.validators.vote(Phase::Prepare, number, hash("x"), 2);
        let second = table.validators.vote(Phase::Prepare, number, hash("y"), 2);
        table.hear(1, Message::Evidence(Evidence { first, second }));
    }
    assert_eq!(counters(&table).equivocations, EVIDENCE_PER_SIGNER_MAX as u64);
    assert_eq!(counters(&table).signatures_checked, 2 * EVIDENCE_PER_SIGNER_MAX as u64);
}

#[test]
fn p0_7_what_says_nothing_new_is_not_checked() {
    let mut table = Table::new(3);
    let far: Certificate = table.validators.certificate(Phase::Checkpoint, 1_000, hash("r"), &[0, 1, 2]);
    let lower = table.validators.certificate(Phase::Checkpoint, 900, hash("s"), &[0, 1, 2]);
    for _ in 0..100 {
        table.hear(1, Message::Certificate(far.clone()));
        table.hear(1, Message::Certificate(lower.clone()));
    }
    assert_eq!(counters(&table).signatures_checked, 3);
    assert_eq!(counters(&table).refused, 0);
}

#[test]
fn p0_7_the_loser_of_a_quorum_still_pays_when_the_others_are_good() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.valid(block.hash());
    let mut bad = table.validators.vote(Phase::Prepare, 1, block.hash(), 0);
    bad.signature = Signature([1; 64]);
    table.hear(0, Message::Vote { vote: bad, reason: None });
    table.hear_vote(Phase::Prepare, 1, block.hash(), 2);
    let entry = 3;
    table.persisted(entry);
    let orders = table.hear_vote(Phase::Prepare, 1, block.hash(), 0);
    assert!(table.engine.status().view.0 == 2, "the true vote takes the emptied slot: {orders:?}");
}
