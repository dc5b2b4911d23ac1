//! Filling a block: the next transaction is always of the organisation that has the least of the block so far, by
//! whichever of transactions, bytes and gas it has most of (dominant resource fairness, Ghodsi et al., NSDI 2011).

use countersign_types::{Parameters, VerifiedTransaction};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What there is of each resource, or what of it is used: transactions, bytes, gas.
#[derive(Debug, Clone, Copy)]
struct Resources([u64; 3]);

/// A block that is being filled.
#[derive(Debug)]
pub(super) struct Draw {
    most: Resources,
    used: Resources,
    drawn: Vec<Arc<VerifiedTransaction>>,
}

impl Draw {
    /// A block with what goes before all others, if anything does.
    pub fn new(rules: &Parameters, first: Option<&Arc<VerifiedTransaction>>) -> Self {
        let most = [rules.block_transactions_max.into(), rules.block_bytes_max.into(), rules.block_gas_max.0];
        let mut draw = Self { most: Resources(most), used: Resources([0; 3]), drawn: Vec::new() };
        if let Some(first) = first {
            draw.take(first);
        }
        draw
    }

    /// Puts a transaction in if it fits; what it takes then.
    fn take(&mut self, transaction: &Arc<VerifiedTransaction>) -> Option<Resources> {
        let cost = Resources::of(transaction);
        let used = self.used.plus(cost);
        if !used.fits(self.most) {
            return None;
        }
        self.used = used;
        self.drawn.push(Arc::clone(transaction));
        Some(cost)
    }

    /// Fills it from queues of transactions, one for each organisation, the first of which goes first among equals.
    /// A queue whose next transaction does not fit gives nothing more.
    pub fn fill<'a>(
        mut self,
        mut queues: Vec<impl Iterator<Item = &'a Arc<VerifiedTransaction>>>,
    ) -> Vec<Arc<VerifiedTransaction>> {
        let mut turns: BTreeSet<(u64, usize)> = (0..queues.len()).map(|queue| (0, queue)).collect();
        let mut shares = vec![Resources([0; 3]); queues.len()];
        while let Some((_, queue)) = turns.pop_first() {
            let (Some(waiting), Some(share)) = (queues.get_mut(queue), shares.get_mut(queue)) else { continue };
            let Some(transaction) = waiting.next() else { continue };
            if let Some(cost) = self.take(transaction) {
                *share = share.plus(cost);
                turns.insert((share.dominant(self.most), queue));
            }
        }
        self.drawn
    }
}

impl Resources {
    fn of(transaction: &VerifiedTransaction) -> Self {
        let bytes = u64::try_from(transaction.bytes().len()).unwrap_or(u64::MAX);
        Self([1, bytes, transaction.body().gas_limit.0])
    }

    fn plus(self, other: Self) -> Self {
        let mut sum = self;
        sum.0.iter_mut().zip(other.0).for_each(|(part, more)| *part = part.saturating_add(more));
        sum
    }

    fn fits(self, most: Self) -> bool {
        self.0.iter().zip(most.0).all(|(part, most)| *part <= most)
    }

    /// The largest part of a resource, in millionths.
    fn dominant(self, most: Self) -> u64 {
        let parts = self.0.iter().zip(most.0).map(|(part, most)| part.saturating_mul(1_000_000) / most.max(1));
        parts.max().unwrap_or(0)
    }
}
