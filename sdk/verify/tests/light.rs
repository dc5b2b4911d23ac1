//! A light client over three epochs: what moves it, and every lie that does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/sample.rs"]
mod sample;

use countersign_types::certificate::BadCertificate;
use countersign_types::epoch::BadEpochEnd;
use countersign_types::proof::{Anchor, BadProof, Earlier, Subject, Trusted};
use countersign_types::state::Witness;
use countersign_types::{Epoch, EpochEnd, Hash, Height, Phase, TimestampMs};
use countersign_verify::{BadFile, Conflict, Light, LightFile, Refusal, Step, light, trusted, verify};
use sample::{ENDS, NOW, Sample, TIP, certify, genesis, many_events, set_of};

/// What a node says to a light client.
#[derive(Clone)]
struct Said {
    ends: Vec<EpochEnd>,
    anchor: Anchor,
    earlier: Option<Earlier>,
}

impl Said {
    /// An honest node at a height, to a client that knows a height.
    fn at(sample: &Sample, height: u64, known: u64) -> Self {
        let subject = Subject::State { entries: vec![], witness: Witness(vec![]) };
        let shown = if known == 0 { height } else { known };
        let proof = sample.proof_under(subject, shown, height);
        Self { ends: proof.epochs, anchor: proof.anchor, earlier: proof.earlier }
    }

    fn to(&self, light: &mut Light) -> Result<Step, Refusal> {
        light.step(&self.ends, &self.anchor, self.earlier.as_ref())
    }
}

fn beginning() -> Light {
    Light::begin(&Trusted::from(&genesis()))
}

/// A light client that has come to a height.
fn come_to(sample: &Sample, height: u64) -> Light {
    let mut light = beginning();
    assert_eq!(Said::at(sample, height, 0).to(&mut light), Ok(Step::Advanced));
    light
}

/// A chain that is the same up to height 6 and another one after it, signed by the same validators.
fn fork() -> Sample {
    Sample::new(&many_events(2))
}

fn conflict(refusal: Result<Step, Refusal>) -> Conflict {
    match refusal {
        Err(Refusal::Conflict(conflict)) => *conflict,
        other => panic!("a conflict was to be found: {other:?}"),
    }
}

#[test]
fn it_follows_over_changes_of_validators_from_any_height_to_any_later_one() {
    let sample = Sample::default();
    for known in 0..=TIP {
        for height in known.max(1)..=TIP {
            let mut light = if known == 0 { beginning() } else { come_to(&sample, known) };
            let step = if height == known { Step::Same } else { Step::Advanced };
            assert_eq!(Said::at(&sample, height, known).to(&mut light), Ok(step), "{known} to {height}");
            assert_eq!(light.height(), Height(height));
            let epoch = ENDS.iter().filter(|end| **end < height).count() as u64;
            assert_eq!(light.epoch().epoch, Epoch(epoch));
            assert_eq!(light.epoch().validators, set_of(epoch));
        }
    }
}

#[test]
fn it_says_how_old_its_block_is() {
    let sample = Sample::default();
    assert_eq!(beginning().age_s(NOW), None);
    assert_eq!(come_to(&sample, TIP).age_s(TimestampMs(NOW.0 + 61_500)), Some(61));
    // A clock that is behind makes nothing younger than now.
    assert_eq!(come_to(&sample, TIP).age_s(TimestampMs(0)), Some(0));
}

#[test]
fn its_file_is_a_root_and_goes_on_where_it_ended() {
    let sample = Sample::default();
    assert_eq!(beginning().file(), None);
    let file = come_to(&sample, 5).file().unwrap();
    let text = serde_json::to_vec(&file).unwrap();
    assert_eq!(light(&text).unwrap(), file);
    // Proof files verify against it, as against any checkpoint.
    let root = trusted(&text).unwrap();
    assert_eq!(root.checkpoint(), Some(&file.checkpoint));
    let proof = sample.state(&[vec![1]], TIP);
    assert_eq!(verify(&proof, &root).unwrap().height(), Height(TIP));
    let mut light = file.open().unwrap();
    assert_eq!(Said::at(&sample, TIP, 5).to(&mut light), Ok(Step::Advanced));
}

#[test]
fn a_damaged_file_is_no_root() {
    let sample = Sample::default();
    let good = come_to(&sample, 5).file().unwrap();
    let changed = |change: &dyn Fn(&mut LightFile)| {
        let mut file = good.clone();
        change(&mut file);
        let text = serde_json::to_vec(&file).unwrap();
        assert_eq!(trusted(&text).unwrap_err(), light(&text).unwrap_err());
        light(&text).unwrap_err()
    };
    assert_eq!(changed(&|file| file.version = 2), BadFile::LightVersion(2));
    let parts: [&dyn Fn(&mut LightFile); 10] = [
        &|file| file.checkpoint.height = Height(4),
        &|file| file.checkpoint.time = TimestampMs(1),
        &|file| file.checkpoint.block = Hash([1; 32]),
        &|file| file.checkpoint.result = Hash([1; 32]),
        &|file| file.checkpoint.epoch = Epoch(0),
        &|file| file.checkpoint.validators = set_of(0),
        &|file| file.checkpoint.chain = Hash([1; 32]),
        &|file| file.anchor.header.time = TimestampMs(1),
        &|file| file.anchor.result.state_root = Hash([1; 32]),
        &|file| file.anchor.certificate.signatures.truncate(2),
    ];
    for (index, part) in parts.into_iter().enumerate() {
        assert_eq!(changed(part), BadFile::LightParts, "{index}");
    }
}

/// Each lie of a node, and why it is refused. Nothing moves.
#[test]
fn lies_move_nothing() {
    let sample = Sample::default();
    let honest = Said::at(&sample, TIP, 5);
    let lie = |change: &dyn Fn(&mut Said)| {
        let mut light = come_to(&sample, 5);
        let before = light.clone();
        let mut said = honest.clone();
        change(&mut said);
        let refusal = said.to(&mut light).expect_err("a lie");
        assert_eq!(light, before);
        refusal
    };
    let too_few = |refusal| matches!(refusal, Refusal::Proof(BadProof::Certificate(BadCertificate::Count { .. })));
    let end = |refusal, cause: BadEpochEnd| {
        assert_eq!(refusal, Refusal::Proof(BadProof::Epoch { index: 1, epoch: Epoch(1), cause }));
    };

    // An older tip, replayed: of this epoch and of the one before.
    for height in [4, 2] {
        let refusal = lie(&|said| *said = Said::at(&sample, height, 0));
        assert_eq!(refusal, Refusal::Older { given: Height(height), known: Height(5) });
    }
    // Too few signatures; a signature of somebody else; one signer twice.
    assert!(too_few(lie(&|said| said.anchor.certificate.signatures.truncate(2))));
    assert!(matches!(
        lie(&|said| said.anchor.certificate.signatures[0].1 = said.anchor.certificate.signatures[1].1),
        Refusal::Proof(BadProof::Certificate(BadCertificate::Signature))
    ));
    assert!(matches!(
        lie(&|said| said.anchor.certificate.signatures[1] = said.anchor.certificate.signatures[0]),
        Refusal::Proof(BadProof::Certificate(BadCertificate::Signer { .. }))
    ));
    // The old epoch's validators sign a newer block: under their own epoch's name, and under the new one's.
    let old =
        |said: &mut Said| said.anchor.certificate = certify(0, Phase::Checkpoint, &said.anchor.result, &[0, 1, 2]);
    assert_eq!(lie(&old), Refusal::Proof(BadProof::Anchor("the epoch")));
    assert!(matches!(
        lie(&|said| {
            old(said);
            said.anchor.certificate.epoch = Epoch(2);
        }),
        Refusal::Proof(BadProof::Certificate(BadCertificate::Signature))
    ));
    // A forged set: handed over to by nobody, or instead of the one that was named.
    end(lie(&|said| said.ends[1].validators = set_of(0)), BadEpochEnd::Parts("set"));
    end(
        lie(&|said| {
            said.ends[1].validators = set_of(0);
            said.ends[1].result.next_validators = set_of(0).hash();
        }),
        BadEpochEnd::Parts("certificate"),
    );
    end(
        lie(&|said| {
            let end = &mut said.ends[1];
            end.certificate.signatures.pop();
        }),
        BadEpochEnd::Certificate(BadCertificate::Count { count: 2, quorum: 3, validators: 4 }),
    );
    // An end left out: the old validators are held to be those who signed.
    assert_eq!(lie(&|said| drop(said.ends.pop())), Refusal::Proof(BadProof::Anchor("the epoch")));
    // A vote of another phase; a block of another height or result.
    assert_eq!(
        lie(&|said| said.anchor.certificate = certify(2, Phase::Commit, &said.anchor.result, &[0, 1, 2])),
        Refusal::Proof(BadProof::Anchor("the certificate"))
    );
    assert_eq!(
        lie(&|said| said.anchor.header = sample.block(TIP - 1).header.clone()),
        Refusal::Proof(BadProof::Anchor("the execution result"))
    );
    // It does not show what is known, or something else, or with another path.
    assert_eq!(lie(&|said| said.earlier = None), Refusal::Unlinked(Height(5)));
    assert_eq!(lie(&|said| said.earlier = Said::at(&sample, TIP, 4).earlier), Refusal::Unlinked(Height(5)));
    assert!(matches!(
        lie(&|said| said.earlier = Said::at(&sample, TIP - 1, 5).earlier),
        Refusal::Proof(BadProof::EarlierResult(_))
    ));
    // A made-up past that the certified block does not name is a lie, and no conflict.
    assert!(matches!(
        lie(&|said| said.earlier.as_mut().unwrap().result.state_root = Hash([1; 32])),
        Refusal::Proof(BadProof::EarlierResult(_))
    ));
}

#[test]
fn another_network_moves_nothing() {
    let sample = Sample::default();
    let mut other = genesis();
    other.network = "other".into();
    let mut light = Light::begin(&Trusted::from(&other));
    assert_eq!(Said::at(&sample, 2, 0).to(&mut light), Err(Refusal::Proof(BadProof::Anchor("the header"))));
}

#[test]
fn two_certified_results_at_one_height_are_kept_with_who_signed_both() {
    let (sample, fork) = (Sample::default(), fork());
    assert_eq!(sample.block(6).result, fork.block(6).result);
    assert_ne!(sample.block(7).result, fork.block(7).result);
    let mut light = come_to(&sample, 8);
    let before = light.clone();
    let found = conflict(Said::at(&fork, 8, 8).to(&mut light));
    assert_eq!(light, before);
    assert_eq!((found.known.height, found.other), (Height(8), fork.block(8).result.hash()));
    let keys: Vec<_> = found.signed_both().iter().map(|validator| validator.key).collect();
    // The sample's blocks are signed by the validators at 0, 2 and 3.
    assert_eq!(keys, [0, 2, 3].map(|index| set_of(2).members()[index].key));
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Conflict>(&text).unwrap(), found);
}

#[test]
fn a_fork_that_went_on_is_a_conflict_too() {
    let (sample, fork) = (Sample::default(), fork());
    for known in [7, 8] {
        let mut light = come_to(&sample, known);
        let found = conflict(Said::at(&fork, TIP, known).to(&mut light));
        assert_eq!((found.known.height, found.anchor.header.height), (Height(known), Height(TIP)));
        assert_eq!(found.earlier.as_ref().unwrap().result.hash(), found.other);
        assert!(found.signed_both().is_empty(), "the other result's own certificate is not there");
    }
    // Where it has not forked yet, nothing tells the two apart.
    assert_eq!(Said::at(&fork, TIP, 6).to(&mut come_to(&sample, 6)), Ok(Step::Advanced));
}

#[test]
fn a_conflict_with_a_checkpoint_is_kept_without_its_certificate() {
    let (sample, fork) = (Sample::default(), fork());
    let checkpoint = come_to(&sample, 8).checkpoint().unwrap().clone();
    let mut light = Light::begin(&checkpoint.trust().unwrap());
    assert_eq!(light.file(), None, "nothing shows it yet");
    let found = conflict(Said::at(&fork, 8, 8).to(&mut light));
    assert!(found.known_anchor.is_none() && found.signed_both().is_empty());
    // The same block, shown: from now on there is a file.
    assert_eq!(Said::at(&sample, 8, 8).to(&mut light), Ok(Step::Same));
    assert_eq!(light.file(), come_to(&sample, 8).file());
}
