//! The check at the end of every test with real processes: all ledgers say the same, and all that clients were told is in
//! them. It reads blocks, their certificates and receipts over JSON-RPC and shares no code with what made them;
//! `countersignd verify` then checks each database for itself, and `countersignd replay` executes one of them again.

use super::certificate::Sets;
use super::{COUNTER, Cluster, program};
use anyhow::{Context as _, bail, ensure};
use countersign_api::method::chain::{Block, ChainGetBlock, GetBlockParams};
use countersign_api::method::contract::ContractRef;
use countersign_api::method::node::NodeStatus;
use countersign_api::method::proof::{GetStateParams, ProofGetState};
use countersign_api::method::state::Key;
use countersign_api::method::tx::{GetParams, State, TxGet};
use countersign_api::{At, Bytes, NoParams};
use countersign_client::{Client, contract};
use countersign_types::{Genesis, Hash, Height};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

/// What a node's log says when it learns of a validator that contradicted itself.
pub const EQUIVOCATION: &str = "signed two statements that exclude each other";

/// How long nodes may take to come to the same height.
const CATCH_UP: Duration = Duration::from_secs(120);

/// What the final check expects of a validator's votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Votes {
    /// Nobody signed two statements that exclude each other.
    Consistent,
    /// A key was run twice, so somebody may have.
    Contradicting,
}

/// What of a chain is compared: a block's hash and its result's.
type Chain = BTreeMap<Height, (Hash, Hash)>;

/// Checks the ledgers of these running nodes against each other and against what was acknowledged, then stops all nodes
/// and verifies each of the databases.
///
/// # Errors
/// The first thing that is not as it should be.
pub async fn check(cluster: &mut Cluster, nodes: &[u16], acknowledged: &[Hash], votes: Votes) -> anyhow::Result<()> {
    let height = caught_up(cluster, nodes).await?;
    let (first, others) = nodes.split_first().context("no nodes to check")?;
    let sets = sets(cluster, *first, height).await?;
    let (chain, ids) = chain_of(&cluster.client(*first)?, height, &sets).await?;
    for id in acknowledged {
        ensure!(ids.contains(id), "the acknowledged transaction {id} is in no block up to {height}");
    }
    for node in others {
        let (other, _) = chain_of(&cluster.client(*node)?, height, &sets).await?;
        for (height, block) in &chain {
            ensure!(other.get(height) == Some(block), "v{first} and v{node} differ at height {height}");
        }
    }
    for node in nodes {
        receipts(&cluster.client(*node)?, *node, acknowledged, &chain).await?;
        let total = total(&cluster.client(*node)?, At::Height(height)).await?;
        let (least, most) = (acknowledged.len() as u64, ids.len() as u64);
        ensure!((least..=most).contains(&total), "v{node} counts {total}, from {least} to {most} were added");
    }
    for node in nodes {
        cluster.stop(*node)?;
    }
    told(cluster, *first, "replay", "every result is the certified one")?;
    for node in nodes {
        told(cluster, *node, "verify", "sound")?;
        let contradicted = cluster.log_holds(*node, EQUIVOCATION);
        ensure!(votes == Votes::Contradicting || !contradicted, "v{node} saw a validator contradict itself");
    }
    println!("{} acknowledged transactions, {height} blocks, {} equal ledgers", acknowledged.len(), nodes.len());
    Ok(())
}

/// The counter's total at a node, after a block.
///
/// # Errors
/// If the node does not answer.
pub async fn total(client: &Client, at: At) -> anyhow::Result<u64> {
    let answer = contract::view(client, &ContractRef(COUNTER.into()), "total", json!({}), at).await?.into_said();
    answer.data.value.and_then(|value| value.as_u64()).context("the counter has no total")
}

/// Waits until all have certified what the furthest of them has now.
async fn caught_up(cluster: &Cluster, nodes: &[u16]) -> anyhow::Result<Height> {
    let mut highest = Height::ZERO;
    for node in nodes {
        let status = cluster.client(*node)?.unverified().call_again::<NodeStatus>(&NoParams {}).await?.into_said();
        highest = highest.max(status.certified_height);
    }
    for node in nodes {
        let begun = Instant::now();
        while cluster
            .client(*node)?
            .unverified()
            .call_again::<NodeStatus>(&NoParams {})
            .await?
            .into_said()
            .certified_height
            < highest
        {
            if begun.elapsed() > CATCH_UP {
                bail!("v{node} did not come to height {highest}: {}", cluster.log_tail(*node));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(highest)
}

/// The validators of all epochs: those of the genesis, and those that the hand-overs in a proof file name. A set that is
/// made up would need the signatures of one that is not.
async fn sets(cluster: &Cluster, node: u16, height: Height) -> anyhow::Result<Sets> {
    let mut sets = Sets::default();
    let genesis: Genesis = serde_json::from_str(&std::fs::read_to_string(cluster.genesis())?)?;
    sets.add(&genesis.validators);
    if height > Height::ZERO {
        let params = GetStateParams { keys: vec![Key::Raw(Bytes(vec![0, b'e']))], at: At::Height(height) };
        let file = cluster.client(node)?.unverified().call_again::<ProofGetState>(&params).await?.into_said();
        for end in &file.proof.epochs {
            sets.add(&end.validators);
        }
    }
    Ok(sets)
}

/// Every block up to a height, each resting on the one before and certified, and the ids of their transactions, each of
/// which stands there once.
async fn chain_of(client: &Client, height: Height, sets: &Sets) -> anyhow::Result<(Chain, BTreeSet<Hash>)> {
    let (mut chain, mut ids) = (Chain::new(), BTreeSet::new());
    let mut parent = None;
    for height in (1..=height.0).map(Height) {
        let (block, hash) = certified_block(client, height).await?;
        let result = block.result.with_context(|| format!("block {height} has no result"))?;
        let certificate = block.certificate.with_context(|| format!("block {height} is not certified"))?;
        sets.check(&block.header, &result, &certificate)
            .with_context(|| format!("the certificate of block {height}"))?;
        ensure!(result.block == hash && block.header.height == height, "block {height} is another one");
        ensure!(parent.is_none_or(|parent| parent == block.header.parent), "block {height} has another parent");
        for id in block.transactions {
            ensure!(ids.insert(id), "transaction {id} stands in two blocks");
        }
        parent = Some(hash);
        chain.insert(height, (hash, result.hash()));
    }
    Ok((chain, ids))
}

/// A block once its certificate is there: who heard of a later one first asks for it.
async fn certified_block(client: &Client, height: Height) -> anyhow::Result<(Block, Hash)> {
    let begun = Instant::now();
    loop {
        let read = client
            .unverified()
            .call_again::<ChainGetBlock>(&GetBlockParams { at: At::Height(height) })
            .await?
            .into_said();
        if read.data.certificate.is_some() || begun.elapsed() > CATCH_UP {
            return Ok((read.data, read.block_hash));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn receipts(client: &Client, node: u16, acknowledged: &[Hash], chain: &Chain) -> anyhow::Result<()> {
    for id in acknowledged {
        let State::Final { receipt } =
            client.unverified().call_again::<TxGet>(&GetParams { id: *id }).await?.into_said()
        else {
            bail!("v{node} has no receipt of the acknowledged transaction {id}");
        };
        ensure!(receipt.succeeded(), "at v{node} the acknowledged transaction {id} had no effect");
        let block = chain.get(&receipt.height).map(|(block, _)| *block);
        ensure!(block == Some(receipt.block_hash), "v{node} names another block of transaction {id}");
    }
    Ok(())
}

/// What a command of `countersignd` says of a stopped node's ledger.
///
/// # Errors
/// If it fails, or does not say what is expected.
pub fn told(cluster: &Cluster, node: u16, command: &str, expected: &str) -> anyhow::Result<()> {
    let output =
        Command::new(program("countersignd")?).args([command, "--config"]).arg(cluster.config(node)).output()?;
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let said = format!("{out}{err}");
    ensure!(output.status.success() && said.contains(expected), "{command} of the ledger of v{node}: {said}");
    Ok(())
}
