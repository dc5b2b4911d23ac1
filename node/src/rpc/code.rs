//! Modules: those that are deployed, and what the network would say of others.

use super::conn::{Conn, Node};
use super::failure::of_ledger;
use super::point::Point;
use countersign_api::method::contract::{
    CheckParams, Checked, CodeSize, ContractCheck, ContractGetCode, GetCodeParams, Module,
};
use countersign_api::{At, Bytes, Code, Read, Registry, RpcError, U64};
use countersign_types::contract::is_full_name;
use countersign_types::limits::PAYLOAD_BYTES_MAX;
use countersign_types::{Account, AccountId, Address, CodeRecord, ContractRecord, Hash, Layout, Roles, state_key};
use countersign_vm::CheckedCode;
use std::collections::BTreeSet;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ContractGetCode, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
    // Checking walks over the whole module, so it waits among the views.
    registry.on::<ContractCheck, _, _>(|conn, params| conn.view(move |node| check(node, &params)));
}

fn get(node: &Node, params: &GetCodeParams) -> Result<Read<Module>, RpcError> {
    let point = node.point(params.at)?;
    let code = match (&params.contract, params.code) {
        (Some(contract), None) => node.contract(contract, &point)?.1.code,
        (None, Some(code)) => code,
        _ => return Err(RpcError::new(Code::InvalidParams, "give either `contract` or `code`")),
    };
    let module = node.reader().read_at(&state_key::code(&code), point.height).map_err(|cause| of_ledger(&cause))?;
    let Some(bytes) = module else {
        let cause = format!("no contract had code {code} at height {}", point.height);
        return Err(RpcError::new(Code::ContractUnknown, cause));
    };
    Ok(point.read(Module { code, bytes: Bytes(bytes) }, None))
}

fn check(node: &Node, params: &CheckParams) -> Result<Read<Checked>, RpcError> {
    let point = node.point(At::Final)?;
    let module = params.module.0.as_slice();
    let vm = &node.context.vm;
    let mut refusals = Vec::new();
    if module.len() > PAYLOAD_BYTES_MAX {
        refusals.push(format!("the module has {} bytes, a transaction takes {PAYLOAD_BYTES_MAX}", module.len()));
    }
    let checked = vm.check(module).map_err(|cause| refusals.push(cause.to_string())).ok();
    let deploy_gas = vm.deploy_gas(module.len());
    let gas_max = node.context.genesis.parameters.transaction_gas_max;
    if deploy_gas > gas_max.0 {
        refusals.push(format!("its deployment takes {deploy_gas} gas, a transaction at most {gas_max}"));
    }
    if let Some(account) = &params.account {
        refusals.extend(refused_account(node, account, &point)?);
    }
    if let Some(name) = &params.name {
        let site = Site { node, name, account: params.account.as_ref(), upgrade: params.upgrade, point: &point };
        refusals.extend(site.refused(checked.as_ref())?);
    }
    let size = checked.as_ref().map(size);
    let (deploy_gas, transaction_gas_max) = (U64(deploy_gas), U64(gas_max.0));
    Ok(point.read(Checked { refusals, deploy_gas, transaction_gas_max, size }, None))
}

fn size(checked: &CheckedCode) -> CodeSize {
    let CheckedCode { facts, stats, .. } = checked;
    CodeSize {
        code: Hash(checked.hash),
        functions: stats.functions,
        instructions: stats.instructions,
        metered_bytes: stats.metered_bytes,
        memory_pages: facts.memory_pages,
        instantiation_gas: U64(stats.instantiation_gas),
    }
}

/// Why an account may not deploy.
fn refused_account(node: &Node, id: &AccountId, point: &Point) -> Result<Option<String>, RpcError> {
    let account: Option<Account> = node.native(&state_key::account(id.as_str()), point)?;
    Ok(match account {
        None => Some(format!("there is no account {id}")),
        Some(account) if !account.roles.has_any(Roles::DEPLOYER) => {
            Some(format!("the account {id} lacks the role `deployer`; an admin of its organisation can give it"))
        }
        Some(_) => None,
    })
}

/// Where code is to go.
struct Site<'a> {
    node: &'a Node,
    /// `organisation/name`.
    name: &'a str,
    account: Option<&'a AccountId>,
    upgrade: bool,
    point: &'a Point,
}

impl Site<'_> {
    /// Why code may not go there, each reason on its own.
    fn refused(&self, code: Option<&CheckedCode>) -> Result<Vec<String>, RpcError> {
        let name = self.name;
        if !is_full_name(name) {
            return Ok(vec![format!("`{name}` is not organisation/name")]);
        }
        let mut refusals = Vec::new();
        let organisation = name.split_once('/').map_or(name, |(organisation, _)| organisation);
        if let Some(account) = self.account.filter(|account| account.organisation() != organisation) {
            refusals.push(format!("`{name}` belongs to another organisation than the account {account}"));
        }
        let record = self.node.contract_at(&Address::of(name), self.point)?;
        let revision = ContractRecord::next_revision(record.as_ref());
        match (record, self.upgrade) {
            (Some(record), false) => {
                let since = record.deployed_at;
                refusals.push(format!("`{name}` is taken since block {since}; `contract upgrade` replaces its code"));
            }
            (None, true) => refusals.push(format!("there is no contract `{name}` whose code could be replaced")),
            (Some(record), true) => refusals.extend(self.refused_upgrade(&record, code)?),
            (None, false) => {}
        }
        refusals.extend(self.refused_policy(organisation, revision, code)?);
        Ok(refusals)
    }

    fn refused_upgrade(&self, record: &ContractRecord, code: Option<&CheckedCode>) -> Result<Option<String>, RpcError> {
        let Some(code) = code else { return Ok(None) };
        if record.code == Hash(code.hash) {
            return Ok(Some(format!("`{}` runs this code already", record.name)));
        }
        let old: Option<CodeRecord> = self.node.native(&state_key::code_record(&record.code), self.point)?;
        let Some(old) = old.and_then(|old| old.layout) else { return Ok(None) };
        let new = code.facts.layout.map(|layout| Layout { version: layout.version, fields: Hash(layout.fields) });
        if new.is_some_and(|new| old.admits(&new)) {
            return Ok(None);
        }
        let said = new.map_or("none".to_owned(), |new| new.version.to_string());
        let needed = old.version.saturating_add(1);
        Ok(Some(format!(
            "its state is laid out differently than that of `{}` and its layout is {said}: raise it to {needed} in `#[contract(layout = {needed})]`",
            record.name
        )))
    }

    fn refused_policy(
        &self,
        organisation: &str,
        revision: u32,
        code: Option<&CheckedCode>,
    ) -> Result<Option<String>, RpcError> {
        let policy = self.node.policy(self.point)?.policy;
        if !policy.allows(organisation) {
            return Ok(Some(format!("the deployment policy does not let {organisation} deploy")));
        }
        if self.upgrade && !policy.upgrades {
            return Ok(Some("the deployment policy lets nobody replace code".to_owned()));
        }
        let Some(code) = code else { return Ok(None) };
        let key = state_key::approvals(self.name, revision, &Hash(code.hash));
        let approved: BTreeSet<String> = self.node.native(&key, self.point)?.unwrap_or_default();
        if policy.is_satisfied(organisation, &approved) {
            return Ok(None);
        }
        let who = approved.into_iter().collect::<Vec<_>>().join(", ");
        let who = if who.is_empty() { "nobody".to_owned() } else { who };
        Ok(Some(format!(
            "{} organisations must approve it, {organisation} among them; {who} has so far (`countersign contract approve`)",
            policy.approvals
        )))
    }
}
