//! Result certificates, checked without the node's own code: from `ledger/FORMAT.md`, SHA-256 and `ed25519-dalek`'s strict
//! verification, with the validator sets that the genesis and the hand-overs in a proof file name.

use anyhow::{Context as _, ensure};
use countersign_types::{Certificate, ExecutionResult, Hash, Header, Phase, ValidatorSet, codec};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Keys of the validator sets that a chain has had, by the sets' hashes.
#[derive(Debug, Default)]
pub struct Sets(BTreeMap<Hash, Vec<[u8; 32]>>);

impl Sets {
    /// Adds a set.
    pub fn add(&mut self, set: &ValidatorSet) {
        let keys = set.members().iter().map(|validator| validator.key.0).collect();
        self.0.insert(hash("cs/validators", &[&codec::encode(set)]), keys);
    }

    /// Checks that a quorum of the validators that a block's header names signed its result.
    ///
    /// # Errors
    /// What is wrong with the certificate.
    pub fn check(&self, header: &Header, result: &ExecutionResult, certificate: &Certificate) -> anyhow::Result<()> {
        let Certificate { phase, epoch, number, digest, signatures } = certificate;
        ensure!(*phase == Phase::Checkpoint && *number == header.height.0, "it is of another step");
        ensure!(*epoch == header.epoch, "it is of epoch {epoch}, the block of {}", header.epoch);
        ensure!(*digest == hash("cs/result", &[&codec::encode(result)]), "it is of another result");
        let keys = self.0.get(&header.validators).context("nothing names the validators of its header")?;
        let quorum = (2 * keys.len() - 1) / 3 + 1;
        ensure!(signatures.len() >= quorum, "{} of {} validators signed", signatures.len(), keys.len());
        ensure!(signatures.windows(2).all(|pair| pair[0].0 < pair[1].0), "a signer is repeated or out of order");
        let (epoch, number) = (epoch.0.to_le_bytes(), number.to_le_bytes());
        let statement = hash("cs/vote", &[&header.chain.0, &epoch, &header.validators.0, &[4], &number, &digest.0]);
        for (signer, signature) in signatures {
            let key = keys.get(usize::from(*signer)).with_context(|| format!("there is no validator {signer}"))?;
            VerifyingKey::from_bytes(key)
                .and_then(|key| key.verify_strict(&statement.0, &Signature::from_bytes(&signature.0)))
                .with_context(|| format!("the signature of validator {signer}"))?;
        }
        Ok(())
    }
}

fn hash(tag: &str, parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([u8::try_from(tag.len()).unwrap_or(u8::MAX)]);
    hasher.update(tag);
    parts.iter().for_each(|part| hasher.update(part));
    Hash(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use countersign_types::{Epoch, Height, SecretKey, TimestampMs, Validator, View};

    fn key(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; 32])
    }

    fn set(numbers: std::ops::RangeInclusive<u8>) -> ValidatorSet {
        let validator = |number: u8| Validator {
            organisation: "org".into(),
            key: key(number).public(),
            network_key: key(100 + number).public(),
        };
        ValidatorSet::new(numbers.map(validator).collect()).unwrap()
    }

    fn certified() -> (Header, ExecutionResult, Certificate) {
        let header = Header {
            chain: Hash([1; 32]),
            height: Height(5),
            epoch: Epoch(2),
            view: View(6),
            parent: Hash([2; 32]),
            time: TimestampMs(9),
            proposer: 3,
            validators: set(1..=4).hash(),
            transactions_root: Hash::ZERO,
            transactions: 0,
            result: Hash::ZERO,
        };
        let result = ExecutionResult {
            height: Height(5),
            block: header.hash(),
            state_root: Hash([3; 32]),
            receipts_root: Hash::ZERO,
            events_root: Hash::ZERO,
            next_validators: header.validators,
            range_root: Hash::ZERO,
            overrides: Hash::ZERO,
        };
        let mut certificate = Certificate {
            phase: Phase::Checkpoint,
            epoch: Epoch(2),
            number: 5,
            digest: result.hash(),
            signatures: Vec::new(),
        };
        let statement = certificate.statement(header.chain, header.validators);
        certificate.signatures = (0..3).map(|index| (u16::from(index), statement.sign(&key(index + 1)))).collect();
        (header, result, certificate)
    }

    #[test]
    fn a_quorums_certificate_passes_and_no_other() {
        let mut sets = Sets::default();
        sets.add(&set(1..=4));
        let (header, result, certificate) = certified();
        sets.check(&header, &result, &certificate).unwrap();
        let refused = |change: &dyn Fn(&mut Header, &mut ExecutionResult, &mut Certificate)| {
            let (mut header, mut result, mut certificate) = certified();
            change(&mut header, &mut result, &mut certificate);
            assert!(sets.check(&header, &result, &certificate).is_err(), "{certificate:?}");
        };
        refused(&|_, _, certificate| certificate.signatures.truncate(2));
        refused(&|_, _, certificate| certificate.signatures[1] = certificate.signatures[0]);
        refused(&|_, _, certificate| certificate.signatures[2].0 = 9);
        refused(&|_, _, certificate| certificate.signatures[2].1.0[40] ^= 1);
        refused(&|_, _, certificate| certificate.number = 6);
        refused(&|_, _, certificate| certificate.phase = Phase::Commit);
        refused(&|header, _, certificate| (header.epoch, certificate.epoch) = (Epoch(3), Epoch(3)));
        refused(&|header, _, _| header.chain = Hash([7; 32]));
        refused(&|header, _, _| header.validators = set(1..=3).hash());
        refused(&|_, result, certificate| {
            result.state_root = Hash([7; 32]);
            certificate.digest = result.hash();
        });
        refused(&|_, result, _| result.state_root = Hash([7; 32]));
    }
}
