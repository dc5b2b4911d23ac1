//! Who agrees now, for the network and for those who ask the node.
//!
//! Besides the validators there are *guests*: peers that are no validators by this node's ledger and may connect all the
//! same. They are served blocks and transactions, and nothing that they say counts. Guests are the validators of the
//! epoch before, who fetch the hand-over, and whomever the operator lists in `network.peers`: members to be, who
//! catch up first, and for a member to be itself the validators of today, whom the genesis need not name.
//!
//! Who left and is not listed may connect until the chain has grown [`HANDOVER_HEIGHTS`] blocks since; then it is a
//! stranger like any other. Whoever wants to follow without voting is listed.

use crate::config::NetworkSettings;
use crate::limits::{GUESTS_MAX, HANDOVER_HEIGHTS};
use crate::network::{KnownPeer, NetworkHandle};
use countersign_types::{Epoch, Height, PublicKey, Validator, ValidatorSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The validators of an epoch, this node among them, and the guests.
#[derive(Debug, Clone)]
pub struct Members {
    /// The epoch.
    pub epoch: Epoch,
    /// Its validators.
    pub validators: ValidatorSet,
    /// This node's index, none for an observer.
    pub own: Option<u16>,
    /// Network keys of the guests. The replica knows them by the indexes that follow the validators'.
    pub guests: Vec<PublicKey>,
    /// Those of them that left with the epoch before and are not listed.
    pub leavers: Vec<PublicKey>,
    /// Height up to which the leavers may connect.
    pub leavers_until: Height,
}

/// What of a node decides who its members and guests are.
#[derive(Debug, Clone)]
pub struct Viewpoint {
    /// Its validator key, if it has one.
    pub key: Option<PublicKey>,
    /// Its network key.
    pub network_key: PublicKey,
    /// What is configured.
    pub settings: NetworkSettings,
}

impl Viewpoint {
    /// The members of an epoch that begins above `origin`, `before` being the validators of the one before it.
    #[must_use]
    pub fn members(
        &self,
        epoch: Epoch,
        origin: Height,
        validators: ValidatorSet,
        before: Option<&ValidatorSet>,
    ) -> Members {
        let own = self.key.and_then(|key| validators.index_of(&key));
        let left = before.into_iter().flat_map(ValidatorSet::members).map(|validator| validator.network_key);
        let listed = self.settings.peers.keys().copied();
        let mut guests: Vec<PublicKey> = Vec::new();
        for key in left.chain(listed) {
            let agrees = validators.members().iter().any(|validator| validator.network_key == key);
            if !agrees && key != self.network_key && !guests.contains(&key) {
                guests.push(key);
            }
        }
        if guests.len() > GUESTS_MAX {
            tracing::warn!(guests = guests.len(), admitted = GUESTS_MAX, "too many peers that are no validators");
            guests.truncate(GUESTS_MAX);
        }
        let leavers = guests.iter().filter(|key| !self.settings.peers.contains_key(key)).copied().collect();
        Members { epoch, validators, own, guests, leavers, leavers_until: origin.plus(HANDOVER_HEIGHTS) }
    }

    /// Everybody who may connect once `certified` is, with what is configured of their addresses.
    #[must_use]
    pub fn peers(&self, members: &Members, certified: Height) -> Vec<KnownPeer> {
        let validators = members.validators.members().iter().map(|validator| validator.network_key);
        let known = |key| KnownPeer { key, addresses: self.settings.peers.get(&key).cloned().unwrap_or_default() };
        let may = |key: &PublicKey| certified <= members.leavers_until || !members.leavers.contains(key);
        validators.chain(members.guests.iter().copied().filter(may)).map(known).collect()
    }
}

impl Members {
    /// The members of the next epoch, which begins above `origin`, seen by the same node.
    #[must_use]
    pub fn next(&self, viewpoint: &Viewpoint, epoch: Epoch, origin: Height, validators: ValidatorSet) -> Self {
        viewpoint.members(epoch, origin, validators, Some(&self.validators))
    }

    /// The index under which the replica knows a peer.
    #[must_use]
    pub fn index_of(&self, peer: &PublicKey) -> Option<u16> {
        let validators = self.validators.members().iter().map(|validator| &validator.network_key);
        let position = validators.chain(&self.guests).position(|key| key == peer)?;
        u16::try_from(position).ok()
    }

    /// The network key of a peer that the replica knows by an index.
    #[must_use]
    pub fn peer(&self, index: u16) -> Option<PublicKey> {
        match self.validators.member(index) {
            Some(validator) => Some(validator.network_key),
            None => self.guests.get(usize::from(index.checked_sub(self.validators.count())?)).copied(),
        }
    }

    /// This node among the validators.
    #[must_use]
    pub fn own(&self) -> Option<&Validator> {
        self.validators.member(self.own?)
    }

    /// Number of the guests.
    #[must_use]
    pub fn guests(&self) -> u16 {
        u16::try_from(self.guests.len()).unwrap_or(u16::MAX)
    }
}

/// The members, replaced at the end of each epoch.
#[derive(Debug)]
pub struct Membership {
    viewpoint: Viewpoint,
    network: NetworkHandle,
    members: Mutex<Arc<Members>>,
    /// Whether the leavers of this epoch may still connect.
    leavers_stay: AtomicBool,
}

impl Membership {
    /// Begins with the members of the epoch in which the node starts.
    #[must_use]
    pub fn new(members: Members, viewpoint: Viewpoint, network: NetworkHandle) -> Self {
        let leavers_stay = AtomicBool::new(!members.leavers.is_empty());
        Self { viewpoint, network, members: Mutex::new(Arc::new(members)), leavers_stay }
    }

    /// The members now.
    #[must_use]
    pub fn now(&self) -> Arc<Members> {
        // Nothing in here panics half-way, so a poisoned lock still guards a whole value.
        self.members.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From where members are seen.
    #[must_use]
    pub fn viewpoint(&self) -> &Viewpoint {
        &self.viewpoint
    }

    /// A height is certified: who left long enough ago may connect no more.
    pub(crate) fn certified(&self, height: Height) {
        if !self.leavers_stay.load(Relaxed) {
            return;
        }
        let members = self.now();
        if height > members.leavers_until {
            self.leavers_stay.store(false, Relaxed);
            tracing::info!(left = members.leavers.len(), "validators that left the set may connect no more");
            self.allow(&members, height);
        }
    }

    fn allow(&self, members: &Members, certified: Height) {
        if let Err(cause) = self.network.set_allowed(self.viewpoint.peers(members, certified)) {
            tracing::error!(%cause, "the network keeps the members that it had");
        }
    }

    /// The next epoch begins: who is new is allowed and dialled, who left stays a guest for a while.
    pub(crate) fn begin(&self, members: Arc<Members>) {
        let count = members.validators.count();
        tracing::info!(epoch = members.epoch.0, validators = count, own = members.own, "an epoch begins");
        if self.viewpoint.key.is_some() && members.own.is_none() {
            tracing::warn!("the validator key is not a member's: this node follows without voting");
        }
        if members.own().is_some_and(|own| own.network_key != self.viewpoint.network_key) {
            tracing::warn!("the network has another network key for this validator; restart the node with that one");
        }
        self.allow(&members, Height::ZERO);
        self.leavers_stay.store(!members.leavers.is_empty(), Relaxed);
        *self.members.lock().unwrap_or_else(PoisonError::into_inner) = members;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use countersign_types::SecretKey;

    fn public(byte: u8) -> PublicKey {
        SecretKey::from_seed(&[byte; 32]).public()
    }

    /// Validators whose keys are of the numbers, and their network keys of the numbers plus 100.
    fn set(numbers: &[u8]) -> ValidatorSet {
        let validator = |number: &u8| Validator {
            organisation: format!("org{number}"),
            key: public(*number),
            network_key: public(number + 100),
        };
        ValidatorSet::new(numbers.iter().map(validator).collect()).unwrap()
    }

    fn viewpoint(own: u8, listed: &[u8]) -> Viewpoint {
        let peers = listed.iter().map(|number| (public(number + 100), Vec::new())).collect();
        let settings = NetworkSettings { listen: Vec::new(), advertise: Vec::new(), peers };
        Viewpoint { key: Some(public(own)), network_key: public(own + 100), settings }
    }

    #[test]
    fn guests_are_who_left_and_who_is_listed_and_each_has_an_index_after_the_validators() {
        let seen = viewpoint(1, &[1, 2, 7]);
        let first = seen.members(Epoch(0), Height(0), set(&[1, 2, 3, 4]), None);
        assert_eq!((first.own, &first.guests), (Some(0), &vec![public(107)]));
        let second = first.next(&seen, Epoch(1), Height(9), set(&[2, 3, 4, 5]));
        assert_eq!((second.own, &second.guests), (None, &vec![public(107)]), "it is no guest of its own");
        let third = second.next(&seen, Epoch(2), Height(19), set(&[1, 3, 4, 5]));
        assert_eq!(third.guests.len(), 2, "2 left and is listed, and counts once: {:?}", third.guests);
        let other = viewpoint(3, &[]);
        let after = other.members(Epoch(1), Height(9), set(&[2, 3, 4, 5]), Some(&set(&[1, 2, 3, 4])));
        assert_eq!(after.guests, [public(101)]);
        assert_eq!(after.next(&other, Epoch(2), Height(19), set(&[3, 4, 5, 6])).guests, [public(102)], "for one epoch");
        for members in [first, second, third, after] {
            let count = members.validators.count() + members.guests();
            for index in 0..count {
                assert_eq!(members.index_of(&members.peer(index).unwrap()), Some(index));
            }
            assert_eq!(members.peer(count), None);
            assert_eq!(members.index_of(&public(99)), None);
        }
    }

    #[test]
    fn who_left_may_connect_for_a_while_and_who_is_listed_for_good() {
        let seen = viewpoint(3, &[2, 7]);
        let members = seen.members(Epoch(1), Height(9), set(&[3, 4, 5, 6]), Some(&set(&[1, 2, 3, 4])));
        let may = |height| seen.peers(&members, Height(height)).iter().map(|peer| peer.key).collect::<Vec<_>>();
        let with = |numbers: &[u8]| numbers.iter().map(|number| public(number + 100)).collect::<Vec<_>>();
        assert_eq!(may(9 + HANDOVER_HEIGHTS), with(&[3, 4, 5, 6, 1, 2, 7]));
        assert_eq!(may(10 + HANDOVER_HEIGHTS), with(&[3, 4, 5, 6, 2, 7]));
    }

    #[test]
    fn guests_are_bounded() {
        let listed: Vec<u8> = (5..5 + u8::try_from(GUESTS_MAX).unwrap() + 9).collect();
        let members = viewpoint(1, &listed).members(Epoch(0), Height(0), set(&[1, 2, 3, 4]), None);
        assert_eq!(members.guests.len(), GUESTS_MAX);
    }
}
