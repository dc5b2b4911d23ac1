//! The mute: follows and says nothing.

use super::{Identity, Said, Wrong};
use crate::simulation::random::Random;
use countersign_consensus::Target;
use countersign_replica::wire::Wire;

#[derive(Debug)]
pub(super) struct Mute;

impl Wrong for Mute {
    fn distort(&mut self, _: &Identity, _: &mut Random, _: Target, _: Wire) -> Vec<Said> {
        Vec::new()
    }

    fn gossips(&self) -> bool {
        false
    }
}
