//! Modules beside the network's: `countersign contract check`, `code` and `verify-build`.

use crate::contract_build::{self, ModuleParts};
use crate::failure::REFUSED;
use crate::output::{Output, facts, say, table};
use crate::session::{Session, read_file};
use anyhow::{Context as _, ensure};
use countersign_api::method::contract::{
    CheckParams, ContractCheck, ContractGetCode, ContractRef, GetCodeParams, Module,
};
use countersign_api::method::identity::{GetAccountParams, IdentityGetAccount};
use countersign_api::method::state::Key;
use countersign_api::{At, Bytes};
use countersign_client::Error;
use countersign_types::{ContractRecord, Hash, codec, state_key};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// Whether the network would take a module; refused is exit code 1.
pub async fn check(
    file: &Path,
    name: Option<String>,
    upgrade: bool,
    session: &Session,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let module = Bytes(read_file(file)?);
    let client = session.client()?;
    // Without a key the module is judged, and not who deploys it.
    let account = if session.key_path()?.exists() {
        let key = Some(session.key()?.public());
        let params = GetAccountParams { key, ..GetAccountParams::default() };
        Some(client.unverified().call_again::<IdentityGetAccount>(&params).await?.into_said().data.account.id)
    } else {
        None
    };
    let params = CheckParams { module, name, account, upgrade };
    let checked = client.unverified().call_again::<ContractCheck>(&params).await?.into_said().data;
    output.show(&checked, |checked| {
        let mut rows =
            vec![("deployment", format!("{} gas of at most {}", checked.deploy_gas.0, checked.transaction_gas_max.0))];
        if let Some(size) = &checked.size {
            rows.push(("each call", format!("{} gas before its own", size.instantiation_gas.0)));
            rows.push((
                "size",
                format!(
                    "{} functions, {} instructions, {} pages of memory",
                    size.functions, size.instructions, size.memory_pages
                ),
            ));
            rows.push(("code", size.code.to_string()));
        }
        facts(rows)
    })?;
    for refusal in &checked.refusals {
        say(&format!("refused: {refusal}"));
    }
    Ok(if checked.refusals.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

/// Writes a contract's module to a file.
pub async fn download(contract: ContractRef, file: &Path, session: &Session, output: Output) -> anyhow::Result<()> {
    let module = code_of(session, contract).await?;
    contract_build::write(file, &module.bytes.0)?;
    let told = json!({ "file": file, "code": module.code, "bytes": module.bytes.0.len() });
    output.show(&told, |_| format!("{} ({} bytes, {})", file.display(), module.bytes.0.len(), module.code))
}

/// Builds a crate and compares; another module is exit code 1.
pub async fn verify_build(
    contract: ContractRef,
    directory: &Path,
    session: &Session,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let deployed = code_of(session, contract.clone()).await?.bytes.0;
    let scratch = contract_build::build(directory, None)?;
    let built = read_file(&scratch.path)?;
    let is_same = built == deployed;
    let (ours, theirs) = (ModuleParts::of(&built)?, ModuleParts::of(&deployed)?);
    let told = json!({ "contract": contract, "same": is_same, "built": ours, "deployed": theirs });
    output.show(&told, |_| {
        if is_same {
            return format!("{contract} runs what {} builds ({} bytes)", directory.display(), built.len());
        }
        let names: BTreeSet<&String> = ours.sections.keys().chain(theirs.sections.keys()).collect();
        let size = |parts: &ModuleParts, name| {
            parts.sections.get(name).map_or("–".to_owned(), |part| part.bytes.to_string())
        };
        let differing = names.into_iter().filter(|name| ours.sections.get(*name) != theirs.sections.get(*name));
        let rows = differing.map(|name| vec![name.clone(), size(&ours, name), size(&theirs, name)]);
        table(&["section that differs", "bytes built", "bytes deployed"], rows)
    })?;
    if is_same {
        return Ok(ExitCode::SUCCESS);
    }
    say(&if ours.compiler == theirs.compiler {
        format!("{contract} runs another module: the same compiler ({}) built it, from other sources", ours.compiler)
    } else {
        format!(
            "{contract} runs another module: it was compiled by {}, here is {}; only with that compiler can they be compared",
            theirs.compiler, ours.compiler
        )
    });
    Ok(ExitCode::from(REFUSED))
}

/// A contract's module. Its bytes have the hash that the node names; with a file that the user trusts, that hash is proven to be
/// the contract's, else it is the node's word.
async fn code_of(session: &Session, contract: ContractRef) -> anyhow::Result<Module> {
    let address = contract.address().ok_or_else(|| Error::Contract(contract.to_string()))?;
    let params = GetCodeParams { contract: Some(contract.clone()), ..GetCodeParams::default() };
    let module = session.client()?.unverified().call_again::<ContractGetCode>(&params).await?.into_said().data;
    ensure!(Hash(Sha256::digest(&module.bytes.0).into()) == module.code, "the node sent other bytes than it names");
    let Some(auditor) = session.auditor()? else {
        say("What the contract runs is the node's word; give --root FILE to have it proven.");
        return Ok(module);
    };
    let key = Key::Raw(Bytes(state_key::contract(&address)));
    let entry = auditor.state(&[key], At::Final).await?.into_data().into_iter().next().flatten();
    let record = entry.map(|bytes| codec::decode::<ContractRecord>(&bytes, bytes.len())).transpose();
    let record = record.context("the contract's record is of another version")?;
    let proven = record.with_context(|| format!("{contract} is proven not to be deployed"))?.code;
    ensure!(proven == module.code, "the node sent code {}, and {contract} is proven to run {proven}", module.code);
    Ok(module)
}
