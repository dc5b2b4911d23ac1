//! The state tree against the definition in `countersign_types::state`, taken literally, and its own invariants.

use countersign_ledger::LedgerError;
use countersign_ledger::limits::{BUCKET_LEAVES_MAX, BUCKET_LEAVES_MERGED};
use countersign_ledger::tree::{
    Accounts, Bounds, Bucket, Buckets, Delta, Leaf, Link, Node, Prefix, Update, Write, differences, find, graft, pack,
    relocate, table, witness,
};
use countersign_types::Hash;
use countersign_types::state::{bit, leaf_hash, node_hash, path, value_hash};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Packs as they are stored; a bucket is always read from there.
#[derive(Default)]
struct Stored {
    pages: BTreeMap<u64, Vec<u8>>,
    values: BTreeMap<u64, Vec<u8>>,
}

impl Buckets for Stored {
    fn bucket(&self, link: &Link, depth: usize) -> Result<Bucket, LedgerError> {
        let item = pack::item(&self.pages[&link.at.pack()], link.at).expect("the location of a bucket");
        let bucket = Bucket::decode(item, depth).expect("a bucket");
        assert_eq!((bucket.hash(), bucket.leaves().len()), (link.hash, usize::from(link.leaves)));
        Ok(bucket)
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

type Content = BTreeMap<Vec<u8>, Vec<u8>>;
type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

struct Model {
    stored: Stored,
    /// How keys become paths; hand-made keys are paths.
    path: fn(&[u8]) -> Hash,
    /// For each block so far: root, content, and what it changed.
    heights: Vec<(Node, Content, Delta)>,
}

fn itself(key: &[u8]) -> Hash {
    Hash(key.try_into().unwrap())
}

impl Model {
    fn new(path: fn(&[u8]) -> Hash) -> Self {
        Self { stored: Stored::default(), path, heights: vec![(Node::Empty, Content::new(), Delta::default())] }
    }

    fn tip(&self) -> &(Node, Content, Delta) {
        self.heights.last().unwrap()
    }

    fn accounts(&self) -> Accounts {
        self.tip().2.accounts
    }

    fn apply(&mut self, writes: &Writes, bounds: Bounds) {
        let (before, mut content, Delta { mut accounts, .. }) = self.tip().clone();
        let value = |value: &Option<Vec<u8>>| value.as_ref().map(|value| value_hash(value));
        let mut list: Vec<Write> = writes
            .iter()
            .enumerate()
            .map(|(source, (key, bytes))| match value(bytes) {
                Some(value) => Write::put((self.path)(key), value, source),
                None => Write::remove((self.path)(key), source),
            })
            .collect();
        let mut moved = Vec::new();
        if !std::ptr::fn_addr_eq(self.path, itself as fn(&[u8]) -> Hash) {
            let pack = |number: u64| Ok(self.stored.values[&number].clone());
            let account = &mut accounts.values;
            moved = relocate::values(&self.stored, &before, account, bounds, pack, writes.len(), &mut list).unwrap();
        }
        let pack = |number: u64| Ok(self.stored.pages[&number].clone());
        relocate::pages(&before, &mut accounts.pages, bounds, pack, &mut list).unwrap();
        relocate::sort(&mut list);
        let own = writes.iter().map(|(key, value)| (key.as_slice(), value.as_deref().unwrap_or_default()));
        let moved = moved.iter().map(|(key, value)| (key.as_slice(), value.as_slice()));
        let entries: Vec<(&[u8], &[u8])> = own.chain(moved).collect();
        let (after, changes) = Update::new(&self.stored, accounts, &entries).apply(&before, &list).unwrap();

        let keys: Vec<&Vec<u8>> = writes.keys().collect();
        let mut inserted: BTreeSet<&Vec<u8>> = changes.inserted.iter().map(|source| keys[*source]).collect();
        let mut removed: BTreeSet<&Vec<u8>> = changes.removed.iter().map(|source| keys[*source]).collect();
        for (key, value) in writes {
            let before = match value {
                Some(value) => content.insert(key.clone(), value.clone()),
                None => content.remove(key),
            };
            assert_eq!(inserted.remove(key), before.is_none() && value.is_some());
            assert_eq!(removed.remove(key), before.is_some() && value.is_none());
        }
        for (number, row) in changes.pages {
            assert!(self.stored.pages.insert(number, row).is_none(), "a pack is written once");
        }
        for (number, row) in changes.values {
            assert!(self.stored.values.insert(number, row).is_none(), "a pack is written once");
        }
        let delta = Delta { accounts: changes.accounts, changes: changes.places };
        let bytes = borsh::to_vec(&delta).unwrap();
        assert_eq!(borsh::from_slice::<Delta>(&bytes).unwrap(), delta);
        self.heights.push((after, content, delta));
    }

    /// Everything that `tree.rs` says is always so, of the newest height.
    fn check(&self) {
        let (tree, content, Delta { accounts, .. }) = self.tip();
        let keys: Vec<(Hash, Hash)> =
            content.iter().map(|(key, value)| ((self.path)(key), value_hash(value))).collect();
        assert_eq!(tree.hash(), root(&keys, 0));
        let mut walk = Walk { model: self, accounts, live: (0, 0), keys: BTreeMap::new(), places: Vec::new() };
        walk.check(tree, &mut Vec::new());
        assert_eq!(walk.live, (accounts.pages.live, accounts.values.live));
        assert_eq!(walk.keys, keys.into_iter().collect());
        assert_eq!(table::all_places(tree), walk.places);
        let parts = (0..table::PARTITIONS).flat_map(|partition| {
            let places = table::places(tree, partition);
            assert!(places.iter().all(|(prefix, _)| table::partition(prefix) == partition));
            places
        });
        assert_eq!(parts.collect::<Vec<_>>(), walk.places);
        for (packs, account) in [(&self.stored.pages, accounts.pages), (&self.stored.values, accounts.values)] {
            let items = packs.range(account.floor..).flat_map(|(number, row)| pack::items(*number, row).unwrap());
            assert_eq!(items.map(|(at, _)| at.units()).sum::<u64>(), account.total());
        }
    }

    /// All heights can be read, and be made of each other.
    fn check_heights(&self) {
        let mut floors = (0, 0);
        for (tree, content, Delta { accounts, .. }) in &self.heights {
            assert!(floors.0 <= accounts.pages.floor && floors.1 <= accounts.values.floor, "floors never fall");
            floors = (accounts.pages.floor, accounts.values.floor);
            for (key, value) in content {
                let leaf = find(&self.stored, tree, &(self.path)(key)).unwrap().unwrap();
                let item = pack::item(&self.stored.values[&leaf.at.pack()], leaf.at).unwrap();
                assert_eq!(item[4..], [key.as_slice(), value].concat());
                assert!(leaf.at.pack() >= accounts.values.floor);
            }
        }
        let last = self.heights.len() - 1;
        for height in [last / 2, 0] {
            let (mut back, mut forth) = (BTreeMap::new(), BTreeMap::new());
            self.heights[height + 1..].iter().rev().for_each(|(.., delta)| delta.undo(&mut back));
            self.heights[height + 1..].iter().for_each(|(.., delta)| delta.redo(&mut forth));
            for (from, to, net) in [(last, height, back), (height, last, forth)] {
                let made = graft(&self.heights[from].0, &net.into_iter().collect::<Vec<_>>());
                assert_eq!(made.hash(), self.heights[to].0.hash());
                assert_eq!(table::all_places(&made), table::all_places(&self.heights[to].0));
            }
            let pairs = differences(&self.stored, &self.heights[height].0, &self.heights[last].0).unwrap();
            let value = |leaf: Option<Leaf>| leaf.map(|leaf| leaf.value);
            let found: BTreeMap<Hash, _> = pairs
                .into_iter()
                .map(|(one, other)| (one.or(other).unwrap().path, (value(one), value(other))))
                .collect();
            let (one, other) = (&self.heights[height].1, &self.heights[last].1);
            let keys: BTreeSet<&Vec<u8>> = one.keys().chain(other.keys()).collect();
            let hash = |content: &Content, key| content.get(key).map(|value| value_hash(value));
            let expected = keys.into_iter().map(|key| ((self.path)(key), (hash(one, key), hash(other, key))));
            assert_eq!(found, expected.filter(|(_, (one, other))| one != other).collect());
        }
    }
}

struct Walk<'a> {
    model: &'a Model,
    accounts: &'a Accounts,
    live: (u64, u64),
    keys: BTreeMap<Hash, Hash>,
    places: Vec<(Prefix, Link)>,
}

impl Walk<'_> {
    /// Number of keys below a node.
    fn check(&mut self, node: &Node, sides: &mut Vec<bool>) -> usize {
        match node {
            Node::Empty => 0,
            Node::Bucket(link) => {
                let bucket = self.model.stored.bucket(link, sides.len()).unwrap();
                assert!((1..=BUCKET_LEAVES_MAX).contains(&bucket.leaves().len()));
                assert!(link.at.pack() >= self.accounts.pages.floor, "a pack below the floor is in use");
                self.live.0 += link.at.units();
                for leaf in bucket.leaves() {
                    let on_its_way = sides.iter().enumerate().all(|(depth, side)| bit(&leaf.path, depth) == *side);
                    assert!(on_its_way, "a leaf stands where its path does not lead");
                    assert!(self.keys.insert(leaf.path, leaf.value).is_none(), "a key is in two buckets");
                    self.live.1 += leaf.at.units();
                }
                self.places.push((Prefix::of(&bucket.leaves().next().unwrap().path, sides.len()), *link));
                bucket.leaves().len()
            }
            Node::Inner(hash, inner) => {
                sides.push(false);
                let left = self.check(&inner.left, sides);
                *sides.last_mut().unwrap() = true;
                let right = self.check(&inner.right, sides);
                sides.pop();
                assert!(left + right > BUCKET_LEAVES_MERGED, "an inner node stands where a bucket would do");
                assert_eq!(*hash, node_hash(&inner.left.hash(), &inner.right.hash()));
                left + right
            }
        }
    }
}

const NEVER: Bounds = Bounds { slack: u64::MAX, moved: 0, seen: 0 };
const EAGER: Bounds = Bounds { slack: 0, moved: 200, seen: 800 };

/// Paths that often share long beginnings, so that deep chains and their collapse come up.
fn paths() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0..64u8).prop_map(|byte| vec![byte.wrapping_mul(37); 32]),
        (0..4u8, 0..=255u8).prop_map(|(first, last)| {
            let mut path = vec![first << 6; 32];
            path[31] = last;
            path
        }),
        any::<[u8; 32]>().prop_map(Vec::from),
    ]
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    (0..300u16).prop_map(|number| number.to_be_bytes().to_vec())
}

fn values() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::weighted(0.6, (1..5u8, 0..300usize).prop_map(|(byte, length)| vec![byte; length / 10 * 10]))
}

fn blocks(keys: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<Writes>> {
    prop::collection::vec(prop::collection::btree_map(keys, values(), 0..60), 1..20)
}

fn run(path: fn(&[u8]) -> Hash, blocks: &[Writes], bounds: Bounds) -> Model {
    let mut tree = Model::new(path);
    for block in blocks {
        tree.apply(block, bounds);
        tree.check();
    }
    tree.check_heights();
    let all = tree.tip().1.keys().map(|key| (key.clone(), None)).collect();
    tree.apply(&all, bounds);
    tree.check();
    assert_eq!(tree.tip().0.hash(), Hash::ZERO);
    assert_eq!((tree.accounts().pages.live, tree.accounts().values.live), (0, 0));
    tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn roots_follow_the_definition(blocks in blocks(paths()), eager in any::<bool>()) {
        run(itself, &blocks, if eager { EAGER } else { NEVER });
    }

    #[test]
    fn what_lives_in_old_packs_is_stored_anew(blocks in blocks(names())) {
        let idle = run(path, &blocks, NEVER);
        let tree = run(path, &blocks, EAGER);
        prop_assert_eq!(tree.tip().0.hash(), idle.tip().0.hash());
        // Some more blocks of nothing clear everything away, since nothing lives.
        let mut tree = tree;
        while tree.accounts().pages.total() + tree.accounts().values.total() > 0 {
            tree.apply(&Writes::new(), EAGER);
            prop_assert!(tree.heights.len() < 200);
        }
    }

    #[test]
    fn the_root_is_a_function_of_the_set(writes in prop::collection::btree_map(paths(), values(), 0..60), cut in 0..60usize) {
        let mut once = Model::new(itself);
        once.apply(&writes, NEVER);
        let mut twice = Model::new(itself);
        let (early, late): (Vec<_>, Vec<_>) = writes.clone().into_iter().enumerate().partition(|(index, _)| *index < cut);
        for part in [late, early] {
            twice.apply(&part.into_iter().map(|(_, write)| write).collect(), NEVER);
        }
        prop_assert_eq!(once.tip().0.hash(), twice.tip().0.hash());
        let before = twice.accounts();
        twice.apply(&writes, NEVER);
        prop_assert_eq!(twice.accounts(), before, "writing what is there already writes nothing");
        prop_assert!(twice.tip().2.changes.is_empty());
    }

    #[test]
    fn witnesses_prove_presence_and_absence(keys in prop::collection::btree_set(names(), 0..90), asked in prop::collection::btree_set(names(), 0..20)) {
        let mut tree = Model::new(path);
        tree.apply(&keys.iter().map(|key| (key.clone(), Some(key.clone()))).collect(), NEVER);
        let mut paths: Vec<Hash> = asked.iter().map(|key| path(key)).collect();
        paths.sort_unstable();
        let witness = witness(&tree.stored, &tree.tip().0, &paths).unwrap();
        let witnessed = witness.verify(&tree.tip().0.hash()).unwrap();
        for key in &asked {
            witnessed.check(key, keys.get(key).map(Vec::as_slice)).unwrap();
            prop_assert!(witnessed.check(key, Some(b"another")).is_err());
        }
    }

    /// The same steps as for a tree that is cut nowhere, whichever way the keys are cut into buckets.
    #[test]
    fn witnesses_of_hand_made_paths_are_those_of_the_definition(keys in prop::collection::btree_set(paths(), 0..60), asked in prop::collection::btree_set(paths(), 0..8)) {
        let mut tree = Model::new(itself);
        tree.apply(&keys.iter().map(|key| (key.clone(), Some(vec![1]))).collect(), NEVER);
        let asked: Vec<Hash> = asked.iter().chain(keys.iter().step_by(7)).map(|key| itself(key)).collect::<BTreeSet<_>>().into_iter().collect();
        let found = witness(&tree.stored, &tree.tip().0, &asked).unwrap();
        let keys: Vec<(Hash, Hash)> = keys.iter().map(|key| (itself(key), value_hash(&[1]))).collect();
        let mut steps = Vec::new();
        expected(&keys, 0, &asked, &mut steps);
        prop_assert_eq!(found.0, steps);
    }

    #[test]
    fn damaged_buckets_do_not_load(flip in any::<prop::sample::Index>()) {
        let mut tree = Model::new(path);
        tree.apply(&(0..BUCKET_LEAVES_MAX as u8).map(|byte| (vec![byte], Some(vec![byte]))).collect(), NEVER);
        let Node::Bucket(link) = tree.tip().0 else { panic!("few keys are one bucket") };
        let item = pack::item(&tree.stored.pages[&0], link.at).unwrap();
        let sound = Bucket::decode(item, 0).unwrap();
        prop_assert_eq!(sound.hash(), link.hash);
        let mut bytes = item.to_vec();
        let bit = flip.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Where a value is stored is not hashed: what stands there is, when it is read.
        let is_location = bit / 8 % 72 >= 64;
        let loaded = Bucket::decode(&bytes, 0).filter(|bucket| bucket.hash() == link.hash);
        prop_assert_eq!(loaded.is_some(), is_location);
        bytes.pop();
        prop_assert!(Bucket::decode(&bytes, 0).is_none());
    }
}

fn expected(keys: &[(Hash, Hash)], depth: usize, asked: &[Hash], steps: &mut Vec<countersign_types::state::Step>) {
    use countersign_types::state::Step;
    match keys {
        [] => steps.push(Step::Empty),
        _ if asked.is_empty() => steps.push(Step::Stub(root(keys, depth))),
        [(path, value)] => steps.push(Step::Leaf { path: *path, value: *value }),
        _ => {
            let (rights, lefts): (Vec<_>, Vec<_>) = keys.iter().copied().partition(|(path, _)| bit(path, depth));
            let (asked_rights, asked_lefts): (Vec<_>, Vec<_>) =
                asked.iter().copied().partition(|path| bit(path, depth));
            steps.push(Step::Node);
            expected(&lefts, depth + 1, &asked_lefts, steps);
            expected(&rights, depth + 1, &asked_rights, steps);
        }
    }
}

#[test]
fn paths_that_differ_in_the_last_bit_only() {
    let mut tree = Model::new(itself);
    let (left, right) = (vec![0xff; 32], [vec![0xff; 31], vec![0xfe]].concat());
    tree.apply(&[(left.clone(), Some(vec![1])), (right.clone(), Some(vec![2]))].into(), NEVER);
    tree.check();
    let found = witness(&tree.stored, &tree.tip().0, &[itself(&right)]).unwrap();
    assert!(found.verify(&tree.tip().0.hash()).is_ok());
    tree.apply(&[(right, None)].into(), NEVER);
    tree.check();
    assert_eq!(tree.tip().0.hash(), leaf_hash(&itself(&left), &value_hash(&[1])));
}

/// A block that is removed by a split at the deepest level there can be.
#[test]
fn more_paths_than_a_bucket_that_differ_in_the_last_bits_only() {
    let mut tree = Model::new(itself);
    let key = |last: u8| [vec![0xaa; 31], vec![last]].concat();
    tree.apply(&(0..=255).map(|last| (key(last), Some(vec![last]))).collect(), NEVER);
    tree.check();
    tree.apply(&(0..=255).filter(|last| last % 16 != 3).map(|last| (key(last), None)).collect(), EAGER);
    tree.check();
    tree.check_heights();
}

/// Random updates of keys that all live: three times as much is stored as lives, at most, and little is written for that.
#[test]
fn packs_hold_no_more_than_three_times_what_lives() {
    let mut tree = Model::new(path);
    let key = |number: u32| number.to_be_bytes().to_vec();
    tree.apply(&(0..2000).map(|number| (key(number), Some(vec![0; 60]))).collect(), NEVER);
    let mut own = 0;
    let begun = tree.accounts().values.written;
    for round in 1..100u32 {
        let writes: Writes = (0..200u32)
            .map(|index| {
                (key(index.wrapping_mul(2_654_435_761).wrapping_add(round * 7919) % 2000), Some(vec![round as u8; 60]))
            })
            .collect();
        own += writes.len() as u64 * 3;
        tree.apply(&writes, Bounds { slack: 64, moved: 2000, seen: 8000 });
        for account in [tree.accounts().pages, tree.accounts().values] {
            assert!(account.total() <= 3 * account.live + 64 + 40 * 200, "{account:?}");
        }
    }
    tree.check();
    let written = tree.accounts().values.written - begun;
    assert!(written < own * 5 / 4, "{written} units for {own} own ones");
}
