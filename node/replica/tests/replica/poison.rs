//! P6.5: a block that ends whoever executes it, and how the chain gets past it.

use crate::chain::{account, key};
use crate::crowd::{Crowd, replay};
use countersign_consensus::Message;
use countersign_ledger::StoredTransaction;
use countersign_ledger::verify::verify;
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_replica::{Attempt, ReplicaError};
use countersign_types::overrides::BadOverride;
use countersign_types::{
    Epoch, Evidence, Hash, Height, KeyProof, NativeOperation, Outcome, Override, Payload, Phase, RejectCode, Roles,
    Signature, SignedOverride, SignedTransaction, Vote, codec, state_key,
};

/// Sets an account of a name that an armed disk does not survive.
pub fn poison(crowd: &mut Crowd) -> Hash {
    let account = account("o0/poison", Roles::SUBMITTER, &[(90, None)]);
    let proofs = vec![KeyProof::new(&key(90), &crowd.genesis.chain(), &account.id)];
    crowd.submit(Some(Payload::Native(NativeOperation::PutAccount { account, proofs }))).id()
}

pub fn signed(crowd: &Crowd, attempt: Attempt, transaction: Hash, code: u32, signers: &[u8]) -> SignedOverride {
    let Attempt { height, block, .. } = attempt;
    let decree = Override { chain: crowd.genesis.chain(), height, block, transaction, code };
    let parts: Vec<SignedOverride> = signers.iter().map(|number| decree.sign(&key(*number))).collect();
    SignedOverride::join(&parts).unwrap()
}

/// A crowd of four that has made some blocks, of whom these do not survive what comes.
fn crowd(armed: &[usize]) -> Crowd {
    let mut crowd = Crowd::new(4);
    crowd.submit(None);
    assert!(crowd.run(20_000, |crowd| crowd.all_reach(Height(1))));
    armed.iter().for_each(|index| crowd.arm(*index, true));
    crowd
}

/// Lets the poison end the armed ones twice; answers the block. Afterwards they run, and do not execute it.
pub fn halt(crowd: &mut Crowd, armed: &[usize]) -> Attempt {
    let down = |crowd: &Crowd| armed.iter().all(|index| crowd.nodes[*index].replica.is_none());
    assert!(crowd.run(30_000, down), "the block does its work");
    let attempt = crowd.nodes[armed[0]].last_attempt().unwrap();
    for index in armed {
        crowd.start(*index, None, Vec::new()).unwrap();
    }
    assert!(crowd.run(30_000, down), "and does it again");
    for index in armed {
        assert_eq!(crowd.nodes[*index].last_attempt(), Some(attempt));
        crowd.start(*index, Some(attempt), Vec::new()).unwrap();
    }
    crowd.run(15_000, |_| false);
    for index in armed {
        let node = &crowd.nodes[*index];
        assert_eq!(node.halted, [attempt], "said once");
        assert_eq!(node.replica().counters().halted, attempt.height.0);
        assert_eq!(node.replica().reader().tip().height, attempt.height.previous());
    }
    attempt
}

/// All got past the block in the same way.
fn expect_past(crowd: &mut Crowd, signed: &SignedOverride) {
    let transaction = crowd.submit(None).id();
    let decree = signed.decree;
    let done = |crowd: &Crowd| {
        crowd.nodes.iter().filter_map(|node| node.replica.as_ref()).all(|replica| {
            let place = replica.reader().locate(&transaction).unwrap();
            place.is_some_and(|(height, _)| replica.certified() >= height && height > decree.height)
        })
    };
    assert!(crowd.run(60_000, done), "{}", crowd.describe());
    for height in 1..=crowd.nodes[0].certified().0 {
        assert_eq!(crowd.results(Height(height)).len(), 1, "height {height}");
    }
    for node in &crowd.nodes {
        let reader = node.replica().reader();
        let receipt = reader.receipt(&decree.transaction).unwrap().unwrap();
        assert_eq!((receipt.height, receipt.outcome), (decree.height, Outcome::Rejected(RejectCode::Overridden)));
        assert!(receipt.gas_used.0 > 0);
        let key = state_key::overridden(decree.height);
        assert_eq!(reader.read(&key).unwrap(), Some(codec::encode(&vec![decree])));
        assert_eq!(reader.read(&state_key::account("o0/poison")).unwrap(), None);
        assert_eq!(reader.overrides(decree.height).unwrap().len(), 1);
        assert_eq!((node.accusations, &node.stopped, node.replica().counters().halted), (0, &None, 0));
        assert!(verify(&reader, &crowd.genesis, |_| {}).is_sound());
    }
    replay(&crowd.genesis, &crowd.nodes[0].replica().reader());
}

#[test]
fn a_block_that_no_node_survives_is_passed_by_an_override() {
    let armed = [0, 1, 2, 3];
    let mut crowd = crowd(&armed);
    let transaction = poison(&mut crowd);
    let attempt = halt(&mut crowd, &armed);
    assert!(crowd.all_reach(attempt.height.previous()) && !crowd.all_reach(attempt.height));

    // Too few, foreign signers, another chain, another block.
    let refusal = |crowd: &mut Crowd, signed: SignedOverride| match crowd.start(0, Some(attempt), vec![signed]) {
        Err(ReplicaError::Override { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    let few = signed(&crowd, attempt, transaction, 7, &[1, 2]);
    assert!(matches!(refusal(&mut crowd, few), BadOverride::Count { count: 2, quorum: 3, .. }));
    let foreign = signed(&crowd, attempt, transaction, 7, &[1, 2, 9]);
    assert!(matches!(refusal(&mut crowd, foreign), BadOverride::Signer(_)));
    let mut other = signed(&crowd, attempt, transaction, 7, &[1, 2, 3]);
    other.decree.code = 8;
    assert!(matches!(refusal(&mut crowd, other), BadOverride::Signature(_)));
    let mut elsewhere = signed(&crowd, attempt, transaction, 7, &[1, 2, 3]);
    elsewhere.decree.chain = Hash([3; 32]);
    assert!(matches!(refusal(&mut crowd, elsewhere), BadOverride::Chain { .. }));
    let twice =
        vec![signed(&crowd, attempt, transaction, 7, &[1, 2, 3]), signed(&crowd, attempt, transaction, 8, &[1, 2, 3])];
    assert!(matches!(crowd.start(0, Some(attempt), twice), Err(ReplicaError::Override { .. })));

    let good = signed(&crowd, attempt, transaction, 7, &[4, 2, 3]);
    for index in armed {
        crowd.start(index, Some(attempt), vec![good.clone()]).unwrap();
    }
    expect_past(&mut crowd, &good);

    // Who comes later gets the override with the block, and does not execute it either. That goes for whomever it asks:
    // the result that is certified says what was decreed.
    for lie in [|_, _: &mut Wire| (), leave_out as fn(usize, &mut Wire), add] {
        crowd.meddle = lie;
        crowd.replace(3, Some(4), false);
        crowd.arm(3, true);
        crowd.start(3, None, Vec::new()).unwrap();
        expect_past(&mut crowd, &good);
        assert_eq!(crowd.nodes[3].replica().counters().halted, 0);
    }
}

/// The overrides that a lying node sends with a block that has some.
fn lie(from: usize, message: &mut Wire, change: impl Fn(&mut CertifiedBlock)) {
    let Wire::Blocks { blocks, .. } = message else { return };
    let overridden = blocks.iter_mut().filter(|block| from < 2 && !block.overrides.is_empty());
    overridden.for_each(change);
}

fn leave_out(from: usize, message: &mut Wire) {
    lie(from, message, |block| block.overrides.clear());
}

/// Another one that a quorum signed and that did not come to be.
fn add(from: usize, message: &mut Wire) {
    lie(from, message, |block| {
        let decree = Override { transaction: Hash([0xff; 32]), ..block.overrides[0].decree };
        let parts: Vec<SignedOverride> = (1..=3).map(|number| decree.sign(&key(number))).collect();
        block.overrides.push(SignedOverride::join(&parts).unwrap());
    });
}

#[test]
fn who_executed_the_block_otherwise_takes_it_back() {
    let armed = [0, 1];
    let mut crowd = crowd(&armed);
    let transaction = poison(&mut crowd);
    let attempt = halt(&mut crowd, &armed);
    let signed = signed(&crowd, attempt, transaction, 7, &[1, 2, 3]);
    for index in [2, 3] {
        let reader = crowd.nodes[index].replica().reader();
        assert!(reader.tip().height >= attempt.height && reader.certified() < attempt.height);
        assert!(reader.receipt(&transaction).unwrap().unwrap().succeeded());
    }
    // Two votes for what it gave without the override doubt nobody who has it.
    for index in armed {
        crowd.start(index, Some(attempt), vec![signed.clone()]).unwrap();
    }
    crowd.run(10_000, |_| false);
    for index in armed {
        assert_eq!((&crowd.nodes[index].stopped, crowd.nodes[index].accusations), (&None, 0));
        assert!(crowd.nodes[index].replica().reader().tip().height >= attempt.height);
    }
    // The two who lack it stop, as a result that others do not share tells them.
    for index in [2, 3] {
        assert!(crowd.nodes[index].stopped.as_ref().unwrap().contains("Diverged"));
        crowd.start(index, None, vec![signed.clone()]).unwrap();
    }
    expect_past(&mut crowd, &signed);
}

#[test]
fn an_override_of_a_certified_block_or_of_another_one_is_refused() {
    let mut crowd = crowd(&[]);
    let transaction = poison(&mut crowd);
    assert!(crowd.run(30_000, |crowd| {
        let reader = crowd.nodes[0].replica().reader();
        reader.locate(&transaction).unwrap().is_some_and(|(height, _)| reader.certified() >= height)
    }));
    let reader = crowd.nodes[0].replica().reader();
    let (height, _) = reader.locate(&transaction).unwrap().unwrap();
    let block = reader.header(height).unwrap().unwrap().hash();
    let late = signed(&crowd, Attempt { height, block, overrides: 0 }, transaction, 7, &[1, 2, 3]);
    assert!(matches!(crowd.start(0, None, vec![late]), Err(ReplicaError::OverrideLate { .. })));
    let aside = signed(&crowd, Attempt { height, block: Hash([9; 32]), overrides: 0 }, transaction, 7, &[1, 2, 3]);
    assert!(matches!(crowd.start(0, None, vec![aside]), Err(ReplicaError::OverrideBlock { .. })));
    crowd.start(0, None, Vec::new()).unwrap();
}

#[test]
fn an_override_of_a_block_that_the_others_have_certified_stops_who_catches_up_on_it() {
    let mut crowd = crowd(&[]);
    crowd.nodes[3].replica = None;
    let transaction = poison(&mut crowd);
    let far = crowd.genesis.parameters.run_ahead * 3;
    assert!(crowd.run(120_000, |crowd| {
        let reader = crowd.nodes[0].replica().reader();
        let place = reader.locate(&transaction).unwrap();
        place.is_some_and(|(height, _)| reader.certified() >= height.plus(far))
    }));
    let reader = crowd.nodes[0].replica().reader();
    let (height, _) = reader.locate(&transaction).unwrap().unwrap();
    let block = reader.header(height).unwrap().unwrap().hash();
    for (block, said) in [(block, "certified without the override"), (Hash([9; 32]), "names another block")] {
        let late = signed(&crowd, Attempt { height, block, overrides: 0 }, transaction, 7, &[1, 2, 3]);
        crowd.start(3, None, vec![late]).unwrap();
        assert!(crowd.run(30_000, |crowd| crowd.nodes[3].stopped.is_some()), "{}", crowd.describe());
        assert!(crowd.nodes[3].stopped.as_ref().unwrap().contains(said), "{:?}", crowd.nodes[3].stopped);
        assert!(crowd.nodes[3].ledger(&crowd.genesis).reader().tip().height < height, "it is not executed");
    }
}

/// Who signed two results since a block was overridden has contradicted nobody (P6.5). A node that started later does not
/// see that and reports it; the ledger does.
#[test]
fn p8_3_a_report_that_the_ledger_refuses_is_made_once() {
    let armed = [0, 1, 2, 3];
    let mut crowd = crowd(&armed);
    let transaction = poison(&mut crowd);
    let attempt = halt(&mut crowd, &armed);
    let good = signed(&crowd, attempt, transaction, 7, &[1, 2, 3]);
    for index in armed {
        crowd.start(index, Some(attempt), vec![good.clone()]).unwrap();
    }
    let far = attempt.height.plus(crowd.genesis.parameters.run_ahead * 2);
    while !crowd.all_reach(far) {
        expect_past(&mut crowd, &good);
    }
    for index in armed {
        crowd.start(index, None, Vec::new()).unwrap();
    }
    expect_past(&mut crowd, &good);

    let (chain, set) = (crowd.genesis.chain(), crowd.genesis.validators.hash());
    let vote = |digest| {
        let number = attempt.height.0;
        let unsigned = Vote {
            phase: Phase::Checkpoint,
            epoch: Epoch::ZERO,
            number,
            digest,
            signer: 3,
            signature: Signature([0; 64]),
        };
        Vote { signature: unsigned.statement(chain, set).sign(&key(4)), ..unsigned }
    };
    let evidence = Evidence { first: vote(Hash([1; 32])), second: vote(Hash([2; 32])) };
    let before = crowd.nodes[1].replica().status().counters.view_changes;
    crowd.hear(1, 0, Wire::Consensus { epoch: Epoch::ZERO, message: Message::Evidence(evidence.clone()) });
    let submitted: Vec<Hash> = (0..12)
        .map(|_| {
            let transaction = crowd.submit(None).id();
            let included = |crowd: &Crowd| crowd.nodes[1].replica().reader().locate(&transaction).unwrap().is_some();
            assert!(crowd.run(60_000, included), "{}", crowd.describe());
            transaction
        })
        .collect();
    let replica = crowd.nodes[1].replica();
    let reader = replica.reader();
    let is_report = |stored: &StoredTransaction| {
        let payload = SignedTransaction::from_bytes(&stored.bytes).unwrap().body.payload;
        payload == Payload::Native(NativeOperation::ReportEquivocation { evidence: evidence.clone() })
    };
    let heights = (1..=reader.tip().height.0).map(Height);
    let reports: Vec<_> =
        heights.flat_map(|height| reader.transactions(height).unwrap()).filter(is_report).map(|one| one.id).collect();
    assert_eq!(reports.len(), 1);
    let receipt = reader.receipt(&reports[0]).unwrap().unwrap();
    assert_eq!(receipt.outcome, Outcome::Rejected(RejectCode::BadEvidence));
    let last = submitted.last().and_then(|id| reader.locate(id).unwrap()).unwrap().0;
    assert!(last > receipt.height.plus(8), "it led again since");
    // A block that held it again would be refused, and its view fail.
    assert_eq!((replica.counters().waiting, replica.status().counters.view_changes), (0, before));
}
