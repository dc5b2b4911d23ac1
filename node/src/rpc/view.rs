//! Running views.

use super::conn::Node;
use super::failure::of_replica;
use super::interface::Interface;
use super::point::Point;
use crate::limits::VIEW_GAS_MAX;
use countersign_abi::trap;
use countersign_api::{Bytes, Code, RpcError};
use countersign_replica::query::View;
use countersign_types::{Address, Header, codec};
use countersign_vm::{Outcome, Status};
use serde_json::{Value, json};

/// A view of a contract, ready to be run.
pub(super) fn view(contract: Address, method: &str, input: Vec<u8>) -> View {
    View { contract, method: method.to_owned(), input, gas_limit: VIEW_GAS_MAX }
}

/// What a view returned, and the gas it took.
pub(super) type Returned = (Vec<u8>, u64);

impl Node {
    /// Runs a view.
    pub fn run(&self, view: &View, point: &Point, interface: Option<&Interface>) -> Result<Returned, RpcError> {
        let header = header(point)?;
        let outcome = view.run(&self.context.vm, self.context.chain, self.reader(), header);
        returned(outcome.map_err(|cause| of_replica(&cause))?, &view.method, interface)
    }

    /// Runs a view of a provenance contract and reads its answer.
    pub fn ask<T: borsh::BorshDeserialize>(&self, view: &View, point: &Point) -> Result<T, RpcError> {
        let (output, _) = self.run(view, point, None).map_err(not_provenance)?;
        answer(&output)
    }
}

/// Reads the answer of a provenance contract.
fn answer<T: borsh::BorshDeserialize>(output: &[u8]) -> Result<T, RpcError> {
    let read = codec::decode(output, output.len());
    read.map_err(|cause| RpcError::new(Code::NotProvenance, format!("its answer cannot be read: {cause}")))
}

/// A contract without the view is no provenance contract.
fn not_provenance(error: RpcError) -> RpcError {
    match error.kind() {
        Some(Code::ContractMethodUnknown) => RpcError::new(Code::NotProvenance, error.data.cause),
        _ => error,
    }
}

fn header(point: &Point) -> Result<&Header, RpcError> {
    let none = || RpcError::new(Code::NotReady, "no block is certified yet; try again in a moment");
    point.header.as_ref().ok_or_else(none)
}

fn returned(outcome: Outcome, method: &str, interface: Option<&Interface>) -> Result<Returned, RpcError> {
    let gas = outcome.gas_used;
    match outcome.status {
        Status::Succeeded { output } => Ok((output, gas)),
        Status::Failed { code, message } => {
            let abi = interface.map(|interface| &interface.abi);
            let error = abi.and_then(|abi| abi.decode_error(method, &message).ok());
            let docs = abi.and_then(|abi| abi.error_docs(method, code));
            let cause = match docs {
                Some((name, docs)) => format!("{name}: {docs}"),
                None => format!("error {code} of the contract"),
            };
            let info = json!({
                "code": code,
                "name": docs.map(|(name, _)| name),
                "error": Bytes(message),
                "value": error.unwrap_or(Value::Null),
            });
            Err(RpcError::new(Code::ContractFailed, cause).with(info))
        }
        Status::Trapped { cause: trap::METHOD_NOT_FOUND } => {
            let cause = format!("the contract has no method `{method}`");
            Err(RpcError::new(Code::ContractMethodUnknown, cause))
        }
        Status::Trapped { cause: trap::WRITE_IN_VIEW } => {
            let cause = format!("`{method}` changes the state: submit a transaction");
            Err(RpcError::new(Code::ContractMethodUnknown, cause))
        }
        Status::Trapped { cause } => {
            let text = match cause {
                trap::OUT_OF_GAS => {
                    format!("it needs more than {VIEW_GAS_MAX} gas, the most a view gets; ask for less")
                }
                trap::UNREACHABLE => "it panicked; mostly the input is not what the method expects".to_owned(),
                _ => format!("trap {cause} of the guest interface"),
            };
            Err(RpcError::new(Code::ContractTrapped, text).with(json!({ "trap": cause, "gasUsed": gas })))
        }
    }
}
