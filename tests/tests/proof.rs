//! From documents to a proof file and back, without a network: what the contract's view answers on a certified
//! ledger is what a verifier finds again from the file and the genesis alone, and a changed file is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_api::method::trace::Trace;
use countersign_api::trace::{of_history, of_lineage};
use countersign_client::capture::{Mode, call_payload};
use countersign_client::verify::{Answer, BadFile, Finding, Trusted, read, verify};
use countersign_epcis::answer::{History, Lineage};
use countersign_epcis::document::parse;
use countersign_epcis::rule::Policy;
use countersign_ledger::{Blocks, EventCursor, TraceQuestion, prove_event, prove_trace, prove_transaction};
use countersign_tests::chain::Chain;
use countersign_tests::cluster::contract_module;
use countersign_types::proof::{BadProof, Entry, Log, Proof, Subject, TraceAsOf};
use countersign_types::state::Step;
use countersign_types::{Address, Hash, Height, Outcome};
use countersign_vm::Status;
use std::path::Path;

const LOT: &str = "urn:epc:class:lgtin:9521321.000101.SPINACH-0901";
const BOWL: &str = "urn:epc:id:sgtin:9521322.000301.a1";
const QUERIES: [&str; 3] = ["history", "back", "forward"];

/// A chain with the provenance contract and the demo's documents, each captured by another organisation.
fn captured() -> (Chain, Address) {
    let mut chain = Chain::new().unwrap();
    let contract = chain.deploy("provenance", contract_module("provenance").unwrap()).unwrap();
    for (organisation, document) in ["1-farm", "2-packer", "3-distribution", "4-shops"].into_iter().enumerate() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/demo/{document}.json"));
        let document = parse(&std::fs::read(path).unwrap(), Policy::default()).unwrap();
        let events: Vec<Vec<u8>> = document.accepted().map(|event| event.canonical_bytes()).collect();
        assert_eq!(events.len(), document.events.len());
        let payload = call_payload(contract, events, Mode::Rollback);
        let receipt = chain.run(&format!("org{organisation}/erp"), payload).unwrap();
        assert!(matches!(receipt.outcome, Outcome::Succeeded { .. }), "{receipt:?}");
    }
    (chain, contract)
}

/// The contract's answer after a block, and its proof file.
fn ask(chain: &Chain, contract: Address, height: Height, query: &str, item: &str) -> (Trace, Vec<u8>) {
    let reader = chain.reader();
    let header = reader.header(height).unwrap().unwrap();
    let view = chain.view(contract, query, borsh::to_vec(&(item, None::<u64>)).unwrap());
    let (outcome, reads) = view.run_recorded(chain.vm(), chain.genesis().chain(), &reader, &header).unwrap();
    let Status::Succeeded { output } = outcome.status else { panic!("{query} of {item}: {outcome:?}") };
    let answer = match query {
        "history" => of_history(borsh::from_slice::<History>(&output).unwrap()),
        _ => of_lineage(borsh::from_slice::<Lineage>(&output).unwrap()),
    };
    let question = TraceQuestion {
        contract,
        query: query.into(),
        item: item.into(),
        as_of: None,
        page: None,
        arguments: Default::default(),
    };
    let blocks = Blocks { shown: height, certified: chain.height() };
    let proof = prove_trace(&reader, blocks, question, &reads.to_prove()).unwrap();
    (answer, serde_json::to_vec(&proof).unwrap())
}

fn found(chain: &Chain, proof: &Proof) -> Result<Trace, BadFile> {
    let verified = verify(proof, &Trusted::from(chain.genesis()))?;
    match verified.into_data() {
        Finding::Trace { answer, .. } => Ok(match *answer {
            Answer::History(history) => of_history(history),
            Answer::Page(page) => of_history(page.history),
            Answer::Lineage(lineage) => of_lineage(lineage),
            other => panic!("a trace was asked for: {other:?}"),
        }),
        other => panic!("a trace was asked for: {other:?}"),
    }
}

/// The entries, logs and witness steps of a trace's proof.
fn parts(proof: &mut Proof) -> (&mut Vec<Entry>, &mut Vec<Log>, &mut Vec<Step>) {
    let Subject::Trace { entries, logs, witness, .. } = &mut proof.subject else { unreachable!() };
    (entries, logs, &mut witness.0)
}

/// Everything the demo names: each product and container that its two ends reach.
fn items(chain: &Chain, contract: Address) -> Vec<String> {
    let mut items = vec![LOT.to_owned(), BOWL.to_owned()];
    for (query, item) in [("forward", LOT), ("back", BOWL)] {
        let (answer, _) = ask(chain, contract, chain.height(), query, item);
        items.extend(answer.products);
        items.extend(answer.containers);
    }
    items
}

#[test]
fn a_verifier_finds_the_views_answer_from_the_file_alone() {
    let (chain, contract) = captured();
    let items = items(&chain, contract);
    assert!(items.len() > 10, "{items:?}");
    let mut events = 0;
    for item in &items {
        for query in QUERIES {
            let (answer, file) = ask(&chain, contract, chain.height(), query, item);
            assert_eq!(found(&chain, &read(&file).unwrap()).unwrap(), answer, "{query} of {item}");
            events += answer.events.len();
        }
    }
    assert!(events > items.len(), "histories have events");
}

#[test]
fn each_retained_height_has_a_proof_of_its_own() {
    let (chain, contract) = captured();
    let mut answers = Vec::new();
    // Height 1 deployed the contract.
    for height in (1..=chain.height().0).map(Height) {
        let (answer, file) = ask(&chain, contract, height, "forward", LOT);
        let proof = read(&file).unwrap();
        assert_eq!(found(&chain, &proof).unwrap(), answer);
        assert_eq!(verify(&proof, &Trusted::from(chain.genesis())).unwrap().height(), height);
        answers.push(answer.products.len());
    }
    assert!(answers.is_sorted() && answers.first() == Some(&0) && answers.last() > Some(&2), "{answers:?}");
}

#[test]
fn what_was_never_seen_is_proven_absent() {
    let (chain, contract) = captured();
    for query in QUERIES {
        let (answer, file) = ask(&chain, contract, chain.height(), query, "urn:epc:id:sgtin:9521321.000101.never");
        assert_eq!(found(&chain, &read(&file).unwrap()).unwrap(), answer);
        assert!(answer.complete && answer.events.is_empty() && answer.products.is_empty());
    }
}

/// Every value, record, witness step, signature and field of the anchor, changed one at a time.
#[test]
fn no_part_of_a_file_can_be_changed() {
    let (chain, contract) = captured();
    let refused = |proof: &Proof, what: &str| match found(&chain, proof) {
        Err(BadFile::Proof(cause)) => cause,
        other => panic!("{what}: {other:?}"),
    };
    for query in QUERIES {
        let (_, file) = ask(&chain, contract, chain.height(), query, BOWL);
        let honest = read(&file).unwrap();
        let mut copy = honest.clone();
        let (entries, logs, steps) = parts(&mut copy);
        assert!(entries.iter().any(|entry| entry.value.is_some()) && !logs.is_empty());
        for (index, entry) in entries.iter().enumerate() {
            let mut proof = honest.clone();
            parts(&mut proof).0[index].value = match &entry.value {
                Some(value) => Some([&value[1..], &[value[0] ^ 1]].concat()),
                None => Some(Vec::new()),
            };
            let cause = refused(&proof, "a value");
            assert!(matches!(cause, BadProof::Entry { index: at, .. } if at == index), "{cause}");
            if entry.value.is_some() {
                parts(&mut proof).0[index].value = None;
                let _ = refused(&proof, "a value left out");
            }
        }
        for (index, log) in logs.iter().enumerate() {
            for at in 0..log.records.len() {
                for change in 0..5 {
                    let mut proof = honest.clone();
                    let record = &mut parts(&mut proof).1[index].records[at];
                    match change {
                        0 => record.entry[0] ^= 1,
                        1 => record.height.0 += 1,
                        2 => record.time.0 += 1,
                        3 => record.transaction.0[0] ^= 1,
                        _ => drop(parts(&mut proof).1[index].records.remove(at)),
                    }
                    let cause = refused(&proof, "a record");
                    assert!(matches!(cause, BadProof::Log { index: at, .. } if at == index), "{cause}");
                }
            }
        }
        for at in 0..steps.len() {
            let mut proof = honest.clone();
            parts(&mut proof).2.remove(at);
            let _ = refused(&proof, "a witness step left out");
        }
        type Change = fn(&mut Proof);
        let changes: [(&str, Change); 17] = [
            ("header height", |proof| proof.anchor.header.height.0 += 1),
            ("header epoch", |proof| proof.anchor.header.epoch.0 += 1),
            ("header view", |proof| proof.anchor.header.view.0 += 1),
            ("header parent", |proof| proof.anchor.header.parent.0[0] ^= 1),
            ("header time", |proof| proof.anchor.header.time.0 += 1),
            ("header proposer", |proof| proof.anchor.header.proposer += 1),
            ("header validators", |proof| proof.anchor.header.validators.0[0] ^= 1),
            ("header transactions root", |proof| proof.anchor.header.transactions_root.0[0] ^= 1),
            ("header transactions", |proof| proof.anchor.header.transactions += 1),
            ("header result", |proof| proof.anchor.header.result.0[0] ^= 1),
            ("result state root", |proof| proof.anchor.result.state_root.0[0] ^= 1),
            ("result range root", |proof| proof.anchor.result.range_root.0[0] ^= 1),
            ("certificate epoch", |proof| proof.anchor.certificate.epoch.0 += 1),
            ("certificate digest", |proof| proof.anchor.certificate.digest.0[0] ^= 1),
            ("a signature", |proof| proof.anchor.certificate.signatures[3].1.0[10] ^= 1),
            ("two of four signatures", |proof| proof.anchor.certificate.signatures.truncate(2)),
            ("the chain", |proof| proof.chain = Hash([9; 32])),
        ];
        for (what, change) in changes {
            let mut proof = honest.clone();
            change(&mut proof);
            let _ = refused(&proof, what);
        }
    }
}

/// Three of four signatures are a quorum: the file stays good without one of them.
#[test]
fn any_quorum_is_enough() {
    let (chain, contract) = captured();
    let (answer, file) = ask(&chain, contract, chain.height(), "history", BOWL);
    for left_out in 0..4 {
        let mut proof = read(&file).unwrap();
        proof.anchor.certificate.signatures.remove(left_out);
        assert_eq!(found(&chain, &proof).unwrap(), answer);
    }
}

/// The same file with another question.
fn asked(proof: &Proof, other_contract: Address, other_query: &str, other_item: &str) -> Proof {
    let mut proof = proof.clone();
    let Subject::Trace { contract, query, item, .. } = &mut proof.subject else { unreachable!() };
    (*contract, *query, *item) = (other_contract, other_query.into(), other_item.into());
    proof
}

/// A file for one question is no proof of another: its entries do not carry the answer, or, where they happen to,
/// the answer is the other question's own.
#[test]
fn a_file_does_not_answer_another_question() {
    let (chain, contract) = captured();
    let (_, file) = ask(&chain, contract, chain.height(), "history", BOWL);
    let honest = read(&file).unwrap();
    let mut refused = 0;
    for item in items(&chain, contract) {
        for query in QUERIES {
            match found(&chain, &asked(&honest, contract, query, &item)) {
                Err(BadFile::Incomplete(_)) => refused += 1,
                Ok(answer) => assert_eq!(answer, ask(&chain, contract, chain.height(), query, &item).0),
                Err(other) => panic!("{query} of {item}: {other}"),
            }
        }
    }
    assert!(refused > 10, "{refused}");
    let error = found(&chain, &asked(&honest, Address([5; 32]), "history", BOWL)).unwrap_err();
    assert!(matches!(error, BadFile::Incomplete(_)), "{error}");
}

/// What a node does for a height whose state is gone: the newest state, asked as of the contract's position then.
#[test]
fn a_trace_as_of_each_height_is_found_in_the_newest_state() {
    let (chain, contract) = captured();
    let reader = chain.reader();
    let tip = chain.height();
    let header = reader.header(tip).unwrap().unwrap();
    for height in (1..tip.0).map(Height) {
        let run = |view: countersign_replica::query::View| {
            let (outcome, reads) = view.run_recorded(chain.vm(), chain.genesis().chain(), &reader, &header).unwrap();
            let Status::Succeeded { output } = outcome.status else { panic!("{outcome:?}") };
            (output, reads)
        };
        let (position, _) = run(chain.view(contract, "position_at", borsh::to_vec(&height.0).unwrap()));
        let position: u64 = borsh::from_slice(&position).unwrap();
        let (_, reads) = run(chain.view(contract, "forward", borsh::to_vec(&(LOT, Some(position))).unwrap()));
        let mut reads = reads.to_prove();
        for sequence in position.checked_sub(1).into_iter().chain([position]) {
            let key = countersign_epcis::register::key::record(sequence);
            reads.entries.insert(countersign_types::state_key::storage(&contract, &key));
        }
        let as_of = Some(TraceAsOf { height, position });
        let question = TraceQuestion {
            contract,
            query: "forward".into(),
            item: LOT.into(),
            as_of,
            page: None,
            arguments: Default::default(),
        };
        let proof = prove_trace(&reader, Blocks::at(tip), question, &reads).unwrap();
        let then = ask(&chain, contract, height, "forward", LOT).0;
        assert_eq!(found(&chain, &proof).unwrap(), then, "as of {height}");
    }
}

#[test]
fn every_transaction_and_event_of_the_chain_has_a_proof_under_its_last_block() {
    let (chain, _) = captured();
    let reader = chain.reader();
    let trusted = Trusted::from(chain.genesis());
    let mut events = 0;
    for height in (1..=chain.height().0).map(Height) {
        for receipt in reader.receipts(height).unwrap() {
            let proof = prove_transaction(&reader, chain.height(), &receipt.transaction).unwrap().unwrap();
            let verified = verify(&proof, &trusted).unwrap();
            assert_eq!((verified.height(), verified.basis().certified.height), (height, chain.height()));
            let Finding::Transaction(found) = verified.into_data() else { panic!("a transaction was asked for") };
            assert_eq!(found.receipt, receipt);
        }
        for index in 0.. {
            let Some(proof) = prove_event(&reader, chain.height(), EventCursor { height, index }).unwrap() else {
                break;
            };
            let Finding::Event(record) = verify(&proof, &trusted).unwrap().into_data() else { panic!("an event") };
            assert_eq!((record.height, record.index), (height, index));
            events += 1;
        }
    }
    assert!(events > 3, "{events}");
}
