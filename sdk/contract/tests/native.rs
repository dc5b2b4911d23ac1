//! A contract that uses every part of the SDK, run by the native host.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "native/book.rs"]
mod book;
#[path = "native/calls.rs"]
mod calls;
#[path = "native/clients.rs"]
mod clients;
#[path = "native/life.rs"]
mod life;
#[path = "native/people.rs"]
mod people;

use book::{Book, Change, Error, Lot, Opened, Stage};
use countersign_contract::abi::trap;
use countersign_contract::borsh::{self, BorshDeserialize};
use countersign_contract::testing::{Failure, Harness, Host};
use countersign_contract::{BAD_ARGUMENTS, Contract, ContractError, Mode, log, storage};

fn lot(id: &str, stage: Stage) -> Lot {
    Lot { id: id.into(), stage, weights: vec![(1, Some(500)), (2, None)] }
}

fn host() -> Host {
    Host::with_init::<Book>(&([9u8; 32],)).unwrap()
}

/// What a failed call must leave untouched.
fn seen(host: &mut Host) -> (usize, u64, usize) {
    let entries = host.query("entries", &()).unwrap();
    (host.storage().len(), entries, host.events().len())
}

#[test]
fn values_logs_and_events_come_back() {
    let mut host = host();
    host.environment().account = "acme/anna".into();
    host.environment().signer = [7; 32];
    let before = host.environment().clone();
    let first: u64 = host.invoke("open", &(lot("L1", Stage::Open),)).unwrap();
    let second: u64 = host.invoke("open", &(lot("L2", Stage::Gone(3, [4; 4])),)).unwrap();
    assert_eq!((first, second), (0, 1));

    let found: Lot = host.query("lot", &("L2",)).unwrap();
    assert_eq!(found, lot("L2", Stage::Gone(3, [4; 4])));
    let page: Vec<Change> = host.query("page", &(0u64, 10u32)).unwrap();
    assert_eq!(page, [Change("L1".into(), 1), Change("L2".into(), 1)]);
    let page: Vec<Change> = host.query("page", &(1u64, u32::MAX)).unwrap();
    assert_eq!(page.len(), 1);
    let record: (u64, u64, [u8; 32], [u8; 32]) = host.query("first_of", &("L1",)).unwrap();
    assert_eq!(record, (before.height, before.time_ms, before.transaction, [7; 32]));

    let event = &host.events()[1];
    assert_eq!(event.name, "Opened");
    assert_eq!(event.contract, host.contract());
    let expected: &[(String, Vec<u8>)] =
        &[("lot".into(), b"L2".to_vec()), ("height".into(), b"3".to_vec()), ("final".into(), b"true".to_vec())];
    assert_eq!(event.attributes, expected);
    assert_eq!(event.data, borsh::to_vec(&("L2", 3u64, true, "acme/anna", -5i128)).unwrap());
}

#[test]
fn errors_arrive_with_code_and_data_and_undo_everything() {
    let mut host = host();
    host.invoke::<u64>("open", &(lot("L1", Stage::Held { by: "QA".into() }),)).unwrap();
    let before = seen(&mut host);
    let failure = host.invoke::<u64>("open", &(lot("L1", Stage::Open),)).unwrap_err();
    assert_eq!(failure.error(), Some(Error::Held { by: "QA".into() }));
    let Failure::Failed { code: 2, data } = failure else {
        panic!("another failure: {failure}");
    };
    assert_eq!(data, [1, 2, 0, 0, 0, b'Q', b'A']);
    assert_eq!(seen(&mut host), before);
}

#[test]
fn a_panic_traps_and_undoes_everything() {
    let mut host = host();
    let before = seen(&mut host);
    let failure = host.invoke::<()>("scribble_and_panic", &()).unwrap_err();
    assert_eq!(failure, Failure::Trapped(trap::UNREACHABLE));
    assert_eq!(seen(&mut host), before);
}

#[test]
fn arguments_that_do_not_decode_never_reach_the_method() {
    let mut host = host();
    let cases: [(&[u8], &str); 3] =
        [(&[], "id"), (&[2, 0, 0, 0, b'L'], "id"), (&[1, 0, 0, 0, b'L', 0], "bytes after the last argument")];
    for (input, message) in cases {
        let expected = Failure::Failed { code: BAD_ARGUMENTS, data: message.into() };
        assert_eq!(host.view("lot", input), Err(expected), "{input:?}");
    }
}

#[test]
fn the_host_holds_views_and_calls_to_their_rules() {
    let mut host = host();
    let traps = [
        (host.view("write_raw", &[]), trap::WRITE_IN_VIEW),
        (host.view("append_raw", &[]), trap::WRITE_IN_VIEW),
        (host.view("emit_raw", &[]), trap::WRITE_IN_VIEW),
        (host.call("read_log", &[]), trap::LOG_READ_IN_CALL),
        (host.call("long_key", &[]), trap::BAD_HOST_ARGUMENT),
        (host.call("long_attribute", &[]), trap::BAD_HOST_ARGUMENT),
        (host.call("nowhere", &[]), trap::METHOD_NOT_FOUND),
        (host.call("init", &[0; 32]), trap::METHOD_NOT_FOUND),
    ];
    for (index, (result, number)) in traps.into_iter().enumerate() {
        assert_eq!(result, Err(Failure::Trapped(number)), "case {index}");
    }
}

#[test]
fn a_view_has_no_signer_and_a_call_has() {
    let mut host = host();
    host.environment().account = "acme/scale".into();
    host.environment().roles = 12;
    let asked = |failure: Result<(String, u8, [u8; 32], bool), Failure>| failure.unwrap();
    let called = asked(host.invoke("who", &()));
    let viewed = asked(host.query("who", &()));
    assert_eq!(called, ("acme".into(), 12, [1; 32], false));
    assert_eq!(viewed, (String::new(), 0, [0; 32], true));
}

#[test]
fn keys_are_the_fields_names() {
    let mut host = host();
    host.invoke::<u64>("open", &(lot("L1", Stage::Open),)).unwrap();
    let keys: Vec<&[u8]> = host.storage().keys().map(Vec::as_slice).collect();
    assert_eq!(keys, [b"admin".as_slice(), b"lots/\x02\0\0\0L1"]);
    let lengths = host.within_view(|| (log::len(b"changes"), log::len(b"by_lot/\x02\0\0\0L1")));
    assert_eq!(lengths, Ok((1, 1)));
}

#[test]
fn raw_storage_adds_nothing_to_keys() {
    let mut host = host();
    let outcome = host.within(|| {
        storage::write(b"k", b"v");
        let read = storage::read(b"k");
        let removed = storage::remove(b"k");
        (read, removed, storage::remove(b"k"), storage::has(b"k"))
    });
    assert_eq!(outcome, Ok((Some(b"v".to_vec()), true, false, false)));
}

#[test]
fn derived_encodings_are_borsh() {
    let bytes = borsh::to_vec(&lot("L", Stage::Gone(258, [1, 2, 3, 4]))).unwrap();
    let expected = [vec![1, 0, 0, 0, b'L'], vec![2, 2, 1, 1, 2, 3, 4], vec![2, 0, 0, 0, 1, 1, 244, 1, 0, 0, 2, 0]];
    assert_eq!(bytes, expected.concat());
    assert_eq!(Lot::try_from_slice(&bytes).unwrap(), lot("L", Stage::Gone(258, [1, 2, 3, 4])));
    assert!(Stage::try_from_slice(&[3]).is_err());
    assert_eq!(Error::NotFound.code(), 1);
    let opened = Opened { lot: "L", height: 1, r#final: false, by: "a/b", delta: 0 };
    assert_eq!(borsh::to_vec(&opened).unwrap().len(), 5 + 8 + 1 + 7 + 16);
}

#[test]
fn the_table_of_methods_keeps_order_and_modes() {
    let methods: Vec<(&str, Mode)> = Book::METHODS.iter().map(|m| (m.name, m.mode)).collect();
    assert_eq!(methods[..3], [("init", Mode::Init), ("open", Mode::Call), ("lot", Mode::View)]);
}
