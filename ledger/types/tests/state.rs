//! Witnesses of the state tree against the definition, taken literally.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::state::{BadWitness, Step, Witness, bit, leaf_hash, node_hash, path, value_hash};
use countersign_types::{Hash, codec};
use proptest::prelude::*;
use std::collections::BTreeMap;

type State = BTreeMap<Vec<u8>, Vec<u8>>;

/// The pruned tree of some leaves, cut where none of the asked paths leads; and its root.
fn cut(leaves: &[(Hash, Hash)], asked: &[Hash], depth: usize, steps: &mut Vec<Step>) -> Hash {
    let split =
        |paths: &[Hash], side| -> Vec<Hash> { paths.iter().copied().filter(|p| bit(p, depth) == side).collect() };
    match leaves {
        [] => {
            steps.push(Step::Empty);
            Hash::ZERO
        }
        [(path, value)] => {
            let hash = leaf_hash(path, value);
            steps.push(if asked.is_empty() { Step::Stub(hash) } else { Step::Leaf { path: *path, value: *value } });
            hash
        }
        _ => {
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().copied().partition(|(path, _)| bit(path, depth));
            let start = steps.len();
            steps.push(Step::Node);
            let left = cut(&left, &split(asked, false), depth + 1, steps);
            let right = cut(&right, &split(asked, true), depth + 1, steps);
            let hash = node_hash(&left, &right);
            if asked.is_empty() {
                steps.truncate(start);
                steps.push(Step::Stub(hash));
            }
            hash
        }
    }
}

fn witness(state: &State, asked: &[Vec<u8>]) -> (Witness, Hash) {
    let leaves: Vec<(Hash, Hash)> = state.iter().map(|(key, value)| (path(key), value_hash(value))).collect();
    let asked: Vec<Hash> = asked.iter().map(|key| path(key)).collect();
    let mut steps = Vec::new();
    let root = cut(&leaves, &asked, 0, &mut steps);
    (Witness(steps), root)
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..6u8, 1..3)
}

fn state() -> impl Strategy<Value = State> {
    prop::collection::btree_map(key(), prop::collection::vec(any::<u8>(), 0..4), 0..40)
}

proptest! {
    #[test]
    fn it_shows_exactly_what_is_there(state in state(), asked in prop::collection::vec(key(), 0..12), other in key()) {
        let (witness, root) = witness(&state, &asked);
        let witnessed = witness.verify(&root).unwrap();
        for key in &asked {
            let value = state.get(key).map(Vec::as_slice);
            prop_assert_eq!(witnessed.value_hash(key), Ok(value.map(value_hash)));
            prop_assert_eq!(witnessed.check(key, value), Ok(()));
            prop_assert_eq!(witnessed.check(key, Some(b"another value")), Err(BadWitness::Contradicted));
            if value.is_some() {
                prop_assert_eq!(witnessed.check(key, None), Err(BadWitness::Contradicted));
            }
        }
        // Of any other key it says the truth or nothing.
        let truth = state.get(&other).map(|value| value_hash(value));
        prop_assert!(matches!(witnessed.value_hash(&other), Err(BadWitness::NotCovered)) || witnessed.value_hash(&other) == Ok(truth));
        let text = serde_json::to_string(&witness).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Witness>(&text).unwrap(), &witness);
        prop_assert_eq!(&codec::decode::<Witness>(&codec::encode(&witness), 100_000).unwrap(), &witness);
    }

    #[test]
    fn no_step_can_change(state in state(), asked in prop::collection::vec(key(), 1..8), at in any::<prop::sample::Index>(), kind in 0..6u8, byte in 0..32usize) {
        let (witness, root) = witness(&state, &asked);
        let mut steps = witness.0.clone();
        let at = at.index(steps.len());
        match (kind, &mut steps[at]) {
            (0, _) => { steps.remove(at); }
            (1, step) => { let step = step.clone(); steps.insert(at, step); }
            (2, Step::Leaf { path, .. }) => path.0[byte] ^= 1,
            (3, Step::Leaf { value, .. }) => value.0[byte] ^= 1,
            (_, Step::Stub(hash)) => hash.0[byte] ^= 1,
            (4, step) => *step = if *step == Step::Empty { Step::Stub(Hash([1; 32])) } else { Step::Empty },
            (_, step) => *step = if *step == Step::Node { Step::Stub(Hash([1; 32])) } else { Step::Node },
        }
        prop_assert!(Witness(steps).verify(&root).is_err());
    }

    #[test]
    fn random_steps_do_not_panic(shape in prop::collection::vec(0..4u8, 0..600)) {
        let steps = shape.iter().map(|kind| match kind {
            0 => Step::Empty,
            1 => Step::Stub(Hash([*kind; 32])),
            2 => Step::Leaf { path: Hash([0x55; 32]), value: Hash([2; 32]) },
            _ => Step::Node,
        });
        let _ = Witness(steps.collect()).verify(&Hash::ZERO);
    }
}

#[test]
fn depth_is_bounded() {
    let mut steps = vec![Step::Node; 257];
    steps.extend(vec![Step::Empty; 258]);
    assert!(matches!(Witness(steps).verify(&Hash::ZERO), Err(BadWitness::Malformed)));
    assert!(matches!(Witness(vec![Step::Node; 1_000_000]).verify(&Hash::ZERO), Err(BadWitness::Malformed)));
    assert!(matches!(Witness(vec![]).verify(&Hash::ZERO), Err(BadWitness::Malformed)));
    assert!(Witness(vec![Step::Empty]).verify(&Hash::ZERO).is_ok());
    // Zero as a stub would hide a subtree as an empty one.
    assert!(matches!(Witness(vec![Step::Stub(Hash::ZERO)]).verify(&Hash::ZERO), Err(BadWitness::Malformed)));
}

#[test]
fn a_leaf_in_the_wrong_place_is_refused() {
    let leaf = |byte: u8| Step::Leaf { path: Hash([byte; 32]), value: Hash([1; 32]) };
    let hash = |byte: u8| leaf_hash(&Hash([byte; 32]), &Hash([1; 32]));
    let root = node_hash(&hash(0xff), &hash(0));
    let refused = Witness(vec![Step::Node, leaf(0xff), leaf(0)]).verify(&root);
    assert!(matches!(refused, Err(BadWitness::Misplaced)));
}
