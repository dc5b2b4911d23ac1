//! One verdict on every signature: alone, in a batch, and in any company.
//!
//! Vectors: the 196 of ZIP-215 (made here from the 14 encodings of points of small order), Wycheproof
//! and the cases of "Taming the many EdDSAs" where the data directory is found (`COUNTERSIGN_DATA`,
//! or `../shared/data` beside the workspace), and a few of our own with their damaged variants.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::key::{Claim, verify_batch, verify_each};
use countersign_types::{PublicKey, SecretKey, Signature};
use proptest::prelude::*;
use std::path::PathBuf;

/// All encodings of points of small order, canonical or not.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[derive(Debug, Clone, PartialEq)]
struct Vector {
    key: PublicKey,
    message: Vec<u8>,
    signature: Signature,
    /// What the source says, where it judges by our rules.
    valid: Option<bool>,
}

impl Vector {
    fn claim(&self) -> Claim<'_> {
        Claim { key: self.key, message: &self.message, signature: self.signature }
    }
    fn verdict(&self) -> bool {
        self.key.verify(&self.message, &self.signature).is_ok()
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn vector(key: &str, message: &str, signature: &str, valid: Option<bool>) -> Option<Vector> {
    // Signatures of another length cannot be written down here.
    let signature = Signature(bytes(signature).try_into().ok()?);
    Some(Vector { key: PublicKey(bytes(key).try_into().ok()?), message: bytes(message), signature, valid })
}

fn small_order() -> Vec<Vector> {
    let zeros = "00".repeat(32);
    let pairs = SMALL_ORDER.iter().flat_map(|key| SMALL_ORDER.iter().map(move |r| (key, r)));
    pairs.map(|(key, r)| vector(key, "5a63617368", &format!("{r}{zeros}"), Some(true)).unwrap()).collect()
}

/// Signatures of ours, each with every kind of damage.
fn own() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for seed in 0..6u8 {
        let key = SecretKey::from_seed(&[seed; 32]);
        let message = vec![seed; usize::from(seed) * 40];
        let good = Vector { key: key.public(), signature: key.sign(&message), message, valid: Some(true) };
        for byte in [0, 31, 32, 63] {
            let mut bad = good.clone();
            bad.signature.0[byte] ^= 1 << (seed % 8);
            bad.valid = Some(false);
            vectors.push(bad);
        }
        let mut other = good.clone();
        other.message.push(0);
        other.valid = Some(false);
        let mut foreign = good.clone();
        foreign.key = SecretKey::from_seed(&[77; 32]).public();
        foreign.valid = Some(false);
        // s + l verifies in implementations that do not insist on the canonical s.
        let mut malleable = good.clone();
        add_order(&mut malleable.signature);
        malleable.valid = Some(false);
        vectors.extend([good, other, foreign, malleable]);
    }
    vectors
}

/// Adds the group's order to `s`.
fn add_order(signature: &mut Signature) {
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0u16;
    for (byte, more) in signature.0[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

fn data(name: &str) -> Option<serde_json::Value> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let directory = std::env::var_os("COUNTERSIGN_DATA").map_or(beside, PathBuf::from);
    let text = std::fs::read_to_string(directory.join("ed25519").join(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn text<'a>(value: &'a serde_json::Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn wycheproof() -> Vec<Vector> {
    let Some(file) = data("wycheproof_testvectors_v1_ed25519_test.json") else { return Vec::new() };
    let groups = file["testGroups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| group["tests"].as_array().unwrap().iter().map(move |test| (group, test)))
        .filter_map(|(group, test)| {
            // Wycheproof judges by RFC 8032, which refuses other encodings of a point where ZIP-215
            // takes them.
            let signature = text(test, "sig");
            let is_judged_alike = !SMALL_ORDER.iter().any(|point| signature.starts_with(point));
            let valid = is_judged_alike.then_some(text(test, "result") == "valid");
            vector(text(&group["publicKey"], "pk"), text(test, "msg"), signature, valid)
        })
        .collect()
}

fn speccheck() -> Vec<Vector> {
    let Some(file) = data("speccheck_cases.json") else { return Vec::new() };
    let cases = file.as_array().unwrap().iter();
    cases
        .map(|case| vector(text(case, "pub_key"), text(case, "message"), text(case, "signature"), None).unwrap())
        .collect()
}

fn zip215_file() -> Vec<Vector> {
    let Some(file) = data("zip215_196.json") else { return Vec::new() };
    let message = text(&file, "message_hex");
    let vectors = file["vectors"].as_array().unwrap().iter();
    vectors.map(|v| vector(text(v, "pub_key"), message, text(v, "signature"), v["zip215"].as_bool()).unwrap()).collect()
}

fn all() -> Vec<Vector> {
    [small_order(), own(), wycheproof(), speccheck()].concat()
}

#[test]
fn verdicts_are_those_of_the_sources() {
    let vectors = all();
    assert!(vectors.len() >= 196 + 48);
    for vector in &vectors {
        assert!(vector.valid.is_none_or(|valid| valid == vector.verdict()), "{vector:?}");
    }
    let file = zip215_file();
    assert!(file.is_empty() || file == small_order(), "the published vectors are those made here");
}

#[test]
fn a_batch_of_one_agrees_with_single_verification() {
    for vector in all() {
        let verdict = vector.verdict();
        assert_eq!(verify_batch(&[vector.claim()]).is_ok(), verdict, "{vector:?}");
        assert_eq!(verify_each(&[vector.claim()]), [verdict], "{vector:?}");
    }
}

#[test]
fn all_at_once_agree_with_single_verification() {
    let vectors = all();
    let claims: Vec<Claim<'_>> = vectors.iter().map(Vector::claim).collect();
    let verdicts: Vec<bool> = vectors.iter().map(Vector::verdict).collect();
    assert_eq!(verify_each(&claims), verdicts);
    let good: Vec<Claim<'_>> = vectors.iter().filter(|vector| vector.verdict()).map(Vector::claim).collect();
    assert!(verify_batch(&good).is_ok());
    assert!(verify_batch(&claims).is_err());
    assert!(verify_batch(&[]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn company_changes_no_verdict(chosen in prop::collection::vec(any::<prop::sample::Index>(), 0..24)) {
        let vectors = all();
        let chosen: Vec<&Vector> = chosen.iter().map(|index| index.get(&vectors)).collect();
        let claims: Vec<Claim<'_>> = chosen.iter().map(|vector| vector.claim()).collect();
        let verdicts: Vec<bool> = chosen.iter().map(|vector| vector.verdict()).collect();
        prop_assert_eq!(verify_batch(&claims).is_ok(), verdicts.iter().all(|valid| *valid));
        prop_assert_eq!(verify_each(&claims), verdicts);
    }
}

#[test]
fn keys_of_small_order_are_not_registrable() {
    for key in SMALL_ORDER {
        assert!(!PublicKey(bytes(key).try_into().unwrap()).is_registrable(), "{key}");
    }
    assert!(SecretKey::from_seed(&[1; 32]).public().is_registrable());
    // 2 is not the y of any point.
    let mut none = [0; 32];
    none[0] = 2;
    assert!(!PublicKey(none).is_registrable());
}

#[test]
fn signing_is_rfc_8032() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ] {
        let key = SecretKey::from_seed(&bytes(seed).try_into().unwrap());
        assert_eq!(key.public().0.to_vec(), bytes(public));
        assert_eq!(key.sign(&bytes(message)).0.to_vec(), bytes(signature));
        assert_eq!(key.seed().to_vec(), bytes(seed));
        assert!(!format!("{key:?}").contains(seed));
    }
}
