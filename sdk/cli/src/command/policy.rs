//! `countersign policy`.

use crate::arguments::Policy as Command;
use crate::command::governance::propose;
use crate::output::{Output, facts};
use crate::session::Session;
use countersign_api::method::gov::{AtParams, DeployPolicy, GovGetDeployPolicy};
use countersign_client::Client;
use countersign_types::{DeployPolicy as Wanted, Measure};
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show => {
            let policy = in_force(&session.client()?).await?;
            output.show(&policy, human)?;
        }
        Command::Vote { organisations, everyone, approvals, upgrades, asked } => {
            let signer = session.signer().await?;
            let now = in_force(signer.client()).await?;
            let stays = || now.organisations.clone().map(|named| named.into_iter().collect());
            let policy = Wanted {
                organisations: match organisations {
                    Some(named) => Some(named.into_iter().collect()),
                    None if everyone => None,
                    None => stays(),
                },
                approvals: approvals.unwrap_or(now.approvals),
                upgrades: upgrades.unwrap_or(now.upgrades),
            };
            propose(&signer, Measure::Deployment { version: now.version.0, policy }, &asked, output).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn in_force(client: &Client) -> anyhow::Result<DeployPolicy> {
    let params = AtParams::default();
    Ok(client.unverified().call_again::<GovGetDeployPolicy>(&params).await?.into_said().data)
}

fn human(policy: &DeployPolicy) -> String {
    let who = match &policy.organisations {
        None => "deployers of all organisations".to_owned(),
        Some(named) if named.is_empty() => "nobody".to_owned(),
        Some(named) => format!("deployers of {}", named.join(", ")),
    };
    let approvals = match policy.approvals {
        0 | 1 => "none but the deployer's own".to_owned(),
        wanted => format!("{wanted} organisations, the deployer's own included"),
    };
    let upgrades = if policy.upgrades { "allowed to the owner" } else { "nobody" };
    facts([
        ("version", policy.version.0.to_string()),
        ("may deploy", who),
        ("approvals", approvals),
        ("replacing code", upgrades.to_owned()),
    ])
}
