//! `node_*`: the node that answers.

use super::conn::{Conn, Node};
use super::health;
use crate::network::PeerStatus;
use countersign_api::method::node::{KeptFrom, NodePeers, NodeStatus, Peer, PeersParams, Status};
use countersign_api::read::page_size;
use countersign_api::{At, Code, Order, Page, Registry, RpcError};
use countersign_ledger::Class;
use countersign_types::PublicKey;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<NodeStatus, _, _>(|conn, _| async move { Ok(status(&conn.node)) });
    registry.on::<NodePeers, _, _>(|conn, params| conn.read(move |node| peers(node, &params)));
}

fn status(node: &Node) -> Status {
    let context = &node.context;
    let members = context.membership.now();
    let own = members.own();
    let (executed, certified) = (context.reader.tip().height, context.reader.certified());
    let standing = context.shared.standing();
    let (final_height, counters) = match &standing {
        Some((status, counters)) => (status.finalised.max(executed), *counters),
        None => (executed, countersign_replica::counters::Counters::default()),
    };
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        network: context.genesis.network.clone(),
        chain: context.chain,
        organisation: own.map(|validator| validator.organisation.clone()),
        key: own.map(|validator| validator.key),
        validator: members.own,
        state: health::state(context),
        joining: None,
        final_height,
        executed_height: executed,
        certified_height: certified,
        known_height: health::known_height(context).max(final_height),
        kept_from: KeptFrom {
            headers: context.reader.oldest_header(),
            bodies: context.reader.oldest(Class::Bodies),
            receipts: context.reader.oldest(Class::Receipts),
            states: context.reader.oldest(Class::States),
        },
        peers: u32::try_from(context.network.stats().peers_connected).unwrap_or(u32::MAX),
        waiting_transactions: counters.waiting,
        waiting_bytes: counters.waiting_bytes,
        uptime_ms: u64::try_from(context.started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

fn peers(node: &Node, params: &PeersParams) -> Result<Page<Peer>, RpcError> {
    let point = node.point(At::Final)?;
    let after: Option<PublicKey> = match params.cursor.as_deref().map(str::parse).transpose() {
        Ok(after) => after,
        Err(_) => return Err(RpcError::new(Code::BadCursor, "give the `nextCursor` of an earlier page of this list")),
    };
    let mut peers: Vec<PeerStatus> = node.context.network.peers();
    peers.sort_by_key(|peer| peer.key);
    if params.order == Order::Descending {
        peers.reverse();
    }
    let is_later = |peer: &PeerStatus| match (after, params.order) {
        (None, _) => true,
        (Some(after), Order::Ascending) => peer.key > after,
        (Some(after), Order::Descending) => peer.key < after,
    };
    peers.retain(is_later);
    let size = usize::try_from(page_size(params.limit)).unwrap_or(usize::MAX);
    let more = peers.len() > size;
    peers.truncate(size);
    let items: Vec<Peer> = peers.into_iter().map(|peer| peer_of(node, peer)).collect();
    let next = items.last().filter(|_| more).map(|peer| peer.key.to_string());
    Ok(point.page(items, next))
}

fn peer_of(node: &Node, peer: PeerStatus) -> Peer {
    let members = node.context.membership.now();
    let index = members.index_of(&peer.key).filter(|index| *index < members.validators.count());
    let validator = index.and_then(|index| members.validators.member(index));
    Peer {
        key: peer.key,
        organisation: validator.map(|validator| validator.organisation.clone()),
        validator: index,
        addresses: peer.addresses.iter().map(ToString::to_string).collect(),
        connected: peer.is_connected,
        queued_messages: u64::try_from(peer.queued_messages).unwrap_or(u64::MAX),
        queued_bytes: u64::try_from(peer.queued_bytes).unwrap_or(u64::MAX),
    }
}
