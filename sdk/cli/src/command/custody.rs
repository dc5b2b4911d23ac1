//! `countersign custody`.

use crate::arguments::{Custody as Command, Listed};
use crate::output::{Output, facts, or_dash, say, table};
use crate::session::Session;
use countersign_api::At;
use countersign_api::method::epcis::{HandoverPolicy, HandoverRow, HandoverState, ListHandoversParams};
use countersign_api::method::identity::{GetAccountParams, IdentityGetAccount};
use countersign_client::custody::{Custody, handovers};
use countersign_client::{Client, Final, contract};
use serde_json::json;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Pending(listed) => list(listed, false, Some(HandoverState::Pending), session, output).await?,
        Command::List { listed, given, state } => {
            list(listed, given, state.map(HandoverState::from), session, output).await?;
        }
        Command::Accept { records } => {
            let signer = session.signer().await?;
            let contract = session.provenance(signer.client()).await?;
            let done = Custody::open(&signer, &contract).await?.accept(&records).await?;
            settled(&records, "accepted", &done, output)?;
        }
        Command::Refuse { record, reason } => {
            let signer = session.signer().await?;
            let contract = session.provenance(signer.client()).await?;
            let done = Custody::open(&signer, &contract).await?.refuse(record, &reason).await?;
            settled(&[record], "refused", &[done], output)?;
        }
        Command::Entrust { party, organisation, nobody: _ } => {
            let signer = session.signer().await?;
            let contract = session.provenance(signer.client()).await?;
            let done = Custody::open(&signer, &contract).await?.entrust(&party, organisation.as_deref()).await?;
            let receipt = &done.receipt;
            let told = json!({
                "party": party, "organisation": organisation, "transaction": receipt.transaction, "height": receipt.height,
            });
            output.show(&told, |_| {
                facts([
                    ("party", party.clone()),
                    ("acts for it", organisation.clone().unwrap_or_else(|| "nobody".to_owned())),
                    ("transaction", format!("{} in block {}", receipt.transaction, receipt.height)),
                ])
            })?;
        }
        Command::Policy { from, one_sided, within } => {
            let wanted = match (one_sided, within) {
                (true, _) => Some(HandoverPolicy::OneSided),
                (false, Some(window_ms)) => Some(HandoverPolicy::Countersign { window_ms }),
                (false, None) => None,
            };
            policy(from, wanted, session, output).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(
    listed: Listed,
    given: bool,
    state: Option<HandoverState>,
    session: &Session,
    output: Output,
) -> anyhow::Result<()> {
    let Listed { organisation, at, limit, cursor } = listed;
    let client = session.client()?;
    let organisation = match organisation {
        Some(organisation) => organisation,
        None => own_organisation(session, &client).await?,
    };
    let contract = Some(session.provenance(&client).await?);
    let params = ListHandoversParams { organisation, given, state, contract, at, limit: None, cursor };
    let most = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let page = handovers(&client, params, most).await?.into_said();
    output.show(&page, |page| table(&HEADER, page.items.iter().map(row)))?;
    let more = page
        .next_cursor
        .as_ref()
        .map_or_else(String::new, |cursor| format!("; MORE FOLLOWS: raise --limit, or go on with --cursor {cursor}"));
    say(&format!("{} hand-overs as of block {}, as the node says{more}", page.items.len(), page.height));
    Ok(())
}

const HEADER: [&str; 9] = ["record", "state", "from", "to", "as", "happened", "until", "documents", "why"];

fn row(row: &HandoverRow) -> Vec<String> {
    let receiver = row.organisation.as_deref().unwrap_or(&row.party);
    let parties: Vec<&str> = row.roles.iter().map(|role| role.trim_end_matches("_party")).collect();
    let reason = row.settled.as_ref().and_then(|settled| settled.reason.as_deref());
    vec![
        row.sequence.to_string(),
        row.state.clone(),
        row.given_by.clone(),
        receiver.to_owned(),
        parties.join(" and "),
        row.event_time.to_string(),
        row.until.map_or_else(|| or_dash(None), |until| until.to_string()),
        or_dash(Some(&row.documents.join(", "))),
        or_dash(reason),
    ]
}

fn settled(records: &[u64], state: &str, done: &[Final], output: Output) -> anyhow::Result<()> {
    let transactions: Vec<_> = done
        .iter()
        .map(|done| json!({ "transaction": done.receipt.transaction, "height": done.receipt.height }))
        .collect();
    let told = json!({ "records": records, "state": state, "transactions": transactions });
    output.show(&told, |_| {
        let numbers: Vec<String> = records.iter().map(ToString::to_string).collect();
        let mut rows = vec![(state, numbers.join(", "))];
        let sent = done.iter().map(|done| format!("{} in block {}", done.receipt.transaction, done.receipt.height));
        rows.extend(sent.map(|sent| ("transaction", sent)));
        facts(rows)
    })
}

async fn policy(
    from: Option<String>,
    wanted: Option<HandoverPolicy>,
    session: &Session,
    output: Output,
) -> anyhow::Result<()> {
    let whom = from.clone().unwrap_or_else(|| "all that nothing is set for".to_owned());
    if let Some(wanted) = wanted {
        let signer = session.signer().await?;
        let contract = session.provenance(signer.client()).await?;
        let done = Custody::open(&signer, &contract).await?.set_policy(from.as_deref(), wanted).await?;
        let receipt = &done.receipt;
        let told = json!({
            "giver": from, "policy": wanted, "transaction": receipt.transaction, "height": receipt.height,
        });
        return output.show(&told, |_| {
            facts([
                ("receives from", whom),
                ("by", by(wanted)),
                ("transaction", format!("{} in block {}", receipt.transaction, receipt.height)),
            ])
        });
    }
    let client = session.client()?;
    let receiver = own_organisation(session, &client).await?;
    let contract = session.provenance(&client).await?;
    let args = json!({ "receiver": receiver, "giver": from.as_deref().unwrap_or_default() });
    let read = contract::view(&client, &contract, "handover_policy", args, At::Final).await?.into_said();
    output.show(&read, |read| {
        let value = read.data.value.as_ref().map_or_else(|| or_dash(None), ToString::to_string);
        facts([("organisation", receiver), ("receives from", whom), ("by", value)])
    })
}

fn by(policy: HandoverPolicy) -> String {
    match policy {
        HandoverPolicy::OneSided => "the giver's word alone".to_owned(),
        HandoverPolicy::Countersign { window_ms } => format!("accepting within {} s", window_ms / 1_000),
    }
}

/// The organisation of the account whose key is used.
async fn own_organisation(session: &Session, client: &Client) -> anyhow::Result<String> {
    let params = GetAccountParams { key: Some(session.key()?.public()), ..GetAccountParams::default() };
    let read = client.unverified().call_again::<IdentityGetAccount>(&params).await?.into_said();
    Ok(read.data.account.id.organisation().to_owned())
}
