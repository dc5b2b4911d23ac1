//! The state tree against the definition in `countersign_types::state`, taken literally.

use countersign_ledger::LedgerError;
use countersign_ledger::tree::{Inner, Node, Pages, Update, Write, find, load_page, witness};
use countersign_types::Hash;
use countersign_types::state::{bit, leaf_hash, node_hash, path, value_hash};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
struct Stored(BTreeMap<u64, Vec<u8>>);

impl Pages for Stored {
    fn page(&self, id: u64, hash: &Hash) -> Result<Arc<Inner>, LedgerError> {
        Ok(load_page(&self.0[&id], hash).expect("a stored page hashes to what its parent says"))
    }
}

/// The root by definition: empty is zero, one key its leaf, more a node over both sides.
fn root(keys: &[(Hash, Hash)], depth: usize) -> Hash {
    match keys {
        [] => Hash::ZERO,
        [(path, value)] => leaf_hash(path, value),
        _ => {
            let (right, left): (Vec<_>, Vec<_>) = keys.iter().copied().partition(|(path, _)| bit(path, depth));
            node_hash(&root(&left, depth + 1), &root(&right, depth + 1))
        }
    }
}

struct Model {
    stored: Stored,
    root: Node,
    model: BTreeMap<Hash, Hash>,
    next: (u64, u64),
    live: (std::collections::BTreeSet<u64>, std::collections::BTreeSet<u64>),
}

impl Model {
    fn new() -> Self {
        Self {
            stored: Stored::default(),
            root: Node::Empty,
            model: BTreeMap::new(),
            next: (0, 0),
            live: Default::default(),
        }
    }

    fn apply(&mut self, writes: &BTreeMap<Hash, Option<Hash>>) {
        let list: Vec<Write> = writes
            .iter()
            .enumerate()
            .map(|(source, (path, value))| Write { path: *path, value: *value, source })
            .collect();
        let (root_after, changes) =
            Update::new(&self.stored, self.next.0, self.next.1).apply(&self.root, &list).unwrap();
        for (path, value) in writes {
            match value {
                Some(value) => self.model.insert(*path, *value),
                None => self.model.remove(path),
            };
        }
        for (id, _, bytes) in changes.pages {
            assert!(self.stored.0.insert(id, bytes).is_none() && self.live.0.insert(id));
            self.next.0 = id + 1;
        }
        for (at, _) in changes.values {
            assert!(self.live.1.insert(at));
            self.next.1 = at + 1;
        }
        for id in changes.stale_pages {
            assert!(self.live.0.remove(&id), "a page goes stale once");
        }
        for at in changes.stale_values {
            assert!(self.live.1.remove(&at), "a value goes stale once");
        }
        self.root = root_after;
    }

    fn check(&self) {
        let keys: Vec<(Hash, Hash)> = self.model.iter().map(|(path, value)| (*path, *value)).collect();
        assert_eq!(self.root.hash(), root(&keys, 0));
        assert_eq!(self.live.1.len(), self.model.len(), "one live value for each key");
        for (path, value) in &self.model {
            assert_eq!(find(&self.stored, &self.root, path).unwrap().unwrap().value, *value);
        }
        let mut seen = std::collections::BTreeSet::new();
        self.walk(&self.root, &mut seen);
        assert_eq!(seen, self.live.0, "live pages are those that the root reaches");
    }

    fn walk(&self, node: &Node, seen: &mut std::collections::BTreeSet<u64>) {
        match node {
            Node::Empty | Node::Leaf(_) => {}
            Node::Inner(inner) => {
                self.walk(&inner.left, seen);
                self.walk(&inner.right, seen);
            }
            Node::Page { hash, id } => {
                assert!(seen.insert(*id));
                let page = self.stored.page(*id, hash).unwrap();
                self.walk(&page.left, seen);
                self.walk(&page.right, seen);
            }
        }
    }
}

/// Paths that often share long beginnings, so that deep chains and their collapse come up.
fn paths() -> impl Strategy<Value = Hash> {
    prop_oneof![
        (0..64u8).prop_map(|byte| Hash([byte.wrapping_mul(37); 32])),
        (0..4u8, 0..=255u8).prop_map(|(first, last)| {
            let mut path = [first << 6; 32];
            path[31] = last;
            Hash(path)
        }),
        any::<[u8; 32]>().prop_map(Hash),
    ]
}

fn values() -> impl Strategy<Value = Option<Hash>> {
    prop::option::weighted(0.6, (1..5u8).prop_map(|byte| Hash([byte; 32])))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn roots_follow_the_definition(blocks in prop::collection::vec(prop::collection::btree_map(paths(), values(), 0..40), 1..12)) {
        let mut tree = Model::new();
        for block in &blocks {
            tree.apply(block);
            tree.check();
        }
        let all: BTreeMap<Hash, Option<Hash>> = tree.model.keys().map(|path| (*path, None)).collect();
        tree.apply(&all);
        tree.check();
        prop_assert_eq!(tree.root.hash(), Hash::ZERO);
        prop_assert!(tree.live.0.is_empty());
    }

    #[test]
    fn the_root_is_a_function_of_the_set(writes in prop::collection::btree_map(paths(), values(), 0..60), cut in 0..60usize) {
        let mut once = Model::new();
        once.apply(&writes);
        let mut twice = Model::new();
        let late: BTreeMap<_, _> = writes.iter().skip(cut).map(|(path, value)| (*path, *value)).collect();
        let early: BTreeMap<_, _> = writes.iter().take(cut).map(|(path, value)| (*path, *value)).collect();
        twice.apply(&late);
        twice.apply(&early);
        prop_assert_eq!(once.root.hash(), twice.root.hash());
        let before = twice.next;
        twice.apply(&writes);
        prop_assert_eq!(twice.next, before, "writing what is there already writes nothing");
    }

    #[test]
    fn witnesses_prove_presence_and_absence(keys in prop::collection::btree_set(0..200u16, 0..60), asked in prop::collection::btree_set(0..200u16, 0..20)) {
        let mut tree = Model::new();
        let name = |number: &u16| number.to_be_bytes();
        tree.apply(&keys.iter().map(|key| (path(&name(key)), Some(value_hash(&name(key))))).collect());
        let mut paths: Vec<Hash> = asked.iter().map(|key| path(&name(key))).collect();
        paths.sort_unstable();
        let witness = witness(&tree.stored, &tree.root, &paths).unwrap();
        let witnessed = witness.verify(&tree.root.hash()).unwrap();
        for key in &asked {
            let value = keys.contains(key).then(|| name(key));
            witnessed.check(&name(key), value.as_ref().map(|value| value.as_slice())).unwrap();
            prop_assert!(witnessed.check(&name(key), Some(b"another")).is_err());
        }
    }

    #[test]
    fn damaged_pages_do_not_load(flip in any::<prop::sample::Index>()) {
        let mut tree = Model::new();
        tree.apply(&(0..40u8).map(|byte| (path(&[byte]), Some(value_hash(&[byte])))).collect());
        let Node::Page { hash, id } = tree.root else { panic!("a tree of 40 keys has pages") };
        let mut bytes = tree.stored.0[&id].clone();
        prop_assert!(load_page(&bytes, &hash).is_some());
        let bit = flip.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        // The number of a page or value is not hashed: what stands there is, when it is loaded.
        let same = load_page(&bytes, &hash).is_none_or(|page| page.hash == hash);
        prop_assert!(same);
        bytes.pop();
        prop_assert!(load_page(&bytes, &hash).is_none());
    }
}

#[test]
fn paths_that_differ_in_the_last_bit_only() {
    let mut tree = Model::new();
    let (left, right) = (
        Hash([0xff; 32]),
        Hash({
            let mut path = [0xff; 32];
            path[31] = 0xfe;
            path
        }),
    );
    tree.apply(&[(left, Some(Hash([1; 32]))), (right, Some(Hash([2; 32])))].into());
    tree.check();
    let found = witness(&tree.stored, &tree.root, &[right]).unwrap();
    assert!(found.verify(&tree.root.hash()).is_ok());
    tree.apply(&[(right, None)].into());
    tree.check();
    assert_eq!(tree.root.hash(), leaf_hash(&left, &Hash([1; 32])));
}
