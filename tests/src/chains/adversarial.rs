//! Adversarial: what makes walks work hardest among what capture takes: containers nested as deep as it lets them, a lot of a
//! thousand lots, one container in use for a thousand rounds, and amounts put into it and taken out again.

use super::scribe::{Scribe, epcs, masses, object, packed};
use countersign_epcis::Identifier;
use countersign_epcis::event::{Action, Event, Items, What};
use countersign_epcis::limits::CONTAINERS_ABOVE_MAX;

/// Lots of which one is made.
pub(super) const FAN_IN: u64 = 1_000;
/// Times that one container is filled and emptied.
pub(super) const ROUNDS: u64 = 1_000;
/// What goes in each time.
const EACH: u64 = 10;
const TOTE: u64 = 1;
/// The first of the nested containers.
const NEST: u64 = 1_000;

enum Act {
    /// One container into the next, the innermost first.
    Nest(u64),
    Born(u64),
    Mix,
    Fill(u64),
    Empty,
}

/// The events of a seed.
pub(super) fn events(seed: u64) -> impl Iterator<Item = Event> + Send {
    let mut scribe = Scribe::new(7, seed);
    let depth = u64::try_from(CONTAINERS_ABOVE_MAX).unwrap_or(0);
    let nests = (0..depth).rev().map(Act::Nest);
    let rounds = (0..ROUNDS).flat_map(|round| [Act::Fill(round), Act::Empty]);
    let acts = nests.chain((0..FAN_IN).map(Act::Born)).chain([Act::Mix]).chain(rounds);
    acts.map(move |act| event(&mut scribe, &act))
}

fn event(scribe: &mut Scribe, act: &Act) -> Event {
    scribe.wait(1);
    let tote = scribe.numbered_unit(TOTE);
    match act {
        Act::Nest(level) => {
            // From the outside in, so that each finds all the others above it.
            let (outer, inner) = (scribe.numbered_unit(NEST + level + 1), scribe.numbered_unit(NEST + level));
            let inside = if *level == 0 { epcs([scribe.item(0, 0)]) } else { epcs([inner]) };
            scribe.event(packed(Action::Add, &outer, inside), "packing", "in_progress", 1)
        }
        Act::Born(number) => {
            let what = object(Action::Add, masses([(scribe.lot(2, *number), 10)]));
            scribe.event(what, "commissioning", "active", 2)
        }
        Act::Mix => {
            let inputs: Vec<(Identifier, u64)> = (0..FAN_IN).map(|number| (scribe.lot(2, number), 10)).collect();
            let what = What::Transformation {
                inputs: masses(inputs),
                outputs: masses([(scribe.lot(3, 0), FAN_IN * 10)]),
                id: None,
            };
            scribe.event(what, "creating_class_instance", "active", 2)
        }
        Act::Fill(round) => {
            let mut inside = epcs((0..EACH).map(|piece| scribe.item(1, piece)));
            inside.quantities = masses([(scribe.lot(2, round % FAN_IN), 5)]).quantities;
            scribe.event(packed(Action::Add, &tote, inside), "packing", "in_progress", 3)
        }
        Act::Empty => {
            let what = packed(Action::Delete, &tote, Items::default());
            scribe.event(what, "unpacking", "in_progress", 3)
        }
    }
}
