//! Modules: those that are deployed, and what the network would say of others.

use super::conn::{Conn, Node};
use super::failure::{of_ledger, of_replica};
use super::point::Point;
use crate::replica_thread::now;
use countersign_api::method::contract::{
    CheckParams, Checked, CodeSize, ContractCheck, ContractGetCode, GetCodeParams, Module,
};
use countersign_api::{At, Bytes, Code, Read, Registry, RpcError, U64};
use countersign_ledger::RocksStore;
use countersign_replica::arrival::Arrival;
use countersign_replica::execute::intrinsic_gas_of;
use countersign_replica::policy;
use countersign_replica::state_source::At as StateAt;
use countersign_types::contract::is_full_name;
use countersign_types::limits::PAYLOAD_BYTES_MAX;
use countersign_types::{
    Account, AccountId, Address, Gas, Hash, Layout, Payload, PublicKey, RejectCode, Roles, Signature,
    SignedTransaction, Transaction, codec, state_key,
};
use countersign_vm::CheckedCode;
use std::borrow::Cow;

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
    let deploy_gas = vm.deploy_gas(module.len()).saturating_add(carriage(params));
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

/// Gas of the transaction itself that would bring the module, without arguments.
fn carriage(params: &CheckParams) -> u64 {
    let (name, code, input) = (params.name.clone().unwrap_or_default(), params.module.0.clone(), Vec::new());
    let payload = if params.upgrade {
        Payload::Upgrade { contract: Address::of(&name), code, input }
    } else {
        Payload::Deploy { name, code, input }
    };
    let signer = PublicKey::default();
    let body = Transaction { chain: Hash::ZERO, signer, nonce: 0, expires: now(), gas_limit: Gas::ZERO, payload };
    let signed = SignedTransaction { body, signature: Signature([0; 64]) };
    intrinsic_gas_of(codec::encode(&signed).len(), 0)
}

/// Why an account may not deploy.
fn refused_account(node: &Node, id: &AccountId, point: &Point) -> Result<Option<String>, RpcError> {
    let account: Option<Account> = node.native(&state_key::account(id.as_str()), point)?;
    let next = point.height.next();
    let signs = |account: &Account| account.keys.iter().any(|entry| account.signs_with(&entry.key, next));
    Ok(match account {
        None => Some(format!("there is no account {id}")),
        Some(account) if !account.roles.has_any(Roles::DEPLOYER) => {
            Some(format!("the account {id} lacks the role `deployer`; an admin of its organisation can give it"))
        }
        Some(account) if !signs(&account) => Some(format!(
            "no key of the account {id} signs at height {next}; an admin of its organisation can give it another"
        )),
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
    /// Why code may not go there, each reason on its own. What is a reason is for execution's own functions to say.
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
        match &record {
            Some(record) if !self.upgrade => {
                let since = record.deployed_at;
                refusals.push(format!("`{name}` is taken since block {since}; `contract upgrade` replaces its code"));
            }
            None if self.upgrade => {
                refusals.push(format!("there is no contract `{name}` whose code could be replaced"));
            }
            _ => {}
        }
        let Some(code) = code else { return Ok(refusals) };
        let replaces = record.filter(|_| self.upgrade);
        let arrival = Arrival { contract: Cow::Borrowed(name), code: &[], input: &[], replaces };
        let state = StateAt { reader: self.node.reader(), height: self.point.height };
        refusals.extend(refused_code(&arrival, &state, code)?);
        refusals.extend(refused_policy(&arrival, &state, organisation, &Hash(code.hash))?);
        Ok(refusals)
    }
}

/// Why code may not take the place of what is there.
fn refused_code(
    arrival: &Arrival<'_>,
    state: &StateAt<'_, RocksStore>,
    code: &CheckedCode,
) -> Result<Option<String>, RpcError> {
    let name = &arrival.contract;
    if arrival.is_there(&Hash(code.hash)) {
        return Ok(Some(format!("`{name}` runs this code already")));
    }
    let new = code.facts.layout.map(|layout| Layout { version: layout.version, fields: Hash(layout.fields) });
    let kept = arrival.keeps_layout(state, new.as_ref()).map_err(|cause| of_replica(&cause))?;
    let Err(old) = kept else { return Ok(None) };
    let said = new.map_or("none".to_owned(), |new| new.version.to_string());
    let needed = old.version.saturating_add(1);
    Ok(Some(format!(
        "its state is laid out differently than that of `{name}` and its layout is {said}: raise it to {needed} in `#[contract(layout = {needed})]`",
    )))
}

/// Why the deployment policy does not let code come there.
fn refused_policy(
    arrival: &Arrival<'_>,
    state: &StateAt<'_, RocksStore>,
    organisation: &str,
    code: &Hash,
) -> Result<Option<String>, RpcError> {
    let replica = |cause| of_replica(&cause);
    let Err(refused) = arrival.permit(state, organisation, code).map_err(replica)? else { return Ok(None) };
    let policy = policy::in_force(state).map_err(replica)?.policy;
    if refused != RejectCode::NotApproved {
        return Ok(Some(if policy.allows(organisation) {
            "the deployment policy lets nobody replace code".to_owned()
        } else {
            format!("the deployment policy does not let {organisation} deploy")
        }));
    }
    let approved = policy::approvals(state, &arrival.contract, arrival.revision(), code).map_err(replica)?;
    let who = approved.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { "nobody".to_owned() } else { who };
    let needed = if arrival.replaces.as_ref().is_some_and(|record| record.frozen.by_network) {
        "more than two thirds of the organisations that run validators must approve it, since the network froze the contract"
            .to_owned()
    } else {
        format!("{} organisations must approve it, {organisation} among them", policy.approvals)
    };
    Ok(Some(format!("{needed}; {who} has so far (`countersign contract approve`)")))
}
