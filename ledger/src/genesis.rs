//! The state that a chain begins with.

use countersign_types::{AccountId, EpochState, Genesis, PolicyState, Roles, RulesState, codec, state_key};
use std::collections::{BTreeMap, BTreeSet};

/// The entries of height 0: parameters, validators, deployment policy, rules of governance, organisations and their admins, accounts and
/// their keys.
#[must_use]
pub fn genesis_state(genesis: &Genesis) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let mut state = BTreeMap::from([
        (state_key::parameters(), Some(codec::encode(&genesis.parameters))),
        (state_key::validators(), Some(codec::encode(&genesis.validators))),
        (state_key::policy(), Some(codec::encode(&PolicyState { version: 0, policy: genesis.deployment.clone() }))),
        (state_key::rules(), Some(codec::encode(&RulesState { version: 0, rules: genesis.governance.clone() }))),
        (state_key::epoch(), Some(codec::encode(&EpochState::default()))),
    ]);
    let ids: BTreeSet<&str> = genesis.organisations.iter().map(|organisation| organisation.id.as_str()).collect();
    state.insert(state_key::organisations(), Some(codec::encode(&ids)));
    for organisation in &genesis.organisations {
        let of_it = genesis.accounts.iter().filter(|account| account.id.organisation() == organisation.id);
        let admins: BTreeSet<&AccountId> =
            of_it.filter(|account| account.roles.has_any(Roles::ADMIN)).map(|account| &account.id).collect();
        state.insert(state_key::organisation(&organisation.id), Some(codec::encode(organisation)));
        state.insert(state_key::admins(&organisation.id), Some(codec::encode(&admins)));
    }
    for account in &genesis.accounts {
        let id = account.id.as_str();
        state.insert(state_key::account(id), Some(codec::encode(account)));
        for entry in &account.keys {
            state.insert(state_key::account_of_key(&entry.key), Some(id.as_bytes().to_vec()));
        }
    }
    state
}
