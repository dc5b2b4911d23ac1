//! Gossipsub as Countersign uses it: one topic per chain, signed messages, every message reported.
//!
//! Validators are explicit peers, so a publisher sends to all it is connected to and there is no mesh to
//! attack with GRAFT. Scores count invalid messages only: with a closed membership, mesh scores would
//! punish quiet validators. Scores decay, so a validator that was repaired is heard again.

use std::{collections::HashSet, time::Duration};

use libp2p::{
    gossipsub::{
        self, ConfigBuilder, IdentTopic, Message, MessageAuthenticity, MessageId, PeerScoreParams, PeerScoreThresholds,
        TopicHash, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
    },
    identity::Keypair,
};
use sha2::{Digest, Sha256};

use super::NetworkError;
use crate::limits::{GOSSIP_QUEUE_MESSAGES_MAX, GOSSIP_QUEUE_TIME, GOSSIP_TRANSMIT_BYTES_MAX};

/// The behaviour, with its subscriptions limited to the chain's topic.
pub(super) type Behaviour = gossipsub::Behaviour<gossipsub::IdentityTransform, WhitelistSubscriptionFilter>;

/// A subscribed behaviour and its topic. `prefix` names the chain.
pub(super) fn behaviour(key: &Keypair, prefix: &str) -> Result<(Behaviour, TopicHash), NetworkError> {
    let topic = IdentTopic::new(format!("{prefix}/transactions/1"));
    let config = ConfigBuilder::default()
        .protocol_id_prefix(format!("{prefix}/gossip"))
        .validation_mode(ValidationMode::Strict)
        .validate_messages()
        .message_id_fn(content_id)
        .max_transmit_size(GOSSIP_TRANSMIT_BYTES_MAX)
        .flood_publish(true)
        .connection_handler_queue_len(GOSSIP_QUEUE_MESSAGES_MAX)
        .publish_queue_duration(GOSSIP_QUEUE_TIME)
        .forward_queue_duration(GOSSIP_QUEUE_TIME)
        .max_publish_messages(512)
        // The driver dials; gossipsub must not try to without an address.
        .check_explicit_peers_ticks(u64::MAX)
        .build()
        .map_err(|error| NetworkError::Setup(error.to_string()))?;
    let filter = WhitelistSubscriptionFilter(HashSet::from([topic.hash()]));
    let setup = |cause: &'static str| NetworkError::Setup(cause.to_owned());
    let mut behaviour =
        Behaviour::new_with_subscription_filter(MessageAuthenticity::Signed(key.clone()), config, filter)
            .map_err(setup)?;
    behaviour.with_peer_score(peer_score(&topic), PeerScoreThresholds::default()).map_err(NetworkError::Setup)?;
    behaviour.subscribe(&topic).map_err(|error| NetworkError::Setup(error.to_string()))?;
    Ok((behaviour, topic.hash()))
}

/// SHA-256 of the content, so that the same batch from two publishers is one message.
fn content_id(message: &Message) -> MessageId {
    MessageId::new(&Sha256::digest(&message.data))
}

fn peer_score(topic: &IdentTopic) -> PeerScoreParams {
    // Nine invalid messages within a few seconds reach the graylist threshold of −80.
    let on_topic = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -1.0,
        invalid_message_deliveries_decay: 0.95,
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: [(topic.hash(), on_topic)].into(),
        // Several validators may share an address, and a slow one is not a hostile one.
        ip_colocation_factor_weight: 0.0,
        slow_peer_weight: 0.0,
        retain_score: Duration::from_secs(600),
        ..PeerScoreParams::default()
    }
}
