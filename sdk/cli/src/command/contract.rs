//! `countersign contract`.

mod build;
mod code;
mod events;
mod life;
mod scheduled;
mod test;

use crate::arguments::Contract as Command;
use crate::contract_new;
use crate::failure::{REFUSED, Usage};
use crate::output::{Output, facts, say, table};
use crate::session::{Session, read_file};
use countersign_api::Abi;
use countersign_api::abi::Mode;
use countersign_api::method::contract::{ContractList, ContractRef, ListParams};
use countersign_api::method::tx::Outcome;
use countersign_client::contract::{self, Contract};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::New { directory, sdk } => new(&directory, sdk.as_deref(), output)?,
        Command::Build { directory, output: file } => build::build(&directory, file.as_deref(), output)?,
        Command::Test { directory, update, with, cargo } => {
            return test::test(&directory, &with, update, &cargo, output);
        }
        Command::Check { module, name, upgrade } => {
            return code::check(&module, name, upgrade, session, output).await;
        }
        Command::Deploy { module, name, args, gas } => deploy(&module, &name, args, gas, session, output).await?,
        Command::Upgrade { contract, module, args, gas, dry_run } => {
            let asked = life::Asked { contract: &contract, module: &module, args, gas, dry_run };
            return life::upgrade(asked, session, output).await;
        }
        Command::Approve { name, module, code, withdraw } => {
            life::approve(&name, module.as_deref(), code, withdraw, session, output).await?;
        }
        Command::Approvals { name } => life::approvals(&name, session, output).await?,
        Command::Freeze(asked) => life::freeze(&asked, true, session, output).await?,
        Command::Thaw(asked) => life::freeze(&asked, false, session, output).await?,
        Command::Scheduled { contract, limit } => scheduled::list(contract, limit, session, output).await?,
        Command::Revisions { contract } => life::revisions(contract, session, output).await?,
        Command::Call { contract, method, args, gas, dry_run } => {
            let asked = Asked { contract: &contract, method: &method, args, gas, dry_run };
            return call(asked, session, output).await;
        }
        Command::View { contract, method, args, at } => {
            let read = contract::view(&session.client()?, &contract, &method, arguments(args)?, at).await?.into_said();
            output.show(&read, |read| match &read.data.value {
                Some(value) => pretty(value),
                None => read.data.output.to_text(),
            })?;
        }
        Command::List => list(session, output).await?,
        Command::Show { contract } => show(&contract, session, output).await?,
        Command::Code { contract, output: file } => code::download(contract, &file, session, output).await?,
        Command::VerifyBuild { contract, directory } => {
            return code::verify_build(contract, &directory, session, output).await;
        }
        Command::Events(filter) if filter.follow => events::follow(filter, session, output).await?,
        Command::Events(filter) => events::list(filter, session, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn new(directory: &Path, sdk: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let made = contract_new::create(directory, sdk)?;
    output.show(&json!({ "directory": directory, "files": made }), |_| made.join("\n"))?;
    say(&format!("Try it: cd {} && countersign contract test", directory.display()));
    Ok(())
}

async fn deploy(
    module: &Path,
    name: &str,
    args: Option<String>,
    gas: Option<u64>,
    session: &Session,
    output: Output,
) -> anyhow::Result<()> {
    let code = read_file(module)?;
    let args = arguments(args)?;
    let signer = session.signer().await?;
    let (address, done) = contract::deploy(&signer, name, code, &args, gas).await?;
    let told = json!({ "name": name, "address": address, "receipt": done.receipt });
    output.show(&told, |_| {
        facts([
            ("contract", name.to_owned()),
            ("address", address.to_string()),
            ("transaction", format!("{} in block {}", done.receipt.transaction, done.receipt.height)),
            ("gas", done.receipt.gas_used.0.to_string()),
        ])
    })
}

/// How a call was asked for.
struct Asked<'a> {
    contract: &'a ContractRef,
    method: &'a str,
    args: Option<String>,
    gas: Option<u64>,
    dry_run: bool,
}

async fn call(asked: Asked<'_>, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let Asked { contract: reference, method, args, gas, dry_run } = asked;
    let args = arguments(args)?;
    let signer = session.signer().await?;
    let contract = Contract::open(signer.client(), reference).await?;
    if contract.abi.methods.get(method).is_some_and(|method| method.mode == Mode::View) {
        return Err(Usage(format!("`{method}` is a view: use `countersign contract view {reference} {method}`")).into());
    }
    if dry_run {
        let trial = contract.try_out(&signer, method, &args, gas).await?;
        let succeeds = matches!(trial.outcome, Outcome::Succeeded { .. });
        output.show(&trial, |trial| life::tried(contract.explain(method, &trial.outcome), trial))?;
        return Ok(if succeeds { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) });
    }
    let called = contract.call(&signer, method, &args, gas).await?;
    let receipt = &called.done.receipt;
    output.show(&json!({ "value": called.value, "receipt": receipt }), |_| {
        let events: Vec<Vec<String>> = receipt
            .events
            .iter()
            .map(|event| {
                let value = contract.abi.decode_event(&event.name, &event.data.0).ok();
                vec![event.name.clone(), value.map_or_else(|| event.data.to_text(), |value| value.to_string())]
            })
            .collect();
        let about = facts([
            ("returned", called.value.to_string()),
            ("transaction", format!("{} in block {}", receipt.transaction, receipt.height)),
            ("gas", receipt.gas_used.0.to_string()),
        ]);
        if events.is_empty() { about } else { format!("{about}\n{}", table(&["event", "fields"], events)) }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn list(session: &Session, output: Output) -> anyhow::Result<()> {
    let client = session.client()?;
    let mut params = ListParams::default();
    let mut contracts = Vec::new();
    loop {
        let page = client.unverified().call_again::<ContractList>(&params).await?.into_said();
        contracts.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    output.show(&contracts, |contracts| {
        let rows = contracts.iter().map(|contract| {
            vec![
                contract.name.clone(),
                contract.address.to_string(),
                contract.deployer.to_string(),
                contract.deployed_at.to_string(),
            ]
        });
        table(&["name", "address", "deployed by", "in block"], rows)
    })
}

async fn show(reference: &ContractRef, session: &Session, output: Output) -> anyhow::Result<()> {
    let contract = Contract::open(&session.client()?, reference).await?;
    let methods: Vec<Value> = contract
        .abi
        .methods
        .iter()
        .map(|(name, method)| json!({ "name": name, "mode": method.mode, "signature": signature(&contract.abi, name), "docs": method.docs }))
        .collect();
    let told = json!({ "address": contract.address, "name": contract.abi.name, "version": contract.abi.version,
        "docs": contract.abi.docs, "methods": methods });
    output.show(&told, |_| {
        let rows = contract.abi.methods.iter().map(|(name, method)| {
            let mode = match method.mode {
                Mode::Call => "call",
                Mode::View => "view",
                Mode::Init => "init",
                Mode::Migrate => "migrate",
            };
            vec![mode.to_owned(), signature(&contract.abi, name), method.docs.clone()]
        });
        let about = facts([
            ("contract", format!("{reference} ({} {})", contract.abi.name, contract.abi.version)),
            ("address", contract.address.to_string()),
            ("about", contract.abi.docs.clone()),
        ]);
        format!("{about}\n{}", table(&["", "method", "what it does"], rows))
    })
}

fn signature(abi: &Abi, name: &str) -> String {
    let Some(method) = abi.methods.get(name) else { return name.to_owned() };
    let args: Vec<String> = method.args.iter().map(|arg| format!("{}: {}", arg.name, arg.kind)).collect();
    format!("{name}({}) -> {}", args.join(", "), method.returns)
}

/// JSON arguments as they were typed, or from `@FILE`.
fn arguments(text: Option<String>) -> anyhow::Result<Value> {
    let Some(text) = text else { return Ok(Value::Null) };
    let bytes = match text.strip_prefix('@') {
        Some(path) => read_file(Path::new(path))?,
        None => text.into_bytes(),
    };
    serde_json::from_slice(&bytes).map_err(|error| Usage(format!("the arguments are not JSON: {error}")).into())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
