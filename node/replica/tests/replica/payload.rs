//! Which payloads draw a vote.

use crate::chain::{BEGIN, GAS, call, call_of, genesis, header, signed, transaction};
use countersign_replica::payload::{BadPayload, Payloads};
use countersign_types::{Block, Gas, Hash, Parameters, VerifiedTransaction, View, merkle};
use std::sync::Arc;

fn block(height: u64, transactions: &[Arc<VerifiedTransaction>]) -> Block {
    let names: Vec<Hash> = transactions.iter().map(|transaction| transaction.hash()).collect();
    let mut header = header(height, 1_000);
    header.view = View(height);
    header.transactions = u32::try_from(names.len()).unwrap();
    header.transactions_root = merkle::root(&names);
    Block { header, transactions: names }
}

fn begin(payloads: &mut Payloads, block: &Block, ancestors: &[Hash], held: &[Arc<VerifiedTransaction>]) {
    let find = |name: &Hash| held.iter().find(|transaction| transaction.hash() == *name).cloned();
    payloads.begin(block.clone(), ancestors.to_vec(), &[], find);
}

#[test]
fn a_payload_keeps_every_limit_of_the_chain() {
    let all: Vec<_> = (0..4).map(|nonce| call(11, nonce)).collect();
    let bytes: usize = all.iter().map(|transaction| transaction.bytes().len()).sum();
    let early = signed(11, transaction(11, 9, 999, call_of("a/box", "run")));
    let late = signed(11, transaction(11, 9, 61_001, call_of("a/box", "run")));
    let rules = || genesis().parameters;
    for (transactions, rules, expected) in [
        (all.clone(), rules(), Ok(())),
        (all.clone(), Parameters { block_transactions_max: 4, ..rules() }, Ok(())),
        (all.clone(), Parameters { block_transactions_max: 3, ..rules() }, Err(BadPayload::Limits)),
        (all.clone(), Parameters { block_bytes_max: bytes as u32, ..rules() }, Ok(())),
        (all.clone(), Parameters { block_bytes_max: bytes as u32 - 1, ..rules() }, Err(BadPayload::Limits)),
        (all.clone(), Parameters { block_gas_max: Gas(4 * GAS), ..rules() }, Ok(())),
        (all.clone(), Parameters { block_gas_max: Gas(4 * GAS - 1), ..rules() }, Err(BadPayload::Limits)),
        (vec![early], rules(), Err(BadPayload::Window)),
        (vec![late], rules(), Err(BadPayload::Window)),
    ] {
        let block = block(1, &transactions);
        let mut payloads = Payloads::default();
        begin(&mut payloads, &block, &[], &transactions);
        let gathering = payloads.find(&block.hash()).unwrap();
        assert_eq!(payloads.check(gathering, &rules), Some(expected));
    }
}

#[test]
fn a_payload_over_a_limit_is_bad_before_it_is_whole() {
    let all: Vec<_> = (0..10).map(|nonce| call(11, nonce)).collect();
    let bytes = all[0].bytes().len() as u32;
    for rules in [
        Parameters { block_bytes_max: 2 * bytes, ..genesis().parameters },
        Parameters { block_gas_max: Gas(2 * GAS), ..genesis().parameters },
    ] {
        let block = block(1, &all);
        let mut payloads = Payloads::default();
        begin(&mut payloads, &block, &[], &all[..1]);
        let verdict = |payloads: &Payloads| payloads.check(payloads.find(&block.hash()).unwrap(), &rules);
        assert_eq!(payloads.supply(&all[1]), [block.hash()]);
        assert_eq!(verdict(&payloads), None, "the limit itself is allowed, and more may come");
        payloads.supply(&all[2]);
        assert_eq!(verdict(&payloads), Some(Err(BadPayload::Limits)));
    }
}

#[test]
fn what_an_unfinalised_ancestor_holds_is_not_held_again() {
    let (one, two) = (call(11, 1), call(11, 2));
    let held = [Arc::clone(&one), Arc::clone(&two)];
    let parent = block(1, &held[..1]);
    let mut payloads = Payloads::default();
    begin(&mut payloads, &parent, &[], &held);
    for (child, expected) in [(block(2, &held), Err(BadPayload::Repeated)), (block(2, &held[1..]), Ok(()))] {
        begin(&mut payloads, &child, &[parent.hash()], &held);
        assert_eq!(payloads.check(payloads.find(&child.hash()).unwrap(), &genesis().parameters), Some(expected));
    }
}

#[test]
fn what_is_missing_is_asked_for_less_and_less_often_until_it_comes() {
    let (one, two) = (call(11, 1), call(11, 2));
    let block = block(1, &[Arc::clone(&one), Arc::clone(&two)]);
    let mut payloads = Payloads::default();
    begin(&mut payloads, &block, &[], &[Arc::clone(&one)]);
    let mut asked = Vec::new();
    for millisecond in 0..60_000 {
        let now = BEGIN.plus(millisecond);
        let due = payloads.next_at().is_some_and(|at| at <= now);
        for (proposer, tries, names) in payloads.due(now) {
            assert!(due, "the alarm tells when");
            assert_eq!((proposer, usize::from(tries), names), (0, asked.len(), vec![two.hash()]));
            asked.push(millisecond);
        }
    }
    let gaps: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.is_sorted() && gaps[0] == 300 && *gaps.last().unwrap() > 1_000, "{gaps:?}");
    assert_eq!(payloads.supply(&two), [block.hash()]);
    assert!(!payloads.is_waiting() && payloads.next_at().is_none());
    assert_eq!(payloads.take(&block.hash()).unwrap(), [one, two], "in the block's order");
}

#[test]
fn too_many_blocks_make_room_but_never_of_those_needed() {
    let transaction = call(11, 1);
    let needed = block(1, std::slice::from_ref(&transaction));
    let mut payloads = Payloads::default();
    begin(&mut payloads, &needed, &[], std::slice::from_ref(&transaction));
    for height in 2..400 {
        payloads.begin(block(height, &[]), Vec::new(), &[needed.hash()], |_| None);
    }
    assert!(payloads.find(&needed.hash()).is_some());
    assert_eq!(payloads.whole().count(), countersign_replica::limits::PAYLOADS_MAX);
}
