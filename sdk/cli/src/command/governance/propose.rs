//! Asking for a measure: simulated first, then proposed, or voted for where it is proposed already.

use super::told;
use crate::arguments::Asked;
use crate::failure::Usage;
use crate::output::{Output, facts, say};
use countersign_api::method::gov::{AtParams, GovGetRules, GovSimulate, SimulateParams, Simulation};
use countersign_client::{Final, Signer};
use countersign_types::codec::decode;
use countersign_types::{Measure, NativeOperation, Payload, Told};
use serde_json::json;

const DAY_MS: u64 = 86_400_000;
/// How long a proposal is open if nobody says otherwise.
const OPEN_MS: u64 = 7 * DAY_MS;

/// Proposes a measure or votes for it, having shown what it would do.
pub async fn propose(signer: &Signer, measure: Measure, asked: &Asked, output: Output) -> anyhow::Result<()> {
    measure.check().map_err(|cause| Usage(cause.to_string()))?;
    let unverified = signer.client().unverified();
    let params = SimulateParams { measure: Some(measure.clone()), proposal: None };
    let judged = unverified.call_again::<GovSimulate>(&params).await?.into_said().data;
    caution(&judged, asked.force)?;
    let longest = unverified.call_again::<GovGetRules>(&AtParams::default()).await?.into_said().data.rules.window_ms;
    let open_ms = asked.days.map_or(OPEN_MS.min(longest), |days| u64::from(days).saturating_mul(DAY_MS));
    let operation = NativeOperation::Propose { measure, reason: asked.reason.clone(), open_ms };
    let done = signer.execute(Payload::Native(operation), None).await?;
    show(&judged.about, &done, output)
}

/// Asks for an operation in the name of the signer's organisation.
pub async fn agree(signer: &Signer, operation: NativeOperation) -> anyhow::Result<Agreed> {
    Agreed::of(&signer.execute(Payload::Native(operation), None).await?)
}

/// Says what a measure would do, and refuses what cannot take effect or would halt the network.
pub fn caution(judged: &Simulation, force: bool) -> anyhow::Result<()> {
    say(&told::effect(judged));
    for warning in &judged.warnings {
        say(&format!("warning: {warning}"));
    }
    if let Some(refused) = &judged.refused {
        return Err(Usage(format!("it cannot take effect: {refused}")).into());
    }
    if judged.halts && !force {
        return Err(Usage("it would halt the network; bring the validators up first, or say --force".to_owned()).into());
    }
    Ok(())
}

/// Shows what came of it.
pub fn show(about: &str, done: &Final, output: Output) -> anyhow::Result<()> {
    let agreed = Agreed::of(done)?;
    let receipt = &done.receipt;
    let told = json!({
        "about": about, "told": agreed.told, "transaction": receipt.transaction, "height": receipt.height,
    });
    output.show(&told, |_| {
        facts([
            ("about", about.to_owned()),
            ("state", agreed.words()),
            ("transaction", format!("{} in block {}", receipt.transaction, receipt.height)),
        ])
    })
}

/// What an operation of the chain left undecided, if anything.
#[derive(Debug, Clone, Copy)]
pub struct Agreed {
    /// What the receipt says.
    pub told: Option<Told>,
}

impl Agreed {
    /// What a receipt says.
    pub fn of(done: &Final) -> anyhow::Result<Self> {
        let told = Some(&done.output).filter(|output| !output.is_empty());
        Ok(Self { told: told.map(|output| decode(output, output.len())).transpose()? })
    }

    /// In words.
    pub fn words(self) -> String {
        match self.told {
            None => "done".to_owned(),
            Some(Told::Waits { asked, needed }) => {
                format!(
                    "waits: {asked} of {needed} admins of your organisation asked for it; others run the same command"
                )
            }
            Some(Told::Voted { proposal, adopted: Some(true) }) => format!("proposal {proposal} is adopted"),
            Some(Told::Voted { proposal, adopted: Some(false) }) => format!("proposal {proposal} is rejected"),
            Some(Told::Voted { proposal, adopted: None }) => {
                format!("your vote counts for proposal {proposal}, which is open")
            }
        }
    }
}
