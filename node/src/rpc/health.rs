//! Whether a node is of use now, and what it does.

use crate::context::Context;
use crate::limits::READY_LAG_MAX;
use countersign_api::method::node::State;
use countersign_consensus::Status;
use countersign_types::Height;

/// What the node does.
pub(super) fn state(context: &Context) -> State {
    match context.shared.standing() {
        Some((_, counters)) if counters.halted > 0 => State::Halted,
        _ if context.shared.is_space_low() => State::DiskFull,
        Some((status, _)) if is_silent(&status) && context.membership.now().own.is_some() => State::Recovering,
        Some((_, counters)) if counters.wanted > context.reader.tip().height.0.saturating_add(READY_LAG_MAX) => {
            State::CatchingUp
        }
        _ if context.membership.now().own.is_some() => State::Voting,
        _ => State::Following,
    }
}

/// Whether it signs nothing before others have answered.
fn is_silent(status: &Status) -> bool {
    status.recovering || status.rejoining
}

/// Highest height that this node knows to exist.
pub(super) fn known_height(context: &Context) -> Height {
    let (tip, certified) = (context.reader.tip().height, context.reader.certified());
    let wanted = context.shared.standing().map_or(Height::ZERO, |(_, counters)| Height(counters.wanted));
    tip.max(certified).max(wanted)
}

/// Whether reads are current and submissions will be carried out.
///
/// # Errors
/// Why not, for people.
pub(super) fn readiness(context: &Context) -> Result<(), String> {
    if context.shared.standing().is_none() {
        return Err("the node is starting".to_owned());
    }
    let members = context.membership.now();
    let quorum = usize::from(members.validators.quorum());
    let own = usize::from(members.own.is_some());
    let connected = context.connected_validators(&members);
    if connected.saturating_add(own) < quorum {
        return Err(format!("connected to {connected} validators; a quorum of {quorum} is needed"));
    }
    if let Some((_, counters)) = context.shared.standing().filter(|(_, counters)| counters.halted > 0) {
        return Err(format!(
            "halted: block {} stopped this node twice and is not executed; see `A block that no node survives` in operate.md",
            counters.halted
        ));
    }
    let (tip, known) = (context.reader.tip().height, known_height(context));
    if known.since(tip) > READY_LAG_MAX {
        return Err(format!("catching up: at height {tip} of {known}"));
    }
    if state(context) == State::DiskFull {
        return Err("the disk is nearly full; voting stops until there is room".to_owned());
    }
    if state(context) == State::Recovering {
        return Err("this validator asks others what it said before it votes: after a start, or since its vote journal was lost".to_owned());
    }
    if let Some(what) = context.reader.damaged().lasting {
        return Err(format!(
            "the disk has damaged what peers cannot send row by row: {what}; see `Damage on the disk` in operate.md"
        ));
    }
    if context.reader.certified() == Height::ZERO {
        return Err("no block is certified yet".to_owned());
    }
    Ok(())
}
