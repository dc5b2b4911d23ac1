//! Deep: ten thousand transformations one after the other, each of which makes of a lot the next one and some that is left.

use super::scribe::{Scribe, masses};
use countersign_epcis::Identifier;
use countersign_epcis::event::{Event, What};

/// Transformations of the chain of [`super::Profile::Deep`].
pub(super) const LENGTH: u64 = 10_000;

/// A lot made of a lot made of a lot.
#[derive(Debug, Clone)]
pub struct Deep {
    scribe: Scribe,
    length: u64,
}

impl Deep {
    /// A chain of so many transformations.
    #[must_use]
    pub fn new(seed: u64, length: u64) -> Self {
        Self { scribe: Scribe::new(3, seed), length: length.max(1) }
    }

    /// The first lot.
    #[must_use]
    pub fn first(&self) -> Identifier {
        self.scribe.lot(0, 0)
    }

    /// The last lot.
    #[must_use]
    pub fn last(&self) -> Identifier {
        self.scribe.lot(0, self.length)
    }

    /// Its events, in the order in which they happen.
    pub fn events(&self) -> impl Iterator<Item = Event> + Send + use<> {
        let (mut scribe, length) = (self.scribe.clone(), self.length);
        (0..length).map(move |number| {
            scribe.wait(10);
            let (main, rest) = (scribe.lot(0, number + 1), scribe.lot(1, number + 1));
            let what = What::Transformation {
                inputs: masses([(scribe.lot(0, number), 1_000)]),
                outputs: masses([(main, 1_000), (rest, 1)]),
                id: None,
            };
            scribe.event(what, "creating_class_instance", "active", number)
        })
    }
}
