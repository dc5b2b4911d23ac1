//! `countersign organisation`.

use crate::arguments::Organisation as Command;
use crate::command::governance::agree;
use crate::output::{Output, facts, or_dash, table};
use crate::session::Session;
use countersign_api::At;
use countersign_api::method::identity::{
    GetAccountParams, GetOrganisationParams, IdentityGetAccount, IdentityGetOrganisation, IdentityListAccounts,
    IdentityListOrganisations, ListAccountsParams, ListOrganisationsParams, Member,
};
use countersign_client::Client;
use countersign_types::{Account, NativeOperation, Organisation, Standing};
use serde_json::json;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::List => list(&session.client()?, output).await?,
        Command::Show { id } => show(&session.client()?, id, output).await?,
        Command::Set { name, gln, contact, threshold } => {
            let signer = session.signer().await?;
            let params = GetAccountParams { key: Some(signer.public()), ..GetAccountParams::default() };
            let now = signer.client().unverified().call_again::<IdentityGetAccount>(&params).await?.into_said();
            let now = now.data.organisation;
            let operation = NativeOperation::PutOrganisation {
                name: name.unwrap_or(now.name),
                gln: gln.or(now.gln),
                contact: contact.or(now.contact),
                threshold: threshold.unwrap_or(now.threshold),
            };
            let agreed = agree(&signer, operation).await?;
            output.show(&json!({ "organisation": now.id, "told": agreed.told }), |_| {
                facts([("organisation", now.id.clone()), ("state", agreed.words())])
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Client, output: Output) -> anyhow::Result<()> {
    let mut params = ListOrganisationsParams::default();
    let mut members = Vec::new();
    loop {
        let page = client.unverified().call_again::<IdentityListOrganisations>(&params).await?.into_said();
        members.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    output.show(&members, |members| {
        let rows = members.iter().map(|member| {
            let said = &member.organisation;
            vec![
                said.id.clone(),
                said.name.clone(),
                standing(said.standing),
                member.validators.to_string(),
                format!("{} of {}", said.threshold, member.admins.len()),
            ]
        });
        table(&["organisation", "name", "standing", "validators", "admins that must agree"], rows)
    })
}

async fn show(client: &Client, id: String, output: Output) -> anyhow::Result<()> {
    let params = GetOrganisationParams { organisation: id.clone(), at: At::Final, prove: false };
    let member = client.unverified().call_again::<IdentityGetOrganisation>(&params).await?.into_said().data;
    let mut params = ListAccountsParams { organisation: id, limit: None, cursor: None };
    let mut accounts: Vec<Account> = Vec::new();
    loop {
        let page = client.unverified().call_again::<IdentityListAccounts>(&params).await?.into_said();
        accounts.extend(page.items.into_iter().map(|listed| listed.0));
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    output.show(&json!({ "member": member, "accounts": accounts }), |_| human(&member, &accounts))
}

fn human(member: &Member, accounts: &[Account]) -> String {
    let Organisation { id, name, gln, contact, threshold, standing: now } = &member.organisation;
    let about = facts([
        ("organisation", id.clone()),
        ("name", name.clone()),
        ("GLN", or_dash(gln.as_deref())),
        ("contact", or_dash(contact.as_deref())),
        ("standing", standing(*now)),
        ("validators", member.validators.to_string()),
        ("admins that must agree", format!("{threshold} of {}", member.admins.len())),
    ]);
    let rows = accounts.iter().map(|account| {
        let attributes: Vec<String> =
            account.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![
            account.id.to_string(),
            account.roles.names().collect::<Vec<_>>().join(", "),
            account.keys.len().to_string(),
            or_dash(Some(&attributes.join(", "))),
        ]
    });
    format!("{about}\n{}", table(&["account", "roles", "keys", "attributes"], rows))
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Good => "good".to_owned(),
        Standing::Suspended { from } => format!("suspended from block {from} on"),
        Standing::Expelled { from } => format!("expelled from block {from} on"),
    }
}
