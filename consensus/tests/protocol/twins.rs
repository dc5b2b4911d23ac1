//! Twins (Bano, Sonnino, Chursin, Perelman, Li, Ching, Malkhi; OPODIS 2021): one key run by two
//! nodes, under every partition of the nodes in every one of the first views.
//!
//! A scenario says which validator has a twin and into which groups the nodes fall in each of the
//! first views. Leaders take turns, so moving the twin through all indices gives it the lead of each
//! view and of none; all else is renaming. Scenarios are numbered, and a run takes some that lie far
//! apart: `SCENARIOS=10000` of each size, in CI some hundred. Agreement, that no correct validator
//! contradicts itself and that nothing is said before it is durable are [`Network`]'s checks, which
//! share no code with the engine. In the end the network heals and has to move.

use crate::network::Network;
use crate::validators::hash;

/// Most groups in a view. A fourth would leave no group a quorum that three do not deny it.
const GROUPS_MAX: u8 = 3;

/// All scenarios of one size.
struct Generator {
    validators: u8,
    views: u32,
    partitions: Vec<Vec<u8>>,
}

/// One of them.
struct Scenario {
    twin: u16,
    partitions: Vec<Vec<u8>>,
}

impl Generator {
    fn new(validators: u8, views: u32) -> Self {
        let mut partitions = vec![vec![0]];
        for _ in 0..validators {
            // One more node joins a group that is there, or opens the next one.
            let joined = |groups: &Vec<u8>| (groups.iter().max().unwrap() + 2).min(GROUPS_MAX);
            partitions = partitions
                .iter()
                .flat_map(|groups| (0..joined(groups)).map(|group| [groups.as_slice(), &[group]].concat()))
                .collect();
        }
        Self { validators, views, partitions }
    }

    fn count(&self) -> u128 {
        u128::from(self.validators) * (self.partitions.len() as u128).pow(self.views)
    }

    fn scenario(&self, number: u128) -> Scenario {
        let mut rest = number;
        let mut digit = |base: usize| {
            let digit = rest % base as u128;
            rest /= base as u128;
            digit as usize
        };
        let twin = digit(usize::from(self.validators)) as u16;
        let partitions = (0..self.views).map(|_| self.partitions[digit(self.partitions.len())].clone()).collect();
        Scenario { twin, partitions }
    }

    /// Different ones, far apart.
    fn some(&self, wanted: u64) -> impl Iterator<Item = u128> + use<> {
        let count = self.count();
        let stride = (count / 7 * 4..).find(|stride| gcd(*stride, count) == 1).unwrap();
        (0..u128::from(wanted).min(count)).map(move |number| number * stride % count)
    }
}

fn gcd(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Answers how many contradictions were seen.
fn play(validators: u8, scenario: &Scenario) -> usize {
    let mut network = Network::new(validators, 1);
    network.add_twin(scenario.twin);
    network.partitions.clone_from(&scenario.partitions);
    let nodes: Vec<u16> = (0..network.nodes.len() as u16).collect();
    let correct: Vec<u16> = (0..u16::from(validators)).filter(|node| *node != scenario.twin).collect();
    let views = scenario.partitions.len() as u64;
    for turn in 0..240 {
        if correct.iter().all(|node| network.status(*node).view.0 > views) {
            break;
        }
        // The twins are asked for different blocks.
        let (ones, others): (Vec<u16>, Vec<u16>) = nodes.iter().partition(|node| *node % 2 == turn % 2);
        network.submit(hash(&format!("{turn} ones")), &ones);
        network.submit(hash(&format!("{turn} others")), &others);
        network.run(500);
        network.check_agreement();
    }
    let reached = correct.iter().map(|node| network.status(*node).view.0).min().unwrap();
    assert!(reached > views, "view {reached} after {:?} with a twin of {}", scenario.partitions, scenario.twin);
    network.partitions.clear();
    let healed = hash("healed");
    network.submit(healed, &nodes);
    let took = network.run_until(60_000, |network| {
        correct.iter().all(|node| {
            let ledger = &network.nodes[usize::from(*node)].ledger;
            ledger.iter().rev().take(20).any(|stored| stored.block.transactions.contains(&healed))
        })
    });
    network.check_agreement();
    assert!(took.is_some(), "no progress after {:?} with a twin of {}", scenario.partitions, scenario.twin);
    network.evidence
}

fn play_some(validators: u8, views: u32, in_ci: u64) {
    let generator = Generator::new(validators, views);
    let wanted = std::env::var("SCENARIOS").ok().and_then(|text| text.parse().ok()).unwrap_or(in_ci);
    let played = generator.some(wanted).map(|number| play(validators, &generator.scenario(number)));
    let found_out = played.filter(|evidence| *evidence > 0).count();
    println!("{wanted} of {} scenarios, {found_out} with evidence", generator.count());
    assert!(found_out > 0, "no twin was found out");
}

#[test]
fn twins_of_four_do_not_break_agreement_under_any_partitions() {
    play_some(4, 5, 300);
}

#[test]
fn twins_of_seven_do_not_break_agreement_under_any_partitions() {
    play_some(7, 4, 60);
}

#[test]
fn scenarios_are_all_partitions_of_all_nodes_for_every_twin() {
    let four = Generator::new(4, 2);
    // Partitions of five nodes into one, two and three groups: 1 + 15 + 25.
    assert_eq!((four.partitions.len(), four.count()), (41, 4 * 41 * 41));
    let different: std::collections::BTreeSet<u128> = four.some(u64::MAX).collect();
    assert_eq!(different.len() as u128, four.count());
    let twins: std::collections::BTreeSet<u16> = different.iter().map(|number| four.scenario(*number).twin).collect();
    assert_eq!(twins.len(), 4);
}
