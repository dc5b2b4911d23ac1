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
use countersign_types::{Account, AccountId, Address, Hash, Roles, state_key};
use countersign_vm::CheckedCode;

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
        refusals.extend(refused_name(node, name, params.account.as_ref(), &point)?);
    }
    let size = checked.map(|checked| size(&checked));
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

/// Why a contract may not have a name.
fn refused_name(
    node: &Node,
    name: &str,
    account: Option<&AccountId>,
    point: &Point,
) -> Result<Option<String>, RpcError> {
    if !is_full_name(name) {
        return Ok(Some(format!("`{name}` is not organisation/name")));
    }
    let organisation = name.split_once('/').map_or(name, |(organisation, _)| organisation);
    if let Some(account) = account.filter(|account| account.organisation() != organisation) {
        return Ok(Some(format!("`{name}` belongs to another organisation than the account {account}")));
    }
    let taken = node.contract_at(&Address::of(name), point)?;
    Ok(taken.map(|record| format!("`{name}` is taken since block {}", record.deployed_at)))
}
