//! `contract_*`: contracts, their interfaces and views.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_abi;
use super::interface::Interface;
use super::view::view;
use countersign_api::abi::Mode;
use countersign_api::method::contract::{
    Contract, ContractGetAbi, ContractList, ContractView, GetAbiParams, ListParams, ViewParams, Viewed,
};
use countersign_api::read::page_size;
use countersign_api::{At, Bytes, Code, Order, Page, Read, Registry, RpcError};
use countersign_types::Address;
use serde_json::Value;
use std::sync::Arc;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ContractList, _, _>(|conn, params| conn.read(move |node| list(node, params)));
    registry.on::<ContractGetAbi, _, _>(|conn, params| conn.read(move |node| abi(node, &params)));
    registry.on::<ContractView, _, _>(|conn, params| conn.view(move |node| run(node, params)));
}

fn list(node: &Node, mut params: ListParams) -> Result<Page<Contract>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let query = node.query::<ContractList>(&params);
    let cursor: Option<Cursor<Address>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    let mut addresses = node.addresses()?;
    let after = cursor.map(|cursor| cursor.place);
    match params.order {
        Order::Ascending => addresses.retain(|address| after.is_none_or(|after| *address > after)),
        Order::Descending => {
            addresses.retain(|address| after.is_none_or(|after| *address < after));
            addresses.reverse();
        }
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut items: Vec<Contract> = Vec::new();
    let mut next = None;
    for address in addresses {
        // Addresses are the newest state's; what was deployed since is not there yet.
        let Some(record) = node.contract_at(&address, &point)? else { continue };
        if items.len() >= size {
            let place = items.last().map(|contract| contract.address);
            next = place.map(|place| query.text(&Cursor { height: point.height, place }));
            break;
        }
        items.push(Contract::of(record));
    }
    Ok(point.page(items, next))
}

fn abi(node: &Node, params: &GetAbiParams) -> Result<Read<countersign_api::method::contract::Interface>, RpcError> {
    let point = node.point(params.at)?;
    let (_, record) = node.contract(&params.contract, &point)?;
    let interface = node.interface(&record.code, &point)?;
    let answer =
        countersign_api::method::contract::Interface { contract: Contract::of(record), abi: interface.lines.clone() };
    Ok(point.read(answer, None))
}

fn run(node: &Node, params: ViewParams) -> Result<Read<Viewed>, RpcError> {
    let point = node.point(params.at)?;
    let (contract, record) = node.contract(&params.contract, &point)?;
    let interface = node.interface(&record.code, &point);
    let input = match (params.args, params.input) {
        (Some(_), Some(_)) => return Err(RpcError::new(Code::InvalidParams, "give either `args` or `input`")),
        (None, Some(input)) => input.0,
        (args, None) => arguments(interface.as_ref(), &params.method, &args.unwrap_or(Value::Null))?,
    };
    let interface = interface.ok();
    let (output, gas) = node.run(&view(contract, &params.method, input), &point, interface.as_deref())?;
    let value = interface.and_then(|interface| interface.abi.decode_returned(&params.method, &output).ok());
    Ok(point.read(Viewed { output: Bytes(output), value, gas_used: countersign_api::U64(gas) }, None))
}

/// borsh of arguments given as JSON. A method without arguments needs no interface.
fn arguments(interface: Result<&Arc<Interface>, &RpcError>, method: &str, args: &Value) -> Result<Vec<u8>, RpcError> {
    let interface = match interface {
        Ok(interface) => interface,
        Err(_) if args.is_null() => return Ok(Vec::new()),
        Err(error) => return Err(error.clone()),
    };
    let described = interface.abi.method(method).map_err(|cause| of_abi(&cause))?;
    if described.mode != Mode::View {
        let cause = format!("`{method}` is no view: submit a transaction");
        return Err(RpcError::new(Code::ContractMethodUnknown, cause));
    }
    interface.abi.encode_args(method, args).map_err(|cause| of_abi(&cause))
}
