//! The state that a chain begins with.

use countersign_types::{Genesis, codec, state_key};
use std::collections::BTreeMap;

/// The entries of height 0: parameters, validators, organisations, accounts and their keys.
#[must_use]
pub fn genesis_state(genesis: &Genesis) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let mut state = BTreeMap::from([
        (state_key::parameters(), Some(codec::encode(&genesis.parameters))),
        (state_key::validators(), Some(codec::encode(&genesis.validators))),
    ]);
    for organisation in &genesis.organisations {
        state.insert(state_key::organisation(&organisation.id), Some(codec::encode(organisation)));
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
