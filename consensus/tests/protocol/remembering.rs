//! Tables for P6 to P9: results, lost journals, equivocation, missing blocks.

use crate::agreeing::{first_block, proposal};
use crate::table::{START, Table};
use crate::validators::{execute, hash};
use countersign_consensus::{Engine, Error, Event, Message, Record, Synced};
use countersign_types::{Block, Evidence, ExecutionResult, Hash, Height, Phase, TimestampMs, View};

/// A table whose block A of view 1 is final and handed to execution.
fn finalised(own: u16) -> (Table, Block) {
    let mut table = Table::new(own);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    table.valid(block.hash());
    let certificate = table.validators.certificate(Phase::Commit, 1, block.hash(), &[0, 1, 2]);
    let orders = table.hear(0, Message::Certificate(certificate));
    assert!(orders.contains(&"finalise A with commit-certificate 1 A by 012".to_string()), "{orders:?}");
    (table, block)
}

fn checkpoint(table: &mut Table, result: &ExecutionResult, signer: u16) -> Vec<String> {
    table.hear_vote(Phase::Checkpoint, result.height.0, result.hash(), signer)
}

#[test]
fn p6_results_are_voted_and_certified() {
    let (mut table, block) = finalised(3);
    let result = execute(&block, None);
    let orders = table.tell(Event::Executed { result: result.clone(), last: None });
    assert_eq!(orders[..2], ["persist 4 checkpoint 1 ?", "send all checkpoint 1 ? after 4"]);
    assert_eq!(table.tell(Event::Executed { result: result.clone(), last: None }), Vec::<String>::new(), "once");
    assert_eq!(checkpoint(&mut table, &result, 0), Vec::<String>::new());
    let orders = checkpoint(&mut table, &result, 1);
    assert!(!orders.iter().any(|order| order.starts_with("certify")), "the own vote is not durable yet");
    assert!(table.persisted(4).contains(&"certify 1 by 3".to_string()));
    assert_eq!(checkpoint(&mut table, &result, 2), Vec::<String>::new());
}

#[test]
fn p6_3_a_certificate_that_comes_before_execution_waits() {
    let (mut table, block) = finalised(3);
    let result = execute(&block, None);
    let certificate = table.validators.certificate(Phase::Checkpoint, 1, result.hash(), &[0, 1, 2]);
    assert!(!table.hear(0, Message::Certificate(certificate)).iter().any(|order| order.starts_with("certify")));
    let orders = table.tell(Event::Executed { result, last: None });
    assert_eq!(orders[0], "certify 1 by 3", "and no vote is needed: {orders:?}");
    assert!(!orders.iter().any(|order| order.starts_with("persist")));
}

#[test]
fn p6_4_f_plus_1_other_results_stop_the_node() {
    let (mut table, block) = finalised(3);
    table.tell(Event::Executed { result: execute(&block, None), last: None });
    let mut other = execute(&block, None);
    other.state_root = hash("other");
    assert_eq!(checkpoint(&mut table, &other, 0), Vec::<String>::new());
    assert_eq!(checkpoint(&mut table, &other, 1), ["stop diverged"]);
}

#[test]
fn p6_4_forged_checkpoints_do_not_stop_the_node() {
    let (mut table, block) = finalised(3);
    table.tell(Event::Executed { result: execute(&block, None), last: None });
    for signer in [0, 1, 2] {
        let mut vote = table.validators.vote(Phase::Checkpoint, 1, hash("other"), signer);
        vote.signature.0[3] ^= 1;
        let orders = table.hear(signer, Message::Vote { vote, reason: None });
        assert!(!orders.contains(&"stop diverged".to_string()));
    }
}

#[test]
fn p6_4_an_own_result_that_changed_stops_the_node() {
    let (table, block) = finalised(3);
    let base = table.validators.base();
    // It signed, and lost power before the ledger's batch was on disk.
    let mut journal = table.engine.retained();
    let signed = table.validators.vote(Phase::Checkpoint, 1, execute(&block, None).hash(), 3);
    journal.push(Record::Vote(signed));
    let mut again = Table::raw(3, base, journal);
    again.name(&block, "A");
    let orders = again.tell(Event::Tick);
    assert!(orders.contains(&"finalise A with commit-certificate 1 A by 012".to_string()), "{orders:?}");
    let mut other = execute(&block, None);
    other.state_root = hash("other");
    assert_eq!(again.tell(Event::Executed { result: other, last: None }), ["stop unstable"]);
}

#[test]
fn p7_a_journal_without_origin_recovers_and_stays_silent_through_m_plus_1() {
    let validators = crate::validators::Validators::new(4);
    let mut table = Table::raw(2, validators.base(), vec![Record::Amnesia]);
    assert!(table.engine.status().recovering);
    let orders = table.tell(Event::Tick);
    assert!(orders.contains(&"send all recovery-request after 0".to_string()), "{orders:?}");
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    assert!(!table.valid(block.hash()).iter().any(|order| order.contains("prepare 1")), "silent while recovering");
    let nonce = START.0;
    let certificate = table.validators.certificate(Phase::ViewChange, 6, Hash::ZERO, &[0, 1, 3]);
    let answer = Message::RecoveryResponse { nonce, certificate: Some(certificate) };
    let old = Message::RecoveryResponse { nonce: nonce - 1, certificate: None };
    table.hear(3, old);
    table.hear(1, answer.clone());
    table.hear(1, answer);
    assert!(table.engine.status().recovering, "one peer twice and an old answer are not two");
    let orders = table.hear(0, Message::RecoveryResponse { nonce, certificate: None });
    assert!(orders.iter().any(|order| order.ends_with("origin above 8")), "{orders:?}");
    assert!(!table.engine.status().recovering);
    // It is in view 7 and signs nothing before view 9.
    table.tell(Event::Due(true));
    assert!(!table.wait(9_000).iter().any(|order| order.contains("persist") && order.contains("view-change ")));
    for view in [7, 8] {
        let certificate = table.validators.certificate(Phase::ViewChange, view, Hash::ZERO, &[0, 1, 3]);
        table.hear(0, Message::Certificate(certificate));
    }
    assert_eq!(table.engine.status().view, View(9));
    assert!(table.wait(31_000).iter().any(|order| order.contains("view-change 9 -")));
}

#[test]
fn p7_2_who_remembers_tells_its_view_and_who_recovers_does_not() {
    let mut table = Table::new(3);
    let certificate = table.validators.certificate(Phase::ViewChange, 1, Hash::ZERO, &[0, 1, 2]);
    table.hear(0, Message::Certificate(certificate));
    let orders = table.hear(2, Message::RecoveryRequest { nonce: 5 });
    assert_eq!(orders, ["send 2 recovery-response view-change-certificate 1 - by 012 after 1"]);
    let mut recovering = Table::raw(3, table.validators.base(), vec![Record::Amnesia]);
    recovering.tell(Event::Tick);
    assert_eq!(recovering.hear(2, Message::RecoveryRequest { nonce: 5 }), Vec::<String>::new());
}

#[test]
fn p7_4_a_forgotten_vote_in_a_certificate_is_noticed() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    let certificate = table.validators.certificate(Phase::Prepare, 1, block.hash(), &[0, 1, 3]);
    let orders = table.hear(0, Message::Certificate(certificate));
    assert_eq!(orders[..2], ["persist 1 amnesia", "persist 2 prepare-certificate 1 A by 013"]);
    assert!(orders.contains(&"send all recovery-request after 0".to_string()), "{orders:?}");
    assert!(!orders.iter().any(|order| order.contains("commit 1")));
    assert!(table.engine.status().recovering);
    let again = Table::raw(3, table.validators.base(), table.engine.retained());
    assert!(again.engine.status().recovering, "also after a restart");
}

#[test]
fn p7_5_nothing_is_signed_before_others_have_told_what_they_hold() {
    let mut table = Table::raw(1, crate::validators::Validators::new(4).base(), Vec::new());
    assert!(table.tell(Event::Tick).contains(&"send all votes-request after 0".to_string()));
    table.tell(Event::Due(true));
    let nothing = |nonce| Message::VotesResponse { nonce, finalised: None, votes: Vec::new() };
    table.hear(0, nothing(START.0));
    table.hear(0, nothing(START.0));
    table.hear(2, nothing(START.0 - 1));
    assert!(table.engine.status().rejoining, "one peer twice and an old answer are not two");
    assert!(table.tell(Event::Connected { peer: 2 }).contains(&"send 2 votes-request after 0".to_string()));
    let orders = table.hear(2, nothing(START.0));
    assert!(orders.iter().any(|order| order.starts_with("propose 1")), "{orders:?}");
    // A single validator has nobody to ask.
    let alone = crate::validators::Validators::new(1);
    let records = vec![alone.origin(0)];
    let engine = Engine::new(alone.config(0), alone.base(), records, 1).unwrap();
    assert!(!engine.status().rejoining);
}

#[test]
fn p7_5_an_older_copy_of_the_journal_is_noticed_by_what_peers_hold() {
    let votes = |of: &Table| {
        [
            vec![of.validators.vote(Phase::Prepare, 4, hash("a"), 3)],
            vec![of.validators.vote(Phase::ViewChange, 1, Hash::ZERO, 3)],
            vec![
                of.validators.vote(Phase::Prepare, 1, hash("a"), 3),
                of.validators.vote(Phase::Commit, 1, hash("a"), 3),
            ],
        ]
    };
    for case in 0..3 {
        let mut table = Table::raw(3, crate::validators::Validators::new(4).base(), Vec::new());
        table.tell(Event::Tick);
        let votes = votes(&table)[case].clone();
        let orders = table.hear(0, Message::VotesResponse { nonce: START.0, finalised: None, votes });
        assert_eq!(orders[..2], ["persist 1 amnesia", "send all recovery-request after 0"]);
        assert!(table.engine.status().recovering && !table.engine.status().rejoining);
    }
    // What it remembers, what others signed and what nobody signed is no reason.
    let mut table = Table::new(3);
    table.tell(Event::Due(true));
    table.wait(1_000);
    let (base, journal) = (table.validators.base(), table.engine.retained());
    let mut again = Table::raw(3, base, journal);
    again.tell(Event::Tick);
    let own = again.validators.vote(Phase::ViewChange, 1, Hash::ZERO, 3);
    let others = again.validators.vote(Phase::Prepare, 1, hash("a"), 2);
    let mut forged = again.validators.vote(Phase::Prepare, 1, hash("a"), 3);
    forged.signature.0[5] ^= 1;
    again.hear(0, Message::VotesResponse { nonce: START.0, finalised: None, votes: vec![others] });
    again.hear(1, Message::VotesResponse { nonce: START.0, finalised: None, votes: vec![forged] });
    assert!(again.engine.status().rejoining && !again.engine.status().recovering);
    again.hear(0, Message::VotesResponse { nonce: START.0, finalised: None, votes: vec![own.clone()] });
    again.hear(2, Message::VotesResponse { nonce: START.0, finalised: None, votes: vec![own] });
    assert!(!again.engine.status().rejoining && !again.engine.status().recovering);
}

#[test]
fn p7_5_nothing_is_signed_in_views_that_are_final_where_the_answers_come_from() {
    for phase in [Phase::Commit, Phase::Prepare] {
        // Its journal knows of nothing, and the others keep nothing of views up to the fifth.
        let mut table = Table::raw(3, crate::validators::Validators::new(4).base(), Vec::new());
        table.tell(Event::Tick);
        let answer = |finalised| Message::VotesResponse { nonce: START.0, finalised, votes: Vec::new() };
        let finalised = table.validators.certificate(phase, 5, hash("far"), &[0, 1, 2]);
        let mut forged = finalised.clone();
        forged.signatures[1].1.0[5] ^= 1;
        table.hear(0, answer(None));
        table.hear(1, answer(Some(forged)));
        let changed = table.validators.certificate(Phase::ViewChange, 5, Hash::ZERO, &[0, 1, 2]);
        table.hear(1, answer(Some(changed)));
        assert!(table.engine.status().rejoining, "such answers do not count");
        let mut orders = table.hear(2, answer(Some(finalised)));
        assert!(!table.engine.status().rejoining && !table.engine.status().recovering);
        assert_eq!(table.engine.status().view, View(6));
        orders.extend(table.tell(Event::Due(true)));
        let block = first_block(&mut table);
        orders.extend(table.hear(1, proposal(&table, &block, None, vec![])));
        for view in 1..=5 {
            let prepared = table.validators.certificate(Phase::Prepare, view, hash("far"), &[0, 1, 2]);
            orders.extend(table.hear(2, Message::Certificate(prepared)));
        }
        let vote = |order: &String| ["prepare ", "commit ", "view-change "].iter().any(|vote| order.contains(vote));
        let signed: Vec<_> = orders.iter().filter(|order| order.starts_with("persist") && vote(order)).collect();
        assert!(signed.is_empty(), "{signed:?}");
    }
}

#[test]
fn p7_5_peers_tell_the_newest_votes_that_they_hold() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    assert!(
        table.hear(2, Message::VotesRequest { nonce: 1 }).contains(&"send 2 votes-response [] after 0".to_string())
    );
    let certificate = table.validators.certificate(Phase::Prepare, 1, block.hash(), &[0, 1, 2]);
    table.hear(0, Message::Certificate(certificate));
    table.hear_vote(Phase::Commit, 1, block.hash(), 2);
    table.wait(300);
    let told = table.hear(2, Message::VotesRequest { nonce: 2 });
    assert_eq!(told[0], "send 2 votes-response [prepare 1 A, commit 1 A] after 0");
    table.hear_vote(Phase::ViewChange, 2, Hash::ZERO, 2);
    table.wait(300);
    let told = table.hear(2, Message::VotesRequest { nonce: 3 });
    assert_eq!(told[0], "send 2 votes-response [view-change 2 -] after 0");
    // What it keeps no votes of any more is told by the certificate of the last final view.
    let certificate = table.validators.certificate(Phase::Commit, 3, block.hash(), &[0, 1, 2]);
    table.hear(0, Message::Certificate(certificate));
    table.wait(300);
    let told = table.hear(2, Message::VotesRequest { nonce: 4 });
    assert!(told[0].starts_with("send 2 votes-response [] final commit-certificate 3 A by 012 after "), "{told:?}");
}

#[test]
fn p7_1_a_journal_of_another_key_or_chain_is_refused() {
    let validators = crate::validators::Validators::new(4);
    let open = |records| Engine::new(validators.config(2), validators.base(), records, 1).map(|_| ());
    let chain = validators.committee.chain();
    assert_eq!(open(vec![validators.origin(1)]), Err(Error::ForeignJournal { chain }));
    let other = Record::origin(hash("other"), validators.keys[2].public());
    assert_eq!(open(vec![other]), Err(Error::ForeignJournal { chain: hash("other") }));
    let vote = validators.vote(Phase::Prepare, 1, hash("x"), 1);
    assert_eq!(open(vec![validators.origin(2), Record::Vote(vote)]), Err(Error::ForeignVote { signer: 1 }));
}

#[test]
fn p8_1_double_votes_are_reported_once() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    table.hear_vote(Phase::Prepare, 1, block.hash(), 2);
    let orders = table.hear_vote(Phase::Prepare, 1, hash("other"), 2);
    assert_eq!(orders, ["evidence against 2: prepare 1 A and prepare 1 ?", "send all evidence against 2 after 0"]);
    assert_eq!(table.hear_vote(Phase::Prepare, 1, hash("third"), 2), Vec::<String>::new());
    table.hear_vote(Phase::ViewChange, 1, Hash::ZERO, 0);
    let orders = table.hear_vote(Phase::Commit, 1, block.hash(), 0);
    assert_eq!(orders[0], "evidence against 0: view-change 1 - and commit 1 A");
    // PREPARE and VIEW-CHANGE of one view go together.
    table.hear_vote(Phase::ViewChange, 2, Hash::ZERO, 1);
    assert_eq!(table.hear_vote(Phase::Prepare, 2, block.hash(), 1), Vec::<String>::new());
}

#[test]
fn p8_1_two_proposals_of_one_leader_are_evidence() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    let genesis = table.validators.committee.chain();
    let other = table.validators.block(1, genesis, 1, START, &[]);
    table.name(&other, "X");
    table.hear(1, proposal(&table, &block, None, vec![]));
    let orders = table.hear(1, proposal(&table, &other, None, vec![]));
    assert_eq!(orders[0], "evidence against 1: pre-prepare 1 A and pre-prepare 1 X");
}

#[test]
fn p8_a_forged_vote_is_no_evidence_and_blocks_nobody() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    let mut forged = table.validators.vote(Phase::Prepare, 1, hash("other"), 2);
    forged.signature.0[0] ^= 1;
    table.hear(2, Message::Vote { vote: forged.clone(), reason: None });
    let orders = table.hear_vote(Phase::Prepare, 1, block.hash(), 2);
    assert!(!orders.iter().any(|order| order.contains("evidence")), "{orders:?}");
    table.hear_vote(Phase::Prepare, 1, block.hash(), 0);
    let orders = table.hear_vote(Phase::Prepare, 1, block.hash(), 1);
    assert_eq!(orders[0], "persist 1 prepare-certificate 1 A by 012", "the real vote took the slot");
    let first = table.validators.vote(Phase::Prepare, 2, block.hash(), 2);
    let evidence = Evidence { first, second: forged };
    assert_eq!(table.hear(0, Message::Evidence(evidence)), Vec::<String>::new());
}

#[test]
fn p8_2_evidence_of_others_is_reported_and_not_passed_on() {
    let mut table = Table::new(3);
    let first = table.validators.vote(Phase::Commit, 7, hash("a"), 2);
    let second = table.validators.vote(Phase::Commit, 7, hash("b"), 2);
    let message = Message::Evidence(Evidence { first, second });
    assert_eq!(table.hear(0, message.clone()), ["evidence against 2: commit 7 ? and commit 7 ?"]);
    assert_eq!(table.hear(1, message), Vec::<String>::new());
}

#[test]
fn p9_3_a_certified_block_that_did_not_come_is_fetched() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    let certificate = table.validators.certificate(Phase::Commit, 1, block.hash(), &[0, 1, 2]);
    let orders = table.hear(0, Message::Certificate(certificate));
    assert!(!orders.iter().any(|order| order.contains("block-request")), "it may be on its way: {orders:?}");
    assert!(table.wait(125).contains(&"send 1 block-request A after 0".to_string()));
    assert!(table.wait(500).contains(&"send 2 block-request A after 0".to_string()), "the next peer");
    let mut wrong = block.clone();
    wrong.transactions.push(hash("more"));
    assert!(!table.hear(2, Message::BlockResponse(Box::new(wrong))).iter().any(|order| order.contains("validate")));
    let orders = table.hear(2, Message::BlockResponse(Box::new(block.clone())));
    assert!(orders.contains(&"validate A taken []".to_string()), "{orders:?}");
    let orders = table.valid(block.hash());
    assert!(orders.contains(&"finalise A with commit-certificate 1 A by 012".to_string()), "{orders:?}");
    // P9.4
    assert_eq!(table.hear(0, Message::BlockRequest { block: block.hash() }), ["send 0 block A after 0"]);
    for served in 2..20 {
        let orders = table.hear(0, Message::BlockRequest { block: block.hash() });
        assert_eq!(orders.is_empty(), served > 16, "a peer is served a bounded number");
    }
    assert_eq!(table.hear(0, Message::BlockResponse(Box::new(block))), Vec::<String>::new(), "not asked for");
}

#[test]
fn p0_4_an_observer_follows_and_signs_nothing() {
    let validators = crate::validators::Validators::new(4);
    let mut config = validators.config(3);
    config.key = None;
    let mut table = Table::new(3);
    table.engine = Engine::new(config, validators.base(), vec![], 1).unwrap();
    let mut orders = table.tell(Event::Due(true));
    let block = first_block(&mut table);
    orders.extend(table.hear(1, proposal(&table, &block, None, vec![])));
    orders.extend(table.valid(block.hash()));
    let certificate = table.validators.certificate(Phase::Commit, 1, block.hash(), &[0, 1, 2]);
    orders.extend(table.hear(3, Message::Certificate(certificate)));
    orders.extend(table.tell(Event::Executed { result: execute(&block, None), last: None }));
    let certificate = table.validators.certificate(Phase::Checkpoint, 1, execute(&block, None).hash(), &[0, 1, 2]);
    orders.extend(table.hear(2, Message::Certificate(certificate)));
    orders.extend(table.wait(30_000));
    assert!(orders.contains(&"finalise A with commit-certificate 1 A by 012".to_string()), "{orders:?}");
    assert!(orders.contains(&"certify 1 by 3".to_string()), "{orders:?}");
    let said = |order: &&String| {
        ["prepare 1", "commit 1", "view-change 1", "checkpoint 1"].iter().any(|vote| order.contains(vote))
    };
    let signed: Vec<_> = orders.iter().filter(|order| order.starts_with("persist")).filter(said).collect();
    assert!(signed.is_empty(), "{signed:?}");
    assert_eq!(table.engine.status().counters.votes_sent, 0);
}

#[test]
fn p9_1_what_is_out_of_reach_makes_the_replica_catch_up() {
    let mut table = Table::new(3);
    let certificate = table.validators.certificate(Phase::Checkpoint, 100, hash("result"), &[0, 1, 2]);
    assert!(table.hear(2, Message::Certificate(certificate)).contains(&"behind 100 says 2".to_string()));
    assert!(table.wait(1_000).iter().any(|order| order.starts_with("behind 100")), "again while it holds");
    // P9.2
    let block = table.validators.block(120, hash("parent"), 100, table.now, &[]);
    let result = execute(&block, None);
    let orders = table.tell(Event::Synced(Synced {
        height: Height(100),
        block: block.hash(),
        time: block.header.time,
        view: View(120),
        result,
        last: None,
        certificate: None,
    }));
    assert!(orders.iter().any(|order| order.contains("checkpoint 100")), "{orders:?}");
    let status = table.engine.status();
    assert_eq!((status.view, status.finalised, status.executed), (View(121), Height(100), Height(100)));
    assert!(!table.wait(1_000).iter().any(|order| order.starts_with("behind")));
}

#[test]
fn p9_1_a_final_block_whose_payload_does_not_come_makes_the_replica_catch_up() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    table.hear(1, proposal(&table, &block, None, vec![]));
    let certificate = table.validators.certificate(Phase::Commit, 1, block.hash(), &[0, 1, 2]);
    table.hear(0, Message::Certificate(certificate));
    for _ in 0..3 {
        assert!(!table.wait(1_000).iter().any(|order| order.starts_with("behind")));
    }
    assert!(table.wait(1_000).contains(&"behind 1 says 1".to_string()));
    assert!(table.wait(1_000).contains(&"behind 1 says 2".to_string()), "the next peer");
}

#[test]
fn p0_wild_numbers_and_strangers_do_no_harm() {
    let mut table = Table::new(3);
    let block = first_block(&mut table);
    for number in [0, 1, 2, 9, 10, 1 << 40, 1 << 63, u64::MAX - 1, u64::MAX] {
        for phase in [Phase::PrePrepare, Phase::Prepare, Phase::Commit, Phase::ViewChange, Phase::Checkpoint] {
            for digest in [Hash::ZERO, hash("x")] {
                for signer in 0..4 {
                    let vote = table.validators.vote(phase, number, digest, signer);
                    for from in [0, 1, 3, 4, u16::MAX] {
                        let reason = Some(table.validators.certificate(phase, number, digest, &[0, 0, 1]));
                        table.hear(from, Message::Vote { vote: vote.clone(), reason: None });
                        table.hear(from, Message::Vote { vote: vote.clone(), reason });
                    }
                }
                let mut certificate = table.validators.certificate(phase, number, digest, &[0, 1]);
                certificate.signatures.push((9, certificate.signatures[0].1));
                table.hear(0, Message::Certificate(certificate));
            }
        }
        let query = Message::Query { view: View(number), finalised: View(number), certified: Height(number) };
        table.hear(0, query);
        table.hear(1, Message::CertificatesRequest { from: View(0), to: View(number) });
        table.hear(1, Message::CertificatesRequest { from: View(number), to: View(0) });
        let mut far = block.clone();
        far.header.view = View(number);
        far.header.height = Height(number);
        far.header.time = TimestampMs(number);
        far.header.proposer = table.validators.committee.leader(View(number));
        table.hear(far.header.proposer, proposal(&table, &far, None, vec![]));
        table.now = table.now.plus(300);
        table.tell(Event::Tick);
    }
    assert!(table.engine.status().view <= View(2));
}

#[test]
fn p0_certificates_of_the_highest_views_do_no_harm_even_if_a_quorum_signs_them() {
    let mut table = Table::new(3);
    for number in [u64::MAX - 1, u64::MAX, u64::MAX] {
        let certificate = table.validators.certificate(Phase::ViewChange, number, Hash::ZERO, &[0, 1, 2]);
        table.hear(0, Message::Certificate(certificate));
    }
    table.tell(Event::Due(true));
    table.wait(40_000);
    let certificate = table.validators.certificate(Phase::Commit, u64::MAX, hash("x"), &[0, 1, 2]);
    table.hear(0, Message::Certificate(certificate));
    table.wait(40_000);
    assert_eq!(table.engine.status().view, View(u64::MAX));
}
