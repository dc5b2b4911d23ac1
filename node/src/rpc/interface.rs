//! Contracts and their interfaces.

use super::conn::Node;
use super::failure::{of_abi, of_ledger};
use super::point::Point;
use crate::limits::{CONTRACTS_MAX, INTERFACES_MAX};
use countersign_api::method::contract::ContractRef;
use countersign_api::{Abi, Code, RpcError};
use countersign_types::{Address, ContractRecord, Hash, codec, state_key};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A contract's interface, read once.
#[derive(Debug)]
pub(super) struct Interface {
    /// Its lines, as they are answered.
    pub lines: Vec<Value>,
    /// The lines understood.
    pub abi: Abi,
}

/// Interfaces by the hash of the code, which never changes.
#[derive(Debug, Default)]
pub(super) struct Interfaces(Mutex<BTreeMap<Hash, Arc<Interface>>>);

/// Last part of the name of contracts that are taken for the default provenance contract.
const PROVENANCE: &str = "/provenance";

impl Node {
    /// The record of a contract.
    pub fn contract(&self, named: &ContractRef, point: &Point) -> Result<(Address, ContractRecord), RpcError> {
        let Some(address) = named.address() else {
            let cause = format!("`{named}` is neither an address (0x and 64 digits) nor organisation/name");
            return Err(RpcError::new(Code::InvalidParams, cause));
        };
        match self.contract_at(&address, point)? {
            Some(record) => Ok((address, record)),
            None => {
                let cause =
                    format!("`{named}` is not deployed at height {}; contract_list lists what is", point.height);
                Err(RpcError::new(Code::ContractUnknown, cause))
            }
        }
    }

    /// The record at an address, if there is one.
    pub fn contract_at(&self, address: &Address, point: &Point) -> Result<Option<ContractRecord>, RpcError> {
        self.native(&state_key::contract(address), point)
    }

    /// A native value at a point.
    pub fn native<T: borsh::BorshDeserialize>(&self, key: &[u8], point: &Point) -> Result<Option<T>, RpcError> {
        let bytes = self.reader().read_at(key, point.height).map_err(|cause| of_ledger(&cause))?;
        let decoded = bytes.map(|bytes| codec::decode(&bytes, bytes.len())).transpose();
        decoded.map_err(|cause| super::failure::internal(&cause))
    }

    /// The interface of deployed code.
    pub fn interface(&self, code: &Hash, point: &Point) -> Result<Arc<Interface>, RpcError> {
        if let Some(known) = self.interfaces.0.lock().unwrap_or_else(PoisonError::into_inner).get(code) {
            return Ok(Arc::clone(known));
        }
        let module = self.reader().read_at(&state_key::code(code), point.height).map_err(|cause| of_ledger(&cause))?;
        let module = module.ok_or_else(|| RpcError::new(Code::InternalError, "the contract's code is missing"))?;
        let checked = self.context.vm.check(&module).map_err(|cause| super::failure::internal(&cause))?;
        if checked.interface.is_empty() {
            return Err(RpcError::new(Code::NoInterface, "its module has no interface section; give `input` as borsh"));
        }
        let lines = Abi::lines(&checked.interface).map_err(|cause| of_abi(&cause))?;
        let abi = Abi::from_lines(&lines).map_err(|cause| of_abi(&cause))?;
        let interface = Arc::new(Interface { lines, abi });
        let mut known = self.interfaces.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= INTERFACES_MAX {
            // Hashes are in no order that means anything: this drops a random one.
            known.pop_first();
        }
        known.insert(*code, Arc::clone(&interface));
        Ok(interface)
    }

    /// The provenance contract a call is about: the one it names, else the only one that is called
    /// `provenance` in any organisation.
    pub fn provenance(
        &self,
        named: Option<&ContractRef>,
        point: &Point,
    ) -> Result<(Address, ContractRecord), RpcError> {
        if let Some(named) = named {
            return self.contract(named, point);
        }
        let mut found = self.contracts(point)?;
        found.retain(|(_, record)| record.name.ends_with(PROVENANCE));
        if found.len() > 1 {
            let names: Vec<&str> = found.iter().map(|(_, record)| record.name.as_str()).collect();
            let cause =
                format!("several contracts are called provenance: give `contract`, one of {}", names.join(", "));
            return Err(RpcError::new(Code::InvalidParams, cause).with(json!({ "contracts": names })));
        }
        found.pop().ok_or_else(|| {
            let cause = "no contract is called organisation/provenance; deploy one, or give `contract`";
            RpcError::new(Code::ContractUnknown, cause)
        })
    }

    /// Addresses of all contracts there may be, in order; some may be newer than a point.
    pub fn addresses(&self) -> Result<Vec<Address>, RpcError> {
        let from = state_key::contracts();
        let mut to = from.clone();
        if let Some(last) = to.last_mut() {
            *last += 1;
        }
        let keys = self.reader().keys_between(&from, &to, CONTRACTS_MAX).map_err(|cause| of_ledger(&cause))?;
        let address = |key: Vec<u8>| key.get(from.len()..)?.try_into().ok().map(Address);
        Ok(keys.into_iter().filter_map(address).collect())
    }

    fn contracts(&self, point: &Point) -> Result<Vec<(Address, ContractRecord)>, RpcError> {
        let mut contracts = Vec::new();
        for address in self.addresses()? {
            if let Some(record) = self.contract_at(&address, point)? {
                contracts.push((address, record));
            }
        }
        Ok(contracts)
    }
}
