//! Contracts with JSON arguments: deploy, call, view, upgrade.

mod module;

pub use module::interface_section;

use crate::signer::explain;
use crate::{Client, Error, Final, Signer, Unverified};
use countersign_api::abi::{self, AbiError, Change};
use countersign_api::method::contract::{
    ContractGet, ContractGetAbi, ContractRef, ContractView, GetAbiParams, GetParams, Interface, ViewParams, Viewed,
};
use countersign_api::method::tx::{Outcome, Tried};
use countersign_api::{Abi, At, Code, Read};
use countersign_types::{Address, Payload};
use serde_json::Value;

/// What a call gave.
#[derive(Debug, Clone)]
#[must_use]
pub struct Called {
    /// The transaction.
    pub done: Final,
    /// What the method returned, by the contract's interface.
    pub value: Value,
}

/// A contract and its interface, as a node tells it.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Its address.
    pub address: Address,
    /// Its interface.
    pub abi: Abi,
}

impl Contract {
    /// Asks for a contract's interface.
    ///
    /// # Errors
    /// As of a call, or [`Error::Abi`] if the interface cannot be read.
    pub async fn open(client: &Client, contract: &ContractRef) -> Result<Self, Error> {
        let params = GetAbiParams { contract: contract.clone(), at: At::Final };
        let Read { data: Interface { contract, abi }, .. } = client.call_again::<ContractGetAbi>(&params).await?;
        Ok(Self { address: contract.address, abi: Abi::from_lines(&abi)? })
    }

    /// Calls a method by a transaction. An error of the contract is [`Error::NoEffect`] with the
    /// error's own words.
    ///
    /// # Errors
    /// As of [`Signer::execute`], or [`Error::Abi`] where the arguments do not fit.
    pub async fn call(&self, signer: &Signer, method: &str, args: &Value, gas: Option<u64>) -> Result<Called, Error> {
        let input = self.abi.encode_args(method, args)?;
        let payload = Payload::Call { contract: self.address, method: method.to_owned(), input };
        let done = signer.execute(payload, gas).await.map_err(|error| self.explained(method, error))?;
        let value = self.abi.decode_returned(method, &done.output)?;
        Ok(Called { done, value })
    }

    /// What a call of a method would do at the newest block.
    ///
    /// # Errors
    /// As of [`Signer::try_out`], or [`Error::Abi`] where the arguments do not fit.
    pub async fn try_out(&self, signer: &Signer, method: &str, args: &Value, gas: Option<u64>) -> Result<Tried, Error> {
        let input = self.abi.encode_args(method, args)?;
        signer.try_out(Payload::Call { contract: self.address, method: method.to_owned(), input }, gas).await
    }

    /// What an outcome means, with the contract's own error where it has one.
    #[must_use]
    pub fn explain(&self, method: &str, outcome: &Outcome) -> String {
        let Outcome::Failed { code, error } = outcome else { return explain(outcome) };
        let value = self.abi.decode_error(method, &error.0).ok();
        match (self.abi.error_docs(method, *code), value) {
            (Some((name, "")), None) => format!("the contract refused it: {name}"),
            (Some((name, docs)), None) => format!("the contract refused it: {name}: {docs}"),
            (Some((_, "")), Some(value)) => format!("the contract refused it: {value}"),
            (Some((_, docs)), Some(value)) => format!("the contract refused it: {value}: {docs}"),
            (None, _) => explain(outcome),
        }
    }

    fn explained(&self, method: &str, error: Error) -> Error {
        match error {
            Error::NoEffect { id, outcome, .. } => {
                Error::NoEffect { id, reason: self.explain(method, &outcome), outcome }
            }
            other => other,
        }
    }
}

/// Runs a view; the node reads arguments and result by the contract's interface.
///
/// # Errors
/// As of a call.
pub async fn view(
    client: &Client,
    contract: &ContractRef,
    method: &str,
    args: Value,
    at: At,
) -> Result<Unverified<Read<Viewed>>, Error> {
    let params =
        ViewParams { contract: contract.clone(), method: method.to_owned(), args: Some(args), input: None, at };
    client.unverified().call_again::<ContractView>(&params).await
}

/// Deploys a module as `organisation/name`, and runs its `init` with these arguments (`null` if it
/// has none). The gas limit is the largest allowed if none is given: code is paid for by its size.
///
/// # Errors
/// As of [`Signer::execute`], or [`Error::Abi`] where the module's interface or the arguments are
/// wrong.
pub async fn deploy(
    signer: &Signer,
    name: &str,
    code: Vec<u8>,
    args: &Value,
    gas: Option<u64>,
) -> Result<(Address, Final), Error> {
    if !countersign_types::contract::is_full_name(name) {
        return Err(Error::Contract(name.to_owned()));
    }
    let input = first_input(&code, "init", args)?;
    let payload = Payload::Deploy { name: name.to_owned(), code, input };
    let gas = gas.unwrap_or(signer.parameters().transaction_gas_max.0);
    let done = signer.execute(payload, Some(gas)).await?;
    Ok((Address::of(name), done))
}

/// What an upgrade would do.
#[derive(Debug, Clone)]
#[must_use]
pub struct Upgrade {
    payload: Payload,
    gas: u64,
    /// How the new interface differs from the one that runs, the gravest first. Empty where the contract that runs has none.
    pub changes: Vec<Change>,
    /// How the transaction would end at the newest block.
    pub trial: Tried,
}

impl Upgrade {
    /// Compares a module with what a contract runs and tries its `migrate` out with these arguments (`null` if it has none).
    ///
    /// # Errors
    /// As of a call, or [`Error::Abi`] where the module's interface or the arguments are wrong.
    pub async fn prepare(
        signer: &Signer,
        contract: &ContractRef,
        code: Vec<u8>,
        args: &Value,
        gas: Option<u64>,
    ) -> Result<Self, Error> {
        let new = interface(&code)?;
        let input = first_input(&code, "migrate", args)?;
        let (address, changes) = match Contract::open(signer.client(), contract).await {
            Ok(running) => (running.address, abi::changes(&running.abi, &new)),
            Err(Error::Rpc(error)) if error.kind() == Some(Code::NoInterface) => {
                let params = GetParams { contract: contract.clone(), at: At::Final };
                let read = signer.client().unverified().call_again::<ContractGet>(&params).await?.into_said();
                (read.data.contract.address, Vec::new())
            }
            Err(error) => return Err(error),
        };
        let payload = Payload::Upgrade { contract: address, code, input };
        let gas = gas.unwrap_or(signer.parameters().transaction_gas_max.0);
        let trial = signer.try_out(payload.clone(), Some(gas)).await?;
        Ok(Self { payload, gas, changes, trial })
    }

    /// Whether the network would take it and `migrate` would succeed.
    #[must_use]
    pub fn would_succeed(&self) -> bool {
        matches!(self.trial.outcome, Outcome::Succeeded { .. })
    }

    /// Sends it.
    ///
    /// # Errors
    /// As of [`Signer::execute`].
    pub async fn execute(self, signer: &Signer) -> Result<Final, Error> {
        signer.execute(self.payload, Some(self.gas)).await
    }
}

fn interface(code: &[u8]) -> Result<Abi, Error> {
    let section = interface_section(code).ok_or_else(|| {
        AbiError::Interface("is missing from the module; build it with `countersign contract build`".to_owned())
    })?;
    Ok(Abi::from_section(&section)?)
}

/// borsh of the arguments of `init` or `migrate`, by the interface inside the module.
fn first_input(code: &[u8], method: &str, args: &Value) -> Result<Vec<u8>, Error> {
    let abi = interface(code)?;
    if abi.methods.contains_key(method) {
        return Ok(abi.encode_args(method, args)?);
    }
    match args {
        Value::Null => Ok(Vec::new()),
        _ => Err(AbiError::Interface(format!("has no `{method}`, so there are no arguments")).into()),
    }
}
