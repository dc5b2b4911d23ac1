//! `countersign governance`.

mod propose;
mod told;

pub use propose::{Agreed, agree, propose};

use crate::arguments::{AboutOrganisation, Governance as Command, NamedAdmin, ProposalState, YesNo, account_of};
use crate::failure::Usage;
use crate::output::Output;
use crate::session::{Session, read_file};
use countersign_api::U64;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::gov::{
    AtParams, GetProposalParams, GovGetProposal, GovGetRules, GovListProposals, GovSimulate, ListProposalsParams,
    ProposalState as State, SimulateParams,
};
use countersign_client::Client;
use countersign_types::proposal::Wanted;
use countersign_types::{
    Account, Height, KeyEntry, KeyProof, Measure, NativeOperation, Organisation, Payload, Roles, Rules,
};
use std::process::ExitCode;

/// Everything that a first admin needs.
const ADMIN: Roles = Roles::ADMIN.with(Roles::DEPLOYER).with(Roles::SUBMITTER);

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { state } => list(&session.client()?, state, output).await?,
        Command::Show { proposal } => {
            let params = GetProposalParams { proposal: U64(proposal), at: countersign_api::At::Final, prove: false };
            let read = session.client()?.unverified().call_again::<GovGetProposal>(&params).await?.into_said();
            output.show(&read.data, told::proposal)?;
        }
        Command::Simulate { proposal } => {
            let params = SimulateParams { measure: None, proposal: Some(U64(proposal)) };
            let read = session.client()?.unverified().call_again::<GovSimulate>(&params).await?.into_said();
            output.show(&read.data, told::simulation)?;
        }
        Command::Vote { proposal, vote, force } => self::vote(proposal, vote, force, session, output).await?,
        Command::Rules => {
            let read =
                session.client()?.unverified().call_again::<GovGetRules>(&AtParams::default()).await?.into_said();
            output.show(&read.data, told::rules)?;
        }
        Command::SetRules { file, asked } => {
            let rules: Rules = serde_json::from_slice(&read_file(&file)?)
                .map_err(|cause| Usage(format!("{}: {cause}", file.display())))?;
            let signer = session.signer().await?;
            let now = signer.client().unverified().call_again::<GovGetRules>(&AtParams::default()).await?.into_said();
            let measure = Measure::Rules { version: now.data.version.0, rules };
            propose(&signer, measure, &asked, output).await?;
        }
        Command::Admit { id, name, gln, contact, threshold, admins, asked } => {
            let (accounts, proofs) = accounts(&id, admins.admins)?;
            let organisation = Organisation { gln, contact, threshold, ..Organisation::new(id, name) };
            let measure = Measure::Admit { organisation, admins: accounts, proofs };
            propose(&session.signer().await?, measure, &asked, output).await?;
        }
        Command::Suspend(about) => stand(about, Wanted::Suspended, session, output).await?,
        Command::Reinstate(about) => stand(about, Wanted::Good, session, output).await?,
        Command::Expel(about) => stand(about, Wanted::Expelled, session, output).await?,
        Command::Restore { id, admins, asked } => {
            let (accounts, proofs) = accounts(&id, admins.admins)?;
            let measure = Measure::Admins { organisation: id, admins: accounts, proofs };
            propose(&session.signer().await?, measure, &asked, output).await?;
        }
        Command::Consent { contract, code, asked } => {
            let signer = session.signer().await?;
            let revision = next_revision(signer.client(), &contract).await?;
            propose(&signer, Measure::Code { contract, revision, code }, &asked, output).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Client, state: Option<ProposalState>, output: Output) -> anyhow::Result<()> {
    let state = state.map(|state| match state {
        ProposalState::Open => State::Open,
        ProposalState::Adopted => State::Adopted,
        ProposalState::Rejected => State::Rejected,
        ProposalState::Expired => State::Expired,
    });
    let mut params = ListProposalsParams { state, ..ListProposalsParams::default() };
    let mut proposals = Vec::new();
    loop {
        let page = client.unverified().call_again::<GovListProposals>(&params).await?.into_said();
        proposals.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    output.show(&proposals, |proposals| told::proposals(proposals))
}

async fn vote(proposal: u64, vote: YesNo, force: bool, session: &Session, output: Output) -> anyhow::Result<()> {
    let signer = session.signer().await?;
    let approve = vote == YesNo::Yes;
    let params = SimulateParams { measure: None, proposal: Some(U64(proposal)) };
    let judged = signer.client().unverified().call_again::<GovSimulate>(&params).await?.into_said().data;
    if approve {
        propose::caution(&judged, force)?;
    }
    let operation = NativeOperation::Vote { proposal, approve };
    let done = signer.execute(Payload::Native(operation), None).await?;
    propose::show(&judged.about, &done, output)
}

async fn stand(about: AboutOrganisation, standing: Wanted, session: &Session, output: Output) -> anyhow::Result<()> {
    let AboutOrganisation { id: organisation, asked } = about;
    propose(&session.signer().await?, Measure::Standing { organisation, standing }, &asked, output).await
}

/// Accounts of admins to be, with their keys' proofs.
fn accounts(organisation: &str, admins: Vec<NamedAdmin>) -> Result<(Vec<Account>, Vec<KeyProof>), Usage> {
    let (mut accounts, mut proofs) = (Vec::new(), Vec::new());
    for NamedAdmin { name, key } in admins {
        let id = account_of(organisation, &name).map_err(Usage)?;
        let unproven = || {
            let key = key.key;
            Usage(format!(
                "{key} comes without a proof: its holder runs `countersign key prove {id}`, then name it as {name}=KEY:PROOF"
            ))
        };
        proofs.push(KeyProof { key: key.key, signature: key.proof.ok_or_else(unproven)? });
        let entry = KeyEntry { key: key.key, valid_from: Height::ZERO, valid_to: None };
        accounts.push(Account::new(id, ADMIN, vec![entry]));
    }
    Ok((accounts, proofs))
}

/// Number of the revision that code of a contract becomes next.
async fn next_revision(client: &Client, contract: &str) -> anyhow::Result<u32> {
    use countersign_api::Code;
    use countersign_api::method::contract::{ContractGet, GetParams};
    let params = GetParams { contract: ContractRef(contract.to_owned()), at: countersign_api::At::Final };
    match client.unverified().call_again::<ContractGet>(&params).await {
        Ok(read) => Ok(read.into_said().data.contract.revision.saturating_add(1)),
        Err(countersign_client::Error::Rpc(error)) if error.kind() == Some(Code::ContractUnknown) => Ok(0),
        Err(error) => Err(error.into()),
    }
}
