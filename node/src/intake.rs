//! From the network to the replica: decoding within limits, and sending transactions through the
//! verifiers first.

use crate::fact::Fact;
use crate::network::{Class, MessageId, NetworkEvent, NetworkEvents, NetworkHandle, Verdict};
use crate::queue::QueueSender;
use crate::share::Share;
use crate::snapshots::Server;
use crate::verifier::{Job, Verifier};
use countersign_replica::{Source, wire};
use countersign_types::{PublicKey, SignedTransaction, codec};
use tokio::sync::oneshot;

/// Passes events on until the network or the replica ends. What a peer sends holds its share of the peer's
/// allowance until the replica has handled it, so a busy replica slows the network down instead of filling memory.
pub fn run(
    runtime: &tokio::runtime::Handle,
    mut events: NetworkEvents,
    network: &NetworkHandle,
    verifier: &Verifier,
    replica: &QueueSender<Fact>,
    snapshots: &Server,
) {
    while let Some((event, share)) = runtime.block_on(events.recv()) {
        match event {
            NetworkEvent::Message { peer, class, bytes } => {
                let class = match class {
                    Class::Consensus => wire::Class::Consensus,
                    Class::Sync => wire::Class::Sync,
                };
                match wire::Wire::from_bytes(&bytes, class) {
                    Ok(message) if Server::serves(&message) => snapshots.request(peer, message),
                    Ok(message) => {
                        if replica.send(Fact::Heard { peer, message }, share).is_err() {
                            return;
                        }
                    }
                    Err(cause) => tracing::warn!(%peer, %cause, "a peer's message does not decode"),
                }
            }
            NetworkEvent::Transactions { peer, message_id, bytes } => {
                take_transactions(runtime, network, verifier, peer, message_id, (&bytes, share));
            }
            NetworkEvent::Connected { peer } => {
                if replica.send(Fact::Connected { peer }, None).is_err() {
                    return;
                }
            }
            NetworkEvent::Disconnected { .. } => {}
        }
    }
}

fn take_transactions(
    runtime: &tokio::runtime::Handle,
    network: &NetworkHandle,
    verifier: &Verifier,
    peer: PublicKey,
    message_id: MessageId,
    (bytes, share): (&[u8], Option<Share>),
) {
    let decoded = codec::decode::<Vec<Vec<u8>>>(bytes, crate::limits::TRANSACTIONS_BYTES_MAX)
        .and_then(|all| all.iter().map(|bytes| SignedTransaction::from_bytes(bytes)).collect::<Result<Vec<_>, _>>());
    match decoded {
        Err(cause) => {
            tracing::warn!(%peer, %cause, "a gossiped batch does not decode");
            report(network, message_id, Verdict::Reject);
        }
        Ok(transactions) => {
            let (verdicts, judged) = oneshot::channel();
            let job = Job { transactions, source: Source::Gossip, verdicts: Some(verdicts) };
            if verifier.check(job, share).is_err() {
                report(network, message_id, Verdict::Ignore);
                return;
            }
            let network = network.clone();
            runtime.spawn(async move {
                let verdict = match judged.await {
                    Ok(verdicts) if verdicts.iter().all(Result::is_ok) => Verdict::Accept,
                    Ok(_) => Verdict::Reject,
                    Err(_) => Verdict::Ignore,
                };
                report(&network, message_id, verdict);
            });
        }
    }
}

fn report(network: &NetworkHandle, message_id: MessageId, verdict: Verdict) {
    if let Err(cause) = network.report(message_id, verdict) {
        tracing::debug!(%cause, "a gossiped batch was not judged in time");
    }
}
