//! Fairness, limits, expiry, and that one body counts once however often it is signed.

use crate::chain::{BEGIN, call, call_of, genesis, key, signed, transaction};
use countersign_replica::Refused;
use countersign_replica::limits::MEMPOOL_TRANSACTIONS_MAX;
use countersign_replica::mempool::Mempool;
use countersign_types::{Gas, Hash, Parameters, Signature, SignedTransaction, VerifiedTransaction};
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Blocks that go by before the oldest transaction goes first.
const PATIENCE: u64 = 3;

fn rules() -> Parameters {
    genesis().parameters
}

fn draw(pool: &mut Mempool, rules: &Parameters, taken: &[Arc<VerifiedTransaction>]) -> Vec<Hash> {
    let taken: BTreeSet<Hash> = taken.iter().map(|transaction| transaction.id()).collect();
    pool.draw(rules, BEGIN, &taken, PATIENCE).iter().map(|transaction| transaction.id()).collect()
}

#[test]
fn organisations_take_turns_and_each_keeps_its_order() {
    let mut pool = Mempool::new(2);
    let flood: Vec<_> = (0..20).map(|nonce| call(11, nonce)).collect();
    let few: Vec<_> = (0..3).map(|nonce| call(12, nonce)).collect();
    for transaction in &flood {
        pool.admit(Arc::clone(transaction), "a").unwrap();
    }
    for transaction in &few {
        pool.admit(Arc::clone(transaction), "b").unwrap();
    }
    for _ in 0..4 {
        let drawn = draw(&mut pool, &Parameters { block_transactions_max: 6, ..rules() }, &[]);
        let of = |list: &[Arc<VerifiedTransaction>]| -> Vec<Hash> {
            list.iter().map(|transaction| transaction.id()).filter(|id| drawn.contains(id)).collect()
        };
        assert_eq!((of(&flood), of(&few)), (ids(&flood[..3]), ids(&few)));
    }
}

fn ids(list: &[Arc<VerifiedTransaction>]) -> Vec<Hash> {
    list.iter().map(|transaction| transaction.id()).collect()
}

#[test]
fn a_block_is_filled_up_to_each_limit() {
    let bytes = call(11, 0).bytes().len();
    for (rules, expected) in [
        (Parameters { block_transactions_max: 4, ..rules() }, 4),
        (Parameters { block_bytes_max: u32::try_from(5 * bytes + 10).unwrap(), ..rules() }, 5),
        (Parameters { block_gas_max: Gas(3 * crate::chain::GAS), ..rules() }, 3),
    ] {
        let mut pool = Mempool::new(2);
        for nonce in 0..10 {
            pool.admit(call(11, nonce), "a").unwrap();
        }
        assert_eq!(draw(&mut pool, &rules, &[]).len(), expected);
        assert_eq!(pool.len(), 10, "what is drawn stays until it is committed");
    }
}

#[test]
fn what_is_beyond_a_share_is_refused_first() {
    let mut pool = Mempool::new(4);
    let taken = (0..).take_while(|nonce| pool.admit(call(11, *nonce), "a").is_ok()).count();
    assert!(taken > MEMPOOL_TRANSACTIONS_MAX / 2, "room that nobody else uses is used: {taken}");
    assert_eq!(pool.admit(call(11, u64::MAX), "a"), Err(Refused::Full));
    for organisation in ["b", "c", "d"] {
        // Fills what is guaranteed to it, though another organisation took all the free room.
        let nonces = (0..).map(|nonce| nonce * 8 + u64::from(organisation.as_bytes()[0] - b'a'));
        let share = nonces.take_while(|nonce| pool.admit(call(12, *nonce), organisation).is_ok()).count();
        assert_eq!(share, MEMPOOL_TRANSACTIONS_MAX / 8, "{organisation}");
    }
    assert_eq!(pool.admit(call(12, 1), "b"), Err(Refused::Known));
}

/// A call with a gas limit.
fn with_gas(signer: u8, nonce: u64, gas: u64) -> Arc<VerifiedTransaction> {
    let mut body = transaction(signer, nonce, 30_000, call_of("a/box", "run"));
    body.gas_limit = Gas(gas);
    signed(signer, body)
}

#[test]
fn who_asks_for_much_gas_does_not_get_more_than_who_asks_for_little() {
    let rules = Parameters { block_gas_max: Gas(10_000_000), block_transactions_max: 1_000, ..rules() };
    let mut pool = Mempool::new(2);
    for nonce in 0..100 {
        pool.admit(with_gas(11, nonce, 1_000_000), "a").unwrap();
        pool.admit(with_gas(12, nonce, 100_000), "b").unwrap();
    }
    for _ in 0..3 {
        let drawn = pool.draw(&rules, BEGIN, &BTreeSet::new(), PATIENCE);
        let gas_of = |signer: u8| -> u64 {
            let of = drawn.iter().filter(|transaction| transaction.body().signer == key(signer).public());
            of.map(|transaction| transaction.body().gas_limit.0).sum()
        };
        let (greedy, modest) = (gas_of(11), gas_of(12));
        assert!(greedy + modest <= 10_000_000, "a block's gas");
        assert!((4_000_000..=6_000_000).contains(&greedy) && modest >= 4_000_000, "{greedy} and {modest}");
    }
}

#[test]
fn what_expired_goes_and_what_expires_too_far_waits() {
    let mut pool = Mempool::new(2);
    let expiring = |nonce, expires| signed(11, transaction(11, nonce, expires, call_of("a/box", "run")));
    let all = [expiring(0, 10), expiring(1, 20), expiring(2, 100_000)];
    for transaction in &all {
        pool.admit(Arc::clone(transaction), "a").unwrap();
    }
    let at = |pool: &mut Mempool, time: u64| -> Vec<Hash> {
        pool.draw(&rules(), BEGIN.plus(time), &BTreeSet::new(), PATIENCE)
            .iter()
            .map(|transaction| transaction.id())
            .collect()
    };
    assert_eq!(at(&mut pool, 10), ids(&all[..2]), "the expiry itself is still in time");
    assert_eq!(at(&mut pool, 11), ids(&all[1..2]));
    assert_eq!(at(&mut pool, 40_000), ids(&all[2..]));
    assert_eq!(pool.expire(BEGIN.plus(20)), ids(&all[..1]));
    assert_eq!(pool.expire(BEGIN.plus(21)), ids(&all[1..2]));
    assert_eq!(pool.len(), 1);
}

#[test]
fn what_unfinalised_blocks_hold_is_no_reason_for_a_block() {
    let mut pool = Mempool::new(2);
    let (one, two) = (call(11, 1), call(12, 2));
    assert!(!pool.has_free());
    pool.hold(&[one.id()]);
    pool.admit(Arc::clone(&one), "a").unwrap();
    assert!(!pool.has_free(), "held before it came");
    pool.admit(Arc::clone(&two), "b").unwrap();
    assert!(pool.has_free());
    pool.hold(&[two.id(), Hash([9; 32])]);
    assert!(!pool.has_free());
    pool.release(&[two.id(), Hash([9; 32])]);
    assert!(pool.has_free(), "its block gave way to another");
    pool.withdraw(&[two.id()]);
    assert!(!pool.has_free());
    pool.release(&[one.id()]);
    assert!(pool.has_free());
    pool.withdraw(&[one.id()]);
    assert!(!pool.has_free() && pool.is_empty() && pool.bytes() == 0);
}

/// The same body with another valid signature, as a client with its own software can make it.
fn signed_again(signer: u8, transaction: &VerifiedTransaction, prefix: u8) -> Arc<VerifiedTransaction> {
    let mut expanded = ExpandedSecretKey::from(&[signer; 32]);
    expanded.hash_prefix = [prefix; 32];
    let public = ed25519_dalek::SigningKey::from_bytes(&[signer; 32]).verifying_key();
    let signature = raw_sign::<sha2::Sha512>(&expanded, &transaction.id().0, &public);
    let body = transaction.body().clone();
    let chain = body.chain;
    assert_eq!(public.to_bytes(), key(signer).public().0);
    Arc::new(SignedTransaction { body, signature: Signature(signature.to_bytes()) }.verify(&chain).unwrap())
}

#[test]
fn a_body_signed_twice_is_proposed_once_and_gone_when_either_is_committed() {
    let one = call(11, 1);
    let two = signed_again(11, &one, 7);
    assert_eq!(one.id(), two.id());
    assert_ne!(one.hash(), two.hash());
    let mut pool = Mempool::new(2);
    pool.admit(Arc::clone(&two), "a").unwrap();
    assert_eq!(pool.admit(Arc::clone(&one), "a"), Err(Refused::Known));
    assert!(draw(&mut pool, &rules(), &[Arc::clone(&one)]).is_empty(), "an ancestor holds the body");
    pool.hold(&[one.id()]);
    assert!(!pool.has_free());
    pool.withdraw(&[one.id()]);
    assert!(pool.is_empty() && pool.find(&two.hash()).is_none());
}

#[test]
fn a_long_flood_leaves_nothing_behind() {
    let mut pool = Mempool::new(2);
    for round in 0..50u64 {
        let batch: Vec<_> = (0..40).map(|nonce| call(11, round * 40 + nonce)).collect();
        for transaction in &batch {
            pool.admit(Arc::clone(transaction), "a").unwrap();
        }
        pool.withdraw(&ids(&batch));
    }
    assert!(pool.is_empty() && pool.bytes() == 0 && !pool.has_free());
    assert!(draw(&mut pool, &rules(), &[]).is_empty());
}

/// L6: an organisation's transactions that need a whole block are not passed over for ever by small ones of others.
#[test]
fn the_oldest_goes_first_once_enough_blocks_went_by_without_it() {
    let rules = Parameters { block_gas_max: Gas(1_000_000), ..rules() };
    let mut pool = Mempool::new(3);
    let large = with_gas(11, 0, 1_000_000);
    pool.admit(Arc::clone(&large), "a").unwrap();
    let mut passed = 0;
    loop {
        for (key, organisation) in [(12, "b"), (13, "c")] {
            pool.admit(with_gas(key, passed, 100_000), organisation).unwrap();
        }
        let drawn = draw(&mut pool, &rules, &[]);
        pool.committed(&drawn);
        if drawn == ids(std::slice::from_ref(&large)) {
            break;
        }
        assert!(!drawn.is_empty());
        passed += 1;
        assert!(passed <= PATIENCE, "passed over by {passed} blocks");
    }
    // What another's unfinalised block holds is not drawn again, however old it is.
    let mut pool = Mempool::new(3);
    pool.admit(Arc::clone(&large), "a").unwrap();
    (0..10).for_each(|_| pool.committed(&[]));
    assert_eq!(draw(&mut pool, &rules, std::slice::from_ref(&large)), Vec::new());
}

#[test]
fn what_no_block_takes_is_gossiped_again_less_and_less_often() {
    let mut pool = Mempool::new(2);
    let transaction = call(11, 0);
    pool.admit(Arc::clone(&transaction), "a").unwrap();
    pool.watch(transaction.hash(), BEGIN, 1_000);
    let mut told = Vec::new();
    for time in 0..200 {
        let again = pool.gossip_again(BEGIN.plus(time * 500), 1_000);
        assert!(pool.next_at().unwrap() > BEGIN.plus(time * 500));
        if again == [Arc::clone(&transaction)] {
            told.push(time * 500);
        }
    }
    assert_eq!(told, [1_000, 3_000, 7_000, 15_000, 31_000, 63_000]);
    pool.committed(&[transaction.id()]);
    assert_eq!((pool.next_at(), pool.gossip_again(BEGIN.plus(10_000_000), 1_000)), (None, Vec::new()));
}
