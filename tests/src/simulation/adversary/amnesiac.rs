//! The amnesiac: now and then forgets every vote, thinks that it never voted, and votes again.

use super::{Identity, Said, Wrong};
use crate::simulation::random::Random;

#[derive(Debug)]
pub(super) struct Amnesiac;

impl Wrong for Amnesiac {
    fn invent(&mut self, _: &Identity, random: &mut Random) -> Vec<Said> {
        if random.chance(80) { vec![Said::Forget] } else { Vec::new() }
    }
}
