//! Paths with sides, for every position of every list up to 70 items.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::hash::{Hash, Tag};
use countersign_types::limits::LIST_PATH_STEPS_MAX;
use countersign_types::merkle::{ListProof, prove, root};
use countersign_types::proof::{BadPath, ListPath, Sibling};

fn items(count: usize) -> Vec<Hash> {
    (0..count).map(|number| Hash::of(Tag::RECEIPT, &number.to_le_bytes())).collect()
}

/// The sides from an item upwards, by the definition of the tree: a list splits at the largest power of two below its
/// length.
fn sides(index: usize, count: usize) -> Vec<bool> {
    if count < 2 {
        return vec![];
    }
    let middle = (0..).map(|power| 1usize << power).take_while(|middle| *middle < count).last().unwrap();
    let is_left = index < middle;
    let below = if is_left { sides(index, middle) } else { sides(index - middle, count - middle) };
    [below, vec![is_left]].concat()
}

#[test]
fn a_path_leads_to_its_root_from_its_place_alone() {
    let mut refused = 0;
    for count in 1..=70usize {
        let all = items(count);
        let root = root(&all);
        for (index, item) in all.iter().enumerate() {
            let path: ListPath = prove(&all, index).unwrap().into();
            let is_right: Vec<bool> = path.0.iter().map(|sibling| matches!(sibling, Sibling::Right(_))).collect();
            assert_eq!(is_right, sides(index, count), "{index} of {count}");
            assert_eq!(path.verify(item, &root), Ok(()));
            let text = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<ListPath>(&text).unwrap(), path);
            for (other, item) in all.iter().enumerate() {
                let stands = path.check_place(other as u64, count as u64).is_ok();
                assert_eq!(stands, other == index, "{index} taken for {other} of {count}");
                if other != index {
                    assert!(path.verify(item, &root).is_err());
                    refused += 1;
                }
            }
            for at in 0..path.0.len() {
                let mut turned = path.clone();
                turned.0[at] = match turned.0[at] {
                    Sibling::Left(hash) => Sibling::Right(hash),
                    Sibling::Right(hash) => Sibling::Left(hash),
                };
                let mut shorter = path.clone();
                shorter.0.remove(at);
                let mut longer = path.clone();
                longer.0.insert(at, longer.0[at]);
                let mut changed = path.clone();
                let (Sibling::Left(hash) | Sibling::Right(hash)) = &mut changed.0[at];
                hash.0[at % 32] ^= 1;
                for wrong in [turned, shorter, longer, changed] {
                    assert!(matches!(wrong.verify(item, &root), Err(BadPath::Root { .. })));
                    refused += 1;
                }
            }
        }
        assert!(ListPath::default().check_place(count as u64, count as u64).is_err(), "beyond the end");
    }
    assert!(refused > 50_000, "{refused}");
}

#[test]
fn what_is_no_path_is_refused() {
    let long = ListPath(vec![Sibling::Left(Hash::ZERO); LIST_PATH_STEPS_MAX + 1]);
    let refused = long.verify(&Hash::ZERO, &Hash::ZERO);
    assert_eq!(refused, Err(BadPath::Long { steps: LIST_PATH_STEPS_MAX + 1 }));
    let hash = Hash::ZERO.to_string();
    for text in
        [format!("[\"{hash}\"]"), format!("[\"={hash}\"]"), "[\"<\"]".into(), "[\">0x00\"]".into(), "[1]".into()]
    {
        assert!(serde_json::from_str::<ListPath>(&text).is_err(), "{text}");
    }
    let beyond: ListPath = ListProof { index: 3, count: 3, siblings: vec![Hash::ZERO] }.into();
    assert!(beyond.0.is_empty());
}
