//! The text forms of the interface's own values.
#![allow(clippy::unwrap_used)]

use countersign_api::method::contract::ContractRef;
use countersign_api::method::tx::{Outcome, Receipt, State};
use countersign_api::{At, Bytes, U64};
use countersign_types::{Address, Gas, Hash, Height, RejectCode, TimestampMs};
use proptest::prelude::*;
use serde_json::{Value, from_value, json, to_value};

#[test]
fn where_to_read_has_four_forms() {
    let hash = Hash([7; 32]);
    for (at, text) in [
        (At::Final, json!("final")),
        (At::Height(Height(12)), json!(12)),
        (At::Block(hash), json!(hash.to_string())),
        (At::Time(TimestampMs(1_780_000_000_123)), json!("2026-05-28T20:26:40.123Z")),
    ] {
        assert_eq!(to_value(at).unwrap(), text);
        assert_eq!(from_value::<At>(text).unwrap(), at);
    }
    assert_eq!(from_value::<At>(json!("12")).unwrap(), At::Height(Height(12)));
    let elsewhere = from_value::<At>(json!("2026-05-28T22:26:40+02:00")).unwrap();
    assert_eq!(elsewhere, At::Time(TimestampMs(1_780_000_000_000)));
    for wrong in [
        json!("latest"),
        json!(-1),
        json!(1.5),
        json!(null),
        json!("0x12"),
        json!([1]),
        json!("2026-05-28"),
        json!("1969-12-31T23:59:59Z"),
    ] {
        assert!(from_value::<At>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn integers_keep_their_value_beyond_two_to_the_53() {
    let edge = 1u64 << 53;
    for (number, text) in [
        (0, json!(0)),
        (edge, json!(9_007_199_254_740_992u64)),
        (edge + 1, json!("9007199254740993")),
        (u64::MAX, json!("18446744073709551615")),
    ] {
        assert_eq!(to_value(U64(number)).unwrap(), text);
        assert_eq!(from_value::<U64>(text).unwrap(), U64(number));
        assert_eq!(from_value::<U64>(json!(number.to_string())).unwrap(), U64(number));
    }
    for wrong in
        [json!(-1), json!(0.5), json!("-1"), json!("1e3"), json!(""), json!("18446744073709551616"), json!("+1")]
    {
        assert!(from_value::<U64>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn bytes_are_strict_base64() {
    assert_eq!(to_value(Bytes(vec![0xff, 0xef])).unwrap(), json!("/+8="));
    for wrong in [json!("/+8"), json!("_-8="), json!("/+9="), json!("0x0"), json!(1)] {
        assert!(from_value::<Bytes>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_contract_is_named_by_address_or_name() {
    let address = Address::of("demo/provenance");
    assert_eq!(ContractRef("demo/provenance".into()).address(), Some(address));
    assert_eq!(ContractRef(address.to_string()).address(), Some(address));
    for wrong in ["provenance", "0x12", "Demo/x", "a/b/c", ""] {
        assert_eq!(ContractRef(wrong.into()).address(), None, "{wrong}");
    }
}

#[test]
fn a_final_receipt_says_how_the_transaction_ended() {
    let receipt = countersign_types::Receipt {
        transaction: Hash([1; 32]),
        height: Height(3),
        index: 4,
        outcome: countersign_types::Outcome::Rejected(RejectCode::Forbidden),
        gas_used: Gas(5),
        events: Vec::new(),
    };
    let view = Receipt::of(&receipt, Hash([2; 32]));
    assert!(!view.succeeded());
    assert_eq!(view.outcome, Outcome::Rejected { code: 5, reason: RejectCode::Forbidden.explain().into() });
    let state = State::Final { receipt: Box::new(view) };
    let text = to_value(&state).unwrap();
    assert_eq!(text.pointer("/status"), Some(&json!("final")));
    assert_eq!(text.pointer("/receipt/outcome/kind"), Some(&json!("rejected")));
    assert_eq!(from_value::<State>(text).unwrap(), state);
    assert_eq!(to_value(State::Expired).unwrap(), json!({"status": "expired"}));
}

proptest! {
    #[test]
    fn any_bytes_and_integers_survive(bytes: Vec<u8>, number: u64) {
        let text: Value = to_value(Bytes(bytes.clone())).unwrap();
        prop_assert_eq!(from_value::<Bytes>(text).unwrap(), Bytes(bytes));
        prop_assert_eq!(from_value::<U64>(to_value(U64(number)).unwrap()).unwrap(), U64(number));
    }
}
