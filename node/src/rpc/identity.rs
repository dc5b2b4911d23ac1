//! `identity_*`: accounts and organisations.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::{internal, of_ledger};
use super::point::Point;
use countersign_api::method::identity::{
    GetAccountParams, GetOrganisationParams, Identity, IdentityGetAccount, IdentityGetOrganisation,
    IdentityListAccounts, IdentityListOrganisations, ListAccountsParams, ListOrganisationsParams, Listed, Member,
};
use countersign_api::read::page_size;
use countersign_api::{At, Code, Page, Read, Registry, RpcError};
use countersign_types::account::is_name;
use countersign_types::{Account, AccountId, Organisation, ValidatorSet, state_key};
use std::collections::BTreeSet;
use std::ops::Bound;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<IdentityGetAccount, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
    registry.on::<IdentityListAccounts, _, _>(|conn, params| conn.read(move |node| accounts(node, params)));
    registry.on::<IdentityGetOrganisation, _, _>(|conn, params| conn.read(move |node| organisation(node, &params)));
    registry.on::<IdentityListOrganisations, _, _>(|conn, params| conn.read(move |node| organisations(node, params)));
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

/// A page is below 3 MiB of JSON: 1,000 accounts, few of which have more than two keys.
fn accounts(node: &Node, mut params: ListAccountsParams) -> Result<Page<Listed>, RpcError> {
    if !is_name(&params.organisation) {
        return Err(not_a_name(&params.organisation));
    }
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<IdentityListAccounts>(&params);
    let cursor: Option<Cursor<String>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    node.member(&params.organisation, &point)?;
    let (begin, end) = (format!("{}/", params.organisation), format!("{}0", params.organisation));
    // The first key behind the last account's: no id has a zero byte. `0` follows `/`.
    let from = cursor.map_or(begin, |Cursor { place, .. }| format!("{place}\0"));
    let (from, end) = (state_key::account(&from), state_key::account(&end));
    // Keys are the newest state's, and no account ever goes.
    let keys = node.reader().keys_between(&from, &end, size.saturating_add(1)).map_err(|cause| of_ledger(&cause))?;
    let is_last = keys.len() <= size;
    let (mut items, mut place) = (Vec::new(), None);
    for key in keys.into_iter().take(size) {
        if let Some(account) = node.native::<Account>(&key, &point)? {
            place = Some(account.id.as_str().to_owned());
            items.push(Listed(account));
        }
    }
    let next = place.filter(|_| !is_last).map(|place| query.text(&Cursor { height: point.height, place }));
    Ok(point.page(items, next))
}

fn organisation(node: &Node, params: &GetOrganisationParams) -> Result<Read<Member>, RpcError> {
    if !is_name(&params.organisation) {
        return Err(not_a_name(&params.organisation));
    }
    let point = node.point(params.at)?;
    let member = node.member(&params.organisation, &point)?;
    let keys = [state_key::organisation(&params.organisation), state_key::admins(&params.organisation)];
    let proof = if params.prove { Some(node.prove_entries(keys, &point)?) } else { None };
    Ok(point.read(member, proof))
}

fn organisations(node: &Node, mut params: ListOrganisationsParams) -> Result<Page<Member>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<IdentityListOrganisations>(&params);
    let cursor: Option<Cursor<String>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    let ids: BTreeSet<String> = node.native(&state_key::organisations(), &point)?.unwrap_or_default();
    let behind = cursor.map_or(Bound::Unbounded, |Cursor { place, .. }| Bound::Excluded(place));
    let mut rest = ids.range((behind, Bound::Unbounded));
    let mut items = Vec::new();
    for id in rest.by_ref().take(size) {
        items.push(node.member(id, &point)?);
    }
    let place = items.last().map(|member| member.organisation.id.clone()).filter(|_| rest.next().is_some());
    let next = place.map(|place| query.text(&Cursor { height: point.height, place }));
    Ok(point.page(items, next))
}

impl Node {
    /// A member with its admins.
    fn member(&self, id: &str, point: &Point) -> Result<Member, RpcError> {
        let found: Option<Organisation> = self.native(&state_key::organisation(id), point)?;
        let organisation = found.ok_or_else(|| {
            let cause = format!(
                "no organisation `{id}` is a member at height {}; `identity_listOrganisations` lists them",
                point.height
            );
            RpcError::new(Code::OrganisationUnknown, cause)
        })?;
        let admins: BTreeSet<AccountId> = self.native(&state_key::admins(id), point)?.unwrap_or_default();
        let validators: Option<ValidatorSet> = self.native(&state_key::validators(), point)?;
        let runs = validators.iter().flat_map(|set| set.members()).filter(|validator| validator.organisation == id);
        let validators = u16::try_from(runs.count()).unwrap_or(u16::MAX);
        Ok(Member { organisation, admins: admins.into_iter().collect(), validators })
    }
}

fn not_a_name(text: &str) -> RpcError {
    let cause = format!("`{text}` is no organisation: ids are 1 to 32 of a-z, 0-9 and hyphen");
    RpcError::new(Code::InvalidParams, cause)
}
