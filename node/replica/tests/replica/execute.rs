//! What becomes of a transaction, by table.

use crate::chain::{GAS, State, account, call, call_of, key, module, signed, transaction};
use countersign_abi::trap;
use countersign_replica::execute::intrinsic_gas;
use countersign_replica::limits::SIGNATURE_GAS;
use countersign_types::transaction::{BadTransaction, verify_all};
use countersign_types::{
    Account, Address, Gas, Hash, KeyProof, NativeOperation, Outcome, Payload, RejectCode, Roles, VerifiedTransaction,
    state_key,
};
use std::sync::Arc;

fn deploy(signer: u8, nonce: u64, name: &str, code: Vec<u8>) -> Arc<VerifiedTransaction> {
    signed(signer, transaction(signer, nonce, 30_000, Payload::Deploy { name: name.into(), code, input: Vec::new() }))
}

fn with_box() -> State {
    let mut state = State::of_genesis();
    let outcomes = state.execute(1, 1, &[deploy(11, 0, "a/box", module(&["run", "init", "migrate"]))]);
    assert!(matches!(outcomes[0], Outcome::Succeeded { .. }), "{outcomes:?}");
    state
}

fn one(state: &mut State, height: u64, time: u64, transaction: Arc<VerifiedTransaction>) -> Outcome {
    state.execute(height, time, &[transaction]).remove(0)
}

#[test]
fn a_transaction_takes_effect_once_and_only_in_its_window() {
    let mut state = with_box();
    let at = |expires| signed(11, transaction(11, 1, expires, call_of("a/box", "run")));
    for (time, expires, expected) in [
        (1_000, 999, Some(RejectCode::Expired)),
        (1_000, 1_000, None),
        (1_000, 61_000, None),
        (1_000, 61_001, Some(RejectCode::ExpiryTooFar)),
    ] {
        let outcome = one(&mut state, 2, time, at(expires));
        match expected {
            Some(code) => assert_eq!(outcome, Outcome::Rejected(code), "{expires}"),
            None => assert!(matches!(outcome, Outcome::Succeeded { .. }), "{expires}: {outcome:?}"),
        }
    }
    assert_eq!(one(&mut state, 3, 2_000, at(61_000)), Outcome::Rejected(RejectCode::Duplicate));
    let twice = state.execute(3, 2_000, &[call(11, 9), call(11, 9)]);
    assert!(matches!(twice[0], Outcome::Succeeded { .. }));
    assert_eq!(twice[1], Outcome::Rejected(RejectCode::Duplicate));
}

#[test]
fn even_what_is_rejected_for_its_signer_is_consumed() {
    let mut state = with_box();
    let stranger = call(99, 1);
    assert_eq!(one(&mut state, 2, 10, Arc::clone(&stranger)), Outcome::Rejected(RejectCode::UnknownSigner));
    assert_eq!(one(&mut state, 3, 20, stranger), Outcome::Rejected(RejectCode::Duplicate));
}

#[test]
fn gas_limits_lie_between_what_the_bytes_cost_and_the_largest() {
    let mut state = with_box();
    let with_gas = |gas: u64| {
        let body = transaction(11, gas, 30_000, call_of("a/box", "run"));
        signed(11, countersign_types::Transaction { gas_limit: Gas(gas), ..body })
    };
    let least = intrinsic_gas(&with_gas(1));
    let most = crate::chain::genesis().parameters.transaction_gas_max.0;
    assert_eq!(one(&mut state, 2, 10, with_gas(least - 1)), Outcome::Rejected(RejectCode::GasLimit));
    assert_eq!(one(&mut state, 2, 10, with_gas(least)), Outcome::Trapped { cause: trap::OUT_OF_GAS });
    assert_eq!(one(&mut state, 2, 10, with_gas(most + 1)), Outcome::Rejected(RejectCode::GasLimit));
    assert!(matches!(one(&mut state, 2, 10, with_gas(most)), Outcome::Succeeded { .. }));
    let receipt = state.try_out(3, 20, &[with_gas(least + 1)]).receipts.remove(0);
    assert!(receipt.gas_used.0 <= least + 1, "never more than the limit: {receipt:?}");
}

#[test]
fn roles_and_heights_decide_who_may_do_what() {
    let submit = |signer, nonce| call(signer, nonce);
    let name = |signer, nonce: u64| deploy(signer, nonce, &format!("a/new{nonce}"), module(&["run"]));
    let admin = |signer, nonce| put(signer, nonce, account("a/x", Roles::SUBMITTER, &[(77, None)]));
    for (height, transaction, expected) in [
        (2, submit(13, 1), None),
        (2, submit(14, 2), None),
        (4, submit(15, 3), None),
        (5, submit(15, 4), Some(RejectCode::UnknownSigner)),
        (2, submit(98, 5), Some(RejectCode::UnknownSigner)),
        (2, name(13, 6), Some(RejectCode::Forbidden)),
        (2, name(11, 7), None),
        (2, admin(13, 8), Some(RejectCode::Forbidden)),
        (2, admin(11, 9), None),
    ] {
        let outcome = one(&mut with_box(), height, 10, Arc::clone(&transaction));
        match expected {
            Some(code) => assert_eq!(outcome, Outcome::Rejected(code), "{transaction:?} at {height}"),
            None => assert!(matches!(outcome, Outcome::Succeeded { .. }), "{transaction:?} at {height}: {outcome:?}"),
        }
    }
}

#[test]
fn a_contract_is_deployed_under_the_own_organisation_once() {
    let mut state = with_box();
    for (nonce, name, code, expected) in [
        (1, "a/box", module(&["run"]), RejectCode::NameTaken),
        (2, "b/box", module(&["run"]), RejectCode::BadName),
        (3, "a/", module(&["run"]), RejectCode::BadName),
        (4, "a/b/c", module(&["run"]), RejectCode::BadName),
        (5, "box", module(&["run"]), RejectCode::BadName),
        (6, "a/Box", module(&["run"]), RejectCode::BadName),
        (7, "a/bad", b"no module".to_vec(), RejectCode::BadCode),
    ] {
        assert_eq!(one(&mut state, 2, 10, deploy(11, nonce, name, code)), Outcome::Rejected(expected), "{name}");
    }
    assert_eq!(
        one(&mut state, 2, 10, call_signed(call_of("a/none", "run"), 8)),
        Outcome::Rejected(RejectCode::NoContract)
    );
}

#[test]
fn a_failed_init_leaves_no_contract() {
    let code = wat::parse_str("(module (memory (export \"memory\") 1) (func (export \"init\") unreachable))").unwrap();
    let mut state = State::of_genesis();
    let outcome = one(&mut state, 1, 1, deploy(11, 1, "a/box", code.clone()));
    assert_eq!(outcome, Outcome::Trapped { cause: trap::UNREACHABLE });
    assert!(!state.0.contains_key(&state_key::contract(&Address::of("a/box"))));
    let again = one(&mut state, 2, 2, deploy(11, 2, "a/box", module(&["run"])));
    assert!(matches!(again, Outcome::Succeeded { .. }), "the name is still free: {again:?}");
}

fn call_signed(payload: Payload, nonce: u64) -> Arc<VerifiedTransaction> {
    signed(11, transaction(11, nonce, 30_000, payload))
}

#[test]
fn nobody_calls_what_only_the_chain_runs() {
    let mut state = with_box();
    for (nonce, method, expected) in [
        (1, "init", trap::METHOD_NOT_FOUND),
        (2, "migrate", trap::METHOD_NOT_FOUND),
        (3, "other", trap::METHOD_NOT_FOUND),
    ] {
        let outcome = one(&mut state, 2, 10, call_signed(call_of("a/box", method), nonce));
        assert_eq!(outcome, Outcome::Trapped { cause: expected }, "{method}");
    }
    assert!(matches!(one(&mut state, 2, 10, call_signed(call_of("a/box", "run"), 4)), Outcome::Succeeded { .. }));
}

fn put(signer: u8, nonce: u64, account: Account) -> Arc<VerifiedTransaction> {
    // The tests' keys are numbered: whose number is known proves itself.
    let known = (10..100).map(key).filter(|key| account.keys.iter().any(|entry| entry.key == key.public()));
    let proofs = known.map(|key| KeyProof::new(&key, &crate::chain::genesis().chain(), &account.id)).collect();
    put_with(signer, nonce, account, proofs)
}

fn put_with(signer: u8, nonce: u64, account: Account, proofs: Vec<KeyProof>) -> Arc<VerifiedTransaction> {
    let payload = Payload::Native(NativeOperation::PutAccount { account, proofs });
    signed(signer, transaction(signer, nonce, 30_000, payload))
}

#[test]
fn a_new_key_needs_its_holders_proof_and_a_known_one_does_not() {
    let mut state = with_box();
    let scanner = account("a/x", Roles::SUBMITTER, &[(50, None)]);
    let unproven = put_with(11, 1, scanner.clone(), Vec::new());
    assert_eq!(one(&mut state, 2, 10, unproven), Outcome::Rejected(RejectCode::KeyUnproven));
    let chain = crate::chain::genesis().chain();
    let proof = |number: u8, chain: &Hash, id: &str| KeyProof::new(&key(number), chain, &id.parse().unwrap());
    // For another chain, another account, or by another key it is no proof, whoever looks.
    for wrong in [proof(50, &Hash([7; 32]), "a/x"), proof(50, &chain, "a/y"), proof(51, &chain, "a/x")] {
        let payload =
            Payload::Native(NativeOperation::PutAccount { account: scanner.clone(), proofs: vec![wrong.clone()] });
        let body = transaction(11, 2, 30_000, payload).sign(&key(11));
        assert_eq!(body.clone().verify(&chain), Err(BadTransaction::KeyProof(wrong.key)));
        assert_eq!(verify_all(vec![body], &chain), [Err(BadTransaction::KeyProof(wrong.key))]);
    }
    let proven = put_with(11, 3, scanner.clone(), vec![proof(50, &chain, "a/x")]);
    assert!(intrinsic_gas(&proven) > intrinsic_gas(&put_with(11, 3, scanner.clone(), Vec::new())) + SIGNATURE_GAS);
    assert!(matches!(one(&mut state, 2, 20, proven), Outcome::Succeeded { .. }));
    let again = put_with(11, 4, Account { roles: Roles::DEVICE, ..scanner }, Vec::new());
    assert!(matches!(one(&mut state, 3, 30, again), Outcome::Succeeded { .. }));
}

#[test]
fn an_organisation_keeps_an_admin() {
    let mut state = with_box();
    let last = RejectCode::LastAdmin;
    let with_role = |roles| account("a/admin", roles, &[(11, None)]);
    for (nonce, account) in [
        (1, with_role(Roles::SUBMITTER)),
        (2, account("a/admin", Roles::ADMIN, &[(11, Some(9))])),
        (3, account("a/admin", Roles::ADMIN, &[(11, Some(9)), (50, Some(99))])),
    ] {
        assert_eq!(one(&mut state, 2, 10, put(11, nonce, account)), Outcome::Rejected(last), "{nonce}");
    }
    // Another one first; then either may go, and the other not.
    let second = put(11, 4, account("a/second", Roles::ADMIN, &[(51, None)]));
    assert!(matches!(one(&mut state, 2, 20, second), Outcome::Succeeded { .. }));
    assert!(matches!(one(&mut state, 2, 30, put(11, 5, with_role(Roles::SUBMITTER))), Outcome::Succeeded { .. }));
    let retire = put(51, 6, account("a/second", Roles::DEVICE, &[(51, None)]));
    assert_eq!(one(&mut state, 3, 40, retire), Outcome::Rejected(last));
    // A rotation keeps the number.
    let rotated = put(51, 7, account("a/second", Roles::ADMIN, &[(51, Some(9)), (52, None)]));
    assert!(matches!(one(&mut state, 3, 50, rotated), Outcome::Succeeded { .. }));
    let again = put(52, 8, account("a/second", Roles::SUBMITTER, &[(51, Some(9)), (52, None)]));
    assert_eq!(one(&mut state, 4, 60, again), Outcome::Rejected(last));
    // The other organisation's admin counts for its own alone.
    let other = put(12, 9, account("b/admin", Roles::SUBMITTER, &[(12, None)]));
    assert_eq!(one(&mut state, 4, 70, other), Outcome::Rejected(last));
}

#[test]
fn admins_set_accounts_of_their_own_organisation_and_keys_stay_with_theirs() {
    let mut state = with_box();
    let foreign = put(11, 1, account("b/x", Roles::SUBMITTER, &[(50, None)]));
    assert_eq!(one(&mut state, 2, 10, foreign), Outcome::Rejected(RejectCode::Forbidden));
    let stolen = put(11, 2, account("a/x", Roles::SUBMITTER, &[(12, None)]));
    assert_eq!(one(&mut state, 2, 10, stolen), Outcome::Rejected(RejectCode::KeyTaken));
    let own = put(11, 3, account("a/x", Roles::SUBMITTER, &[(50, None)]));
    assert!(matches!(one(&mut state, 2, 10, own), Outcome::Succeeded { .. }));
    assert!(matches!(one(&mut state, 3, 20, call(50, 4)), Outcome::Succeeded { .. }));
    let retired = put(11, 5, account("a/x", Roles::SUBMITTER, &[(50, Some(3)), (51, None)]));
    assert!(matches!(one(&mut state, 3, 30, retired), Outcome::Succeeded { .. }));
    assert_eq!(one(&mut state, 4, 40, call(50, 6)), Outcome::Rejected(RejectCode::UnknownSigner));
    assert!(matches!(one(&mut state, 4, 50, call(51, 7)), Outcome::Succeeded { .. }));
    let moved = put(11, 8, account("a/y", Roles::SUBMITTER, &[(50, None)]));
    assert_eq!(one(&mut state, 5, 60, moved), Outcome::Rejected(RejectCode::KeyTaken), "retired keys are not reused");
}

#[test]
fn the_same_block_over_the_same_state_gives_the_same() {
    let state = with_box();
    let block = [call(11, 1), call(12, 2), call(98, 3), put(11, 4, account("a/x", Roles::SUBMITTER, &[(50, None)]))];
    let (first, second) = (state.try_out(2, 10, &block), state.try_out(2, 10, &block));
    assert_eq!((first.receipts, first.changes), (second.receipts, second.changes));
    assert!(GAS <= crate::chain::genesis().parameters.transaction_gas_max.0);
}
