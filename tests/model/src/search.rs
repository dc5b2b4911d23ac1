//! Every state that a bounded number of views can reach, walked through by stateright.
//!
//! A move completes a certificate with as few votes as it takes, and leads to the state's
//! representative: validators are alike while leaders are the adversary's, so their order does not
//! matter. The module above says why that is enough.

mod packed;

pub use packed::{Packed, PackedBlocks};

use crate::blocks::Blocks as _;
use crate::protocol::Protocol;
use crate::rules::{Leaders, Rules};
use crate::state::{Cast, State};
use crate::step::Step;
use stateright::{Model, Property};

/// Any two final blocks lie on one chain.
pub const AGREEMENT: &str = "agreement";
/// At most one block has a prepare certificate of a view.
pub const ONE_CERTIFICATE: &str = "one certificate in a view";
/// No correct validator signs COMMIT and VIEW-CHANGE of one view.
pub const EXCLUSION: &str = "COMMIT excludes VIEW-CHANGE";
/// The view of a final block has no view-change certificate.
pub const FINAL_STAYS: &str = "a final view did not come to nothing";
/// Those that show that the search is not empty.
pub const REACHED: [&str; 4] =
    ["a block is final", "a view came to nothing", "final after a view change", "final when it stood again"];

/// A search.
#[derive(Debug, Clone)]
pub struct Search {
    protocol: Protocol<PackedBlocks>,
    views: usize,
    amnesias: usize,
}

impl Search {
    /// One faulty validator of four that leads every view.
    #[must_use]
    pub fn byzantine(views: usize) -> Self {
        Self::with(Rules::of(4, &[0], Leaders::Adversary), views, 0)
    }

    /// Four correct validators, two of which lose their vote journals, one after the other.
    #[must_use]
    pub fn amnesia(views: usize) -> Self {
        Self::with(Rules::of(4, &[], Leaders::Adversary), views, 2)
    }

    fn with(mut rules: Rules, views: usize, amnesias: usize) -> Self {
        rules.current_view = false;
        Self { protocol: Protocol { rules, blocks: PackedBlocks }, views, amnesias }
    }

    /// The rules, to switch some off.
    pub fn rules(&mut self) -> &mut Rules {
        &mut self.protocol.rules
    }

    /// Blocks that a proposal of a view can be for.
    fn candidates(&self, state: &State<Packed>, view: usize) -> Vec<Packed> {
        let mut blocks = Vec::new();
        for below in self.protocol.footings(state, view) {
            let (first, second) = (below.child(view, 1), below.child(view, 2));
            let voted = state.validators.iter().any(|one| one.ever(view).any(|cast| cast.prepare == Some(first)));
            blocks.push(first);
            if voted {
                blocks.push(second);
            }
            if self.protocol.blocks.view(below) > 0 {
                blocks.push(below); // P1.6
            }
        }
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }

    /// What may be voted for in a view and has no certificate yet.
    fn ballots(&self, state: &State<Packed>, view: usize) -> Vec<Ballot> {
        let candidates = self.candidates(state, view);
        let mut commits = self.protocol.certified_blocks(state, view);
        if !self.protocol.rules.commit_rests_on_certificate {
            commits.clone_from(&candidates);
        }
        let finals = self.protocol.final_blocks(state, view);
        let prepares = candidates.into_iter().filter(|block| !self.protocol.certified(state, view, *block));
        let mut ballots: Vec<Ballot> = prepares.map(|block| Ballot::Prepare(view, block)).collect();
        ballots.extend(commits.into_iter().filter(|one| !finals.contains(one)).map(|one| Ballot::Commit(view, one)));
        if !self.protocol.changed(state, view) {
            ballots.push(Ballot::ViewChange(view));
        }
        ballots
    }

    /// Every smallest set of votes that completes a certificate.
    fn completions(&self, state: &State<Packed>, ballot: Ballot) -> Vec<Vec<Step<Packed>>> {
        let correct = self.protocol.rules.faulty.len()..self.protocol.rules.validators;
        let (cast, open): (Vec<usize>, Vec<usize>) = correct.partition(|by| {
            state.validators.get(*by).is_some_and(|one| one.ever(ballot.view()).any(|cast| ballot.is_in(&cast)))
        });
        let able: Vec<Step<Packed>> = open
            .into_iter()
            .map(|by| ballot.step(by))
            .filter(|step| self.protocol.allows(state, *step).is_ok())
            .collect();
        let missing = self.protocol.rules.quorum.saturating_sub(self.protocol.rules.faulty.len() + cast.len());
        choose(&able, missing)
    }

    /// Those that may lose their votes come first, or those that are faulty; they are alike, and so
    /// are the others.
    fn representative(&self, mut state: State<Packed>) -> State<Packed> {
        let first = self.amnesias.max(self.protocol.rules.faulty.len());
        if let Some((some, others)) = state.validators.split_at_mut_checked(first) {
            some.sort_unstable();
            others.sort_unstable();
        }
        state
    }
}

/// What a vote is for.
#[derive(Debug, Clone, Copy)]
enum Ballot {
    Prepare(usize, Packed),
    Commit(usize, Packed),
    ViewChange(usize),
}

impl Ballot {
    fn view(self) -> usize {
        let (Self::Prepare(view, _) | Self::Commit(view, _) | Self::ViewChange(view)) = self;
        view
    }

    fn is_in(self, cast: &Cast<Packed>) -> bool {
        match self {
            Self::Prepare(_, block) => cast.prepare == Some(block),
            Self::Commit(_, block) => cast.commit == Some(block),
            Self::ViewChange(_) => cast.view_change,
        }
    }

    fn step(self, by: usize) -> Step<Packed> {
        match self {
            Self::Prepare(view, block) => Step::Prepare { by, view, block },
            Self::Commit(view, block) => Step::Commit { by, view, block },
            Self::ViewChange(view) => Step::ViewChange { by, view },
        }
    }
}

/// All ways to take so many of them.
fn choose<S: Copy>(from: &[S], count: usize) -> Vec<Vec<S>> {
    let Some(fewer) = count.checked_sub(1) else { return vec![Vec::new()] };
    let each = from.iter().zip(1..);
    each.flat_map(|(first, next)| {
        let rest = choose(from.get(next..).unwrap_or_default(), fewer);
        rest.into_iter().map(|mut chosen| {
            chosen.push(*first);
            chosen
        })
    })
    .collect()
}

impl Model for Search {
    type State = State<Packed>;
    type Action = Vec<Step<Packed>>;

    fn init_states(&self) -> Vec<Self::State> {
        vec![State::new(self.protocol.rules.validators)]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        let ballots: Vec<Ballot> = (1..=self.views).flat_map(|view| self.ballots(state, view)).collect();
        for ballot in &ballots {
            actions.extend(self.completions(state, *ballot).into_iter().filter(|steps| !steps.is_empty()));
        }
        let forgetful = state.validators.iter().enumerate().take(self.amnesias);
        for (by, forgetful) in forgetful.filter(|(_, one)| one.forgotten.is_empty()) {
            let steps = ballots.iter().map(|ballot| ballot.step(by));
            let allowed = steps.filter(|step| self.protocol.allows(state, *step).is_ok());
            actions.extend(allowed.map(|step| vec![step]));
            if !forgetful.votes.is_empty() {
                actions.push(vec![Step::Forget { by }]);
            }
        }
    }

    fn next_state(&self, last: &Self::State, steps: Self::Action) -> Option<Self::State> {
        let mut state = last.clone();
        for step in steps {
            self.protocol.take(&mut state, step).ok()?;
        }
        Some(self.representative(state))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let [is_final, changed, later, again] = REACHED;
        vec![
            Property::always(AGREEMENT, |model, state| model.agrees(state)),
            Property::always(ONE_CERTIFICATE, |model, state| {
                (1..=model.views).all(|view| model.protocol.certified_blocks(state, view).len() <= 1)
            }),
            Property::always(EXCLUSION, |model: &Self, state: &Self::State| {
                (1..=model.views).all(|view| {
                    state.validators.iter().all(|one| {
                        !(one.ever(view).any(|cast| cast.commit.is_some())
                            && one.ever(view).any(|cast| cast.view_change))
                    })
                })
            }),
            Property::always(FINAL_STAYS, |model, state| {
                model.finals(state).all(|(view, _)| !model.protocol.changed(state, view))
            }),
            Property::sometimes(is_final, |model, state| model.finals(state).next().is_some()),
            Property::sometimes(changed, |model, state| {
                (1..=model.views).any(|view| model.protocol.changed(state, view))
            }),
            Property::sometimes(later, |model, state| {
                model.finals(state).any(|(view, _)| (1..view).any(|before| model.protocol.changed(state, before)))
            }),
            Property::sometimes(again, |model, state| {
                model.finals(state).any(|(view, block)| model.protocol.blocks.view(block) < view)
            }),
        ]
    }
}

impl Search {
    fn finals(&self, state: &State<Packed>) -> impl Iterator<Item = (usize, Packed)> {
        (1..=self.views)
            .flat_map(|view| self.protocol.final_blocks(state, view).into_iter().map(move |block| (view, block)))
    }

    fn agrees(&self, state: &State<Packed>) -> bool {
        let finals: Vec<(usize, Packed)> = self.finals(state).collect();
        let blocks = &self.protocol.blocks;
        finals.iter().all(|(_, one)| {
            finals.iter().all(|(_, other)| blocks.extends(*one, *other) || blocks.extends(*other, *one))
        })
    }
}
