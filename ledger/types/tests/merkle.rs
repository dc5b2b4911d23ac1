//! Merkle lists and mountain ranges against their definitions, taken literally.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::hash::Tag;
use countersign_types::merkle::{self, ListProof, leaf, node};
use countersign_types::range::Range;
use countersign_types::{Hash, codec};
use proptest::prelude::*;

fn items() -> impl Strategy<Value = Vec<Hash>> {
    prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70)
}

/// RFC 6962, section 2.1.
fn list_root(items: &[Hash]) -> Hash {
    match items.len() {
        0 => Hash::ZERO,
        1 => leaf(&items[0]),
        count => {
            let mut split = 1;
            while split * 2 < count {
                split *= 2;
            }
            node(&list_root(&items[..split]), &list_root(&items[split..]))
        }
    }
}

/// Perfect trees, one for each bit of the count, largest first; then count and peaks under a tag.
fn range_root(items: &[Hash]) -> Hash {
    let mut peaks = Vec::new();
    let mut rest = items;
    for bit in (0..usize::BITS).rev() {
        if items.len() & (1 << bit) != 0 {
            let (tree, after) = rest.split_at(1 << bit);
            peaks.push(list_root(tree));
            rest = after;
        }
    }
    if items.is_empty() { Hash::ZERO } else { Hash::of_value(Tag::RANGE, &(items.len() as u64, peaks)) }
}

proptest! {
    #[test]
    fn list_roots_and_paths(items in items(), at in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>()) {
        let root = merkle::root(&items);
        prop_assert_eq!(root, list_root(&items));
        prop_assert_eq!(merkle::prove(&items, items.len()), None);
        prop_assume!(!items.is_empty());
        let index = at.index(items.len());
        let proof = merkle::prove(&items, index).unwrap();
        prop_assert_eq!(proof.root_of(&items[index]), Some(root));
        prop_assert_ne!(proof.root_of(&Hash([9; 32])), Some(root));
        for other in [
            ListProof { index: proof.index + 1, ..proof.clone() },
            ListProof { count: proof.index, ..proof.clone() },
            ListProof { siblings: [proof.siblings.clone(), vec![Hash::ZERO]].concat(), ..proof.clone() },
        ] {
            let is_same = other.root_of(&items[index]) == Some(root);
            prop_assert!(!is_same, "{other:?}");
        }
        if !proof.siblings.is_empty() {
            let mut short = proof.clone();
            short.siblings.pop();
            prop_assert_eq!(short.root_of(&items[index]), None);
            let mut bad = proof.clone();
            let at = flip.index(bad.siblings.len() * 32);
            bad.siblings[at / 32].0[at % 32] ^= 1;
            prop_assert_ne!(bad.root_of(&items[index]), Some(root));
        }
    }

    #[test]
    fn ranges_grow_as_defined(items in items()) {
        let mut range = Range::default();
        for (index, item) in items.iter().enumerate() {
            prop_assert_eq!(range.root(), range_root(&items[..index]));
            prop_assert_eq!(range.append(item), index as u64);
            prop_assert!(range.is_well_formed());
            let again: Range = codec::decode(&codec::encode(&range), 10_000).unwrap();
            prop_assert_eq!(&again, &range);
        }
        prop_assert_eq!(range.count(), items.len() as u64);
        prop_assert_eq!(&range, &Range::over(&items));
        prop_assert_eq!(range.root(), range_root(&items));
    }

    #[test]
    fn lists_of_other_items_have_other_roots(items in items(), at in any::<prop::sample::Index>(), byte in 0..32usize) {
        prop_assume!(!items.is_empty());
        let mut other = items.clone();
        other[at.index(items.len())].0[byte] ^= 1;
        prop_assert_ne!(merkle::root(&items), merkle::root(&other));
        prop_assert_ne!(Range::over(&items).root(), Range::over(&other).root());
        prop_assert_ne!(Range::over(&items).root(), Range::over(&items[1..]).root());
        prop_assert_ne!(merkle::root(&items), merkle::root(&items[1..]));
    }
}

#[test]
fn an_inner_node_is_no_leaf() {
    let (a, b) = (Hash([1; 32]), Hash([2; 32]));
    let two = merkle::root(&[a, b]);
    assert_ne!(merkle::root(&[two]), two);
    assert_ne!(leaf(&two), node(&leaf(&a), &leaf(&b)));
    let empty: Range = codec::decode(&codec::encode(&(3u64, vec![a])), 100).unwrap();
    assert!(!empty.is_well_formed());
}
