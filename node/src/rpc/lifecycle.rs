//! Contracts and the code that they run, ran and may run next.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_ledger;
use super::point::Point;
use countersign_api::limits::REVISIONS_MAX;
use countersign_api::method::contract::{
    Approval, ApprovalsParams, Contract, ContractGet, ContractListApprovals, Details, GetParams, Revision,
};
use countersign_api::read::page_size;
use countersign_api::{At, Code, Page, Read, Registry, RpcError};
use countersign_types::contract::is_full_name;
use countersign_types::{Address, ContractRecord, Hash, Height, state_key};
use std::collections::BTreeSet;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ContractGet, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
    registry.on::<ContractListApprovals, _, _>(|conn, params| conn.read(move |node| approvals(node, params)));
}

impl Node {
    /// The code that a contract ran at a height: that of a block which replaced it counts as the new one.
    pub fn code_when(
        &self,
        address: &Address,
        record: &ContractRecord,
        height: Height,
        point: &Point,
    ) -> Result<Hash, RpcError> {
        for number in (1..=record.revision).rev() {
            if let Some(revision) = revision(self, address, number, point)?.filter(|revision| revision.at <= height) {
                return Ok(revision.code);
            }
        }
        if record.revision == 0 {
            return Ok(record.code);
        }
        Ok(revision(self, address, 0, point)?.map_or(record.code, |first| first.code))
    }
}

fn get(node: &Node, params: &GetParams) -> Result<Read<Details>, RpcError> {
    let point = node.point(params.at)?;
    let (address, record) = node.contract(&params.contract, &point)?;
    let newest = record.revision;
    let mut revisions = Vec::new();
    for number in (newest.saturating_sub(REVISIONS_MAX - 1)..=newest).rev() {
        revisions.extend(revision(node, &address, number, &point)?);
    }
    Ok(point.read(Details { contract: Contract::of(record), revisions }, None))
}

fn revision(node: &Node, address: &Address, number: u32, point: &Point) -> Result<Option<Revision>, RpcError> {
    let stored: Option<countersign_types::Revision> = node.native(&state_key::revision(address, number), point)?;
    Ok(stored.map(|countersign_types::Revision { code, by, at, transaction }| Revision {
        number,
        code,
        by,
        at,
        transaction,
    }))
}

/// A page is below 3 MiB of JSON: 1,000 codes with 64 names of 32 bytes each.
fn approvals(node: &Node, mut params: ApprovalsParams) -> Result<Page<Approval>, RpcError> {
    if !is_full_name(&params.name) {
        let cause = format!("`{}` is not organisation/name", params.name);
        return Err(RpcError::new(Code::InvalidParams, cause));
    }
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<ContractListApprovals>(&params);
    let cursor: Option<Cursor<Hash>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    let record = node.contract_at(&Address::of(&params.name), &point)?;
    let prefix = state_key::approvals_of(&params.name, ContractRecord::next_revision(record.as_ref()));
    let from = match cursor {
        // The first key behind the last code's.
        Some(Cursor { place, .. }) => [prefix.as_slice(), &place.0, &[0]].concat(),
        None => prefix.clone(),
    };
    // Behind every code, which is 32 bytes.
    let end = [prefix.as_slice(), &[0xff; 33]].concat();
    // Keys are the newest state's; what was used up or taken back since is gone.
    let keys = node.reader().keys_between(&from, &end, size.saturating_add(1)).map_err(|cause| of_ledger(&cause))?;
    let is_last = keys.len() <= size;
    let (mut items, mut place) = (Vec::new(), None);
    for key in keys.into_iter().take(size) {
        let Some(code) = key.get(prefix.len()..).and_then(|code| code.try_into().ok()).map(Hash) else { continue };
        place = Some(code);
        if let Some(organisations) = node.native::<BTreeSet<String>>(&key, &point)? {
            items.push(Approval { code, organisations: organisations.into_iter().collect() });
        }
    }
    let next = place.filter(|_| !is_last).map(|place| query.text(&Cursor { height: point.height, place }));
    Ok(point.page(items, next))
}
