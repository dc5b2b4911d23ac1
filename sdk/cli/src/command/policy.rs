//! `countersign policy`.

use crate::arguments::Policy as Command;
use crate::output::{Output, facts, table};
use crate::session::Session;
use countersign_api::method::governance::{DeployPolicy, GetDeployPolicyParams, GovernanceGetDeployPolicy};
use countersign_client::Client;
use countersign_types::{DeployPolicy as Wanted, NativeOperation, Payload};
use serde_json::json;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show => {
            let policy = in_force(&session.client()?).await?;
            output.show(&policy, human)?;
        }
        Command::Vote { organisations, everyone, approvals, upgrades } => {
            let signer = session.signer().await?;
            let now = in_force(signer.client()).await?;
            let stays = || now.organisations.clone().map(|named| named.into_iter().collect());
            let wanted = Wanted {
                organisations: match organisations {
                    Some(named) => Some(named.into_iter().collect()),
                    None if everyone => None,
                    None => stays(),
                },
                approvals: approvals.unwrap_or(now.approvals),
                upgrades: upgrades.unwrap_or(now.upgrades),
            };
            let hash = wanted.hash();
            let operation = NativeOperation::VotePolicy { version: now.version.0, policy: wanted.clone() };
            let receipt = signer.execute(Payload::Native(operation), None).await?.receipt;
            let then = in_force(signer.client()).await?;
            let decided = then.version.0 > now.version.0;
            let told = json!({
                "policy": wanted, "hash": hash, "inForce": decided, "transaction": receipt.transaction,
                "height": receipt.height,
            });
            output.show(&told, |_| {
                let state = if decided { "in force now" } else { "waits for votes of more than two thirds" };
                facts([
                    ("policy", hash.to_string()),
                    ("state", state.to_owned()),
                    ("transaction", format!("{} in block {}", receipt.transaction, receipt.height)),
                ])
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn in_force(client: &Client) -> anyhow::Result<DeployPolicy> {
    let params = GetDeployPolicyParams::default();
    Ok(client.unverified().call_again::<GovernanceGetDeployPolicy>(&params).await?.into_said().data)
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
    let about = facts([
        ("version", policy.version.0.to_string()),
        ("may deploy", who),
        ("approvals", approvals),
        ("replacing code", upgrades.to_owned()),
    ]);
    if policy.votes.is_empty() {
        return about;
    }
    let rows = policy.votes.iter().map(|vote| vec![vote.organisation.clone(), vote.policy.to_string()]);
    format!("{about}\n{}", table(&["organisation", "wants the policy"], rows))
}
