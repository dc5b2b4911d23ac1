//! Tables for P1 to P4: from a proposal to a final block.

use crate::table::{START, Table};
use crate::validators::hash;
use countersign_consensus::{Event, Message, Proposal, Record, Verdict};
use countersign_types::{Block, Certificate, Hash, Phase, TimestampMs};

/// The proposal of a block by its leader.
pub fn proposal(table: &Table, block: &Block, parent: Option<Certificate>, gap: Vec<Certificate>) -> Message {
    let (view, leader) = (block.header.view.0, block.header.proposer);
    let signature = table.validators.vote(Phase::PrePrepare, view, block.hash(), leader).signature;
    let prepare = table.validators.vote(Phase::Prepare, view, block.hash(), leader).signature;
    let view = block.header.view;
    Message::PrePrepare(Box::new(Proposal {
        view,
        block: block.clone(),
        signature,
        prepare,
        parent,
        gap,
        result: None,
    }))
}

/// A block of view 1 on genesis, whose leader is validator 1.
pub fn first_block(table: &mut Table) -> Block {
    let genesis = table.validators.committee.chain();
    let block = table.validators.block(1, genesis, 1, START, &[hash("tx")]);
    table.name(&block, "A");
    block
}

#[test]
fn p1_1_the_leader_proposes_once_when_a_block_is_due() {
    let mut table = Table::new(1);
    assert_eq!(table.tell(Event::Due(true)), ["propose 1 on genesis height 1 taken [] result -", "wake 1000"]);
    assert_eq!(table.tell(Event::Due(true)), Vec::<String>::new());
    let block = first_block(&mut table);
    let view = block.header.view;
    assert_eq!(
        table.tell(Event::Proposed { view, block }),
        [
            "persist 1 block A",
            "persist 2 pre-prepare 1 A",
            "persist 3 prepare 1 A",
            "send all pre-prepare A after 3", // P1.5
        ]
    );
}

#[test]
fn p1_1_who_does_not_lead_does_not_propose() {
    let mut table = Table::new(2);
    assert_eq!(table.tell(Event::Due(true)), ["wake 1000"]);
}

#[test]
fn p1_1_a_block_that_was_not_ordered_is_not_proposed() {
    let mut table = Table::new(1);
    let block = first_block(&mut table);
    let view = block.header.view;
    assert_eq!(table.tell(Event::Proposed { view, block: block.clone() }), Vec::<String>::new());
    table.tell(Event::Due(true));
    let mut other = block;
    other.header.parent = hash("elsewhere");
    assert_eq!(table.tell(Event::Proposed { view, block: other }), Vec::<String>::new());
}

#[test]
fn p1_4_the_leader_waits_until_its_clock_has_passed_the_parent() {
    let mut table = Table::new(2);
    let mut block = first_block(&mut table);
    block.header.time = table.now.plus(500);
    let block_hash = table.name(&block, "A");
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.valid(block_hash);
    let certificate = table.validators.certificate(Phase::Prepare, 1, block_hash, &[0, 1, 3]);
    table.tell(Event::Due(true));
    let orders = table.hear(1, Message::Certificate(certificate));
    assert!(!orders.iter().any(|order| order.starts_with("propose")), "{orders:?}");
    assert!(orders.contains(&"wake 501".to_string()) || orders.contains(&"wake 250".to_string()), "{orders:?}");
    let orders = table.wait(501);
    assert!(orders.contains(&"propose 2 on A height 2 taken [A] result -".to_string()), "{orders:?}");
}

#[test]
fn p2_5_prepare_needs_the_payload_and_is_durable_before_it_is_sent() {
    let mut table = Table::new(2);
    let block = first_block(&mut table);
    let message = proposal(&table, &block, None, vec![]);
    assert_eq!(table.hear(1, message.clone()), ["validate A taken []", "wake 1000"]);
    assert_eq!(
        table.valid(block.hash()),
        ["persist 1 block A", "persist 2 prepare 1 A", "send all prepare 1 A after 2"]
    );
    assert_eq!(table.hear(1, message), Vec::<String>::new(), "once");
    assert_eq!(table.valid(block.hash()), Vec::<String>::new());
}

#[test]
fn p2_4_an_invalid_payload_draws_view_change_at_once() {
    let mut table = Table::new(2);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    let invalid = Event::Validated { block: block.hash(), verdict: Verdict::Invalid };
    assert_eq!(table.tell(invalid), ["persist 1 view-change 1 -", "send all view-change 1 - after 1"]);
}

#[test]
fn p2_a_proposal_that_cannot_stand_draws_view_change_at_once() {
    type Spoil = fn(&mut Block);
    let spoils: [(&str, Spoil); 9] = [
        ("another chain", |block| block.header.chain = hash("other")),
        ("another epoch", |block| block.header.epoch = countersign_types::Epoch(1)),
        ("another set", |block| block.header.validators = hash("other")),
        ("another height", |block| block.header.height = countersign_types::Height(2)),
        ("height near the end", |block| block.header.height = countersign_types::Height(u64::MAX)),
        ("another parent", |block| block.header.parent = hash("other")),
        ("a result too early", |block| block.header.result = hash("other")),
        ("not later than its parent", |block| block.header.time = crate::validators::GENESIS),
        ("an hour ahead", |block| block.header.time = block.header.time.plus(3_600_000)),
    ];
    for (what, spoil) in spoils {
        let mut table = Table::new(2);
        let mut block = first_block(&mut table);
        spoil(&mut block);
        let mut orders = table.hear(1, proposal(&table, &block, None, vec![]));
        orders.extend(table.valid(block.hash()));
        assert!(orders.iter().any(|order| order == "send all view-change 1 - after 1"
            || order == "send all view-change 1 - after 2"), "{what}: {orders:?}");
        assert!(!orders.iter().any(|order| order.contains("prepare 1")), "{what}: {orders:?}");
    }
}

#[test]
fn p2_1_what_is_no_proposal_is_dropped_alone() {
    let mut table = Table::new(2);
    let block = first_block(&mut table);
    let good = proposal(&table, &block, None, vec![]);
    let Message::PrePrepare(inner) = good.clone() else { unreachable!() };
    let mut unsigned = inner.clone();
    unsigned.signature = unsigned.prepare;
    let mut body = inner.clone();
    body.block.transactions = vec![hash("another")];
    let mut parent = inner.clone();
    parent.parent = Some(table.validators.certificate(Phase::ViewChange, 0, Hash::ZERO, &[0, 1, 3]));
    let mut gap = inner;
    gap.gap = vec![table.validators.certificate(Phase::ViewChange, 1, Hash::ZERO, &[0, 3])];
    for bad in [unsigned, body, parent, gap] {
        assert_eq!(table.hear(1, Message::PrePrepare(bad)), Vec::<String>::new());
    }
    assert_eq!(table.hear(3, good.clone()), Vec::<String>::new(), "not from the leader");
    assert_eq!(table.engine.status().counters.refused, 5);
    assert_eq!(table.hear(1, good), ["validate A taken []", "wake 1000"], "the good one still counts");
}

#[test]
fn p2_3_time_is_judged_at_the_first_receipt_only() {
    let mut table = Table::new(2);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.now = table.now.plus(900);
    let orders = table.valid(block.hash());
    assert!(orders.contains(&"send all prepare 1 A after 2".to_string()));
    let mut late = Table::new(2);
    late.now = TimestampMs(block.header.time.0 + 12_001);
    let orders = late.hear(1, proposal(&late, &block, None, vec![]));
    assert!(orders.contains(&"persist 1 view-change 1 -".to_string()), "{orders:?}");
}

#[test]
fn p3_own_votes_count_once_durable_and_a_quorum_of_prepares_draws_commit() {
    let mut table = Table::new(2);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.valid(block.hash());
    // The leader's PREPARE came with the proposal; with the own one that is two of three, with
    // validator 3's it would be a quorum, but the own vote is not on disk yet.
    assert_eq!(table.hear_vote(Phase::Prepare, 1, block.hash(), 3), Vec::<String>::new());
    assert_eq!(
        table.persisted(2),
        [
            "persist 3 prepare-certificate 1 A by 123",                     // P3.1
            "persist 4 commit 1 A",                                         // P3.2
            "send all commit 1 A (prepare-certificate 1 A by 123) after 4", // P0.5
            "wake 250",
        ]
    );
    assert_eq!(table.engine.status().view.0, 2);
}

#[test]
fn p3_2_commit_and_view_change_exclude_each_other() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    table.tell(Event::Due(true));
    let given_up = table.wait(1_000);
    assert!(given_up.contains(&"send all view-change 1 - after 1".to_string()), "{given_up:?}");
    // P2.5: PREPARE is still allowed.
    table.hear(1, proposal(&table, &block, None, vec![]));
    let orders = table.valid(block.hash());
    assert!(orders.contains(&"send all prepare 1 A after 3".to_string()), "{orders:?}");
    // P3.1 without P3.2: the view is left, nothing is committed, the certificate is handed on.
    let certificate = table.validators.certificate(Phase::Prepare, 1, block.hash(), &[0, 1, 2]);
    let orders = table.hear(0, Message::Certificate(certificate));
    assert_eq!(
        orders,
        ["persist 4 prepare-certificate 1 A by 012", "send all prepare-certificate 1 A by 012 after 4", "wake 250",]
    );
}

#[test]
fn p3_2_holds_across_a_restart() {
    let mut table = Table::new(3);
    table.tell(Event::Due(true));
    table.wait(1_000);
    let journal = table.engine.retained();
    assert!(journal.iter().any(|record| matches!(record, Record::Vote(vote) if vote.phase == Phase::ViewChange)));
    let base = table.validators.base();
    let mut again = Table::raw(3, base, journal);
    again.tell(Event::Tick);
    again.rejoin();
    let block = first_block(&mut again);
    let certificate = again.validators.certificate(Phase::Prepare, 1, block.hash(), &[0, 1, 2]);
    let orders = again.hear(0, Message::Certificate(certificate));
    assert!(!orders.iter().any(|order| order.contains("commit")), "{orders:?}");
    assert!(orders.contains(&"persist 1 prepare-certificate 1 A by 012".to_string()), "{orders:?}");
}

#[test]
fn p4_a_commit_certificate_finalises_the_block_and_its_ancestors_in_order() {
    let mut table = Table::new(3);
    let first = first_block(&mut table);
    table.hear(1, proposal(&table, &first, None, vec![]));
    table.valid(first.hash());
    let prepared = table.validators.certificate(Phase::Prepare, 1, first.hash(), &[0, 1, 2]);
    table.now = table.now.plus(5);
    let second = table.validators.block(2, first.hash(), 2, table.now, &[]);
    table.name(&second, "B");
    let orders = table.hear(2, proposal(&table, &second, Some(prepared), vec![]));
    assert_eq!(orders[3], "validate B taken [A]", "{orders:?}");
    table.valid(second.hash());
    for signer in [0, 1] {
        assert_eq!(table.hear_vote(Phase::Commit, 2, second.hash(), signer), Vec::<String>::new());
    }
    let orders = table.hear_vote(Phase::Commit, 2, second.hash(), 2);
    assert_eq!(
        orders[..4],
        [
            "persist 7 commit-certificate 2 B by 012",
            "send all commit-certificate 2 B by 012 after 7", // P5.5: it entered view 3 by it.
            "finalise A with commit-certificate 2 B by 012",
            "finalise B with commit-certificate 2 B by 012",
        ]
    );
    assert_eq!(table.hear_vote(Phase::Commit, 1, first.hash(), 0), Vec::<String>::new(), "nothing of past views");
}

#[test]
fn p4_2_a_final_block_that_own_validation_refuses_stops_the_node() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.tell(Event::Validated { block: block.hash(), verdict: Verdict::Invalid });
    let certificate = table.validators.certificate(Phase::Commit, 1, block.hash(), &[0, 1, 2]);
    let orders = table.hear(0, Message::Certificate(certificate));
    assert!(orders.contains(&"stop refused".to_string()), "{orders:?}");
    assert_eq!(table.tell(Event::Due(true)), Vec::<String>::new(), "a stopped engine orders nothing");
}

#[test]
fn p1_2_a_gap_needs_a_view_change_certificate_for_every_view() {
    let mut table = Table::new(0);
    let genesis = table.validators.committee.chain();
    let block = table.validators.block(3, genesis, 1, START, &[]);
    table.name(&block, "C");
    let changed = |view| table.validators.certificate(Phase::ViewChange, view, Hash::ZERO, &[1, 2, 3]);
    let (one, two) = (changed(1), changed(2));
    // View 1's certificate is missing: it is asked for (P1.3), and nothing is prepared.
    table.hear(3, proposal(&table, &block, None, vec![two]));
    let orders = table.valid(block.hash());
    assert!(!orders.iter().any(|order| order.contains(" prepare ")), "{orders:?}");
    let orders = table.wait(300);
    assert!(orders.iter().any(|order| order.ends_with("certificates-request 0 to 1 after 0")), "{orders:?}");
    let orders = table.hear(2, Message::Certificate(one));
    assert!(orders.iter().any(|order| order.starts_with("send all prepare 3 C")), "{orders:?}");
}

#[test]
fn p1_2_a_certified_view_cannot_be_skipped_without_its_view_change_certificate() {
    let mut table = Table::new(0);
    let first = first_block(&mut table);
    let prepared = table.validators.certificate(Phase::Prepare, 1, first.hash(), &[1, 2, 3]);
    table.hear(2, Message::Certificate(prepared));
    let genesis = table.validators.committee.chain();
    let block = table.validators.block(2, genesis, 1, table.now, &[]);
    table.name(&block, "B");
    table.hear(2, proposal(&table, &block, None, vec![]));
    let orders = table.valid(block.hash());
    assert!(!orders.iter().any(|order| order.contains("prepare 2")), "{orders:?}");
    assert_eq!(table.engine.status().view.0, 2);
}
