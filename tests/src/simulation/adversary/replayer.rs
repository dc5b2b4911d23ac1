//! The replayer: keeps what it hears and says, and says it again, late, to whoever it likes.

use super::{Identity, Said, Wrong, said};
use crate::simulation::random::Random;
use countersign_consensus::Target;
use countersign_replica::wire::Wire;

/// Messages that it keeps.
const KEPT_MAX: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Replayer {
    kept: Vec<Wire>,
    heard: usize,
}

impl Replayer {
    fn keep(&mut self, message: &Wire) {
        // The first ones stay in part, since what is long over is worth replaying too.
        self.heard += 1;
        if self.kept.len() < KEPT_MAX {
            self.kept.push(message.clone());
        } else if let Some(place) = self.kept.get_mut(KEPT_MAX / 2 + self.heard % (KEPT_MAX / 2)) {
            *place = message.clone();
        }
    }
}

impl Wrong for Replayer {
    fn hear(&mut self, message: &Wire) {
        self.keep(message);
    }

    fn distort(&mut self, _: &Identity, _: &mut Random, target: Target, message: Wire) -> Vec<Said> {
        self.keep(&message);
        vec![said(target, message)]
    }

    fn invent(&mut self, this: &Identity, random: &mut Random) -> Vec<Said> {
        if self.kept.is_empty() {
            return Vec::new();
        }
        let again = this.others().filter_map(|peer| {
            let message = self.kept.get(random.index(self.kept.len()))?;
            Some(said(Target::One(peer), message.clone()))
        });
        again.collect()
    }
}
