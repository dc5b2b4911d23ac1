//! A replica among peers that lie: about heights, about blocks, with floods and with what they withhold.

use crate::chain::{BEGIN, GAS, call, genesis};
use crate::network::{Validator, asked_blocks, certificate, certified_blocks, executed_only, sent, vote};
use countersign_consensus::{Message, Proposal};
use countersign_replica::limits::{BLOCKS_SERVED_BURST, TRANSACTIONS_SERVED_BURST};
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_replica::{Input, Output, ReplicaError, Source};
use countersign_types::{
    Block, Epoch, EpochEnd, Hash, Header, Height, Phase, Signature, TimestampMs, VerifiedTransaction, View, merkle,
};
use std::sync::Arc;

fn calls(count: u64) -> Vec<Arc<VerifiedTransaction>> {
    (0..count).map(|nonce| call(11, nonce)).collect()
}

fn blocks(blocks: &[CertifiedBlock]) -> Wire {
    Wire::Blocks { certified: Height(2), blocks: blocks.to_vec() }
}

#[test]
fn heights_that_a_peer_only_claims_move_nobody() {
    let mut victim = Validator::new(3);
    for height in [1, 1_000, u64::MAX] {
        let standing = Message::Query { view: View(height), finalised: View(height), certified: Height(height) };
        assert_eq!(asked_blocks(&victim.hear(1, Wire::Consensus { epoch: Epoch::ZERO, message: standing })), None);
        assert!(victim.hear(1, Wire::Blocks { certified: Height(height), blocks: Vec::new() }).iter().all(quiet));
    }
    assert_eq!(victim.replica.counters().wanted, 0);
    // Asked, it claims more than it shows: nobody goes on for a claim.
    let (peer, from) = victim.fall_behind(1);
    assert_eq!((peer, from), (1, Height(1)));
    victim.hear(1, Wire::Blocks { certified: Height(u64::MAX), blocks: Vec::new() });
    assert_eq!(victim.height(), Height(0));
    assert_eq!(asked_blocks(&victim.wait(2_000)), Some((2, Height(1))), "the next peer is asked");
}

fn quiet(output: &Output) -> bool {
    !matches!(output, Output::Send { .. } | Output::Verify { .. } | Output::Committed { .. })
}

#[test]
fn blocks_that_do_not_prove_themselves_are_not_taken_and_the_next_peer_is_asked() {
    let good = certified_blocks(2, &calls(2));
    let lie = |change: fn(&mut CertifiedBlock)| {
        let mut block = good[0].clone();
        change(&mut block);
        block
    };
    let lies: [(&str, CertifiedBlock); 13] = [
        ("another parent", lie(|block| block.block.header.parent = Hash([7; 32]))),
        ("another time", lie(|block| block.block.header.time = block.block.header.time.plus(1))),
        ("another chain", lie(|block| block.block.header.chain = Hash([7; 32]))),
        ("a height further", lie(|block| block.block.header.height = Height(2))),
        ("one transaction more", lie(|block| block.transactions.push(call(11, 99).bytes().to_vec()))),
        ("another transaction", lie(|block| block.transactions = vec![call(11, 99).bytes().to_vec()])),
        ("rubbish as transaction", lie(|block| block.transactions = vec![vec![1, 2, 3]])),
        ("another result", lie(|block| block.result.state_root = Hash([7; 32]))),
        (
            "another result with the signatures of this one",
            lie(|block| {
                block.result.state_root = Hash([7; 32]);
                block.certificate.digest = block.result.hash();
            }),
        ),
        ("uncertified", lie(|block| block.certificate.signatures.truncate(2))),
        ("certified by one three times", {
            let mut block = good[0].clone();
            let one = block.certificate.signatures[0];
            block.certificate.signatures = vec![one; 3];
            block
        }),
        (
            "the end of an epoch that no order brought about",
            lie(|block| {
                block.block.header.epoch = Epoch(1);
                let (result, certificate) = (block.result.clone(), block.certificate.clone());
                let validators = genesis().validators;
                block.restart = Some(Box::new(EpochEnd { result, certificate, validators, restart: None }));
            }),
        ),
        ("not final", lie(|block| block.finality.signatures[1].1 = Signature([3; 64]))),
    ];
    let mut victim = Validator::new(3);
    let mut peer = victim.fall_behind(0).0;
    for (what, lie) in lies {
        victim.hear(peer, blocks(&[lie, good[1].clone()]));
        assert_eq!(victim.height(), Height(0), "{what}");
        // Whom it asks next is another one. It may have given up the height, and is told again.
        let asked = asked_blocks(&victim.wait(2_000)).unwrap_or_else(|| {
            victim.now = victim.now.plus(60_000);
            victim.fall_behind(0)
        });
        assert_eq!(asked.1, Height(1), "{what}");
        peer = asked.0;
    }
    victim.hear((peer + 1) % 3, blocks(&good));
    assert_eq!(victim.height(), Height(0), "an answer of somebody who was not asked");
    victim.hear(peer, blocks(&good));
    assert_eq!(victim.height(), Height(2), "the truth is taken");
    assert_eq!(victim.replica.certified(), Height(2));
}

/// Everything that executing rests on is proven before, so it is this machine that errs (or more than can be faulty).
#[test]
fn who_gets_another_result_than_the_certified_one_stops_and_stores_nothing() {
    let good = certified_blocks(2, &calls(2));
    let mut other = good[0].clone();
    other.result.state_root = Hash([7; 32]);
    other.certificate = certificate(Phase::Checkpoint, 1, other.result.hash());
    let mut victim = Validator::new(3);
    let peer = victim.fall_behind(0).0;
    let outputs = victim.hear(peer, blocks(&[other]));
    let diverged = |output: &Output| matches!(output, Output::Stop(ReplicaError::Diverged { height: Height(1) }));
    assert!(outputs.iter().any(diverged));
    assert_eq!(victim.height(), Height(0));
}

#[test]
fn floods_of_requests_are_answered_a_bounded_number_of_times() {
    let mut victim = Validator::new(0);
    let waiting = call(11, 1);
    victim.tell(Input::Transactions { transactions: vec![Arc::clone(&waiting)], source: Source::Gossip });
    let asked = |victim: &mut Validator, from: u16, message: &Wire| {
        (0..1_000).map(|_| sent(&victim.hear(from, message.clone())).count()).sum::<usize>()
    };
    let wanted = Wire::BlocksWanted { from: Height(1) };
    assert_eq!(asked(&mut victim, 1, &wanted), usize::try_from(BLOCKS_SERVED_BURST).unwrap());
    assert_eq!(asked(&mut victim, 1, &wanted), 0);
    assert!(asked(&mut victim, 2, &wanted) > 0, "others are served");
    let wanted = Wire::TransactionsWanted(vec![waiting.hash(); 5_000]);
    assert_eq!(asked(&mut victim, 1, &wanted), usize::try_from(TRANSACTIONS_SERVED_BURST).unwrap());
    victim.now = victim.now.plus(1_000);
    assert!(asked(&mut victim, 1, &wanted) > 0, "it is served again");
    let standing = Wire::Consensus {
        epoch: Epoch::ZERO,
        message: Message::Query { view: View(9), finalised: View(9), certified: Height(9) },
    };
    assert!(asked(&mut victim, 1, &standing) <= 2);
}

/// Who lacks it may be the one whose CHECKPOINT is missing, and before there is a certificate nobody can catch up.
#[test]
fn the_payload_of_a_block_that_is_executed_and_not_certified_is_served() {
    let transaction = call(11, 1);
    for victim in &mut executed_only(&transaction) {
        let served = victim.hear(3, Wire::TransactionsWanted(vec![call(11, 2).hash(), transaction.hash()]));
        let wanted = Wire::Transactions(vec![transaction.bytes().to_vec()]);
        assert!(sent(&served).any(|(_, message)| *message == wanted), "{served:?}");
    }
}

#[test]
fn transactions_that_nobody_asked_for_or_nobody_may_send_go_nowhere() {
    let mut victim = Validator::new(3);
    let junk = vec![vec![0; 400], call(11, 1).bytes().to_vec(), Vec::new()];
    assert!(victim.hear(1, Wire::Transactions(junk)).iter().all(quiet));
    let stranger = (0..50).map(|nonce| call(98, nonce)).collect();
    victim.tell(Input::Transactions { transactions: stranger, source: Source::Gossip });
    victim.tell(Input::Transactions { transactions: calls(3), source: Source::Fetched });
    let counters = victim.replica.counters();
    assert_eq!((counters.waiting, counters.refused, counters.admitted), (0, 50, 0));
}

/// The proposal of view 1 by its leader, validator 1.
fn proposal(time: TimestampMs, names: &[Hash]) -> Wire {
    let genesis = genesis();
    let header = Header {
        chain: genesis.chain(),
        height: Height(1),
        epoch: Epoch::ZERO,
        view: View(1),
        parent: genesis.chain(),
        time,
        proposer: 1,
        validators: genesis.validators.hash(),
        transactions_root: merkle::root(names),
        transactions: u32::try_from(names.len()).unwrap(),
        result: Hash::ZERO,
    };
    let block = Block { header, transactions: names.to_vec() };
    let signature = vote(Phase::PrePrepare, 1, block.hash(), 1).signature;
    let prepare = vote(Phase::Prepare, 1, block.hash(), 1).signature;
    let proposal = Proposal { view: View(1), block, signature, prepare, parent: None, gap: Vec::new(), result: None };
    Wire::Consensus { epoch: Epoch::ZERO, message: Message::PrePrepare(Box::new(proposal)) }
}

fn voted(outputs: &[Output], phase: Phase) -> bool {
    sent(outputs)
        .any(|(_, message)| matches!(message, Wire::Consensus { message: Message::Vote { vote, .. }, .. } if vote.phase == phase))
}

#[test]
fn a_payload_that_is_withheld_costs_a_view_and_no_more() {
    let mut victim = Validator::new(3);
    victim.now = BEGIN.plus(10);
    let (held, hidden) = (call(11, 1), call(11, 2));
    victim.tell(Input::Transactions { transactions: vec![Arc::clone(&held)], source: Source::Gossip });
    let outputs = victim.hear(1, proposal(victim.now, &[held.hash(), hidden.hash()]));
    let mut asked = Vec::new();
    let mut gave_up = false;
    let note = |outputs: &[Output], asked: &mut Vec<_>, gave_up: &mut bool| {
        asked.extend(
            sent(outputs).filter(|(_, message)| matches!(message, Wire::TransactionsWanted(_))).map(|(to, _)| to),
        );
        assert!(!voted(outputs, Phase::Prepare), "what is not held is not voted for");
        *gave_up |= voted(outputs, Phase::ViewChange);
    };
    note(&outputs, &mut asked, &mut gave_up);
    for _ in 0..100 {
        // The liar answers with something else.
        note(&victim.hear(1, Wire::Transactions(vec![call(11, 3).bytes().to_vec()])), &mut asked, &mut gave_up);
        note(&victim.wait(50), &mut asked, &mut gave_up);
    }
    assert!(gave_up, "the view is given up");
    assert!((3..40).contains(&asked.len()), "others are asked as well, and not for ever as often: {asked:?}");
    assert_eq!(victim.replica.counters().gathering, 1);
    // The others go on without the liar.
    let changed = certificate(Phase::ViewChange, 1, Hash::ZERO);
    victim.hear(2, Wire::Consensus { epoch: Epoch::ZERO, message: Message::Certificate(changed) });
    assert_eq!(victim.replica.status().view, View(2));
}

#[test]
fn a_payload_over_a_limit_is_given_up_before_it_is_whole() {
    let mut victim = Validator::new(3);
    victim.now = BEGIN.plus(10);
    let most = genesis().parameters.block_gas_max.0 / GAS;
    let all = calls(most + 3);
    let names: Vec<Hash> = all.iter().map(|transaction| transaction.hash()).collect();
    victim.hear(1, proposal(victim.now, &names));
    let fetched = |victim: &mut Validator, count: u64| {
        let transactions = all.iter().take(usize::try_from(count).unwrap()).cloned().collect();
        victim.tell(Input::Transactions { transactions, source: Source::Fetched })
    };
    assert!(!voted(&fetched(&mut victim, most), Phase::ViewChange));
    assert_eq!(victim.replica.counters().gathering, 1);
    let outputs = fetched(&mut victim, most + 1);
    assert!(voted(&outputs, Phase::ViewChange), "nobody waits for the last two");
    assert_eq!(victim.replica.counters().payloads, 0);
    assert!(!sent(&victim.wait(5_000)).any(|(_, message)| matches!(message, Wire::TransactionsWanted(_))));
}

#[test]
fn who_connects_is_asked_where_it_stands() {
    let mut victim = Validator::new(3);
    let outputs = victim.tell(Input::Connected { peer: 2 });
    let query = |message: &Wire| matches!(message, Wire::Consensus { message: Message::Query { .. }, .. });
    assert!(sent(&outputs).any(|(to, message)| to == countersign_consensus::Target::One(2) && query(message)));
}
