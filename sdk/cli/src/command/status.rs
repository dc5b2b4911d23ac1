//! `countersign status`.

use crate::output::{Output, facts, moment, or_dash, table};
use crate::session::Session;
use countersign_api::NoParams;
use countersign_api::method::chain::ChainInfo;
use countersign_api::method::consensus::ConsensusStatus;
use countersign_api::method::node::{Joining, NodePeers, NodeStatus, PeersParams, State, Status};
use countersign_types::Height;
use serde_json::json;
use std::process::ExitCode;

pub async fn run(session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let client = session.client()?;
    let node = client.unverified().call::<NodeStatus>(&NoParams {}).await?.into_said();
    if let Some(joining) = node.joining {
        output.show(&json!({ "node": node }), |_| of_joining(&node, &joining))?;
        return Ok(ExitCode::SUCCESS);
    }
    let chain = client.unverified().call::<ChainInfo>(&NoParams {}).await?.into_said();
    let consensus = client.unverified().call::<ConsensusStatus>(&NoParams {}).await?.into_said();
    let peers = client.unverified().call::<NodePeers>(&PeersParams::default()).await?.into_said();
    let all = json!({ "node": node, "chain": chain, "consensus": consensus, "peers": peers.items });
    output.show(&all, |_| {
        let state = match node.state {
            State::Voting => "voting",
            State::Following => "following, does not vote",
            State::Joining => "joining by a snapshot",
            State::CatchingUp => "catching up",
            State::Recovering => "recovering: it asks others what it said before it votes",
            State::DiskFull => "its disk is nearly full: it does not vote until there is room",
            State::Halted => "halted: a block stopped it twice and is not executed; see its log and operate.md",
        };
        let own = [
            ("node", format!("{} {} ({})", or_dash(node.organisation.as_deref()), node.version, client.url())),
            ("state", format!("{state}, up {} s", node.uptime_ms / 1000)),
            ("network", format!("{}, chain {}", node.network, node.chain)),
            (
                "height",
                format!(
                    "{} final, {} executed, {} certified",
                    node.final_height, node.executed_height, node.certified_height
                ),
            ),
            (
                "kept",
                format!(
                    "headers from {}, blocks from {}, receipts from {}, states from {}",
                    node.kept_from.headers, node.kept_from.bodies, node.kept_from.receipts, node.kept_from.states
                ),
            ),
            ("last block", format!("{} at {}", chain.block_hash, moment(chain.data.time.0))),
            (
                "consensus",
                format!(
                    "epoch {}, view {}, leader {}, {} failed views",
                    consensus.epoch, consensus.view, consensus.leader, consensus.failed_views
                ),
            ),
            (
                "validators",
                format!(
                    "{}, a quorum is {}, {} may be faulty",
                    consensus.validators, consensus.quorum, consensus.faulty_max
                ),
            ),
            ("waiting", format!("{} transactions, {} bytes", node.waiting_transactions, node.waiting_bytes)),
        ];
        let rows = peers.items.iter().map(|peer| {
            vec![
                peer.validator.map_or_else(|| "–".to_owned(), |index| index.to_string()),
                or_dash(peer.organisation.as_deref()),
                peer.addresses.join(", "),
                if peer.connected { "yes" } else { "no" }.to_owned(),
                peer.queued_messages.to_string(),
            ]
        });
        let advice: String = consensus.advice.iter().map(|line| format!("\n! {line}")).collect();
        format!(
            "{}{advice}\n\n{}",
            facts(own),
            table(&["validator", "organisation", "addresses", "connected", "messages queued"], rows)
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A node that has no ledger yet.
fn of_joining(node: &Status, joining: &Joining) -> String {
    let Joining { height, pieces, pieces_kept, bytes_kept, peers_accused } = joining;
    let come = match *height {
        Height::ZERO => "asking for snapshots".to_owned(),
        height => format!("{pieces_kept} of {pieces} pieces of the snapshot of height {height}, {bytes_kept} bytes"),
    };
    facts([
        ("node", format!("{} {}", or_dash(node.organisation.as_deref()), node.version)),
        ("state", format!("joining by a snapshot, up {} s", node.uptime_ms / 1000)),
        ("network", format!("{}, chain {}", node.network, node.chain)),
        ("snapshot", come),
        ("peers", format!("{}, and {peers_accused} that sent what is wrong", node.peers)),
    ])
}
