//! Proofs of runs of a mountain range, against a model that takes the definition literally: every run of every range
//! up to a length, and every way to change a proof.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, missing_docs)]

use countersign_types::hash::sha256;
use countersign_types::limits::RANGE_PROOF_HASHES_MAX;
use countersign_types::range::{BadRangeProof, Perfect, Range, RangeProof};
use countersign_types::{BadResultProof, ExecutionResult, Hash, Height, ResultProof, codec, merkle};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;

const LENGTH_MAX: usize = 70;

fn items(count: usize) -> Vec<Hash> {
    (0..count).map(|index| Hash(sha256(&index.to_le_bytes()))).collect()
}

/// The hash of a perfect tree over its items.
fn tree_hash(items: &[Hash], tree: Perfect) -> Hash {
    merkle::root(&items[tree.first() as usize..=tree.last() as usize])
}

fn proof(items: &[Hash], start: usize, end: usize) -> RangeProof {
    let hash_of = |tree| Ok::<_, Infallible>(tree_hash(items, tree));
    RangeProof::of(items.len() as u64, start as u64, end as u64, hash_of).unwrap().unwrap()
}

/// The trees that a verifier lacks: of those below peaks that the run touches without covering them, the largest
/// that hold none of its items.
fn lacking(count: usize, start: usize, end: usize) -> Vec<(usize, usize)> {
    let touches = |first: usize, after: usize| first < end && start < after;
    let mut lacking = Vec::new();
    let mut first = 0;
    for level in (0..usize::BITS).rev().filter(|level| count >> level & 1 == 1) {
        let after = first + (1 << level);
        let mut position = first;
        while position < after && touches(first, after) && start != end {
            let aligned = (0..level)
                .rev()
                .map(|level| 1 << level)
                .find(|size| (position - first).is_multiple_of(*size) && !touches(position, position + size));
            if let Some(size) = aligned {
                lacking.push((position, size));
            }
            position += aligned.unwrap_or(1);
        }
        first = after;
    }
    lacking
}

#[test]
fn every_run_of_every_range_is_shown_by_exactly_what_it_lacks() {
    let all = items(LENGTH_MAX);
    for count in 0..=LENGTH_MAX {
        let items = &all[..count];
        let range = Range::over(items);
        for start in 0..=count {
            for end in start..=count {
                let proof = proof(items, start, end);
                let expected: Vec<Hash> = lacking(count, start, end)
                    .iter()
                    .map(|(first, size)| merkle::root(&items[*first..first + size]))
                    .collect();
                assert_eq!(proof.0, expected, "{start}..{end} of {count}");
                assert_eq!(proof.verify(&range, start as u64, &items[start..end]), Ok(()), "{start}..{end} of {count}");
            }
        }
        assert_eq!(RangeProof::needed(count as u64, 0, count as u64 + 1), None);
    }
}

/// Every item and hash changed, left out, doubled and swapped; other positions and other lengths.
#[test]
fn every_change_to_a_proof_is_refused() {
    let mut refused = 0u64;
    let all = items(LENGTH_MAX);
    for count in (0..=17).chain([31, 33, 48]) {
        let items = &all[..count];
        let range = Range::over(items);
        for (start, end) in (0..count).flat_map(|start| (start + 1..=count).map(move |end| (start, end))) {
            let honest = proof(items, start, end);
            let mut refuse = |proof: &RangeProof, at: usize, run: &[Hash], what: &str| {
                // A shorter run may need the very same hashes: then it is shown rightly.
                let is_true = items.get(at..at.saturating_add(run.len())).is_some_and(|there| there == run);
                if is_true && *proof == self::proof(items, at, at + run.len()) {
                    return;
                }
                assert!(proof.verify(&range, at as u64, run).is_err(), "{what}: {start}..{end} of {count}");
                refused += 1;
            };
            let run = &items[start..end];
            for other in changes(&honest.0) {
                refuse(&RangeProof(other), start, run, "hashes");
            }
            for other in changes(run) {
                refuse(&honest, start, &other, "items");
                refuse(&honest, start + 1, &other, "items elsewhere");
            }
            for other in [start + 1, start.wrapping_sub(1), start + 64, usize::MAX] {
                refuse(&honest, other, run, "start");
            }
        }
        // Another range, shorter or longer, whatever it has in common.
        for other in (0..=LENGTH_MAX).filter(|other| *other != count) {
            let other = Range::over(&all[..other]);
            for start in 0..count {
                let honest = proof(items, start, start + 1);
                let is_shown = honest.verify(&other, start as u64, &items[start..=start]).is_ok();
                // The same peak may stand in both: then it is the same item of both.
                assert!(!is_shown || other.count() > start as u64);
            }
        }
    }
    println!("{refused} changed proofs refused");
    assert!(refused > 200_000);
}

fn changes(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let mut changes = Vec::new();
    for at in 0..hashes.len() {
        let mut flipped = hashes.to_vec();
        flipped[at].0[at % 32] ^= 1;
        changes.push(flipped);
        let mut short = hashes.to_vec();
        short.remove(at);
        changes.push(short);
        let mut doubled = hashes.to_vec();
        doubled.insert(at, hashes[at]);
        changes.push(doubled);
        if at + 1 < hashes.len() {
            let mut swapped = hashes.to_vec();
            swapped.swap(at, at + 1);
            changes.push(swapped);
        }
    }
    changes.push([hashes, &[Hash::ZERO]].concat());
    changes
}

#[test]
fn an_empty_run_shows_nothing_and_needs_nothing() {
    let items = items(5);
    let range = Range::over(&items);
    for start in 0..=5 {
        assert_eq!(RangeProof::default().verify(&range, start, &[]), Ok(()));
    }
    let beyond = BadRangeProof::Beyond { start: 6, end: 6, count: 5 };
    assert_eq!(RangeProof::default().verify(&range, 6, &[]), Err(beyond));
    let surplus = RangeProof(vec![Hash::ZERO]);
    assert_eq!(surplus.verify(&range, 0, &[]), Err(BadRangeProof::Hashes { given: 1, needed: 0 }));
    assert_eq!(surplus.verify(&range, 0, &items), Err(BadRangeProof::Hashes { given: 1, needed: 0 }));
}

#[test]
fn a_range_that_is_none_is_refused() {
    let few: Range = codec::decode(&codec::encode(&(3u64, vec![Hash::ZERO])), 100).unwrap();
    assert_eq!(RangeProof::default().verify(&few, 0, &[]), Err(BadRangeProof::Malformed));
    let huge: Range = codec::decode(&codec::encode(&(u64::MAX, vec![Hash::ZERO; 64])), 3_000).unwrap();
    let proof = RangeProof(vec![Hash::ZERO; 1]);
    for start in [0, 1, u64::MAX / 2, u64::MAX - 2, u64::MAX - 1, u64::MAX] {
        assert!(proof.verify(&huge, start, &[Hash::ZERO]).is_err());
    }
}

#[test]
fn no_proof_is_longer_than_the_limit() {
    let longest = |count: u64, start, end| RangeProof::needed(count, start, end).unwrap().len();
    let root = 1u64 << 63;
    assert_eq!(longest(root, 1, root - 1), 2);
    assert_eq!(longest(root, root / 2 - 1, root / 2 + 1), 2 * 62);
    assert_eq!(longest(u64::MAX, root - 1, root + 1), 63 + 62);
    assert!(longest(u64::MAX, root - 1, root + 1) <= RANGE_PROOF_HASHES_MAX);
}

#[test]
fn text_and_bytes_read_back() {
    let proof = proof(&items(11), 3, 6);
    let text = serde_json::to_string(&proof).unwrap();
    assert!(text.starts_with("[\"0x"));
    assert_eq!(serde_json::from_str::<RangeProof>(&text).unwrap(), proof);
    assert_eq!(codec::decode::<RangeProof>(&codec::encode(&proof), 10_000).unwrap(), proof);
}

proptest! {
    /// Who keeps only the trees that appending told of can prove any run and name any earlier range.
    #[test]
    fn what_appending_tells_of_is_enough(count in 0..300usize, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), before in any::<prop::sample::Index>()) {
        let items = items(count);
        let mut range = Range::default();
        let mut trees = BTreeMap::new();
        for item in &items {
            range.append_noting(item, |tree, hash| {
                assert!(trees.insert(tree, *hash).is_none(), "a tree was completed twice");
            });
        }
        for (tree, hash) in &trees {
            prop_assert_eq!(*hash, tree_hash(&items, *tree));
        }
        let (a, b) = (a.index(count + 1), b.index(count + 1));
        let (start, end) = (a.min(b), a.max(b));
        let hash_of = |tree: Perfect| trees.get(&tree).copied().ok_or(tree);
        let made = RangeProof::of(count as u64, start as u64, end as u64, hash_of).unwrap().unwrap();
        prop_assert_eq!(made.verify(&range, start as u64, &items[start..end]), Ok(()));
        let before = before.index(count + 1);
        let earlier = Range::of_trees(before as u64, hash_of).unwrap();
        prop_assert_eq!(earlier, Range::over(&items[..before]));
    }
}

fn chain(length: u64) -> Vec<ExecutionResult> {
    let mut range = Range::default();
    let mut results = Vec::new();
    for height in 1..=length {
        let result = ExecutionResult {
            height: Height(height),
            block: Hash(sha256(&height.to_le_bytes())),
            state_root: Hash([1; 32]),
            receipts_root: Hash::ZERO,
            events_root: Hash::ZERO,
            next_validators: Hash([2; 32]),
            range_root: range.root(),
            overrides: Hash::ZERO,
        };
        range.append(&result.hash());
        results.push(result);
    }
    results
}

#[test]
fn an_earlier_result_is_shown_under_each_later_one_and_nothing_else_is() {
    let results = chain(40);
    let hashes: Vec<Hash> = results.iter().map(ExecutionResult::hash).collect();
    for later in 1..results.len() {
        for earlier in 0..later {
            let path = proof(&hashes[..later], earlier, earlier + 1);
            let shown = ResultProof { range: Range::over(&hashes[..later]), path };
            assert_eq!(shown.verify(&results[earlier], &results[later]), Ok(()));
            for other in (0..results.len()).filter(|other| *other != earlier) {
                assert!(shown.verify(&results[other], &results[later]).is_err());
            }
            for other in (0..results.len()).filter(|other| *other != later) {
                assert!(shown.verify(&results[earlier], &results[other]).is_err());
            }
            let mut forged = results[earlier].clone();
            forged.state_root.0[0] ^= 1;
            assert!(matches!(shown.verify(&forged, &results[later]), Err(BadResultProof::Path(_))));
            let mut short = shown.clone();
            short.range = Range::over(&hashes[..later - 1]);
            let count = BadResultProof::Count { found: later as u64 - 1, expected: later as u64 };
            assert_eq!(short.verify(&results[earlier], &results[later]), Err(count));
        }
    }
    let (first, second) = (&results[0], &results[1]);
    let none = ResultProof { range: Range::default(), path: RangeProof::default() };
    let not_before = |earlier: &ExecutionResult, later: &ExecutionResult| BadResultProof::NotBefore {
        earlier: earlier.height,
        later: later.height,
    };
    assert_eq!(none.verify(first, first), Err(not_before(first, first)));
    assert_eq!(none.verify(second, first), Err(not_before(second, first)));
    let zero = ExecutionResult { height: Height::ZERO, ..first.clone() };
    assert_eq!(none.verify(&zero, second), Err(not_before(&zero, second)));
}
