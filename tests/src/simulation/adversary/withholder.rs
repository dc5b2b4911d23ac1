//! The withholder: keeps its clients' transactions to itself, proposes blocks that name them, and gives nobody the
//! transactions.

use super::{Identity, Said, Wrong, said};
use crate::simulation::random::Random;
use countersign_consensus::Target;
use countersign_replica::wire::Wire;

#[derive(Debug)]
pub(super) struct Withholder;

impl Wrong for Withholder {
    fn distort(&mut self, _: &Identity, _: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        match message {
            Wire::Transactions(_) | Wire::Blocks { .. } => Vec::new(),
            other => vec![said(target, other)],
        }
    }

    fn gossips(&self) -> bool {
        false
    }
}
