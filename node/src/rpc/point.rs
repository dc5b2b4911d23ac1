//! The point of the chain at which something is read.

use super::conn::Node;
use super::failure::of_ledger;
use crate::replica_thread::now;
use countersign_api::{At, Code, Page, Read, RpcError};
use countersign_types::{Hash, Header, Height, TimestampMs, proof::Proof};
use serde_json::json;

/// A certified block, or the genesis.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub height: Height,
    pub block: Hash,
    pub time: TimestampMs,
    /// None at the genesis, which has no header.
    pub header: Option<Header>,
}

impl Point {
    /// An answer read here.
    pub fn read<T>(&self, data: T, proof: Option<Proof>) -> Read<T> {
        Read { data, height: self.height, block_hash: self.block, proof: proof.map(Box::new) }
    }

    /// A list read here.
    pub fn page<T>(&self, items: Vec<T>, next_cursor: Option<String>) -> Page<T> {
        Page { items, next_cursor, height: self.height, block_hash: self.block }
    }
}

impl Node {
    /// Finds the block that `at` names, if it is certified.
    pub fn point(&self, at: At) -> Result<Point, RpcError> {
        let certified = self.reader().certified();
        let height = match at {
            At::Final => certified,
            At::Height(height) => height,
            At::Time(time) if time > now() => {
                return Err(RpcError::new(
                    Code::BlockNotYet,
                    "`at` lies in the future; blocks until then may still come",
                ));
            }
            At::Time(time) if time < self.context.genesis.time => {
                return Err(RpcError::new(Code::BlockUnknown, "`at` lies before the chain's genesis"));
            }
            At::Time(time) => self.reader().height_at(time, certified).map_err(|cause| of_ledger(&cause))?,
            At::Block(hash) if hash == self.context.chain => Height::ZERO,
            At::Block(hash) => match self.reader().height_of_block(&hash).map_err(|cause| of_ledger(&cause))? {
                Some(height) => height,
                None => return Err(RpcError::new(Code::BlockUnknown, format!("no block has the hash {hash}"))),
            },
        };
        if height > certified {
            let cause = format!("height {height} is not certified yet; the newest certified height is {certified}");
            return Err(RpcError::new(Code::BlockNotYet, cause).with(json!({ "certified": certified })));
        }
        if height == Height::ZERO {
            let (block, time) = (self.context.chain, self.context.genesis.time);
            return Ok(Point { height, block, time, header: None });
        }
        let header = self.reader().header(height).map_err(|cause| of_ledger(&cause))?;
        let Some(header) = header else {
            return Err(RpcError::new(Code::BlockNotYet, format!("nothing is known of height {height}")));
        };
        Ok(Point { height, block: header.hash(), time: header.time, header: Some(header) })
    }
}
