//! Every way in which a file can be wrong, enumerated. A changed file is refused, or it says the same, or (where the
//! question itself was changed: an absent key, a height, an item) what it says is so on the chain; the last is checked
//! against the chain, so nothing that is accepted is false.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "refusals/changes.rs"]
mod changes;
#[path = "support/files.rs"]
mod files;
#[path = "support/sample.rs"]
mod sample;
#[path = "support/truth.rs"]
mod truth;

use changes::{paths, structures};
use countersign_types::proof::{Proof, Trusted};
use countersign_types::{Certificate, ExecutionResult, Hash, Phase};
use countersign_verify::{BadFile, Finding, Verified, read, verify};
use sample::{BUSY, ENDS, ITEM, Sample, TIP, certify, genesis};
use serde_json::Value;

/// What became of changed files.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    refused: usize,
    same: usize,
    /// Another question, answered truly.
    other: usize,
}

impl Count {
    /// Judges a changed file.
    fn take(&mut self, judge: &Judge<'_>, text: &[u8], what: &dyn Fn() -> String) {
        match read(text).and_then(|proof| verify(&proof, &judge.root)) {
            Err(_) => self.refused += 1,
            Ok(found) if found.data() == judge.honest.data() && same_points(&found, &judge.honest) => self.same += 1,
            Ok(found) => {
                assert!(truth::is_true(judge.sample, &found), "{}: {found:?}", what());
                self.other += 1;
            }
        }
    }

    fn all(self) -> usize {
        self.refused + self.same + self.other
    }
}

struct Judge<'a> {
    sample: &'a Sample,
    root: Trusted,
    honest: Verified<Finding>,
}

impl<'a> Judge<'a> {
    fn new(sample: &'a Sample, proof: &Proof) -> Self {
        let root = files::root(sample, proof);
        let honest = verify(proof, &root).unwrap();
        Self { sample, root, honest }
    }
}

fn same_points(one: &Verified<Finding>, other: &Verified<Finding>) -> bool {
    (one.basis().certified, one.basis().shown_at) == (other.basis().certified, other.basis().shown_at)
}

/// Every bit of every byte of a file of each kind.
#[test]
fn every_bit_of_every_byte() {
    let sample = Sample::default();
    for (name, proof) in files::files(&sample) {
        let judge = Judge::new(&sample, &proof);
        let text = serde_json::to_vec(&proof).unwrap();
        let mut count = Count::default();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut changed = text.clone();
                changed[at] ^= 1 << bit;
                count.take(&judge, &changed, &|| format!("{name}: bit {bit} of byte {at}"));
            }
        }
        println!("{name}: {} bytes, {count:?}", text.len());
        assert_eq!(count.all(), 8 * text.len());
        // Digits a to f in capitals say the same; little else may.
        assert!(count.refused > 6 * text.len() && count.other < text.len() / 10, "{name}: {count:?}");
    }
}

/// Every file cut off, and every byte left out.
#[test]
fn every_byte_left_out() {
    let sample = Sample::default();
    for (name, proof) in files::files(&sample) {
        let judge = Judge::new(&sample, &proof);
        let text = serde_json::to_vec(&proof).unwrap();
        let mut count = Count::default();
        for at in 0..text.len() {
            assert!(read(&text[..at]).is_err(), "{name} cut off at {at}");
            let changed = [&text[..at], &text[at + 1..]].concat();
            count.take(&judge, &changed, &|| format!("{name} without byte {at}"));
        }
        println!("{name}: {count:?}");
        assert!(count.other < text.len() / 50, "{name}: {count:?}");
    }
}

/// Each field left out, named otherwise, null, of another type; each element of a list left out, doubled, swapped with
/// the next one.
#[test]
fn every_field_and_every_element() {
    let sample = Sample::default();
    for (name, proof) in files::files(&sample) {
        let judge = Judge::new(&sample, &proof);
        let file = serde_json::to_value(&proof).unwrap();
        let mut count = Count::default();
        for (what, changed) in structures(&file) {
            let text = serde_json::to_vec(&changed).unwrap();
            count.take(&judge, &text, &|| format!("{name}: {what}"));
        }
        println!("{name}: {count:?}");
        assert!(count.refused > 100 && count.same <= 2 && count.other < 20, "{name}: {count:?}");
    }
}

/// Each element of each path exchanged for every element of the same path in files about other heights and places, and
/// each path as a whole.
#[test]
fn every_path_element_of_other_files() {
    let sample = Sample::default();
    let log = Sample::log_of(ITEM);
    let kinds: Vec<(&str, Vec<Proof>)> = vec![
        ("transaction", (1..=TIP).map(|height| sample.transaction(height, 0)).collect()),
        ("transactions of a block", (0..5).map(|index| sample.transaction(BUSY, index)).collect()),
        ("event", (1..=TIP).map(|height| sample.event(height, 0)).collect()),
        ("events of a block", (0..sample.block(BUSY).events.len()).map(|index| sample.event(BUSY, index)).collect()),
        ("state", (1..=TIP).map(|height| sample.state(&[b"x".to_vec()], height)).collect()),
        ("trace", (7..=TIP).map(|height| sample.trace("history", ITEM, height, None)).collect()),
        ("log", (0..2).map(|start| sample.log(&log, start, start + 1, None)).collect()),
    ];
    let mut all = Count::default();
    for (name, proofs) in &kinds {
        let mut count = Count::default();
        let values: Vec<Value> = proofs.iter().map(|proof| serde_json::to_value(proof).unwrap()).collect();
        for (index, proof) in proofs.iter().enumerate() {
            let judge = Judge::new(&sample, proof);
            for (other, foreign) in values.iter().enumerate().filter(|(other, _)| *other != index) {
                for (what, changed) in paths(&values[index], foreign) {
                    let text = serde_json::to_vec(&changed).unwrap();
                    count.take(&judge, &text, &|| format!("{name} {index}: {what} of {other}"));
                }
            }
        }
        println!("{name}: {count:?}");
        assert_eq!(count.other, 0, "{name}: {count:?}");
        all.refused += count.refused;
        all.same += count.same;
    }
    assert!(all.refused > 1_000, "{all:?}");
}

/// What is wrong with a certificate of an epoch over a result.
fn bad_certificates(epoch: u64, result: &ExecutionResult) -> Vec<(String, Certificate)> {
    let good = certify(epoch, Phase::Checkpoint, result, &[0, 1, 2, 3]);
    let mut bad = Vec::new();
    let mut add = |what: String, certificate: Certificate| bad.push((what, certificate));
    for signers in [
        &[][..],
        &[0],
        &[0, 1],
        &[2, 3],
        &[0, 0, 1],
        &[0, 1, 1],
        &[2, 2, 2],
        &[0, 1, 1, 2],
        &[1, 0, 2],
        &[3, 2, 1, 0],
        &[0, 1, 4],
        &[0, 1, 2, 3, 4],
        &[0, 1, 65_535],
    ] {
        add(format!("signers {signers:?}"), certify(epoch, Phase::Checkpoint, result, signers));
    }
    for phase in [Phase::PrePrepare, Phase::Prepare, Phase::Commit, Phase::ViewChange] {
        add(format!("{phase:?}"), certify(epoch, phase, result, &[0, 1, 2]));
        add(
            format!("{phase:?} called a checkpoint"),
            Certificate { phase: Phase::Checkpoint, ..certify(epoch, phase, result, &[0, 1, 2]) },
        );
    }
    for other in (0..3).filter(|other| *other != epoch) {
        let signed = certify(other, Phase::Checkpoint, result, &[0, 1, 2, 3]);
        add(format!("signers of epoch {other}"), signed.clone());
        add(format!("signers of epoch {other} called those of {epoch}"), Certificate { epoch: good.epoch, ..signed });
    }
    for change in 1..=2 {
        let other = ExecutionResult { height: countersign_types::Height(result.height.0 + change), ..result.clone() };
        let signed = certify(epoch, Phase::Checkpoint, &other, &[0, 1, 2]);
        add(format!("height {}", other.height), signed.clone());
        add(format!("height {} with this digest", other.height), Certificate { digest: good.digest, ..signed.clone() });
        add(format!("height {} with this number", other.height), Certificate { number: good.number, ..signed });
    }
    let other = ExecutionResult { state_root: Hash([9; 32]), ..result.clone() };
    let signed = certify(epoch, Phase::Checkpoint, &other, &[0, 1, 2]);
    add("another result".into(), signed.clone());
    add("another result with this digest".into(), Certificate { digest: good.digest, ..signed });
    for at in 0..4 {
        for bit in [0, 255, 256, 511] {
            let mut changed = good.clone();
            changed.signatures[at].1.0[bit / 8] ^= 1 << (bit % 8);
            add(format!("bit {bit} of signature {at}"), changed);
        }
        let mut foreign = good.clone();
        foreign.signatures[at].1 = sample::secret(77).sign(&[7; 32]);
        add(format!("a stranger's signature {at}"), foreign);
        let mut moved = good.clone();
        moved.signatures[at].1 = good.signatures[(at + 1) % 4].1;
        add(format!("a neighbour's signature {at}"), moved);
    }
    bad
}

/// Each bad certificate in the place of each certificate of a file.
#[test]
fn every_bad_certificate() {
    let sample = Sample::default();
    let honest = sample.state(&[b"x".to_vec()], TIP);
    let trusted = Trusted::from(&genesis());
    let refused = |proof: &Proof, what: &str| match verify(proof, &trusted) {
        Err(BadFile::Proof(cause)) => cause,
        other => panic!("{what}: {other:?}"),
    };
    let mut count = 0;
    for (what, certificate) in bad_certificates(2, &honest.anchor.result) {
        let mut proof = honest.clone();
        proof.anchor.certificate = certificate;
        let _cause = refused(&proof, &what);
        count += 1;
    }
    for epoch in 0..2 {
        let end = &honest.epochs[usize::try_from(epoch).unwrap()];
        for (what, certificate) in bad_certificates(epoch, &end.result) {
            let mut proof = honest.clone();
            proof.epochs[usize::try_from(epoch).unwrap()].certificate = certificate;
            let _cause = refused(&proof, &format!("the end of epoch {epoch}: {what}"));
            count += 1;
        }
    }
    println!("{count} bad certificates refused");
    assert!(count > 150, "{count}");
}

/// Epochs left out, doubled, in another order, of another place; and blocks of each epoch with the certificates of others.
#[test]
fn every_wrong_way_through_the_epochs() {
    let sample = Sample::default();
    let honest = sample.state(&[b"x".to_vec()], TIP);
    let trusted = Trusted::from(&genesis());
    let ends = honest.epochs.clone();
    let mut count = 0;
    // All lists of up to four of the two ends, but the right one.
    let mut lists: Vec<Vec<usize>> = vec![vec![]];
    for length in 1..=4u32 {
        lists.extend((0..2usize.pow(length)).map(|bits| (0..length).map(|at| bits >> at & 1).collect()));
    }
    for list in lists.into_iter().filter(|list| *list != [0, 1]) {
        let epochs = list.iter().map(|at| ends[*at].clone()).collect();
        let refused = verify(&Proof { epochs, ..honest.clone() }, &trusted);
        assert!(matches!(refused, Err(BadFile::Proof(_))), "{list:?}: {refused:?}");
        count += 1;
    }
    for (at, end) in ENDS.iter().enumerate() {
        for set in 0..3 {
            let mut proof = honest.clone();
            proof.epochs[at].validators = sample::set_of(set);
            if proof != honest {
                assert!(verify(&proof, &trusted).is_err(), "set {set} after epoch {at}");
                count += 1;
            }
        }
        for height in (1..=TIP).filter(|height| height != end) {
            let mut proof = honest.clone();
            let block = sample.block(height);
            proof.epochs[at].result = block.result.clone();
            proof.epochs[at].certificate = block.certificate.clone();
            assert!(verify(&proof, &trusted).is_err(), "block {height} as the end of epoch {at}");
            count += 1;
        }
    }
    // The certificate, result or header of one block with those of another, and blocks under a wrong number of changes.
    for one in 1..=TIP {
        for other in (1..=TIP).filter(|other| *other != one) {
            let (block, foreign) = (sample.block(one), sample.block(other));
            let base = sample.proof_under(honest.subject.clone(), one, one);
            let mut forged = vec![base.clone(), base.clone(), base.clone()];
            forged[0].anchor.certificate = foreign.certificate.clone();
            forged[1].anchor.result = foreign.result.clone();
            forged[2].anchor.header = foreign.header.clone();
            if block.header.epoch != foreign.header.epoch {
                let epochs = sample.proof_under(honest.subject.clone(), other, other).epochs;
                forged.push(Proof { epochs, ..base });
            }
            for proof in forged {
                assert!(verify(&proof, &trusted).is_err(), "{one} with parts of {other}");
                count += 1;
            }
        }
    }
    println!("{count} wrong ways refused");
    assert!(count > 200, "{count}");
}
