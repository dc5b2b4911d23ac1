//! Committing blocks and reading them back.

use crate::chain::{Chain, START, Work, certify, contract, genesis, user, work};
use countersign_ledger::{Ledger, LedgerError, MemoryStore};
use countersign_types::range::Range;
use countersign_types::vote::Phase;
use countersign_types::{
    Account, ExecutionResult, Genesis, Hash, Height, Parameters, TimestampMs, ValidatorSet, codec, merkle, state_key,
};

#[test]
fn genesis_state_is_readable_and_deterministic() {
    let chain = Chain::create(MemoryStore::new());
    let reader = chain.reader();
    let parameters: Parameters = reader.native(&state_key::parameters(), "parameters").unwrap().unwrap();
    assert_eq!(parameters, chain.genesis.parameters);
    let set: ValidatorSet = reader.native(&state_key::validators(), "validators").unwrap().unwrap();
    assert_eq!(set, chain.genesis.validators);
    let id = reader.read(&state_key::account_of_key(&user().public())).unwrap().unwrap();
    assert_eq!(id, b"farm/erp");
    let account: Account = reader.native(&state_key::account("farm/erp"), "account").unwrap().unwrap();
    assert_eq!(account, chain.genesis.accounts[0]);
    assert_eq!(reader.read(&state_key::account("farm/nobody")).unwrap(), None);

    let tip = chain.tip();
    assert_eq!((tip.height, tip.block, tip.time), (Height::ZERO, chain.genesis.chain(), START));
    assert_eq!(tip.result.range_root, Hash::ZERO);
    assert_ne!(tip.state_root(), Hash::ZERO);
    assert_eq!(tip, Chain::create(MemoryStore::new()).tip());
    assert_eq!(reader.result(Height::ZERO).unwrap().unwrap(), tip.result);
    assert_eq!(reader.anchor(Height::ZERO).unwrap(), None);
}

#[test]
fn a_block_is_read_back_whole() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.commit(&work(1));
    let executed = chain.block(&work(2));
    let result = chain.ledger.commit(executed.clone()).unwrap();
    let reader = chain.reader();
    let height = Height(2);
    assert_eq!(reader.header(height).unwrap().unwrap(), executed.block.header);
    assert_eq!(reader.block(height).unwrap().unwrap(), executed.block);
    assert_eq!(reader.finality(height).unwrap().unwrap(), executed.certificate);
    assert_eq!(reader.result(height).unwrap().unwrap(), result);
    assert_eq!(reader.transactions(height).unwrap(), executed.transactions);
    assert_eq!(reader.receipts(height).unwrap(), executed.receipts);
    assert_eq!(reader.height_of_block(&executed.block.hash()).unwrap(), Some(height));
    for (index, (transaction, receipt)) in (0..).zip(executed.transactions.iter().zip(&executed.receipts)) {
        assert_eq!(reader.locate(&transaction.id).unwrap(), Some((height, index)));
        assert_eq!(reader.transaction(&transaction.id).unwrap().as_ref(), Some(transaction));
        assert_eq!(reader.receipt(&transaction.id).unwrap().as_ref(), Some(receipt));
    }
    let unknown = Hash([5; 32]);
    assert_eq!(reader.locate(&unknown).unwrap(), None);
    assert_eq!(reader.transaction(&unknown).unwrap(), None);
    assert_eq!(reader.height_of_block(&unknown).unwrap(), None);
    assert_eq!(reader.header(Height(3)).unwrap(), None);
    assert_eq!(reader.block(Height(u64::MAX)).unwrap(), None);
    assert_eq!(reader.transactions(Height(3)).unwrap(), []);
}

#[test]
fn the_result_says_what_the_types_define() {
    let mut chain = Chain::create(MemoryStore::new());
    let results: Vec<ExecutionResult> = (1..=5).map(|height| chain.commit(&work(height))).collect();
    for (index, result) in results.iter().enumerate() {
        let reader = chain.reader();
        let receipts: Vec<Hash> =
            reader.receipts(result.height).unwrap().iter().map(countersign_types::Receipt::hash).collect();
        assert_eq!(result.receipts_root, merkle::root(&receipts));
        let earlier: Vec<Hash> = results[..index].iter().map(ExecutionResult::hash).collect();
        assert_eq!(result.range_root, Range::over(&earlier).root());
        assert_eq!(result.next_validators, chain.genesis.validators.hash());
        assert_eq!(result.block, reader.header(result.height).unwrap().unwrap().hash());
    }
    let all: Vec<Hash> = results.iter().map(ExecutionResult::hash).collect();
    assert_eq!(chain.tip().range, Range::over(&all));
}

#[test]
fn reopening_continues_where_it_stopped() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=6 {
        chain.commit_certified(&work(height));
    }
    let tip = chain.tip().clone();
    let mut twin = Chain { genesis: genesis(), ledger: Ledger::open(store, &genesis()).unwrap() };
    assert_eq!(*twin.tip(), tip);
    assert_eq!(twin.reader().certified(), Height(6));
    let next = twin.commit(&work(7));
    let mut straight = Chain::create(MemoryStore::new());
    for height in 1..=7 {
        straight.commit(&work(height));
    }
    assert_eq!(straight.tip().result, next);
}

#[test]
fn what_does_not_follow_is_refused_and_changes_nothing() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.commit(&work(1));
    let good = chain.block(&work(2));
    let tip = chain.tip().clone();
    let mut faults: Vec<(&str, countersign_ledger::ExecutedBlock)> = Vec::new();
    let mut with = |what, change: fn(&mut countersign_ledger::ExecutedBlock)| {
        let mut block = good.clone();
        change(&mut block);
        faults.push((what, block));
    };
    with("it is of another chain", |block| block.block.header.chain = Hash([1; 32]));
    with("it is not the next height", |block| block.block.header.height = Height(3));
    with("its parent is another block", |block| block.block.header.parent = Hash([1; 32]));
    with("it is not later than its parent", |block| block.block.header.time = TimestampMs(START.0 + 1000));
    with("it names other validators", |block| block.block.header.validators = Hash([1; 32]));
    with("its certificate is not of COMMITs", |block| block.certificate.phase = Phase::Prepare);
    with("its transactions are others", |block| block.block.transactions.reverse());
    with("its receipts are for other transactions", |block| {
        block.receipts.pop();
    });
    with("its receipts are of another place", |block| block.receipts[1].index = 0);
    with("it sets validators that are no set", |block| {
        block.writes.insert(state_key::validators(), Some(codec::encode(&Vec::<u8>::new())));
    });
    for (expected, block) in faults {
        match chain.ledger.commit(block) {
            Err(LedgerError::Block { what, .. }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
        assert_eq!(*chain.tip(), tip);
    }
    chain.ledger.commit(good).unwrap();
}

#[test]
fn a_certificate_for_another_result_is_divergence() {
    let mut chain = Chain::create(MemoryStore::new());
    let result = chain.commit(&work(1));
    let other = ExecutionResult { state_root: Hash([1; 32]), ..result.clone() };
    let certificate = certify(&chain.genesis, Phase::Checkpoint, 1, other.hash());
    let refused = chain.ledger.put_result_certificate(&other, &certificate);
    assert!(matches!(refused, Err(LedgerError::Diverged { height: Height(1), .. })), "{refused:?}");
    let above = ExecutionResult { height: Height(2), ..result.clone() };
    let refused = chain.ledger.put_result_certificate(&above, &certificate);
    assert!(matches!(refused, Err(LedgerError::Unknown { .. })), "{refused:?}");
    let wrong_phase = certify(&chain.genesis, Phase::Commit, 1, result.hash());
    let refused = chain.ledger.put_result_certificate(&result, &wrong_phase);
    assert!(matches!(refused, Err(LedgerError::Block { .. })), "{refused:?}");
    assert_eq!(chain.reader().certified(), Height::ZERO);
    chain.certify(&result);
    assert_eq!(chain.reader().certified(), Height(1));
    assert!(chain.reader().anchor(Height(1)).unwrap().is_some());
}

#[test]
fn certificates_may_come_late_and_out_of_order() {
    let mut chain = Chain::create(MemoryStore::new());
    let results: Vec<ExecutionResult> = (1..=4).map(|height| chain.commit(&work(height))).collect();
    for (index, certified) in [(2, 3), (0, 3), (3, 4)] {
        chain.certify(&results[index]);
        assert_eq!(chain.reader().certified(), Height(certified));
    }
    assert_eq!(chain.reader().result_certificate(Height(2)).unwrap(), None);
}

#[test]
fn foreign_and_empty_stores_are_refused() {
    let other = Genesis { network: "other".into(), ..genesis() };
    assert!(matches!(Ledger::open(MemoryStore::new(), &genesis()), Err(LedgerError::Empty)));
    let store = MemoryStore::new();
    drop(Chain::create(store.clone()));
    assert!(matches!(Ledger::create(store.clone(), &genesis()), Err(LedgerError::NotEmpty)));
    assert!(matches!(Ledger::open(store, &other), Err(LedgerError::Foreign { .. })));
    let faulty = Genesis { organisations: vec![], ..genesis() };
    assert!(matches!(Ledger::create(MemoryStore::new(), &faulty), Err(LedgerError::Genesis(_))));
}

#[test]
fn empty_blocks_change_only_the_chain() {
    let mut chain = Chain::create(MemoryStore::new());
    let root = chain.tip().state_root();
    let result = chain.commit(&Work::default());
    assert_eq!(result.state_root, root);
    assert_eq!((result.receipts_root, result.events_root), (Hash::ZERO, Hash::ZERO));
}

#[test]
fn scans_are_in_order_and_resume() {
    let mut chain = Chain::create(MemoryStore::new());
    let key = |number: u8| state_key::storage(&contract(), &[number]);
    let writes = (0..10).map(|number| (key(number), Some(vec![number]))).collect();
    chain.commit(&Work { writes, ..Work::default() });
    let writes = [(key(3), None), (key(4), Some(vec![44]))].into();
    chain.commit(&Work { writes, ..Work::default() });
    let prefix = state_key::storage(&contract(), &[]);
    let reader = chain.reader();
    let all = reader.scan(&prefix, None, 100).unwrap();
    let expected: Vec<(Vec<u8>, Vec<u8>)> = (0..10)
        .filter(|number| *number != 3)
        .map(|number| (key(number), vec![if number == 4 { 44 } else { number }]))
        .collect();
    assert_eq!(all, expected);
    let first = reader.scan(&prefix, None, 4).unwrap();
    let rest = reader.scan(&prefix, Some(&first[3].0), 100).unwrap();
    assert_eq!([first, rest].concat(), expected);
    assert_eq!(reader.scan(&prefix, Some(&key(9)), 100).unwrap(), []);
}
