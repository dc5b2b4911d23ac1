//! Changes of the validators that a simulated network decides.

use super::random::Random;
use countersign_types::{Epoch, SecretKey, Validator, ValidatorSet};

/// One change for each epoch, the same for everybody who asks.
#[derive(Debug, Default)]
pub struct Changes {
    decided: Option<(Epoch, ValidatorSet)>,
}

impl Changes {
    /// The set to follow `current` after `epoch`; none if the members do not change again. Places rotate, and one member
    /// has a new network key, leaves, or returns.
    pub fn next(
        &mut self,
        epoch: Epoch,
        current: &ValidatorSet,
        all: &ValidatorSet,
        random: &mut Random,
    ) -> Option<ValidatorSet> {
        if let Some((decided, set)) = &self.decided
            && *decided == epoch
        {
            return Some(set.clone());
        }
        let mut members: Vec<Validator> = current.members().to_vec();
        let away = all.members().iter().find(|member| current.index_of(&member.key).is_none());
        let chosen = random.index(members.len());
        match away {
            Some(back) => members.push(back.clone()),
            None if members.len() > 4 && random.chance(500) => {
                members.remove(chosen);
            }
            None => members.get_mut(chosen)?.network_key = SecretKey::from_seed(&random.bytes()).public(),
        }
        let turn = random.index(members.len());
        members.rotate_left(turn);
        let set = ValidatorSet::new(members).ok()?;
        self.decided = Some((epoch, set.clone()));
        Some(set)
    }
}
