//! `countersign bench`: a load generator against a running network.
//!
//! It registers signers, offers transactions to one or several nodes (closed loop or at a rate),
//! and follows the chain for what became final: committed transactions and events per second,
//! finality, gas, bytes. In the same run it measures how many signatures these cores verify, since
//! absolute figures vary between machines and the ratio does not.

mod events;
mod latency;
mod load;
mod reference;
mod report;
mod signers;
mod workload;

use crate::failure::{REFUSED, Usage};
use crate::output::{Output, say};
use crate::session::Session;
use clap::{Args, ValueEnum};
use countersign_api::NoParams;
use countersign_api::method::chain::ChainInfo;
use countersign_api::method::contract::ContractRef;
use countersign_client::{Client, Signer};
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;
use workload::Workload;

#[derive(Debug, Args)]
pub struct Options {
    /// What a transaction is.
    #[arg(long, value_enum, default_value_t = Kind::Event)]
    pub kind: Kind,
    /// Events of a transaction, for the kind batch.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=800))]
    pub batch: u16,
    /// Seconds of measuring, after the warm-up.
    #[arg(long, default_value_t = 20)]
    pub duration: u64,
    /// Seconds before measuring.
    #[arg(long, default_value_t = 2)]
    pub warm_up: u64,
    /// Transactions per second to offer; without it, a closed loop.
    #[arg(long, conflicts_with = "in_flight")]
    pub rate: Option<u32>,
    /// Transactions that wait for finality at a time, in the closed loop.
    #[arg(long, default_value_t = 1_000)]
    pub in_flight: u32,
    /// Keys that sign, in turn. Registering them needs the admin role.
    #[arg(long, default_value_t = 64)]
    pub signers: u32,
    /// Further nodes to submit to, in turn with --rpc.
    #[arg(long = "node", value_name = "URL")]
    pub nodes: Vec<String>,
    /// The contract of the kind call [default: an empty capture of the provenance contract]
    #[arg(long, requires = "method", value_name = "CONTRACT")]
    pub target: Option<String>,
    /// The method of the kind call.
    #[arg(long, requires = "target")]
    pub method: Option<String>,
    /// Its arguments, as JSON.
    #[arg(long, requires = "method", value_name = "JSON")]
    pub args: Option<String>,
    /// Validators that share these cores with the load generator, for the reference [default: all]
    #[arg(long)]
    pub validators_here: Option<u16>,
}

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A small contract call.
    Call,
    /// One EPCIS event.
    Event,
    /// Many EPCIS events.
    Batch,
}

pub async fn run(options: Options, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    if options.signers == 0 || options.in_flight == 0 || options.rate == Some(0) || options.duration == 0 {
        return Err(Usage("signers, in-flight, rate and duration must be above zero".to_owned()).into());
    }
    let admin = session.signer().await?;
    let mut nodes = vec![admin.client().clone()];
    for url in &options.nodes {
        nodes.push(Client::new(url)?);
    }
    let info = admin.client().unverified().call_again::<ChainInfo>(&NoParams {}).await?.into_said().data;
    let here = options.validators_here.unwrap_or(u16::try_from(info.validators.len()).unwrap_or(u16::MAX));

    say("Measuring signature verification on these cores …");
    let reference = tokio::task::spawn_blocking(reference::measure).await?;
    say(&format!("Registering {} signers …", options.signers));
    let signers = signers::register(&admin, options.signers).await?;
    let workload = workload(&options, session, &admin).await?;
    let first = signers.first().ok_or_else(|| Usage("no signers".to_owned()))?;
    let gas = workload.probe(first).await?;
    say(&format!("Offering load for {} s …", options.warm_up + options.duration));
    let plan = load::Plan {
        nodes,
        signers,
        gas,
        pace: options.rate.map_or(load::Pace::InFlight(options.in_flight), load::Pace::PerSecond),
        warm_up: Duration::from_secs(options.warm_up),
        duration: Duration::from_secs(options.duration),
    };
    let measured = load::run(plan, workload).await?;
    let report = report::Report::new(&options, &measured, &reference, here);
    output.show(&report, report::Report::human)?;
    Ok(if measured.committed == 0 { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

async fn workload(options: &Options, session: &Session, admin: &Signer) -> anyhow::Result<Workload> {
    if let (Kind::Call, Some(target), Some(method)) = (options.kind, &options.target, &options.method) {
        let args = options.args.as_deref().map_or(Ok(serde_json::Value::Null), serde_json::from_str);
        let args = args.map_err(|error| Usage(format!("--args is not JSON: {error}")))?;
        return Workload::call(admin.client(), &ContractRef(target.clone()), method, &args).await;
    }
    let contract = session.provenance_address(admin.client()).await?;
    Ok(match options.kind {
        Kind::Call => Workload::empty_capture(contract),
        Kind::Event => Workload::events(contract, 1),
        Kind::Batch => Workload::events(contract, usize::from(options.batch)),
    })
}
