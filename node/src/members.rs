//! Who agrees now, for the network and for those who ask the node.

use crate::config::NetworkSettings;
use crate::network::{KnownPeer, NetworkHandle};
use countersign_types::{Epoch, PublicKey, ValidatorSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The validators of an epoch, and this node among them.
#[derive(Debug, Clone)]
pub struct Members {
    /// The epoch.
    pub epoch: Epoch,
    /// Its validators.
    pub validators: ValidatorSet,
    /// This node's index, none for an observer.
    pub own: Option<u16>,
}

impl Members {
    /// Of an epoch, seen by the holder of a validator key.
    #[must_use]
    pub fn new(epoch: Epoch, validators: ValidatorSet, key: Option<&PublicKey>) -> Self {
        let own = key.and_then(|key| validators.index_of(key));
        Self { epoch, validators, own }
    }

    /// The peers by their index, with what is configured of their addresses.
    #[must_use]
    pub fn peers(&self, settings: &NetworkSettings) -> Vec<KnownPeer> {
        settings.members(self.validators.members().iter().map(|validator| validator.network_key.0))
    }
}

/// The members, replaced at the end of each epoch.
#[derive(Debug)]
pub struct Membership {
    settings: NetworkSettings,
    key: Option<PublicKey>,
    network: NetworkHandle,
    members: Mutex<Arc<Members>>,
}

impl Membership {
    /// Begins with the members of the epoch in which the node starts.
    #[must_use]
    pub fn new(members: Members, key: Option<PublicKey>, settings: NetworkSettings, network: NetworkHandle) -> Self {
        Self { settings, key, network, members: Mutex::new(Arc::new(members)) }
    }

    /// The members now.
    #[must_use]
    pub fn now(&self) -> Arc<Members> {
        // Nothing in here panics half-way, so a poisoned lock still guards a whole value.
        self.members.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next epoch begins: who left is disconnected, who is new is allowed and dialled.
    pub(crate) fn begin(&self, epoch: Epoch, validators: ValidatorSet) {
        let members = Members::new(epoch, validators, self.key.as_ref());
        tracing::info!(epoch = epoch.0, validators = members.validators.count(), own = members.own, "an epoch begins");
        if let Err(cause) = self.network.set_allowed(members.peers(&self.settings)) {
            tracing::error!(%cause, "the network keeps the members of the epoch before");
        }
        *self.members.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(members);
    }
}
