//! `chain_*`: blocks, and following them.

use super::conn::{Conn, Node};
use super::failure::of_ledger;
use super::feed::Wanted;
use countersign_api::method::chain::{
    Block, BlockNotice, ChainGetBlock, ChainInfo, ChainSubscribe, ChainUnsubscribe, Info, SubscribeParams, Subscribed,
    Verdict,
};
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_types::{Epoch, Height, Outcome};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ChainInfo, _, _>(|conn, _| conn.read(info));
    registry.on::<ChainGetBlock, _, _>(|conn, params| conn.read(move |node| block(node, params.at)));
    registry.on::<ChainSubscribe, _, _>(|conn, params| async move { subscribe(&conn, &params) });
    registry.on::<ChainUnsubscribe, _, _>(|conn, params| async move {
        let call = conn.call.as_ref().ok_or_else(needs_socket)?;
        Ok(call.unsubscribe(params.subscription))
    });
}

fn info(node: &Node) -> Result<Read<Info>, RpcError> {
    let point = node.point(At::Final)?;
    let genesis = &node.context.genesis;
    let epoch = point.header.as_ref().map_or(Epoch::ZERO, |header| header.epoch);
    let known = node.reader().epoch(epoch).map_err(|cause| of_ledger(&cause))?;
    let validators = known.map_or_else(|| genesis.validators.clone(), |(_, validators)| validators);
    let result = node.reader().result(point.height).map_err(|cause| of_ledger(&cause))?;
    let result =
        result.ok_or_else(|| RpcError::new(Code::NotReady, "no block is certified yet; try again in a moment"))?;
    let info = Info {
        chain: node.context.chain,
        network: genesis.network.clone(),
        time: point.time,
        state_root: result.state_root,
        epoch,
        validators: validators.members().to_vec(),
        quorum: validators.quorum(),
        faulty_max: validators.faulty_max(),
        parameters: genesis.parameters.clone(),
    };
    Ok(point.read(info, None))
}

fn block(node: &Node, at: At) -> Result<Read<Block>, RpcError> {
    let point = node.point(at)?;
    let Some(header) = point.header.clone() else {
        return Err(RpcError::new(Code::BlockUnknown, "the genesis is no block; the first block has height 1"));
    };
    let (reader, height) = (node.reader(), point.height);
    let failed = |cause| of_ledger(&cause);
    let block = Block {
        header,
        transactions: reader.transactions(height).map_err(failed)?.into_iter().map(|stored| stored.id).collect(),
        result: reader.result(height).map_err(failed)?,
        certificate: reader.result_certificate(height).map_err(failed)?,
    };
    Ok(point.read(block, None))
}

/// That a method needs a WebSocket.
pub(super) fn needs_socket() -> RpcError {
    RpcError::new(Code::WebSocketNeeded, format!("connect to {}", countersign_api::WEBSOCKET_PATH))
}

fn subscribe(conn: &Conn, params: &SubscribeParams) -> Result<Subscribed, RpcError> {
    let call = conn.call.as_ref().ok_or_else(needs_socket)?;
    let certified = conn.node.reader().certified();
    // There is no block at height 0.
    let first = params.from.unwrap_or(certified.next()).max(Height(1));
    Ok(Subscribed { subscription: call.subscribe(first, Wanted::Blocks { receipts: params.receipts })? })
}

/// What a subscription is told of a certified block.
pub(super) fn notice(
    node: &Node,
    subscription: u64,
    with_receipts: bool,
    height: Height,
) -> Result<BlockNotice, RpcError> {
    let point = node.point(At::Height(height))?;
    let receipts = match with_receipts {
        true => node.reader().receipts(height).map_err(|cause| of_ledger(&cause))?,
        false => Vec::new(),
    };
    let verdict = |receipt: countersign_types::Receipt| Verdict {
        transaction: receipt.transaction,
        succeeded: matches!(receipt.outcome, Outcome::Succeeded { .. }),
        gas_used: receipt.gas_used.0,
    };
    Ok(BlockNotice {
        subscription,
        height,
        block_hash: point.block,
        time: point.time,
        transactions: point.header.map_or(0, |header| header.transactions),
        receipts: receipts.into_iter().map(verdict).collect(),
    })
}
