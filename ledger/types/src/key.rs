//! Ed25519 keys and signatures, with one verdict on every path.
//!
//! Signing is RFC 8032 (`ed25519-dalek`). Verification follows ZIP-215 (`ed25519-zebra`): the
//! cofactored equation, canonical `s`, any encoding of the points that decompresses. Single and
//! batched verification therefore agree on every input; dalek's two differ on crafted ones, and a
//! chain that mixes those can be split.

use crate::hex::hex_bytes;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::Signer as _;
use ed25519_zebra::{VerificationKey, VerificationKeyBytes, batch};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// An Ed25519 public key. Holding one says nothing about its validity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct PublicKey(pub [u8; 32]);
hex_bytes!(PublicKey, 32, "a public key");

/// An Ed25519 signature: `R | s`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);
hex_bytes!(Signature, 64, "a signature");

/// A signature that does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not valid for this key and message")]
pub struct BadSignature;

impl PublicKey {
    /// Checks one signature by ZIP-215.
    ///
    /// # Errors
    /// [`BadSignature`] if the key does not decompress or the equation does not hold.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        VerificationKey::try_from(self.0)
            .and_then(|key| key.verify(&ed25519_zebra::Signature::from_bytes(&signature.0), message))
            .map_err(|_| BadSignature)
    }

    /// Whether the key may be registered: it decompresses and is not of small order (such a key
    /// accepts signatures made without any secret).
    #[must_use]
    pub fn is_registrable(&self) -> bool {
        ed25519_dalek::VerifyingKey::from_bytes(&self.0).is_ok_and(|key| !key.is_weak())
    }
}

/// A signature to check, with the message and the key it should belong to.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Who should have signed.
    pub key: PublicKey,
    /// What should be signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: Signature,
}

/// Checks many signatures at once, two to five times faster than one by one. The blinding factors
/// come from a hash of the whole batch, so the verdict is a function of the input.
///
/// # Errors
/// [`BadSignature`] if any is not valid; check them one by one to learn which.
pub fn verify_batch(claims: &[Claim<'_>]) -> Result<(), BadSignature> {
    let mut verifier = batch::Verifier::new();
    let mut seed = Sha256::new();
    for claim in claims {
        let signature = ed25519_zebra::Signature::from_bytes(&claim.signature.0);
        let item = batch::Item::from((VerificationKeyBytes::from(claim.key.0), signature, claim.message));
        seed.update(claim.key.0);
        seed.update(claim.signature.0);
        seed.update(Sha256::digest(claim.message));
        verifier.queue(item);
    }
    verifier.verify(HashStream { seed: seed.finalize().into(), block: 0 }).map_err(|_| BadSignature)
}

/// Which of the claims are valid. Bad ones are found by halving, so a batch with one bad signature
/// costs about twice a good one.
#[must_use]
pub fn verify_each(claims: &[Claim<'_>]) -> Vec<bool> {
    match claims {
        [] => Vec::new(),
        [claim] => alloc::vec![claim.key.verify(claim.message, &claim.signature).is_ok()],
        _ if verify_batch(claims).is_ok() => alloc::vec![true; claims.len()],
        _ => {
            let (left, right) = claims.split_at(claims.len() / 2);
            let mut verdicts = verify_each(left);
            verdicts.extend(verify_each(right));
            verdicts
        }
    }
}

/// SHA-256 in counter mode.
struct HashStream {
    seed: [u8; 32],
    block: u64,
}

impl HashStream {
    fn next_block(&mut self) -> [u8; 32] {
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.block.to_le_bytes()).finalize();
        self.block += 1;
        digest.into()
    }
}

impl rand_core::TryRng for HashStream {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let [a, b, c, d, ..] = self.next_block();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let [a, b, c, d, e, f, g, h, ..] = self.next_block();
        Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(32) {
            for (byte, random) in chunk.iter_mut().zip(self.next_block()) {
                *byte = random;
            }
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for HashStream {}

/// A secret key, wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// From the 32-byte seed of RFC 8032.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }
    /// The seed, wiped when dropped.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }
    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    /// Signs a message by RFC 8032.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl core::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}
