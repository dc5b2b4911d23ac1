//! Golden bytes of messages, records and journal copies, in `vectors.txt`: `name hex` by line.
//! A change to them is a new version of the protocol.

use crate::validators::{GENESIS, Validators, hash};
use countersign_consensus::limits::{CERTIFICATE_BYTES_MAX, GAP_CERTIFICATES_MAX, MESSAGE_BYTES_MAX, RECORD_BYTES_MAX};
use countersign_consensus::vote_journal::Framer;
use countersign_consensus::{Message, Proposal, Record};
use countersign_types::limits::{BLOCK_TRANSACTIONS_MAX, VALIDATORS_MAX};
use countersign_types::{Certificate, Evidence, Hash, Height, Phase, Signature, View, codec};
use proptest::prelude::*;

fn vectors() -> Vec<(&'static str, Vec<u8>)> {
    let validators = Validators::new(4);
    let chain = validators.committee.chain();
    let block = validators.block(1, chain, 1, GENESIS.plus(7), &[hash("tx")]);
    let vote = validators.vote(Phase::Commit, 5, hash("block"), 2);
    let certificate = validators.certificate(Phase::Prepare, 5, hash("block"), &[0, 1, 2]);
    let changed = validators.certificate(Phase::ViewChange, 6, Hash::ZERO, &[1, 2, 3]);
    let proposal = Proposal {
        view: block.header.view,
        block: block.clone(),
        signature: validators.vote(Phase::PrePrepare, 1, block.hash(), 1).signature,
        prepare: validators.vote(Phase::Prepare, 1, block.hash(), 1).signature,
        parent: Some(certificate.clone()),
        gap: vec![changed.clone()],
        result: None,
    };
    let evidence = Evidence { first: vote.clone(), second: validators.vote(Phase::Commit, 5, hash("other"), 2) };
    let mut framer = Framer::new(hash("salt"));
    let first = framer.frame(b"first").unwrap();
    let second = framer.frame(b"").unwrap();
    vec![
        ("message/pre-prepare", Message::PrePrepare(Box::new(proposal)).encode()),
        ("message/vote", Message::Vote { vote: vote.clone(), reason: Some(certificate.clone()) }.encode()),
        ("message/certificate", Message::Certificate(changed.clone()).encode()),
        ("message/block-request", Message::BlockRequest { block: hash("block") }.encode()),
        ("message/block-response", Message::BlockResponse(Box::new(block.clone())).encode()),
        ("message/certificates-request", Message::CertificatesRequest { from: View(3), to: View(9) }.encode()),
        ("message/query", Message::Query { view: View(9), finalised: View(7), certified: Height(5) }.encode()),
        ("message/evidence", Message::Evidence(evidence).encode()),
        ("message/votes-request", Message::VotesRequest { nonce: 77 }.encode()),
        (
            "message/votes-response",
            Message::VotesResponse { nonce: 77, finalised: Some(certificate.clone()), votes: vec![vote.clone()] }
                .encode(),
        ),
        ("message/recovery-request", Message::RecoveryRequest { nonce: 77 }.encode()),
        (
            "message/recovery-response",
            Message::RecoveryResponse { nonce: 77, certificate: Some(changed.clone()) }.encode(),
        ),
        ("record/origin", validators.origin(2).encode()),
        ("record/certificate", Record::Certificate(certificate).encode()),
        ("record/vote", Record::Vote(vote).encode()),
        ("record/block", Record::Block(Box::new(block)).encode()),
        ("record/amnesia", Record::Amnesia.encode()),
        ("journal/first", first),
        ("journal/second", second),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn encodings_are_the_golden_ones() {
    let made: String = vectors().iter().map(|(name, bytes)| format!("{name} {}\n", hex(bytes))).collect();
    if std::env::var_os("WRITE_VECTORS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/protocol/vectors.txt"), &made).unwrap();
    }
    for (made, golden) in made.lines().zip(include_str!("vectors.txt").lines()) {
        assert_eq!(made, golden);
    }
    assert_eq!(made.lines().count(), include_str!("vectors.txt").lines().count());
}

#[test]
fn every_encoding_decodes_to_itself_and_nothing_may_follow_or_lack() {
    for (name, mut bytes) in vectors() {
        let whole = match name.split_once('/').unwrap().0 {
            "message" => Message::decode(&bytes).unwrap().encode(),
            "record" => Record::decode(&bytes).unwrap().encode(),
            _ => continue,
        };
        assert_eq!(whole, bytes, "{name}");
        bytes.push(0);
        assert!(Message::decode(&bytes).is_err() && Record::decode(&bytes).is_err(), "{name}");
        bytes.truncate(bytes.len() - 2);
        assert!(Message::decode(&bytes).is_err(), "{name}");
    }
}

#[test]
fn the_largest_messages_and_records_fit_their_bounds() {
    let signatures = (0..VALIDATORS_MAX as u16).map(|signer| (signer, Signature([7; 64]))).collect();
    let epoch = countersign_types::Epoch(u64::MAX);
    let largest = Certificate { phase: Phase::Commit, epoch, number: u64::MAX, digest: hash("x"), signatures };
    assert_eq!(codec::encode(&largest).len(), CERTIFICATE_BYTES_MAX);
    let names = vec![hash("tx"); BLOCK_TRANSACTIONS_MAX as usize];
    let mut block = Validators::new(4).block(1, hash("parent"), 1, GENESIS, &[]);
    block.transactions = names;
    let proposal = Proposal {
        view: block.header.view,
        block: block.clone(),
        signature: Signature([1; 64]),
        prepare: Signature([1; 64]),
        parent: Some(largest.clone()),
        gap: vec![largest.clone(); GAP_CERTIFICATES_MAX],
        result: Some(largest),
    };
    let bytes = Message::PrePrepare(Box::new(proposal)).encode();
    assert!(bytes.len() <= MESSAGE_BYTES_MAX, "{} of {MESSAGE_BYTES_MAX}", bytes.len());
    assert!(Message::decode(&bytes).is_ok());
    assert!(Message::decode(&vec![0; MESSAGE_BYTES_MAX + 1]).is_err());
    assert!(Record::Block(Box::new(block)).encode().len() <= RECORD_BYTES_MAX);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Message::decode(&bytes);
        let _ = Record::decode(&bytes);
    }

    #[test]
    fn flipped_messages_decode_or_not_but_never_panic(which in 0usize..15, at in any::<u64>(), flip in 1u8..=255) {
        let (_, mut bytes) = vectors().swap_remove(which);
        let at = at as usize % bytes.len();
        bytes[at] ^= flip;
        if let Ok(message) = Message::decode(&bytes) {
            prop_assert_eq!(message.encode(), bytes, "one encoding for each value");
        }
    }
}
