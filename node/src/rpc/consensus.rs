//! `consensus_*`: how agreement goes.

use super::conn::{Conn, Node};
use super::failure::of_ledger;
use countersign_api::method::consensus::{ConsensusStatus, Status};
use countersign_api::{Code, Registry, RpcError};
use countersign_types::Height;
use std::collections::BTreeMap;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ConsensusStatus, _, _>(|conn, _| conn.read(status));
}

fn status(node: &Node) -> Result<Status, RpcError> {
    let context = &node.context;
    let standing = context.shared.standing();
    let (status, replica) = standing.ok_or_else(|| RpcError::new(Code::NotReady, "the node is starting"))?;
    let tip = node.reader().tip();
    let header = node.reader().header(status.finalised).map_err(|cause| of_ledger(&cause))?;
    let members = context.membership.now();
    let validators = &members.validators;
    Ok(Status {
        epoch: status.epoch,
        view: status.view,
        leader: status.leader,
        validators: validators.count(),
        quorum: validators.quorum(),
        faulty_max: validators.faulty_max(),
        own: members.own,
        voting: members.own.is_some() && !status.recovering,
        prepared_height: status.prepared,
        final_height: status.finalised,
        // What is final and not executed yet has no stored header; the executed tip has.
        final_block: header.map_or(tip.block, |header| header.hash()),
        certified_height: status.certified,
        halted_height: Some(Height(replica.halted)).filter(|height| *height > Height::ZERO),
        block_due: status.due,
        failed_views: status.failures.into(),
        active: status.active,
        counters: BTreeMap::from(status.counters.named().map(|(name, value)| (name.to_owned(), value))),
    })
}
