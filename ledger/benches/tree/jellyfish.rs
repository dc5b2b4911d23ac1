//! `jmt`, in memory or over RocksDB: each node a row, each key's newest value a row, superseded nodes deleted with the block.

use crate::subject::{Subject, Writes, each};
use countersign_ledger::store::{Batch, Space};
use countersign_ledger::{RocksStore, Store};
use jmt::storage::{LeafNode, Node, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, Sha256Jmt, Version};
use std::collections::HashMap;
use std::time::Instant;

#[derive(Default)]
struct Rows {
    nodes: HashMap<NodeKey, Node>,
    values: HashMap<KeyHash, OwnedValue>,
    rocks: Option<RocksStore>,
}

impl TreeReader for Rows {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>, anyhow::Error> {
        let Some(rocks) = &self.rocks else { return Ok(self.nodes.get(key).cloned()) };
        let row = rocks.get(Space::Pages, &borsh::to_vec(key)?)?;
        Ok(row.map(|row| borsh::from_slice(&row)).transpose()?)
    }

    fn get_value_option(&self, _: Version, key: KeyHash) -> Result<Option<OwnedValue>, anyhow::Error> {
        let Some(rocks) = &self.rocks else { return Ok(self.values.get(&key).cloned()) };
        Ok(rocks.get(Space::Values, &key.0)?)
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>, anyhow::Error> {
        Ok(None)
    }
}

pub struct Jellyfish {
    rows: Rows,
    version: Version,
    writes: Writes,
}

impl Jellyfish {
    pub fn new(rocks: Option<RocksStore>) -> Self {
        Self { rows: Rows { rocks, ..Rows::default() }, version: 0, writes: Writes::new() }
    }
}

impl Subject for Jellyfish {
    fn prepare(&mut self, writes: Writes) {
        self.writes = writes;
    }

    fn apply(&mut self) {
        let writes = std::mem::take(&mut self.writes);
        let writes = writes.into_iter().map(|(key, value)| (KeyHash::with::<sha2_old::Sha256>(key), value));
        self.version += 1;
        let (_, update) = Sha256Jmt::new(&self.rows).put_value_set(writes, self.version).unwrap();
        let nodes = update.node_batch.nodes();
        let values = update.node_batch.values();
        let Some(rocks) = &self.rows.rocks else {
            for stale in &update.stale_node_index_batch {
                self.rows.nodes.remove(&stale.node_key);
            }
            self.rows.nodes.extend(nodes.iter().map(|(key, node)| (key.clone(), node.clone())));
            self.rows.values.extend(values.iter().map(|((_, key), value)| (*key, value.clone().unwrap())));
            return;
        };
        let mut batch = Batch::default();
        for stale in &update.stale_node_index_batch {
            batch.remove(Space::Pages, borsh::to_vec(&stale.node_key).unwrap());
        }
        for (key, node) in nodes {
            batch.put(Space::Pages, borsh::to_vec(key).unwrap(), borsh::to_vec(node).unwrap());
        }
        for ((_, key), value) in values {
            batch.put(Space::Values, key.0, value.clone().unwrap());
        }
        rocks.write(batch, true).unwrap();
    }

    fn prove(&self, keys: &[Vec<u8>]) -> Option<(f64, f64)> {
        let tree = Sha256Jmt::new(&self.rows);
        let root = tree.get_root_hash(self.version).unwrap();
        let mut bytes = 0;
        let start = Instant::now();
        for key in keys {
            let key = KeyHash::with::<sha2_old::Sha256>(key);
            let (value, proof) = tree.get_with_proof(key, self.version).unwrap();
            bytes += borsh::to_vec(&proof).unwrap().len();
            proof.verify(root, key, value).unwrap();
        }
        Some(each(bytes, start, keys.len()))
    }
}
