//! Whole networks: agreement always, progress once the network heals.

use crate::network::{Dice, Faults, Network, Payload};
use crate::validators::hash;
use countersign_consensus::{Event, Message};

fn all(network: &Network) -> Vec<u16> {
    (0..network.nodes.len() as u16).collect()
}

fn lowest(network: &Network) -> u64 {
    all(network).iter().map(|index| network.height(*index)).min().unwrap()
}

/// Feeds a transaction every `every` milliseconds for `time`.
fn feed(network: &mut Network, time: u64, every: u64, label: &str) {
    for turn in 0..time / every {
        let to = all(network);
        network.submit(hash(&format!("{label} {turn}")), &to);
        network.run(every);
    }
}

#[test]
fn a_faultless_network_orders_and_certifies() {
    for count in [1, 2, 3, 4, 5, 7] {
        let mut network = Network::new(count, 7);
        feed(&mut network, 2_000, 20, "tx");
        network.run(200);
        network.check_agreement();
        assert!(lowest(&network) > 40, "{count} validators: {} blocks", lowest(&network));
        for index in all(&network) {
            let status = network.status(index);
            assert_eq!(status.failures, 0);
            assert_eq!(status.counters.view_changes, 0);
            assert_eq!(status.certified, status.finalised);
            assert!(network.nodes[usize::from(index)].pending.is_empty());
        }
    }
}

/// P1.1, P4: with every message under way for `DELAY`, a block is proposed every two delays while the ones before are
/// still becoming final, which takes three.
#[test]
fn blocks_follow_each_other_two_delays_apart_and_are_final_after_three() {
    const DELAY: u64 = 100;
    for count in [4, 7] {
        let mut network = Network::new(count, 31);
        network.faults = Faults { delay_min: DELAY, delay_max: 1, ..Faults::NONE };
        feed(&mut network, 20_000, 20, "tx");
        let stored = &network.nodes[0].ledger;
        let (first, last) = (&stored[20].block.header, &stored[stored.len() - 20].block.header);
        let apart = (last.time.0 - first.time.0) as f64 / (last.height.0 - first.height.0) as f64;
        let finality: u64 = stored[20..]
            .iter()
            .map(|one| network.final_at[&one.block.header.height].since(one.block.header.time))
            .sum();
        let finality = finality as f64 / (stored.len() - 20) as f64;
        // Writing and checking take a few milliseconds each time.
        let delay = DELAY as f64;
        assert!((2.0 * delay..2.2 * delay).contains(&apart), "{count} validators: {apart} ms from block to block");
        assert!((3.0 * delay..3.3 * delay).contains(&finality), "{count} validators: {finality} ms to finality");
        network.check_agreement();
    }
}

/// P2.6: where execution is slower than agreement, agreement waits for it and nobody gives a view up for that.
#[test]
fn agreement_runs_ahead_of_slow_execution_by_one_window_and_no_more() {
    let mut network = Network::new(4, 37);
    for node in &mut network.nodes {
        node.execute_ms = 150;
    }
    let window = network.validators.parameters.run_ahead;
    for turn in 0..1_500 {
        let to = all(&network);
        network.submit(hash(&format!("tx {turn}")), &to);
        network.run(10);
        for index in all(&network) {
            let status = network.status(index);
            let ahead = status.finalised.0 - status.certified.0;
            assert!(ahead <= window + 1, "{ahead} final blocks without a certified result");
        }
    }
    network.run(5_000);
    // 15 s at 150 ms for a block.
    assert!((90..=110).contains(&lowest(&network)), "{} blocks", lowest(&network));
    assert!(network.nodes.iter().all(|node| node.pending.is_empty()));
    assert!(all(&network).iter().all(|index| network.status(*index).counters.view_changes == 0));
    network.check_agreement();
}

/// P2.3: a validator whose clock is an hour off is skipped, and the chain's time stays right.
#[test]
fn a_clock_that_is_an_hour_off_costs_its_owner_only() {
    const HOUR: i64 = 3_600_000;
    for off in [HOUR, -HOUR] {
        let mut network = Network::new(4, 41);
        network.nodes[2].clock_off = off;
        feed(&mut network, 10_000, 25, "learning");
        let height = network.height(0);
        feed(&mut network, 5_000, 20, "after");
        network.run(2_000);
        let blocks = network.height(0) - height;
        assert!(blocks > 80, "{blocks} blocks in 5 s");
        for stored in &network.nodes[0].ledger {
            let header = &stored.block.header;
            let delay = network.final_at[&header.height].0.abs_diff(header.time.0);
            assert!(delay < 10_000, "block {} is {delay} ms off", header.height);
            assert_ne!(header.proposer, 2);
        }
        for index in [0u16, 1, 3] {
            assert!(network.nodes[usize::from(index)].pending.is_empty());
        }
        network.check_agreement();
        assert!(off < 0 || network.status(0).counters.untimely > 0);
        // With its clock set right it leads again.
        network.nodes[2].clock_off = 0;
        let leads = |network: &Network| network.nodes[0].ledger.iter().any(|stored| stored.block.header.proposer == 2);
        let rounds = (0..400).find(|round| {
            feed(&mut network, 250, 25, &format!("mended {round}"));
            leads(&network)
        });
        assert!(rounds.is_some(), "it never leads again");
        network.check_agreement();
    }
}

#[test]
fn an_idle_network_is_silent_between_heartbeats() {
    let mut network = Network::new(4, 3);
    network.run(2_000);
    let (sent, height) = (network.nodes[1].sent, network.height(1));
    network.run(7_000);
    assert_eq!((network.nodes[1].sent, network.height(1)), (sent, height), "nothing is due");
    network.run(60_000);
    let blocks = network.height(1) - height;
    assert!((5..=7).contains(&blocks), "{blocks} heartbeats in 67 s");
    network.check_agreement();
}

#[test]
fn what_was_missed_while_away_is_had_before_the_next_heartbeat() {
    let mut network = Network::new(4, 23);
    network.run(1_000);
    network.isolate(3);
    let others = [0, 1, 2];
    for turn in 0..3 {
        network.submit(hash(&format!("missed {turn}")), &others);
        network.run(100);
    }
    network.run(2_000);
    let height = network.height(0);
    assert!(height > network.height(3));
    network.cut.clear();
    for peer in others {
        network.handle(3, Event::Connected { peer });
    }
    // Heartbeats are 10 s apart.
    network.run(2_500);
    assert_eq!((network.height(0), network.height(3)), (height, height), "nobody made another block");
    network.check_agreement();
}

#[test]
fn a_single_transaction_makes_a_single_block() {
    let mut network = Network::new(4, 5);
    network.run(1_000);
    let height = network.height(0);
    let to = all(&network);
    network.submit(hash("one"), &to);
    let took = network.run_until(1_000, |network| lowest(network) > height).unwrap();
    assert!(took < 60, "{took} ms");
    network.run(3_000);
    let with_payload = network.nodes[0].ledger.iter().filter(|stored| !stored.block.is_empty()).count();
    assert_eq!(with_payload, 1);
    assert!(network.height(0) <= height + 2, "{} blocks for one transaction", network.height(0) - height);
}

#[test]
fn a_dead_leader_costs_one_timeout_and_then_nothing() {
    let mut network = Network::new(4, 11);
    feed(&mut network, 500, 20, "before");
    network.crash(2);
    feed(&mut network, 4_000, 20, "learning");
    let live = [0u16, 1, 3];
    let height = network.height(0);
    feed(&mut network, 2_000, 20, "after");
    network.run(300);
    let blocks = network.height(0) - height;
    assert!(blocks > 40, "{blocks} blocks in 2 s with a dead validator");
    for index in live {
        assert!(network.nodes[usize::from(index)].pending.is_empty());
    }
    network.start(2);
    network.run(3_000);
    feed(&mut network, 1_000, 20, "again");
    network.run(500);
    network.check_agreement();
    assert_eq!(network.height(2), network.height(0));
    assert!(network.status(0).active.contains(&2));
}

#[test]
fn a_node_that_was_away_long_catches_up() {
    let mut network = Network::new(4, 13);
    network.isolate(3);
    feed(&mut network, 3_000, 20, "away");
    assert!(network.height(0) > network.height(3) + 20);
    network.cut.clear();
    feed(&mut network, 3_000, 50, "back");
    network.run(1_000);
    network.check_agreement();
    assert!(network.behind > 0);
    assert!(network.height(3) + 2 >= network.height(0), "{} of {}", network.height(3), network.height(0));
}

#[test]
fn all_lose_power_at_once() {
    for seed in 0..12 {
        let mut network = Network::new(4, seed);
        feed(&mut network, 300 + seed * 7, 10, "before");
        let height = network.height(0);
        for index in all(&network) {
            network.crash(index);
        }
        for index in all(&network) {
            network.start(index);
        }
        feed(&mut network, 4_000, 100, "after");
        network.run(1_000);
        network.check_agreement();
        assert!(lowest(&network) > height + 5, "seed {seed}: {} after {height}", lowest(&network));
    }
}

#[test]
fn a_lost_journal_recovers_without_contradiction() {
    for seed in 0..8 {
        let mut network = Network::new(4, seed);
        feed(&mut network, 400 + seed * 3, 10, "before");
        network.crash(1);
        network.lose_journal(1);
        network.start(1);
        assert!(network.status(1).recovering);
        feed(&mut network, 3_000, 50, "after");
        network.run(1_000);
        network.check_agreement();
        assert!(!network.status(1).recovering, "seed {seed}: {:#?}", (network.status(0), network.status(1)));
        assert_eq!(network.height(1), network.height(0), "seed {seed}");
        assert_eq!(network.evidence, 0);
    }
}

/// D6: a directory restored from an older copy. What it said since is never contradicted (which is checked at every
/// message), and it votes again.
#[test]
fn an_older_copy_of_a_directory_recovers_without_contradiction() {
    for seed in 0..60u64 {
        let mut network = Network::new(4, seed);
        let mut dice = Dice(seed);
        let victim = dice.roll(4) as u16;
        // Messages are so slow that views fail, and what was said in them still matters.
        network.faults = Faults { delay_max: 5 + dice.roll(900), ..Faults::NONE };
        feed(&mut network, 1_000 + dice.roll(3_000), 20, "before");
        let copy = network.copy_disk(victim);
        network.run(20 + dice.roll(1_500));
        network.crash(victim);
        network.restore_disk(victim, copy);
        network.start(victim);
        feed(&mut network, 3_000, 40, "again");
        network.faults = Faults::NONE;
        feed(&mut network, 3_000, 40, "well again");
        network.run(2_000);
        network.check_agreement();
        let status = network.status(victim);
        assert!(!status.recovering && !status.rejoining, "seed {seed}: {status:?}");
        assert_eq!(network.height(victim), network.height((victim + 1) % 4), "seed {seed}");
        let before = status.counters.votes_sent;
        feed(&mut network, 1_000, 40, "at last");
        assert!(network.status(victim).counters.votes_sent > before, "seed {seed}: it votes again");
    }
}

#[test]
fn a_leader_whose_proposals_never_arrive_costs_time_only() {
    let mut network = Network::new(4, 17);
    network.tamper = Some(|from, message| from == 1 && matches!(message, Message::PrePrepare(_)));
    feed(&mut network, 8_000, 100, "withheld");
    network.run(3_000);
    network.check_agreement();
    assert!(lowest(&network) > 6, "{} blocks", lowest(&network));
    assert!([0, 2, 3].iter().all(|index: &usize| network.nodes[*index].pending.is_empty()));
}

/// Blocks that a network makes under load in six seconds.
fn blocks_made(network: &mut Network, label: &str) -> u64 {
    let height = network.height(0);
    feed(network, 6_000, 20, label);
    network.height(0) - height
}

#[test]
fn a_leader_whose_blocks_nobody_can_take_costs_less_and_less() {
    let mut clean = Network::new(4, 29);
    let most = blocks_made(&mut clean, "clean");
    for payload in [Payload::Invalid, Payload::Withheld] {
        let mut network = Network::new(4, 29);
        network.bad_leader = Some((1, payload));
        let rounds: Vec<u64> = (0..8).map(|round| blocks_made(&mut network, &format!("bad {round}"))).collect();
        // One view in four is lost in any case, and each loss costs an exchange of messages.
        assert!(rounds[4..].iter().sum::<u64>() * 3 > most * 4, "{rounds:?} blocks instead of {most}");
        // It is tried again, and trusted again.
        network.bad_leader = None;
        blocks_made(&mut network, "good again");
        blocks_made(&mut network, "trusted again");
        network.run(1_000);
        network.check_agreement();
        let turns = network.nodes[0].ledger.iter().rev().take(40).filter(|stored| stored.block.header.proposer == 1);
        assert!(turns.count() >= 8, "it leads as often as the others");
        assert!([0, 2, 3].iter().all(|index: &usize| network.nodes[*index].pending.is_empty()));
    }
}

#[test]
fn proposals_that_reach_only_some_are_fetched_by_the_others() {
    let mut network = Network::new(4, 19);
    network.deaf = Some((3, |message| matches!(message, Message::PrePrepare(_))));
    feed(&mut network, 3_000, 20, "partly");
    network.run(1_000);
    network.check_agreement();
    assert!(network.height(0) > 50);
    assert!(network.height(3) + 8 > network.height(0), "{} of {}", network.height(3), network.height(0));
}

/// One key at two nodes that vote apart, with changing cuts between the halves of the network.
fn twins(count: u8, seed: u64) -> usize {
    let mut network = Network::new(count, seed);
    let mut dice = Dice(seed ^ 0x7717);
    let twin = dice.roll(u64::from(count)) as u16;
    network.add_twin(twin);
    let nodes = network.nodes.len() as u16;
    for step in 0..12 {
        // Each half has one of the twins.
        network.cut.clear();
        let side: Vec<bool> = (0..nodes)
            .map(|node| {
                if node == twin {
                    true
                } else if node + 1 == nodes {
                    false
                } else {
                    dice.roll(2) == 0
                }
            })
            .collect();
        for (from, to) in (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to))) {
            if side[usize::from(from)] != side[usize::from(to)] && dice.roll(3) > 0 {
                network.cut.insert((from, to));
            }
        }
        let to = all(&network);
        network.submit(hash(&format!("{seed} {step}")), &to);
        network.run(200 + dice.roll(1_500));
        network.check_agreement();
    }
    network.cut.clear();
    let to = all(&network);
    let healed = hash(&format!("{seed} healed"));
    network.submit(healed, &to);
    let honest = (0..nodes - 1).filter(|node| *node != twin);
    let honest: Vec<usize> = honest.map(usize::from).collect();
    let took = network.run_until(60_000, |network| {
        honest.iter().all(|node| {
            network.nodes[*node].ledger.iter().rev().take(20).any(|stored| stored.block.transactions.contains(&healed))
        })
    });
    network.check_agreement();
    assert!(took.is_some(), "twins of {count}, seed {seed}");
    network.evidence
}

#[test]
fn twins_do_not_break_agreement_and_are_found_out() {
    let four: usize = (0..40).map(|seed| twins(4, seed)).sum();
    let seven: usize = (0..4).map(|seed| twins(7, seed)).sum();
    assert!(four > 0 && seven > 0, "no contradiction was seen");
}

/// One run: faults of all kinds for a while, then a healed network that must move.
fn storm(count: u8, seed: u64) {
    let mut network = Network::new(count, seed);
    let mut dice = Dice(seed ^ 0xabcd);
    network.faults = Faults {
        loss_percent: dice.roll(35),
        double_percent: dice.roll(20),
        delay_min: 1,
        delay_max: 5 + dice.roll(200),
    };
    let faulty_max = (u64::from(count) - 1) / 3;
    for step in 0..40 {
        let to: Vec<u16> = all(&network).into_iter().filter(|_| dice.roll(3) > 0).collect();
        network.submit(hash(&format!("{seed} {step}")), &to);
        let victim = dice.roll(u64::from(count)) as u16;
        let down = network.nodes.iter().filter(|node| node.engine.is_none()).count() as u64;
        match dice.roll(8) {
            0 if network.nodes[usize::from(victim)].engine.is_some() && down < faulty_max + 1 => network.crash(victim),
            1 | 2 => {
                for index in all(&network) {
                    if network.nodes[usize::from(index)].engine.is_none() {
                        network.start(index);
                        break;
                    }
                }
            }
            3 => network.isolate(victim),
            4 => network.cut.clear(),
            5 => {
                let other = dice.roll(u64::from(count)) as u16;
                network.cut.insert((victim, other));
            }
            6 => network.rotate(victim),
            _ => {}
        }
        network.run(100 + dice.roll(1_500));
        network.check_agreement();
    }
    network.cut.clear();
    network.faults = Faults::NONE;
    for index in all(&network) {
        if network.nodes[usize::from(index)].engine.is_none() {
            network.start(index);
        }
    }
    let height = network.nodes.iter().map(|node| node.ledger.len() as u64).max().unwrap();
    let to = all(&network);
    network.submit(hash(&format!("{seed} healed")), &to);
    let healed = hash(&format!("{seed} healed"));
    let took = network.run_until(45_000, |network| {
        network
            .nodes
            .iter()
            .all(|node| node.ledger.iter().rev().take(20).any(|stored| stored.block.transactions.contains(&healed)))
    });
    network.check_agreement();
    let views: Vec<_> = all(&network).iter().map(|index| network.status(*index)).collect();
    assert!(took.is_some(), "seed {seed}, {count} validators: no progress from {height}: {views:#?}");
}

#[test]
fn four_validators_survive_storms() {
    let seeds = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    (0..seeds).for_each(|seed| storm(4, seed));
}

#[test]
fn seven_validators_survive_storms() {
    (0..12).for_each(|seed| storm(7, 1_000 + seed));
}
