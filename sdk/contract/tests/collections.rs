//! The collections against those of the standard library, over random changes.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use countersign_contract::testing::Host;
use countersign_contract::{Contract, Index, Map, Method, OrderedMap, Set, State};
use proptest::collection::vec;
use proptest::prelude::*;

/// A contract whose fields the tests open themselves.
struct Empty;

impl State for Empty {
    fn open() -> Self {
        Self
    }
}

impl Contract for Empty {
    const METHODS: &'static [Method] = &[];
}

/// Whether to add, and what.
type Change = (bool, u16);

/// Enough keys for a tree of three levels, and long runs of removals, by ranges that adds and
/// removals are drawn from.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let run = (0.0..1.0f64, 1..2_000u16, 0..600usize);
    let run = run.prop_flat_map(|(adds, most, len)| vec((prop::bool::weighted(adds), 0..most), len));
    vec(run, 1..6).prop_map(|runs| runs.concat())
}

fn key(number: u16) -> String {
    format!("{number:x}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_ordered_map_is_a_btree_map(changes in changes(), bounds in (0..2_000u16, 0..2_000u16), limit in 0..80u32) {
        let mut host = Host::new::<Empty>();
        let (model, emptied) = host.within(|| {
            let mut map: OrderedMap<String, u16> = OrderedMap::new("map");
            let mut model = BTreeMap::new();
            for (add, number) in changes {
                let key = key(number);
                if add {
                    map.set(&key, &number);
                    model.insert(key, number);
                } else {
                    assert_eq!(map.remove(key.as_str()), model.remove(&key).is_some());
                }
            }
            assert_ordered(&map, &model, (key(bounds.0), key(bounds.1)), limit);
            let all = map.range(.., u32::MAX);
            assert!(all.into_iter().eq(model.clone()));
            (model.clone(), model.keys().all(|key| map.remove(key)))
        }).unwrap();
        prop_assert!(emptied);
        prop_assert!(host.storage().is_empty(), "{} keys of {} left", host.storage().len(), model.len());
    }

    #[test]
    fn a_set_is_a_btree_set(changes in changes()) {
        let mut host = Host::new::<Empty>();
        host.within(|| {
            let mut set: Set<String> = Set::new("set");
            let mut model = BTreeSet::new();
            for (add, number) in changes {
                let key = key(number);
                if add {
                    assert_eq!(set.insert(key.as_str()), model.insert(key));
                } else {
                    assert_eq!(set.remove(&key), model.remove(&key));
                }
            }
            assert_eq!(set.len(), u64::try_from(model.len()).unwrap());
            assert_eq!(set.is_empty(), model.is_empty());
            let mut pages: Vec<String> = Vec::new();
            while pages.len() < model.len() {
                pages.extend(set.page(pages.len().try_into().unwrap(), 7));
            }
            pages.sort();
            assert!(pages.iter().eq(model.iter()));
            assert!(model.iter().all(|key| set.contains(key)) && !set.contains("none"));
            assert!(model.iter().all(|key| set.remove(key)));
        }).unwrap();
        prop_assert!(host.storage().is_empty());
    }

    #[test]
    fn an_index_is_a_set_of_pairs(changes in changes(), value in 0..12u8, limit in 0..80u32) {
        let mut host = Host::new::<Empty>();
        host.within(|| {
            let mut index: Index<u8, String> = Index::new("index");
            let mut model = BTreeSet::new();
            for (add, number) in changes {
                let (of, key) = (u8::try_from(number % 10).unwrap(), key(number));
                if add {
                    assert_eq!(index.insert(&of, &key), model.insert((of, key)));
                } else {
                    assert_eq!(index.remove(&of, &key), model.remove(&(of, key)));
                }
            }
            assert_eq!(index.len(), u64::try_from(model.len()).unwrap());
            let most = usize::try_from(limit).unwrap();
            let of = model.iter().filter(|(each, _)| *each == value).map(|(_, key)| key);
            assert!(index.of(&value, limit).iter().eq(of.clone().take(most)));
            let after = "5".to_string();
            let later = of.filter(|key| **key > after).take(most);
            assert!(index.page(&value, Some(&after), limit).iter().eq(later));
            let within = model.iter().filter(|(each, _)| (3..value).contains(each)).take(most);
            assert!(index.range(3..value, limit).iter().eq(within));
            assert!(model.iter().all(|(of, key)| index.contains(of, key)) && !index.contains(&99, &after));
            assert!(model.iter().all(|(of, key)| index.remove(of, key)));
        }).unwrap();
        prop_assert!(host.storage().is_empty());
    }
}

fn assert_ordered(
    map: &OrderedMap<String, u16>,
    model: &BTreeMap<String, u16>,
    (from, to): (String, String),
    limit: u32,
) {
    assert_eq!(map.len(), u64::try_from(model.len()).unwrap());
    assert_eq!(map.is_empty(), model.is_empty());
    let owned = |(key, value): (&String, &u16)| (key.clone(), *value);
    assert_eq!(map.first(), model.first_key_value().map(owned));
    assert_eq!(map.last(), model.last_key_value().map(owned));
    assert_eq!(map.get(&from), model.get(&from).copied());
    assert_eq!(map.has(&from), model.contains_key(&from));
    let most = usize::try_from(limit).unwrap();
    let whole = (Bound::Unbounded, Bound::Unbounded);
    let bounds = [
        (Bound::Included(&from), Bound::Included(&to)),
        (Bound::Included(&from), Bound::Excluded(&to)),
        (Bound::Excluded(&from), Bound::Unbounded),
        (Bound::Unbounded, Bound::Excluded(&to)),
        whole,
    ];
    for bounds in bounds {
        let within = model.iter().filter(|(key, _)| std::ops::RangeBounds::contains(&bounds, *key)).take(most);
        assert!(map.range(bounds, limit).into_iter().eq(within.map(owned)), "{bounds:?}");
    }
    let later = model.iter().filter(|(key, _)| **key > to).take(most);
    assert!(map.page(Some(&to), limit).into_iter().eq(later.map(owned)));
}

/// The layout that the guide promises, and nodes that stay within their bounds.
#[test]
fn keys_lie_where_the_guide_says() {
    let mut host = Host::new::<Empty>();
    host.within(|| {
        let mut set: Set<u8> = Set::new("s");
        assert!(set.insert(&7) && set.insert(&8) && !set.insert(&8));
        let mut map: OrderedMap<u16, u8> = OrderedMap::new("m");
        (0..33).for_each(|number| map.set(&number, &1));
        Index::<u8, u8>::new("i").insert(&1, &2);
        Map::<u8, u8>::new("n").set(&1, &1);
    })
    .unwrap();
    let storage = host.storage();
    let number = |number: u64| number.to_le_bytes();
    let at = |name: &[u8], rest: &[u8]| storage.get(&[name, rest].concat()).map(Vec::as_slice);
    assert_eq!(at(b"s", b""), Some(number(2).as_slice()));
    assert_eq!(at(b"s/", &[8]), Some(number(1).as_slice()));
    assert_eq!(at(b"s#", &number(0)), Some([7].as_slice()));
    assert_eq!(at(b"m", b""), Some([number(33), number(2), number(3)].as_flattened()));
    assert_eq!(at(b"m/", &[4, 0]), Some([1].as_slice()));
    let root = [&[1, 0, 0, 0, 16, 0, 2, 0, 0, 0][..], &number(0), &number(1)].concat();
    assert_eq!(at(b"m#", &number(2)), Some(root.as_slice()));
    assert_eq!(at(b"i#", &number(0)), Some([1, 0, 0, 0, 1, 2, 0, 0, 0, 0].as_slice()));
    assert!(storage.keys().all(|key| matches!(key.first(), Some(b's' | b'm' | b'i' | b'n'))));
    assert_eq!(storage.len(), 5 + (1 + 33 + 3) + 2 + 1);
}

#[test]
fn a_pair_that_could_overfill_a_node_traps() {
    let mut host = Host::new::<Empty>();
    let insert = |len: usize| move || Index::<String, u8>::new("i").insert(&"x".repeat(len), &1);
    assert_eq!(host.within(insert(507)), Ok(true));
    assert!(host.within(insert(508)).is_err());
}
