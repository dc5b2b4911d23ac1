//! Tables for P5: when a block is due, timers, view changes, help.

use crate::agreeing::{first_block, proposal};
use crate::table::{START, Table};
use crate::validators::hash;
use countersign_consensus::{Event, Message, Proposal};
use countersign_types::{Block, Certificate, Hash, Height, Phase, View};

#[test]
fn p5_1_nothing_runs_while_nothing_is_due() {
    let mut table = Table::new(2);
    assert_eq!(table.wait(5_000), Vec::<String>::new(), "the heartbeat is all that is left");
    assert!(!table.engine.status().due);
}

#[test]
fn p5_1_the_heartbeat_makes_an_empty_block_due() {
    let mut table = Table::new(1);
    table.now = crate::validators::GENESIS.plus(10_000);
    let orders = table.tell(Event::Tick);
    assert_eq!(orders, ["propose 1 on genesis height 1 taken [] result -", "wake 1000"]);
}

#[test]
fn p5_1_f_plus_1_view_changes_make_a_block_due() {
    let mut table = Table::new(1);
    assert_eq!(table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 0), Vec::<String>::new());
    assert!(!table.engine.status().due);
    let orders = table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 2);
    assert_eq!(orders, ["propose 1 on genesis height 1 taken [] result -", "wake 1000"]);
}

#[test]
fn p5_1_pending_that_goes_away_stops_the_timer() {
    let mut table = Table::new(2);
    table.tell(Event::Due(true));
    assert!(table.engine.status().due);
    table.tell(Event::Due(false));
    assert!(!table.engine.status().due);
    assert!(!table.wait(3_000).iter().any(|order| order.contains("view-change")));
}

#[test]
fn p5_2_a_silent_leader_is_given_up_after_the_first_timer() {
    let mut table = Table::new(2);
    table.tell(Event::Due(true));
    assert!(!table.wait(999).iter().any(|order| order.contains("view-change")));
    let orders = table.wait(1);
    assert_eq!(orders[..2], ["persist 1 view-change 1 -", "send all view-change 1 - after 1"]);
    assert!(!table.wait(5_000).iter().any(|order| order.starts_with("persist")), "signed once, sent again");
}

#[test]
fn p5_2_a_proposal_without_certificate_is_given_up_after_both() {
    let mut table = Table::new(2);
    table.tell(Event::Due(true));
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.valid(block.hash());
    assert!(!table.wait(1_999).iter().any(|order| order.contains("view-change")));
    assert!(table.wait(1).contains(&"send all view-change 1 - after 3".to_string()));
}

#[test]
fn p5_3_a_quorum_of_view_changes_moves_on_and_is_handed_on() {
    let mut table = Table::new(3);
    for signer in [0, 1] {
        table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, signer);
    }
    let orders = table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 2);
    assert_eq!(
        orders[..2],
        ["persist 1 view-change-certificate 1 - by 012", "send all view-change-certificate 1 - by 012 after 1"]
    );
    let status = table.engine.status();
    assert_eq!((status.view, status.failures), (View(2), 1));
}

#[test]
fn p5_3_the_next_leader_proposes_with_the_view_change_certificate() {
    let mut table = Table::new(2);
    table.tell(Event::Due(true));
    let certificate = table.validators.certificate(Phase::ViewChange, 1, Hash::ZERO, &[0, 1, 3]);
    let orders = table.hear(0, Message::Certificate(certificate));
    assert!(orders.contains(&"propose 2 on genesis height 1 taken [] result -".to_string()), "{orders:?}");
    let genesis = table.validators.committee.chain();
    let block = table.validators.block(2, genesis, 1, table.now, &[]);
    table.name(&block, "B");
    let orders = table.tell(Event::Proposed { view: View(2), block });
    assert_eq!(orders[3], "send all pre-prepare B (view-change-certificate 1 - by 013) after 4");
}

#[test]
fn p5_6_a_peer_that_is_behind_is_helped_at_a_bounded_rate() {
    let mut table = Table::new(3);
    let certificate = table.validators.certificate(Phase::ViewChange, 1, Hash::ZERO, &[0, 1, 2]);
    table.hear(0, Message::Certificate(certificate));
    let query = Message::Query { view: View(1), finalised: View(0), certified: Height(0) };
    let answer = ["send 1 view-change-certificate 1 - by 012 after 1"];
    assert_eq!(table.hear(1, query.clone()), answer);
    assert_eq!(table.hear(1, query.clone()), Vec::<String>::new());
    table.now = table.now.plus(250);
    assert!(table.hear(1, query).contains(&answer[0].to_string()));
    // A late VIEW-CHANGE shows the same.
    let orders = table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 2);
    assert!(orders.iter().any(|order| order.starts_with("send 2 view-change-certificate 1")), "{orders:?}");
}

#[test]
fn p5_6_a_peer_that_is_ahead_is_asked() {
    let mut table = Table::new(3);
    let query = Message::Query { view: View(9), finalised: View(0), certified: Height(0) };
    assert_eq!(table.hear(1, query), ["send 1 query view 1 final 0 certified 0 after 0"]);
}

#[test]
fn p5_10_a_peer_that_comes_back_is_asked_once_a_while() {
    let mut table = Table::new(3);
    let said = ["send 1 query view 1 final 0 certified 0 after 0"];
    assert_eq!(table.tell(Event::Connected { peer: 1 }), said);
    assert_eq!(table.tell(Event::Connected { peer: 1 }), Vec::<String>::new(), "a flapping connection");
    assert_eq!(table.tell(Event::Connected { peer: 3 }), Vec::<String>::new(), "itself");
    assert_eq!(table.tell(Event::Connected { peer: 9 }), Vec::<String>::new(), "nobody");
    table.now = table.now.plus(250);
    assert_eq!(table.tell(Event::Connected { peer: 1 }), said);
}

#[test]
fn p5_7_votes_are_sent_again_as_they_were() {
    let mut table = Table::new(2);
    table.tell(Event::Due(true));
    table.wait(1_000);
    let orders = table.wait(1_000);
    assert!(orders.contains(&"send all query view 1 final 0 certified 0 after 0".to_string()), "{orders:?}");
    assert!(orders.contains(&"send all view-change 1 - after 1".to_string()), "{orders:?}");
}

#[test]
fn p5_9_timers_double_with_failed_views_up_to_the_cap() {
    let mut table = Table::new(0);
    table.tell(Event::Due(true));
    for view in 1..=8u64 {
        let status = table.engine.status();
        assert_eq!(status.view, View(view));
        let expected = (1_000u64 << (view - 1)).min(30_000);
        if status.leader != 0 {
            // Peers keep talking, so that no leader counts as silent.
            for peer in 1..4 {
                let query = Message::Query { view: View(view), finalised: View(0), certified: Height(0) };
                table.hear(peer, query);
            }
            let before = table.wait(expected - 1);
            assert!(!before.iter().any(|order| order.starts_with("persist")), "view {view}: {before:?}");
            let after = table.wait(1);
            assert!(after.iter().any(|order| order.contains(&format!("view-change {view}"))), "view {view}: {after:?}");
        }
        let certificate = table.validators.certificate(Phase::ViewChange, view, Hash::ZERO, &[1, 2, 3]);
        table.hear(1, Message::Certificate(certificate));
    }
}

#[test]
fn p5_8_a_leader_silent_for_long_gets_no_time() {
    let mut table = Table::new(0);
    table.tell(Event::Due(true));
    // Validators 2 and 3 go on; nothing is heard of 1, whose turn is in views 1, 5, 9.
    for view in 1..=8u64 {
        for peer in [2, 3] {
            let query = Message::Query { view: View(view), finalised: View(0), certified: Height(0) };
            table.hear(peer, query);
        }
        let certificate = table.validators.certificate(Phase::ViewChange, view, Hash::ZERO, &[1, 2, 3]);
        let orders = table.hear(2, Message::Certificate(certificate));
        let at_once =
            orders.iter().any(|order| order.contains(&format!("persist {} view-change {}", view + 1, view + 1)));
        assert_eq!(at_once, view + 1 == 9, "view {}: {orders:?}", view + 1);
    }
}

/// Validator 0's next view after a view-change certificate of this one; whether it gave that up at once.
fn changes(table: &mut Table, view: u64) -> bool {
    for peer in 1..4 {
        let query = Message::Query { view: View(view), finalised: View(0), certified: Height(0) };
        table.hear(peer, query);
    }
    let certificate = table.validators.certificate(Phase::ViewChange, view, Hash::ZERO, &[1, 2, 3]);
    let orders = table.hear(2, Message::Certificate(certificate));
    orders.iter().any(|order| order.contains(&format!(" view-change {} -", view + 1)))
}

#[test]
fn p2_3_bounds_of_time_grow_with_failed_views_up_to_the_largest_timeout() {
    for (ahead, refused) in [(29_000, false), (31_000, true), (3_600_000, true)] {
        let mut table = Table::new(0);
        table.tell(Event::Due(true));
        for view in 1..=40 {
            changes(&mut table, view);
        }
        let genesis = table.validators.committee.chain();
        let block = table.validators.block(41, genesis, 1, table.now.plus(ahead), &[hash("tx")]);
        table.name(&block, "A");
        let orders = table.hear(1, proposal(&table, &block, None, vec![]));
        assert_eq!(orders.iter().any(|order| order.contains(" view-change 41 -")), refused, "{ahead}: {orders:?}");
        assert_eq!(orders.contains(&"validate A taken []".to_string()), !refused, "{ahead}: {orders:?}");
    }
}

#[test]
fn p5_11_when_all_views_fail_nobody_is_struck() {
    let mut table = Table::new(0);
    table.tell(Event::Due(true));
    for view in 1..60 {
        assert!(!changes(&mut table, view), "view {}", view + 1);
    }
}

/// Four blocks, as many as the window is wide, are certified, and too few signed COMMIT for any of them. Answers
/// the last one and its certificate; validator 1 leads the view that follows.
fn closed_window(table: &mut Table) -> (Block, Certificate) {
    let change = |table: &mut Table, view| {
        let certificate = table.validators.certificate(Phase::ViewChange, view, Hash::ZERO, &[0, 2, 3]);
        table.hear(0, Message::Certificate(certificate));
    };
    change(table, 1);
    let mut last: Option<(Block, Certificate)> = None;
    for (view, leader, height, name) in [(2, 2, 1, "A"), (3, 3, 2, "B"), (4, 0, 3, "C"), (6, 2, 4, "D")] {
        if view == 6 {
            change(table, 5);
        }
        let parent = last.as_ref().map_or(table.validators.committee.chain(), |(block, _)| block.hash());
        let block = table.validators.block(view, parent, height, START.plus(view), &[]);
        table.name(&block, name);
        let certificate = last.map(|(_, certificate)| certificate);
        table.hear(leader, proposal(table, &block, certificate, vec![]));
        table.valid(block.hash());
        let certificate = table.validators.certificate(Phase::Prepare, view, block.hash(), &[0, 2, 3]);
        table.hear(0, Message::Certificate(certificate.clone()));
        last = Some((block, certificate));
    }
    change(table, 7);
    change(table, 8);
    last.unwrap()
}

#[test]
fn p1_6_a_certified_block_is_proposed_again_while_the_window_is_closed() {
    let mut table = Table::new(1);
    closed_window(&mut table);
    assert!(!table.engine.status().due, "COMMITs may be on their way");
    let orders = table.wait(250);
    let said = "send all pre-prepare D (prepare-certificate 6 D by 023) (view-change-certificate 7 - by 023) \
                (view-change-certificate 8 - by 023)";
    assert!(orders.iter().any(|order| order.starts_with(said)), "{orders:?}");
    assert!(!orders.iter().any(|order| order.starts_with("propose")), "{orders:?}");
}

#[test]
fn p1_6_who_knows_the_certificate_prepares_it_again_and_others_do_not() {
    for (knows, expected) in [(true, "prepare 10 D"), (false, "view-change 10 -")] {
        let mut table = Table::new(1);
        let (block, certificate) = closed_window(&mut table);
        let changed = table.validators.certificate(Phase::ViewChange, 9, Hash::ZERO, &[0, 2, 3]);
        table.hear(0, Message::Certificate(changed));
        // Resting on anything but its own certificate it is no block of view 10.
        let parent = if knows {
            certificate
        } else {
            table.validators.certificate(Phase::Prepare, 4, block.header.parent, &[0, 2, 3])
        };
        let vote = |phase| table.validators.vote(phase, 10, block.hash(), 2).signature;
        let again = Proposal {
            view: View(10),
            signature: vote(Phase::PrePrepare),
            prepare: vote(Phase::Prepare),
            block,
            parent: Some(parent),
            gap: Vec::new(),
            result: None,
        };
        let orders = table.hear(2, Message::PrePrepare(Box::new(again)));
        assert!(
            orders.iter().any(|order| order.starts_with(&format!("send all {expected}"))),
            "{expected}: {orders:?}"
        );
    }
}
