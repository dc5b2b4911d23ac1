//! Which step a state allows, and what certificates exist in it.

use crate::blocks::Blocks;
use crate::rules::Rules;
use crate::state::{Cast, State, Validator};
use crate::step::{Refused, Step};

/// Rules over a tree of blocks.
#[derive(Debug, Clone)]
pub struct Protocol<T> {
    /// The rules.
    pub rules: Rules,
    /// The blocks.
    pub blocks: T,
}

impl<T: Blocks> Protocol<T> {
    /// Takes a step if it is allowed.
    ///
    /// # Errors
    /// Why it is not; the state is as before.
    pub fn take(&self, state: &mut State<T::Block>, step: Step<T::Block>) -> Result<(), Refused> {
        self.allows(state, step)?;
        let (Step::Prepare { by, .. } | Step::Commit { by, .. } | Step::ViewChange { by, .. } | Step::Forget { by }) =
            step;
        let told = self.told(state, by);
        let validator = state.validators.get_mut(by).ok_or(Refused::Unknown)?;
        match step {
            Step::Prepare { view, block, .. } => {
                validator.cast_mut(view).ok_or(Refused::Unknown)?.prepare = Some(block);
            }
            Step::Commit { view, block, .. } => {
                validator.cast_mut(view).ok_or(Refused::Unknown)?.commit = Some(block);
            }
            Step::ViewChange { view, .. } => {
                validator.cast_mut(view).ok_or(Refused::Unknown)?.view_change = true;
            }
            Step::Forget { .. } => {
                validator.forgotten.push(std::mem::take(&mut validator.votes));
                validator.told = told;
                validator.above = self.rules.silence.map_or(0, |margin| told + margin);
            }
        }
        Ok(())
    }

    /// Whether a correct validator may take a step.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(&self, state: &State<T::Block>, step: Step<T::Block>) -> Result<(), Refused> {
        let (Step::Prepare { by, .. } | Step::Commit { by, .. } | Step::ViewChange { by, .. } | Step::Forget { by }) =
            step;
        let validator = state.validators.get(by).filter(|_| !self.rules.faulty.contains(&by));
        let validator = validator.ok_or(Refused::Unknown)?;
        match step {
            Step::Prepare { view, block, .. } => {
                let cast = votes_in(validator, view)?;
                self.may_prepare(validator, view, block, cast)?;
                self.is_proposed(state, by, view, block)?;
                refuse_if(!self.stands(state, view, block), Refused::CannotStand)
            }
            Step::Commit { view, block, .. } => {
                let cast = votes_in(validator, view)?;
                refuse_if(cast.commit.is_some(), Refused::Repeated)?;
                refuse_if(self.rules.exclusion && cast.view_change, Refused::Exclusion)?;
                let certified = self.certified(state, view, block);
                refuse_if(self.rules.commit_rests_on_certificate && !certified, Refused::NotCertified)
            }
            Step::ViewChange { view, .. } => {
                let cast = votes_in(validator, view)?;
                refuse_if(cast.view_change, Refused::Repeated)?;
                refuse_if(self.rules.exclusion && cast.commit.is_some(), Refused::Exclusion)?;
                refuse_if(self.rules.current_view && view < validator.view(), Refused::Left)?;
                refuse_if(!self.is_entered(state, view), Refused::NotEntered)
            }
            Step::Forget { .. } => Ok(()),
        }
    }

    fn may_prepare(
        &self,
        validator: &Validator<T::Block>,
        view: usize,
        block: T::Block,
        cast: Cast<T::Block>,
    ) -> Result<(), Refused> {
        refuse_if(cast.prepare == Some(block), Refused::Repeated)?;
        refuse_if(self.rules.one_prepare && cast.prepare.is_some(), Refused::SecondPrepare)?;
        refuse_if(self.rules.current_view && view < validator.view(), Refused::Left)
    }

    /// P1.1, P2.1: the leader's own PREPARE comes with its proposal, which it does not make after VIEW-CHANGE.
    fn is_proposed(&self, state: &State<T::Block>, by: usize, view: usize, block: T::Block) -> Result<(), Refused> {
        let Some(leader) = self.rules.leader(view).filter(|leader| !self.rules.faulty.contains(leader)) else {
            return Ok(());
        };
        let leader_votes = state.validators.get(leader).ok_or(Refused::Unknown)?;
        let proposed = leader_votes.ever(view).any(|cast| cast.prepare == Some(block));
        let proposes = by == leader && !leader_votes.cast(view).view_change;
        refuse_if(!proposed && !proposes, Refused::NotProposed)
    }

    /// P1.2, P1.6: whether a proposal of a block may stand in a view.
    #[must_use]
    pub fn stands(&self, state: &State<T::Block>, view: usize, block: T::Block) -> bool {
        let made_for = self.blocks.view(block);
        let rests_on = if made_for == view { self.blocks.parent(block) } else { Some(block) };
        made_for <= view && rests_on.is_some_and(|below| self.footings(state, view).any(|found| found == below))
    }

    /// The certified blocks on which a proposal of a view may rest.
    pub fn footings<'a>(
        &'a self,
        state: &'a State<T::Block>,
        view: usize,
    ) -> impl Iterator<Item = T::Block> + use<'a, T> {
        let mut open = true;
        let reachable = (0..view).rev().take_while(move |below| {
            let reached = open;
            open = open && (!self.rules.gap || self.changed(state, *below));
            reached
        });
        reachable.flat_map(|below| self.certified_blocks(state, below))
    }

    /// Whether a validator can be in a view.
    #[must_use]
    pub fn is_entered(&self, state: &State<T::Block>, view: usize) -> bool {
        let Some(before) = view.checked_sub(1) else { return false };
        before == 0 || self.changed(state, before) || !self.certified_blocks(state, before).is_empty()
    }

    /// Blocks with a prepare certificate of a view.
    #[must_use]
    pub fn certified_blocks(&self, state: &State<T::Block>, view: usize) -> Vec<T::Block> {
        if view == 0 {
            return vec![self.blocks.genesis()];
        }
        self.with_quorum(state, view, |cast| cast.prepare)
    }

    /// Whether a block has a prepare certificate of a view.
    #[must_use]
    pub fn certified(&self, state: &State<T::Block>, view: usize, block: T::Block) -> bool {
        self.is_quorum(state, view, |cast| cast.prepare == Some(block))
    }

    /// Blocks with a commit certificate of a view.
    #[must_use]
    pub fn final_blocks(&self, state: &State<T::Block>, view: usize) -> Vec<T::Block> {
        self.with_quorum(state, view, |cast| cast.commit)
    }

    /// Whether a view has a view-change certificate.
    #[must_use]
    pub fn changed(&self, state: &State<T::Block>, view: usize) -> bool {
        self.is_quorum(state, view, |cast| cast.view_change)
    }

    fn with_quorum(
        &self,
        state: &State<T::Block>,
        view: usize,
        voted: fn(&Cast<T::Block>) -> Option<T::Block>,
    ) -> Vec<T::Block> {
        let mut blocks: Vec<T::Block> =
            state.validators.iter().flat_map(|one| one.ever(view)).filter_map(|cast| voted(&cast)).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks.retain(|block| self.is_quorum(state, view, |cast| voted(cast) == Some(*block)));
        blocks
    }

    /// P0.1: faulty validators sign whatever is wanted.
    fn is_quorum(&self, state: &State<T::Block>, view: usize, voted: impl Fn(&Cast<T::Block>) -> bool) -> bool {
        let correct = state.validators.iter().filter(|one| one.ever(view).any(|cast| voted(&cast))).count();
        correct > 0 && correct + self.rules.faulty.len() >= self.rules.quorum
    }

    /// P7.3: M, if a validator loses its votes now. Of the q − 1 answers the faulty ones say nothing
    /// and the others come from the lowest views.
    fn told(&self, state: &State<T::Block>, by: usize) -> usize {
        let others = state.validators.iter().enumerate();
        let mut views: Vec<usize> = others
            .filter(|(index, _)| *index != by && !self.rules.faulty.contains(index))
            .map(|(_, one)| one.view())
            .collect();
        views.sort_unstable();
        let answers = self.rules.quorum.saturating_sub(1 + self.rules.faulty.len());
        views.into_iter().take(answers).max().unwrap_or(1)
    }
}

fn votes_in<B: Copy>(validator: &Validator<B>, view: usize) -> Result<Cast<B>, Refused> {
    refuse_if(view == 0, Refused::Unknown)?;
    refuse_if(view <= validator.above, Refused::Silent)?;
    Ok(validator.cast(view))
}

fn refuse_if(wrong: bool, why: Refused) -> Result<(), Refused> {
    if wrong { Err(why) } else { Ok(()) }
}
