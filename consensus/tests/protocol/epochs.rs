//! P10: epochs end where a set change says, and the next ones begin there.

use crate::network::{Faults, Network};
use crate::table::{START, Table};
use crate::validators::{execute, hash};
use countersign_consensus::{Engine, Event, Message, Origin, Record};
use countersign_types::{Epoch, Height, Phase, View};

/// Blocks into an epoch after which its end is decided, with a window of four.
const DECIDED_AFTER: u64 = 3;
const WINDOW: u64 = 4;

/// A network whose epochs are seven blocks long, with work for ever.
fn busy(count: u8, seed: u64) -> Network {
    let mut network = Network::new(count, seed);
    network.changes_after = Some(DECIDED_AFTER);
    network
}

fn work(network: &mut Network, rounds: u64, milliseconds: u64) {
    let all: Vec<u16> = (0..network.nodes.len() as u16).collect();
    for round in 0..rounds {
        network.submit(hash(&format!("transaction {round} {}", network.now.0)), &all);
        network.run(milliseconds);
    }
}

fn epoch(network: &Network, index: u16) -> u64 {
    network.status(index).epoch.0
}

#[test]
fn p10_1_epochs_follow_each_other_and_every_block_is_of_its_epoch() {
    let mut network = busy(4, 1);
    work(&mut network, 100, 60);
    network.check_agreement();
    for node in &network.nodes {
        for stored in &node.ledger {
            let header = &stored.block.header;
            let length = DECIDED_AFTER + WINDOW;
            assert_eq!(header.epoch.0, (header.height.0 - 1) / length, "height {}", header.height);
        }
    }
    assert!((0..4).all(|index| epoch(&network, index) >= 3), "{:?}", network.status(0));
    assert_eq!(network.status(0).counters.equivocations, 0);
}

#[test]
fn p10_2_no_block_is_agreed_above_the_last_one_whoever_is_lost_and_cut() {
    for seed in 0..16 {
        let mut network = busy(4, seed);
        network.faults = Faults { loss_percent: seed % 20, double_percent: 5, delay_min: 1, delay_max: 5 + seed % 60 };
        for turn in 0..12 {
            let victim = network.dice.roll(4) as u16;
            match network.dice.roll(4) {
                0 => {
                    network.crash(victim);
                    work(&mut network, 3, 400);
                    network.start(victim);
                }
                1 => {
                    network.isolate(victim);
                    work(&mut network, 3, 400);
                    network.cut.clear();
                }
                _ => work(&mut network, 3, 100 + 50 * turn),
            }
            network.check_agreement();
        }
        network.faults = Faults::NONE;
        let before = (0..4).map(|index| network.height(index)).max().unwrap();
        work(&mut network, 40, 500);
        network.check_agreement();
        for index in 0..4 {
            assert!(network.height(index) > before + 8, "seed {seed}: {index} is at {}", network.height(index));
            assert!(epoch(&network, index) >= 1, "seed {seed}");
        }
    }
}

/// Half of the validators never hear the votes that make the last block final, so it stands again in later views.
#[test]
fn p10_2_the_last_block_stands_again_until_it_is_final() {
    let mut network = busy(4, 7);
    network.tamper = Some(|_, message| match message {
        Message::Vote { vote, .. } => vote.phase == Phase::Commit && vote.epoch == Epoch(0) && vote.number == 7,
        Message::Certificate(certificate) => certificate.phase == Phase::Commit && certificate.number == 7,
        _ => false,
    });
    work(&mut network, 60, 100);
    network.check_agreement();
    for index in 0..4 {
        assert!(epoch(&network, index) >= 1, "{:?}", network.status(index));
        let last = &network.nodes[usize::from(index)].ledger[6].block;
        assert_eq!(last.header.height, Height(7));
    }
}

/// A validator that was away for two epochs catches up through both.
#[test]
fn p10_4_who_was_away_goes_through_every_epoch() {
    let mut network = busy(4, 3);
    network.isolate(2);
    work(&mut network, 60, 100);
    assert_eq!(epoch(&network, 2), 0);
    assert!(epoch(&network, 0) >= 2);
    network.cut.clear();
    work(&mut network, 60, 100);
    network.check_agreement();
    assert_eq!(epoch(&network, 2), epoch(&network, 0));
}

/// One that lost its journal in one epoch is silent in the next one too, until it has recovered.
#[test]
fn p7_1_memory_is_not_given_back_by_a_new_epoch() {
    let mut network = busy(4, 5);
    work(&mut network, 2, 200);
    network.crash(1);
    network.lose_journal(1);
    network.start(1);
    network.isolate(1);
    work(&mut network, 60, 100);
    assert!(network.status(1).recovering && epoch(&network, 0) >= 1);
    network.cut.clear();
    work(&mut network, 60, 100);
    network.check_agreement();
    assert!(!network.status(1).recovering);
}

/// A ledger that was lost or restored from before an epoch makes its journal one that forgets on the way.
#[test]
fn p10_5_a_journal_ahead_of_the_ledgers_epoch_counts_as_lost() {
    let table = Table::new(3);
    let validators = table.validators.clone();
    let next = validators.in_epoch(Epoch(1), validators.origin);
    let key = validators.keys[3].public();
    let chain = validators.committee.chain();
    let origin = |epoch| Record::Origin { chain, key, epoch, above: View(0) };
    let vote =
        |validators: &crate::validators::Validators| Record::Vote(validators.vote(Phase::Commit, 4, hash("x"), 3));
    for (records, recovering) in [
        (vec![origin(Epoch(0)), vote(&validators)], false),
        (vec![origin(Epoch(0)), vote(&next)], true),
        (vec![origin(Epoch(1))], true),
    ] {
        let engine = Engine::new(validators.config(3), validators.base(), records, 9).unwrap();
        assert_eq!(engine.status().recovering, recovering);
        // The next epoch's engine is told of it.
        assert_eq!(matches!(engine.memory()[..], [Record::Amnesia]), recovering);
    }
}

/// What a journal holds of an earlier epoch neither counts nor binds in the next one.
#[test]
fn p10_3_views_begin_at_one_again_and_old_votes_do_not_count() {
    let table = Table::new(3);
    let validators = table.validators.clone();
    let block = validators.block(9, validators.committee.chain(), 1, START, &[]);
    let origin = Origin { height: Height(1), block: block.hash() };
    let next = validators.in_epoch(Epoch(1), origin);
    let records = vec![
        Record::Origin {
            chain: validators.committee.chain(),
            key: validators.keys[3].public(),
            epoch: Epoch(0),
            above: View(20),
        },
        Record::Certificate(validators.certificate(Phase::ViewChange, 8, countersign_types::Hash::ZERO, &[0, 1, 2])),
        Record::Vote(validators.vote(Phase::Prepare, 9, block.hash(), 3)),
    ];
    let result = execute(&block, None);
    let certificate = validators.certificate(Phase::Checkpoint, 1, result.hash(), &[0, 1, 2]);
    let base = countersign_consensus::Base {
        height: Height(1),
        block: block.hash(),
        time: START,
        view: View(0),
        last: None,
        recent: vec![countersign_consensus::Recent { result, certificate: Some(certificate) }],
        overridden: Vec::new(),
    };
    let mut engine = Engine::new(next.config(3), base, records, 4).unwrap();
    let _ = engine.handle(START, Event::Tick);
    let status = engine.status();
    assert_eq!((status.view, status.epoch, status.recovering), (View(1), Epoch(1), false));
    // A vote of the epoch before is no vote here.
    let old = validators.vote(Phase::Commit, 1, hash("x"), 0);
    let _ = engine.handle(START, Event::Received { from: 0, message: Message::Vote { vote: old, reason: None } });
    assert_eq!(engine.status().counters.refused, 1);
    assert_eq!(engine.status().counters.votes_received, 0);
}
