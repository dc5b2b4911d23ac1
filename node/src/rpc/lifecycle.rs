//! Contracts and the code that they run, ran and may run next.

use super::conn::{Conn, Node};
use super::failure::of_ledger;
use super::point::Point;
use countersign_api::limits::REVISIONS_MAX;
use countersign_api::method::contract::{
    Approval, ApprovalsParams, Contract, ContractGet, ContractListApprovals, Details, GetParams, Revision,
};
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_types::contract::is_full_name;
use countersign_types::{Address, ContractRecord, Hash, Height, state_key};
use std::collections::BTreeSet;

/// Codes with approvals that are listed: at 64 names of 32 bytes each, some 2 MiB of JSON at most.
const APPROVED_CODES_MAX: usize = 512;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ContractGet, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
    registry.on::<ContractListApprovals, _, _>(|conn, params| conn.read(move |node| approvals(node, &params)));
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

fn approvals(node: &Node, params: &ApprovalsParams) -> Result<Read<Vec<Approval>>, RpcError> {
    if !is_full_name(&params.name) {
        let cause = format!("`{}` is not organisation/name", params.name);
        return Err(RpcError::new(Code::InvalidParams, cause));
    }
    let point = node.point(At::Final)?;
    let record = node.contract_at(&Address::of(&params.name), &point)?;
    let prefix = state_key::approvals_of(&params.name, ContractRecord::next_revision(record.as_ref()));
    let mut end = prefix.clone();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    let keys = node.reader().keys_between(&prefix, &end, APPROVED_CODES_MAX).map_err(|cause| of_ledger(&cause))?;
    let mut approvals = Vec::new();
    for key in keys {
        let Some(code) = key.get(prefix.len()..).and_then(|code| code.try_into().ok()).map(Hash) else { continue };
        if let Some(organisations) = node.native::<BTreeSet<String>>(&key, &point)? {
            approvals.push(Approval { code, organisations: organisations.into_iter().collect() });
        }
    }
    Ok(point.read(approvals, None))
}
