//! What correct validators have signed, which is all there is.

use crate::step::Step;

/// What one validator signed in one view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cast<B> {
    /// PREPARE.
    pub prepare: Option<B>,
    /// COMMIT.
    pub commit: Option<B>,
    /// VIEW-CHANGE.
    pub view_change: bool,
}

impl<B> Default for Cast<B> {
    fn default() -> Self {
        Self { prepare: None, commit: None, view_change: false }
    }
}

/// A correct validator. Those that are faulty sign nothing here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Validator<B> {
    /// What it remembers, by view; the first one is view 1.
    pub votes: Vec<Cast<B>>,
    /// What it signed before it lost its journal, each time.
    pub forgotten: Vec<Vec<Cast<B>>>,
    /// The view that it was told of when it had lost its journal (P7.3: M).
    pub told: usize,
    /// It signs nothing in views up to this one.
    pub above: usize,
}

impl<B: Copy> Validator<B> {
    fn new() -> Self {
        Self { votes: Vec::new(), forgotten: Vec::new(), told: 1, above: 0 }
    }

    /// What it remembers of a view.
    #[must_use]
    pub fn cast(&self, view: usize) -> Cast<B> {
        at(&self.votes, view).unwrap_or_default()
    }

    /// What it has ever signed in a view.
    pub fn ever(&self, view: usize) -> impl Iterator<Item = Cast<B>> {
        std::iter::once(&self.votes).chain(&self.forgotten).filter_map(move |votes| at(votes, view))
    }

    /// The place for a vote.
    pub(crate) fn cast_mut(&mut self, view: usize) -> Option<&mut Cast<B>> {
        if self.votes.len() < view {
            self.votes.resize_with(view, Cast::default);
        }
        self.votes.get_mut(view.checked_sub(1)?)
    }

    /// The highest view that its votes and what it was told show it to be in.
    #[must_use]
    pub fn view(&self) -> usize {
        let shown = |(cast, view): (&Cast<B>, usize)| {
            let voted = cast.prepare.is_some() || cast.view_change;
            if cast.commit.is_some() { Some(view + 1) } else { voted.then_some(view) }
        };
        self.votes.iter().zip(1..).filter_map(shown).max().unwrap_or(1).max(self.told)
    }
}

fn at<B: Copy>(votes: &[Cast<B>], view: usize) -> Option<Cast<B>> {
    votes.get(view.checked_sub(1)?).copied()
}

/// Everything that was signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State<B> {
    /// By index.
    pub validators: Vec<Validator<B>>,
}

impl<B: Copy> State<B> {
    /// Nobody has signed anything.
    #[must_use]
    pub fn new(validators: usize) -> Self {
        Self { validators: (0..validators).map(|_| Validator::new()).collect() }
    }

    /// Whether a validator remembers having taken a step.
    #[must_use]
    pub fn holds(&self, step: Step<B>) -> bool
    where
        B: PartialEq,
    {
        let cast = |by: usize, view| self.validators.get(by).map(|one| one.cast(view)).unwrap_or_default();
        match step {
            Step::Prepare { by, view, block } => cast(by, view).prepare == Some(block),
            Step::Commit { by, view, block } => cast(by, view).commit == Some(block),
            Step::ViewChange { by, view } => cast(by, view).view_change,
            Step::Forget { .. } => false,
        }
    }
}
