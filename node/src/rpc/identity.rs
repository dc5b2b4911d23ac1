//! `identity_*`: accounts and organisations.

use super::conn::{Conn, Node};
use super::failure::{internal, of_ledger};
use countersign_api::method::identity::{GetAccountParams, Identity, IdentityGetAccount};
use countersign_api::{Code, Read, Registry, RpcError};
use countersign_types::{Account, Organisation, state_key};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<IdentityGetAccount, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
}

fn get(node: &Node, params: &GetAccountParams) -> Result<Read<Identity>, RpcError> {
    let point = node.point(params.at)?;
    let unknown = |what: String| RpcError::new(Code::AccountUnknown, format!("{what} at height {}", point.height));
    let mut keys = Vec::new();
    let id = match (&params.account, &params.key) {
        (Some(account), None) => account.to_string(),
        (None, Some(key)) => {
            let of_key = state_key::account_of_key(key);
            let id = node.reader().read_at(&of_key, point.height).map_err(|cause| of_ledger(&cause))?;
            keys.push(of_key);
            let id = id.ok_or_else(|| unknown(format!("the key {key} belongs to no account")))?;
            String::from_utf8(id).map_err(|cause| internal(&cause))?
        }
        _ => return Err(RpcError::new(Code::InvalidParams, "give either `account` or `key`")),
    };
    keys.push(state_key::account(&id));
    let account: Option<Account> = node.native(&state_key::account(&id), &point)?;
    let account = account.ok_or_else(|| unknown(format!("there is no account {id}")))?;
    let of_organisation = state_key::organisation(account.id.organisation());
    let organisation: Option<Organisation> = node.native(&of_organisation, &point)?;
    let organisation = organisation.ok_or_else(|| unknown(format!("there is no organisation of {id}")))?;
    keys.push(of_organisation);
    let proof = if params.prove { Some(node.prove_entries(keys, &point)?) } else { None };
    Ok(point.read(Identity { account, organisation }, proof))
}
