//! What must hold, whatever happens. Nothing here calls the engine: certificates, quorums and
//! contradictions are counted again from what nodes sent and stored.

use countersign_consensus::Message;
use countersign_ledger::{Reader, Store};
use countersign_replica::wire::Wire;
use countersign_types::{Epoch, Genesis, Hash, Height, Phase, VoteStatement};
use std::collections::{BTreeMap, BTreeSet};

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

/// What the checker remembers.
#[derive(Debug, Default)]
pub struct Checker {
    /// Block and result at each height, as the first node stored them.
    chain: BTreeMap<Height, (Hash, Hash)>,
    /// What each validator signed in each step.
    votes: BTreeMap<(u16, Epoch, Phase, u64), Hash>,
    /// Transactions that a client was told are final, and where.
    acknowledged: BTreeMap<Hash, Height>,
}

impl Checker {
    /// A validator's message left it: it must not contradict what it signed before, also before a
    /// crash.
    ///
    /// # Errors
    /// The contradiction.
    pub fn sent(&mut self, node: u16, message: &Wire) -> Result<(), Violation> {
        match message {
            Wire::Consensus { message: Message::Vote { vote, .. }, .. } => {
                self.signed(node, vote.epoch, vote.phase, vote.number, vote.digest)
            }
            Wire::Consensus { epoch, message: Message::PrePrepare(proposal) } => {
                let (view, hash) = (proposal.view.0, proposal.block.hash());
                self.signed(node, *epoch, Phase::PrePrepare, view, hash)?;
                self.signed(node, *epoch, Phase::Prepare, view, hash)
            }
            _ => Ok(()),
        }
    }

    fn signed(&mut self, node: u16, epoch: Epoch, phase: Phase, number: u64, digest: Hash) -> Result<(), Violation> {
        let before = *self.votes.entry((node, epoch, phase, number)).or_insert(digest);
        if before != digest {
            return Err(Violation(format!("v{node} signed {phase:?} {number} for {before} and for {digest}")));
        }
        let other = match phase {
            Phase::Commit => Phase::ViewChange,
            Phase::ViewChange => Phase::Commit,
            _ => return Ok(()),
        };
        if self.votes.contains_key(&(node, epoch, other, number)) {
            return Err(Violation(format!("v{node} signed both COMMIT and VIEW-CHANGE of view {number}")));
        }
        Ok(())
    }

    /// A node executed a block: every node must have the same one with the same result. Answers it.
    ///
    /// # Errors
    /// The fork or the divergence.
    pub fn executed<S: Store>(&mut self, node: u16, reader: &Reader<S>, height: Height) -> Result<Hash, Violation> {
        let read = || reader.result(height).map_err(|error| Violation(format!("v{node} height {height}: {error}")));
        let Some(result) = read()? else {
            return Err(Violation(format!("v{node} has no result of the block {height} that it executed")));
        };
        let (block, own) = (result.block, result.hash());
        let first = *self.chain.entry(height).or_insert((block, own));
        if first.0 != block {
            return Err(Violation(format!("fork at height {height}: {} and {block} (v{node})", first.0)));
        }
        if first.1 != own {
            return Err(Violation(format!("different results of block {height}: v{node} {own}, others {}", first.1)));
        }
        Ok(block)
    }

    /// A client was told that a transaction is final.
    pub fn acknowledge(&mut self, transaction: Hash, height: Height) {
        self.acknowledged.entry(transaction).or_insert(height);
    }

    /// Number of acknowledged transactions.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// In the end: every acknowledged transaction stands in the same block of every ledger, and
    /// every result certificate really holds a quorum's signatures.
    ///
    /// # Errors
    /// The first loss.
    pub fn finish<S: Store>(&self, node: u16, reader: &Reader<S>, genesis: &Genesis) -> Result<(), Violation> {
        let failed = |error: countersign_ledger::LedgerError| Violation(format!("v{node}: {error}"));
        for (transaction, height) in &self.acknowledged {
            match reader.receipt(transaction).map_err(failed)? {
                Some(receipt) if receipt.height == *height => {}
                other => {
                    return Err(Violation(format!(
                        "v{node} lost acknowledged {transaction} of block {height}: {other:?}"
                    )));
                }
            }
        }
        for height in (1..=reader.certified().0).map(Height) {
            let (Some(result), Some(certificate)) =
                (reader.result(height).map_err(failed)?, reader.result_certificate(height).map_err(failed)?)
            else {
                continue;
            };
            let header = reader.header(height).map_err(failed)?;
            let epoch = reader.epoch(certificate.epoch).map_err(failed)?;
            let (Some(header), Some((_, validators))) = (header, epoch) else {
                return Err(Violation(format!("v{node} has block {height} of no epoch")));
            };
            if header.epoch != certificate.epoch || header.validators != validators.hash() {
                return Err(Violation(format!("v{node}: block {height} and its certificate are of different epochs")));
            }
            let signers: BTreeSet<u16> = certificate.signatures.iter().map(|(signer, _)| *signer).collect();
            let count = validators.members().len();
            let statement = VoteStatement {
                chain: genesis.chain(),
                epoch: certificate.epoch,
                validators: validators.hash(),
                phase: Phase::Checkpoint,
                number: height.0,
                digest: result.hash(),
            };
            let valid = certificate.signatures.iter().all(|(signer, signature)| {
                let member = validators.members().get(usize::from(*signer));
                member.is_some_and(|member| statement.verify(&member.key, signature).is_ok())
            });
            // Any two quorums share more than the faulty ones.
            let shares = 2 * signers.len() > count + (count - 1) / 3;
            if !valid || signers.len() != certificate.signatures.len() || !shares {
                return Err(Violation(format!(
                    "v{node}: the certificate of block {height} is no quorum's: {certificate:?}"
                )));
            }
        }
        Ok(())
    }
}
