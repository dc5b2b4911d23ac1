//! Following the chain without its blocks, by what several nodes say.
//!
//! The core is [`Light`]: it is asked about each answer, and takes none that does not hold. Nodes are asked one after the
//! other; one that is behind or lies holds the others up no longer than its answer takes.

mod file;

pub use file::{LightFileError, keep, load, save};

use crate::{Client, Error};
use countersign_api::method::proof::{GetValidatorChainParams, ProofGetValidatorChain};
use countersign_types::Height;
use countersign_verify::{Light, Refusal, Step};

/// What came of asking a node.
#[derive(Debug)]
pub struct Heard {
    /// The node's address.
    pub node: String,
    /// The height that it led to.
    pub outcome: Result<Height, NotFollowed>,
}

/// Why a node was not followed.
#[derive(Debug, thiserror::Error)]
pub enum NotFollowed {
    /// It was not reached, or answers with an error.
    #[error("{0}")]
    Asked(#[from] Error),
    /// What it says is refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// It says that there is more and does not go on.
    #[error("it says that there is more after block {0}, and does not go on")]
    Stuck(Height),
}

/// Asks each node for what is newer, and moves the light client as far as what holds goes.
pub async fn follow(light: &mut Light, nodes: &[Client]) -> Vec<Heard> {
    let mut heard = Vec::with_capacity(nodes.len());
    for node in nodes {
        let outcome = follow_one(light, node).await;
        heard.push(Heard { node: node.url().to_owned(), outcome });
    }
    heard
}

/// Each round ends at a newer certified block, or is the last.
async fn follow_one(light: &mut Light, node: &Client) -> Result<Height, NotFollowed> {
    loop {
        let params = GetValidatorChainParams { epoch: light.epoch().epoch, height: light.height() };
        let said = node.call_again::<ProofGetValidatorChain>(&params).await?;
        match light.step(&said.epochs, &said.anchor, said.earlier.as_ref())? {
            Step::Advanced if said.more => {}
            Step::Same if said.more => return Err(NotFollowed::Stuck(light.height())),
            Step::Advanced | Step::Same => return Ok(light.height()),
        }
    }
}
