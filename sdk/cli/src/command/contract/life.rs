//! What becomes of a contract: `countersign contract upgrade`, `approve`, `approvals`, `freeze`, `thaw` and `revisions`.

use super::arguments;
use crate::arguments::Freeze;
use crate::command::governance::{Agreed, propose};
use crate::failure::{REFUSED, Usage};
use crate::output::{Output, facts, say, table};
use crate::session::{Session, read_file};
use countersign_api::At;
use countersign_api::abi::{Change, Concern};
use countersign_api::method::contract::{
    ApprovalsParams, ContractGet, ContractListApprovals, ContractRef, Freezer, GetParams,
};
use countersign_api::method::tx::{Receipt, Tried};
use countersign_client::contract::Upgrade;
use countersign_client::explain;
use countersign_types::hash::sha256;
use countersign_types::{Hash, Measure, NativeOperation, Payload};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// How an upgrade was asked for.
pub struct Asked<'a> {
    pub contract: &'a ContractRef,
    pub module: &'a Path,
    pub args: Option<String>,
    pub gas: Option<u64>,
    pub dry_run: bool,
}

/// Compares, tries, and sends; what would fail is not sent, and exit code 1.
pub async fn upgrade(asked: Asked<'_>, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let code = read_file(asked.module)?;
    let args = arguments(asked.args)?;
    let signer = session.signer().await?;
    let hash = Hash(sha256(&code));
    let upgrade = Upgrade::prepare(&signer, asked.contract, code, &args, asked.gas).await?;
    for change in &upgrade.changes {
        say(&told(change));
    }
    let (trial, would_succeed) = (upgrade.trial.clone(), upgrade.would_succeed());
    if !would_succeed || asked.dry_run {
        let changes: Vec<String> = upgrade.changes.iter().map(told).collect();
        let shown = json!({ "contract": asked.contract, "code": hash, "changes": changes, "trial": trial });
        output.show(&shown, |_| tried(explain(&trial.outcome), &trial))?;
        return Ok(if would_succeed { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) });
    }
    say(&format!("tried out: {}", summary(&trial)));
    let receipt = upgrade.execute(&signer).await?.receipt;
    let shown = json!({ "contract": asked.contract, "code": hash, "receipt": receipt });
    output.show(&shown, |_| done([("contract", asked.contract.to_string()), ("code", hash.to_string())], &receipt))?;
    Ok(ExitCode::SUCCESS)
}

fn told(change: &Change) -> String {
    let concern = match change.concern {
        Concern::Refused => "refused",
        Concern::State => "state, for `migrate` to mend",
        Concern::Callers => "callers",
        Concern::Nobody => "new",
    };
    format!("{concern}: {}", change.text)
}

fn summary(trial: &Tried) -> String {
    let outcome = explain(&trial.outcome);
    let Tried { gas_used, written, removed, appended, .. } = trial;
    format!("{outcome}, {} gas, {written} entries written, {removed} removed, {appended} records appended", gas_used.0)
}

/// What a transaction would do, for people.
pub fn tried(outcome: String, trial: &Tried) -> String {
    facts([
        ("outcome", outcome),
        ("gas", trial.gas_used.0.to_string()),
        (
            "written",
            format!("{} entries, {} removed, {} records appended", trial.written, trial.removed, trial.appended),
        ),
        ("events", trial.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>().join(", ")),
    ])
}

fn done<const N: usize>(about: [(&'static str, String); N], receipt: &Receipt) -> String {
    let place = format!("{} in block {}", receipt.transaction, receipt.height);
    let rest = [("transaction", place), ("gas", receipt.gas_used.0.to_string())];
    facts(about.into_iter().chain(rest))
}

/// Approves code for a contract, or takes that back.
pub async fn approve(
    name: &str,
    module: Option<&Path>,
    code: Option<Hash>,
    withdraw: bool,
    session: &Session,
    output: Output,
) -> anyhow::Result<()> {
    let code = match (module, code) {
        (Some(module), _) => Hash(sha256(&read_file(module)?)),
        (None, Some(code)) => code,
        (None, None) => return Err(Usage("name a module, or its hash with --code".to_owned()).into()),
    };
    let operation = NativeOperation::ApproveCode { contract: name.to_owned(), code, approve: !withdraw };
    let done_now = session.signer().await?.execute(Payload::Native(operation), None).await?;
    let (agreed, receipt) = (Agreed::of(&done_now)?, done_now.receipt);
    let state = match agreed.told {
        Some(_) => agreed.words(),
        None if withdraw => "withdrawn".to_owned(),
        None => "approved".to_owned(),
    };
    output.show(&json!({ "contract": name, "code": code, "approved": !withdraw, "receipt": receipt }), |_| {
        done([("contract", name.to_owned()), ("code", code.to_string()), ("state", state.clone())], &receipt)
    })
}

/// Lists approvals.
pub async fn approvals(name: &str, session: &Session, output: Output) -> anyhow::Result<()> {
    let client = session.client()?;
    let mut params = ApprovalsParams { name: name.to_owned(), limit: None, cursor: None };
    let mut approvals = Vec::new();
    loop {
        let page = client.unverified().call_again::<ContractListApprovals>(&params).await?.into_said();
        approvals.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    output.show(&approvals, |approvals| {
        let rows = approvals.iter().map(|approval| vec![approval.code.to_string(), approval.organisations.join(", ")]);
        table(&["code", "approved by"], rows)
    })
}

/// Freezes or thaws a contract.
pub async fn freeze(asked: &Freeze, frozen: bool, session: &Session, output: Output) -> anyhow::Result<()> {
    let none = || Usage(format!("`{}` is neither an address nor organisation/name", asked.contract));
    let contract = asked.contract.address().ok_or_else(none)?;
    let signer = session.signer().await?;
    if asked.vote {
        let params = GetParams { contract: asked.contract.clone(), at: At::Final };
        let now = signer.client().unverified().call_again::<ContractGet>(&params).await?.into_said().data;
        let measure = Measure::Freeze { contract, revision: now.contract.revision, frozen };
        return propose(&signer, measure, &asked.asked, output).await;
    }
    let operation = NativeOperation::SetFrozen { contract, frozen };
    let ended = signer.execute(Payload::Native(operation), None).await?;
    let (agreed, receipt) = (Agreed::of(&ended)?, ended.receipt);
    let params = GetParams { contract: asked.contract.clone(), at: At::Final };
    let read = signer.client().unverified().call_again::<ContractGet>(&params).await?.into_said().data;
    let by = read.contract.frozen_by;
    output.show(&json!({ "contract": asked.contract, "frozenBy": by, "receipt": receipt }), |_| {
        done(
            [("contract", read.contract.name.clone()), ("frozen", frozen_by(&by)), ("state", agreed.words())],
            &receipt,
        )
    })
}

/// Who stopped a contract, for people.
pub fn frozen_by(by: &[Freezer]) -> String {
    match by {
        [] => "no".to_owned(),
        [Freezer::Owner] => "by its owner".to_owned(),
        [Freezer::Network] => "by the network".to_owned(),
        _ => "by its owner and by the network".to_owned(),
    }
}

/// Lists the code that a contract runs and ran.
pub async fn revisions(contract: ContractRef, session: &Session, output: Output) -> anyhow::Result<()> {
    let params = GetParams { contract, at: At::Final };
    let read = session.client()?.unverified().call_again::<ContractGet>(&params).await?.into_said();
    output.show(&read.data, |details| {
        let about = facts([
            ("contract", details.contract.name.clone()),
            ("address", details.contract.address.to_string()),
            ("frozen", frozen_by(&details.contract.frozen_by)),
        ]);
        let rows = details.revisions.iter().map(|revision| {
            vec![
                revision.number.to_string(),
                revision.at.to_string(),
                revision.by.to_string(),
                revision.code.to_string(),
                revision.transaction.to_string(),
            ]
        });
        format!("{about}\n{}", table(&["revision", "in block", "by", "code", "transaction"], rows))
    })
}
