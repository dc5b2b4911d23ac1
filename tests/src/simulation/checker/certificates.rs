//! Certificates hold a quorum's signatures. Each signature is verified once, whoever shows it. The validators of an epoch
//! are those of the genesis, or whom the organisations voted for and the quorum before named in the result that it
//! certified of its last height: no node's word for it counts.

use super::Violation;
use countersign_ledger::{LedgerError, Reader, Store};
use countersign_types::{Certificate, Epoch, Genesis, Hash, Height, Phase, ValidatorSet, VoteStatement};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub(super) struct Certificates {
    chain: Hash,
    sets: BTreeMap<Epoch, ValidatorSet>,
    /// Sets that organisations voted for, with the epoch that they did it in.
    wanted: BTreeSet<(Epoch, Hash)>,
    /// Signatures that were found to be good: whose, and under what.
    good: BTreeSet<(u16, [u8; 32], [u8; 64])>,
}

impl Certificates {
    pub(super) fn new(genesis: &Genesis) -> Self {
        let sets = BTreeMap::from([(Epoch::ZERO, genesis.validators.clone())]);
        Self { chain: genesis.chain(), sets, wanted: BTreeSet::new(), good: BTreeSet::new() }
    }

    /// The COMMIT certificate under which a block was executed: its own, or one of a later view of its epoch.
    pub(super) fn finality<S: Store>(
        &mut self,
        node: u16,
        reader: &Reader<S>,
        height: Height,
    ) -> Result<(), Violation> {
        let lacks = || Violation::new("certificates", format!("v{node} has executed block {height} without finality"));
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        let header = reader.header(height).map_err(failed)?.ok_or_else(lacks)?;
        let finality = reader.finality(height).map_err(failed)?.ok_or_else(lacks)?;
        let own = finality.number == header.view.0 && finality.digest == header_block(reader, height)?;
        if finality.phase != Phase::Commit
            || finality.epoch != header.epoch
            || !(own || finality.number > header.view.0)
        {
            let text = format!("v{node}: block {height} was finalised by {finality:?}");
            return Err(Violation::new("certificates", text));
        }
        self.quorum(node, reader, &finality)
    }

    /// The certificate of a result that clients are told is final.
    pub(super) fn announced<S: Store>(&self, node: u16, reader: &Reader<S>, height: Height) -> Result<(), Violation> {
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        match reader.result_certificate(height).map_err(failed)? {
            Some(_) => Ok(()),
            None => {
                Err(Violation::new("certificates", format!("v{node} tells of block {height} without a certificate")))
            }
        }
    }

    /// The certificate of a result, if it is here.
    pub(super) fn result<S: Store>(&mut self, node: u16, reader: &Reader<S>, height: Height) -> Result<(), Violation> {
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        let (Some(result), Some(certificate)) =
            (reader.result(height).map_err(failed)?, reader.result_certificate(height).map_err(failed)?)
        else {
            return Ok(());
        };
        let header = reader.header(height).map_err(failed)?;
        let belongs = header.is_some_and(|header| header.epoch == certificate.epoch)
            && certificate.phase == Phase::Checkpoint
            && certificate.number == height.0
            && certificate.digest == result.hash();
        if !belongs {
            let text = format!("v{node}: {certificate:?} is not of block {height}");
            return Err(Violation::new("certificates", text));
        }
        self.quorum(node, reader, &certificate)
    }

    /// Organisations vote in an epoch for the validators of the next.
    pub(super) fn wanted(&mut self, epoch: Epoch, set: &ValidatorSet) {
        self.wanted.insert((epoch, set.hash()));
    }

    /// The validators of an epoch, as the one before handed over.
    fn set<S: Store>(&mut self, node: u16, reader: &Reader<S>, epoch: Epoch) -> Result<ValidatorSet, Violation> {
        if let Some(set) = self.sets.get(&epoch) {
            return Ok(set.clone());
        }
        let bad = |what: &str| Violation::new("certificates", format!("v{node}, epoch {}: {what}", epoch.0));
        let before = Epoch(epoch.0.saturating_sub(1));
        let (last, set) = reader.epoch(epoch).ok().flatten().ok_or_else(|| bad("a certificate of no epoch"))?;
        self.result(node, reader, last)?;
        let certificate = reader.result_certificate(last).ok().flatten().filter(|one| one.epoch == before);
        let named = reader.result(last).ok().flatten().map(|result| result.next_validators);
        if certificate.is_none() || named != Some(set.hash()) {
            return Err(bad("its validators were not handed over to"));
        }
        if !self.wanted.contains(&(before, set.hash())) {
            return Err(bad("nobody voted for its validators"));
        }
        self.sets.insert(epoch, set.clone());
        Ok(set)
    }

    fn quorum<S: Store>(&mut self, node: u16, reader: &Reader<S>, one: &Certificate) -> Result<(), Violation> {
        let bad = |what: &str| Violation::new("certificates", format!("v{node}: {what}: {one:?}"));
        let set = self.set(node, reader, one.epoch)?;
        let signers: BTreeSet<u16> = one.signatures.iter().map(|(signer, _)| *signer).collect();
        let count = set.members().len();
        let statement = VoteStatement {
            chain: self.chain,
            epoch: one.epoch,
            validators: set.hash(),
            phase: one.phase,
            number: one.number,
            digest: one.digest,
        };
        let message = statement.signing_bytes();
        let valid = one.signatures.iter().all(|(signer, signature)| {
            let known = (*signer, message, signature.0);
            let member = set.members().get(usize::from(*signer));
            let good = self.good.contains(&known)
                || member.is_some_and(|member| member.key.verify(&message, signature).is_ok());
            if good {
                self.good.insert(known);
            }
            good
        });
        // Any two quorums share more than the faulty ones.
        let shares = 2 * signers.len() > count + (count - 1) / 3;
        if !valid || signers.len() != one.signatures.len() || !shares {
            return Err(bad("no quorum's certificate"));
        }
        Ok(())
    }
}

fn header_block<S: Store>(reader: &Reader<S>, height: Height) -> Result<Hash, Violation> {
    let result = reader.result(height).ok().flatten();
    let lacks = || Violation::new("certificates", format!("block {height} was executed without a result"));
    result.map(|result| result.block).ok_or_else(lacks)
}
