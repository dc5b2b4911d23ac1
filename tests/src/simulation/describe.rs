//! What happens, in one line each, for people who replay a seed.

use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_replica::{Input, Output, Source};
use countersign_types::{Certificate, Hash, Vote};

/// A fact that a node is told.
#[must_use]
pub fn input(input: &Input) -> String {
    match input {
        Input::Tick => "tick".into(),
        Input::Guests { count } => format!("{count} guests"),
        Input::Room { enough } => format!("{} room on the disk", if *enough { "enough" } else { "no" }),
        Input::Connected { peer } => format!("connected to v{peer}"),
        Input::Received { from, message } => format!("from v{from}: {}", wire(message)),
        Input::Transactions { transactions, source } => {
            let source = match source {
                Source::Client { .. } => "client",
                Source::Gossip => "gossip",
                Source::Fetched => "fetched",
            };
            format!("{} transactions ({source})", transactions.len())
        }
        Input::Persisted { entry } => format!("persisted {entry}"),
    }
}

/// An order of a node, if it is worth a line.
#[must_use]
pub fn output(output: &Output) -> Option<String> {
    Some(match output {
        Output::Persist { entry: Some(entry), .. } => format!("write {entry}"),
        Output::Persist { entry: None, bytes } => format!("write a payload of {} bytes", bytes.len()),
        Output::Rotate { records } => format!("rotate the journal to {} records", records.len()),
        Output::Send { to: Target::All, message, .. } => format!("to all: {}", wire(message)),
        Output::Send { to: Target::One(to), message, .. } => format!("to v{to}: {}", wire(message)),
        Output::Gossip { transactions } => format!("gossip {} transactions", transactions.len()),
        Output::Verify { transactions } => format!("verify {} transactions", transactions.len()),
        Output::Admitted { verdicts, .. } => {
            format!("admitted {} of {}", verdicts.iter().filter(|verdict| verdict.is_ok()).count(), verdicts.len())
        }
        Output::Declined { .. } => "declined for want of room".into(),
        Output::Committed { height, transactions } => {
            format!("COMMITTED {height}, {} transactions", transactions.len())
        }
        Output::Certified { height } => format!("CERTIFIED {height}"),
        Output::Halted { attempt } => format!("HALTED at {}", attempt.height),
        Output::Mended { height } => format!("mended {height}"),
        Output::Stranded { needs, oldest } => format!("STRANDED: needs {needs}, peers keep blocks from {oldest} on"),
        Output::Expired { transactions } => format!("expired {}", transactions.len()),
        Output::Epoch { epoch, validators } => format!("EPOCH {} with {} validators", epoch.0, validators.count()),
        Output::Equivocation { text, .. } => format!("EQUIVOCATION {text}"),
        Output::WakeAt(time) => format!("wake at {}", time.0 % 1_000_000),
        Output::Stop(cause) => format!("STOP {cause}"),
    })
}

fn wire(message: &Wire) -> String {
    match message {
        Wire::Consensus { epoch, message } => format!("epoch {} {}", epoch.0, consensus(message)),
        Wire::TransactionsWanted(names) => format!("wants {} transactions", names.len()),
        Wire::Transactions(bytes) => format!("{} transactions", bytes.len()),
        Wire::BlocksWanted { from } => format!("wants blocks from {from}"),
        Wire::Blocks { certified, blocks } => format!("{} blocks, certified {certified}", blocks.len()),
        Wire::RecordWanted { height, part } => format!("wants {part:?} of {height} again"),
        Wire::Record { height, .. } => format!("a part of {height}"),
        Wire::BlocksGone { oldest } => format!("keeps blocks from {oldest} on"),
        Wire::StateWanted { height, places } => format!("wants {} places of the state after {height}", places.len()),
        Wire::State { pieces } => format!("{} places of the state", pieces.len()),
        Wire::LogWanted { count, start, .. } => format!("wants records of a log of {count} from {start} on"),
        Wire::Log(run) => format!("{} records of a log", run.as_ref().map_or(0, |run| run.records.len())),
        Wire::SnapshotsWanted => "wants snapshots".into(),
        Wire::Snapshots(offers) => format!("{} snapshots", offers.len()),
        Wire::SnapshotPieceWanted { snapshot, piece } => format!("wants {piece:?} of snapshot {}", short(snapshot)),
        Wire::SnapshotPiece { snapshot, piece, bytes } => {
            format!("{piece:?} of snapshot {}, {} bytes", short(snapshot), bytes.as_ref().map_or(0, Vec::len))
        }
    }
}

fn consensus(message: &Message) -> String {
    match message {
        Message::PrePrepare(proposal) => {
            let header = &proposal.block.header;
            format!(
                "PRE-PREPARE view {} height {} {} on {} with {} transactions, parent {}, gap {:?}, result {}",
                proposal.view,
                header.height,
                short(&proposal.block.hash()),
                short(&header.parent),
                header.transactions,
                proposal.parent.as_ref().map_or("none".into(), certificate),
                proposal.gap.iter().map(|one| one.number).collect::<Vec<_>>(),
                proposal.result.as_ref().map_or("none".into(), certificate),
            )
        }
        Message::Vote { vote, reason } => {
            format!("{}{}", step(vote), if reason.is_some() { " with its reason" } else { "" })
        }
        Message::Certificate(one) => format!("certificate {}", certificate(one)),
        Message::BlockRequest { block } => format!("wants block {}", short(block)),
        Message::BlockResponse(block) => format!("block {} height {}", short(&block.hash()), block.header.height),
        Message::CertificatesRequest { from, to } => format!("wants certificates of views {from} to {to}"),
        Message::Query { view, finalised, certified } => {
            format!("query: view {view}, finalised view {finalised}, certified {certified}")
        }
        Message::Evidence(evidence) => format!("evidence: {} and {}", step(&evidence.first), step(&evidence.second)),
        Message::VotesRequest { .. } => "votes request".into(),
        Message::VotesResponse { votes, .. } => format!("votes response of {}", votes.len()),
        Message::RecoveryRequest { .. } => "recovery request".into(),
        Message::RecoveryResponse { certificate: one, .. } => {
            format!("recovery response {}", one.as_ref().map_or("none".into(), certificate))
        }
    }
}

fn step(vote: &Vote) -> String {
    format!("{:?} {} {} by v{}", vote.phase, vote.number, short(&vote.digest), vote.signer)
}

fn certificate(one: &Certificate) -> String {
    let signers: Vec<u16> = one.signatures.iter().map(|(signer, _)| *signer).collect();
    format!("{:?} {} {} of {signers:?}", one.phase, one.number, short(&one.digest))
}

fn short(hash: &Hash) -> String {
    hash.to_string().chars().skip(2).take(6).collect()
}
