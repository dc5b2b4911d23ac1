//! Bounds of what operators sign in an emergency, checked before any signature is.
#![allow(clippy::unwrap_used, missing_docs)]

use countersign_types::limits::{
    OVERRIDE_SIGNATURES_MAX, OVERRIDES_PER_BLOCK_MAX, RESTART_ENTRIES_MAX, RESTART_SIGNATURES_MAX, VALIDATORS_MAX,
};
use countersign_types::overrides::{BadOverride, check_count};
use countersign_types::proof::Entry;
use countersign_types::restart::{AdminSignature, BadRestart};
use countersign_types::state::{Step, Witness};
use countersign_types::{
    Certificate, Epoch, ExecutionResult, Hash, Height, Override, Phase, Restart, RestartOrder, SecretKey, Signature,
    SignedOverride, Validator, ValidatorSet,
};

fn result() -> ExecutionResult {
    ExecutionResult {
        height: Height(5),
        block: Hash([1; 32]),
        state_root: Hash([2; 32]),
        receipts_root: Hash([3; 32]),
        events_root: Hash([4; 32]),
        next_validators: Hash([5; 32]),
        range_root: Hash([6; 32]),
        overrides: Hash::ZERO,
    }
}

fn validators() -> ValidatorSet {
    let member = |number: u8| Validator {
        organisation: "farm".into(),
        key: SecretKey::from_seed(&[number; 32]).public(),
        network_key: SecretKey::from_seed(&[100 + number; 32]).public(),
    };
    ValidatorSet::new((1..=4).map(member).collect()).unwrap()
}

#[test]
fn an_override_has_at_most_one_signature_of_each_validator_and_a_block_so_many_overrides() {
    let chain = Hash([9; 32]);
    let decree = Override { chain, height: Height(5), block: Hash([2; 32]), transaction: Hash([3; 32]), code: 7 };
    let signature = (SecretKey::from_seed(&[1; 32]).public(), Signature([0; 64]));
    let count = OVERRIDE_SIGNATURES_MAX + 1;
    let flood = SignedOverride { decree, signatures: vec![signature; count] };
    let many = BadOverride::Many { what: "signatures", count, most: VALIDATORS_MAX };
    assert_eq!(flood.verify(chain, &validators()), Err(many.clone()));
    let half = SignedOverride { decree, signatures: vec![signature; count.div_ceil(2)] };
    let rest = SignedOverride { decree, signatures: vec![signature; count / 2] };
    assert_eq!(SignedOverride::join(&[half, rest]), Err(many));
    assert_eq!(check_count(OVERRIDES_PER_BLOCK_MAX), Ok(()));
    assert!(matches!(check_count(OVERRIDES_PER_BLOCK_MAX + 1), Err(BadOverride::Many { .. })));
}

#[test]
fn an_order_has_so_many_signatures_and_shows_so_many_entries() {
    let admin = AdminSignature {
        account: "farm/admin".parse().unwrap(),
        key: SecretKey::from_seed(&[1; 32]).public(),
        signature: Signature([0; 64]),
    };
    let many = |what, most| BadRestart::Many { what, count: most + 1, most };
    let certificate = Certificate {
        phase: Phase::Checkpoint,
        epoch: Epoch(0),
        number: 5,
        digest: Hash::ZERO,
        signatures: Vec::new(),
    };
    let order = RestartOrder {
        chain: Hash([9; 32]),
        epoch: Epoch(1),
        result: result(),
        certificate,
        validators: validators(),
        signatures: vec![admin.clone(); RESTART_SIGNATURES_MAX + 1],
    };
    assert_eq!(RestartOrder::join(&[order]), Err(many("signatures", RESTART_SIGNATURES_MAX)));
    let restart = |signatures, entries| Restart {
        epoch: Epoch(1),
        signatures: vec![admin.clone(); signatures],
        entries: vec![Entry { key: vec![0], value: None }; entries],
        witness: Witness(Vec::new()),
    };
    let verdict = |restart: &Restart| restart.verify(Hash([9; 32]), &result(), &validators());
    let signatures = restart(RESTART_SIGNATURES_MAX + 1, 0);
    assert_eq!(verdict(&signatures), Err(many("signatures", RESTART_SIGNATURES_MAX)));
    let entries = restart(RESTART_SIGNATURES_MAX, RESTART_ENTRIES_MAX + 1);
    assert_eq!(verdict(&entries), Err(many("state entries", RESTART_ENTRIES_MAX)));
    assert!(matches!(verdict(&restart(RESTART_SIGNATURES_MAX, RESTART_ENTRIES_MAX)), Err(BadRestart::Witness(_))));
    // Nothing stands in an empty state, which two entries show as well as one.
    let mut twice = restart(1, 2);
    twice.witness = Witness(vec![Step::Empty]);
    let empty = ExecutionResult { state_root: Hash::ZERO, ..result() };
    let verdict = twice.verify(Hash([9; 32]), &empty, &validators());
    assert_eq!(verdict, Err(BadRestart::Order { index: 1 }));
}
