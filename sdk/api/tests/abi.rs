//! A contract's interface: what its JSON means in borsh and back, and that nothing in either makes
//! it panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_api::abi::{AbiError, Mode, Type};
use countersign_api::{Abi, Bytes};
use countersign_types::Hash;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SECTION: &str = r#"
{"kind":"contract","name":"sample","version":"0.1.0","abi":1,"docs":"A sample."}
{"kind":"method","name":"put","mode":"call","docs":"Puts.","args":[{"name":"lot","type":"Lot"},{"name":"note","type":"Option<String>"}],"returns":"u64","error":"Error"}
{"kind":"method","name":"all","mode":"view","docs":"","args":[],"returns":"Vec<Lot>","error":""}
{"kind":"method","name":"clear","mode":"call","docs":"","args":[],"returns":"()","error":""}
{"kind":"method","name":"tree","mode":"view","docs":"","args":[{"name":"tree","type":"Tree"}],"returns":"Tree","error":""}
{"kind":"struct","name":"Lot","docs":"A lot.","fields":[{"name":"id","type":"String","docs":""},{"name":"amount","type":"u128","docs":""},{"name":"change","type":"i64","docs":""},{"name":"raw","type":"Vec<u8>","docs":""},{"name":"hash","type":"[u8;32]","docs":""},{"name":"short","type":"[u8;4]","docs":""},{"name":"state","type":"State","docs":""},{"name":"pair","type":"(u8,bool)","docs":""},{"name":"names","type":"BTreeMap<String,u16>","docs":""},{"name":"counts","type":"BTreeMap<i8,Vec<Option<bool>>>","docs":""},{"name":"grams","type":"Grams","docs":""}]}
{"kind":"struct","name":"Grams","docs":"","fields":[{"name":"0","type":"u32","docs":""}]}
{"kind":"struct","name":"Tree","docs":"","fields":[{"name":"below","type":"Vec<Tree>","docs":""}]}
{"kind":"enum","name":"State","docs":"","variants":[{"name":"Open","docs":"","fields":[]},{"name":"Held","docs":"","fields":[{"name":"by","type":"String","docs":""},{"name":"days","type":"u8","docs":""}]},{"name":"Sold","docs":"","fields":[{"name":"0","type":"String","docs":""}]},{"name":"Moved","docs":"","fields":[{"name":"0","type":"u8","docs":""},{"name":"1","type":"u8","docs":""}]}]}
{"kind":"event","name":"Added","docs":"","fields":[{"name":"id","type":"String","docs":"","indexed":true},{"name":"at","type":"u64","docs":"","indexed":false}]}
{"kind":"error","name":"Error","docs":"","variants":[{"name":"NotFound","docs":"Nothing there.","code":1,"fields":[]},{"name":"TooMuch","docs":"","code":2,"fields":[{"name":"most","type":"u64","docs":""}]}]}
"#;

fn abi() -> Abi {
    Abi::from_section(SECTION.trim().as_bytes()).unwrap()
}

#[derive(Debug, Clone, PartialEq, BorshSerialize, BorshDeserialize)]
struct Lot {
    id: String,
    amount: u128,
    change: i64,
    raw: Vec<u8>,
    hash: [u8; 32],
    short: [u8; 4],
    state: State,
    pair: (u8, bool),
    names: BTreeMap<String, u16>,
    counts: BTreeMap<i8, Vec<Option<bool>>>,
    grams: u32,
}

#[derive(Debug, Clone, PartialEq, BorshSerialize, BorshDeserialize)]
enum State {
    Open,
    Held { by: String, days: u8 },
    Sold(String),
    Moved(u8, u8),
}

fn sample() -> (Lot, Value) {
    let lot = Lot {
        id: "L-1".into(),
        amount: u128::MAX,
        change: -5,
        raw: vec![1, 2, 3],
        hash: [9; 32],
        short: [0, 1, 2, 3],
        state: State::Held { by: "acme".into(), days: 3 },
        pair: (7, true),
        names: BTreeMap::from([("b".into(), 2), ("a".into(), 1)]),
        counts: BTreeMap::from([(1, vec![Some(true), None]), (-1, vec![])]),
        grams: 12,
    };
    let json = json!({
        "id": "L-1", "amount": "340282366920938463463374607431768211455", "change": -5, "raw": "AQID",
        "hash": format!("0x{}", "09".repeat(32)), "short": "AAECAw==", "state": {"Held": {"by": "acme", "days": 3}},
        "pair": [7, true], "names": {"a": 1, "b": 2}, "counts": [[-1, []], [1, [true, null]]], "grams": 12
    });
    (lot, json)
}

#[test]
fn json_and_borsh_say_the_same() {
    let (lot, json) = sample();
    let abi = abi();
    let expected = borsh::to_vec(&(&lot, Some("why"))).unwrap();
    assert_eq!(abi.encode_args("put", &json!({"note": "why", "lot": json})).unwrap(), expected);
    assert_eq!(abi.encode_args("put", &json!([json, "why"])).unwrap(), expected);
    let without = borsh::to_vec(&(&lot, None::<String>)).unwrap();
    assert_eq!(abi.encode_args("put", &json!({"lot": json})).unwrap(), without);
    assert_eq!(abi.decode_returned("all", &borsh::to_vec(&vec![lot]).unwrap()).unwrap(), json!([json]));
    assert_eq!(abi.decode_returned("put", &borsh::to_vec(&u64::MAX).unwrap()).unwrap(), json!(u64::MAX.to_string()));
    assert_eq!(abi.decode_returned("clear", &[]).unwrap(), Value::Null);
    assert_eq!(abi.encode_args("clear", &Value::Null).unwrap(), Vec::<u8>::new());
    assert_eq!(abi.encode_args("clear", &json!({})).unwrap(), Vec::<u8>::new());
}

#[test]
fn maps_are_written_in_the_order_of_their_keys() {
    let (mut lot, mut json) = sample();
    lot.counts = BTreeMap::from([(-128, vec![]), (-1, vec![]), (0, vec![]), (127, vec![])]);
    json["counts"] = json!([[127, []], [0, []], [-1, []], [-128, []]]);
    let expected = borsh::to_vec(&(&lot, None::<String>)).unwrap();
    assert_eq!(abi().encode_args("put", &json!([json, null])).unwrap(), expected);
    json["counts"] = json!([[1, []], ["1", []]]);
    let error = abi().encode_args("put", &json!([json, null])).unwrap_err();
    assert_eq!(error.to_string(), "`lot.counts`: a key stands twice");
}

#[test]
fn errors_and_events_are_read_too() {
    let abi = abi();
    assert_eq!(abi.decode_error("put", &[0]).unwrap(), json!("NotFound"));
    assert_eq!(abi.decode_error("put", &[1, 5, 0, 0, 0, 0, 0, 0, 0]).unwrap(), json!({"TooMuch": {"most": 5}}));
    assert_eq!(abi.error_docs("put", 1), Some(("NotFound", "Nothing there.")));
    assert_eq!((abi.error_docs("put", 0), abi.error_docs("put", 3), abi.error_docs("all", 1)), (None, None, None));
    let data = borsh::to_vec(&("x", 3u64)).unwrap();
    assert_eq!(abi.decode_event("Added", &data).unwrap(), json!({"id": "x", "at": 3}));
    assert!(matches!(abi.decode_event("Removed", &data), Err(AbiError::Unknown { kind: "event", .. })));
    assert_eq!(abi.methods["put"].mode, Mode::Call);
    assert!(abi.events["Added"].fields.0[0].indexed);
}

#[test]
fn what_does_not_fit_is_named_with_its_path() {
    let abi = abi();
    let with = |pointer: &str, value: Value| {
        let mut args = json!({"lot": sample().1});
        *args.pointer_mut(pointer).unwrap() = value;
        abi.encode_args("put", &args).unwrap_err().to_string()
    };
    for (pointer, value, message) in [
        ("/lot/amount", json!(-1), "`lot.amount`: a whole number in range wanted for u128, -1 given"),
        ("/lot/amount", json!(1.0), "`lot.amount`: a whole number in range wanted for u128, 1.0 given"),
        (
            "/lot/change",
            json!("9223372036854775808"),
            "`lot.change`: a whole number in range wanted for i64, \"9223372036854775808\" given",
        ),
        ("/lot/pair/0", json!(256), "`lot.pair[0]`: a whole number in range wanted for u8, 256 given"),
        ("/lot/pair", json!([1]), "`lot.pair`: an array of 2 wanted for (u8,bool), an array of 1 given"),
        ("/lot/raw", json!("?"), "`lot.raw`: base64 wanted for Vec<u8>, \"?\" given"),
        ("/lot/short", json!("AAEC"), "`lot.short`: base64 of that many bytes wanted for [u8;4], \"AAEC\" given"),
        ("/lot/hash", json!("0x00"), "`lot.hash`: 0x and 64 hexadecimal digits wanted for [u8;32], \"0x00\" given"),
        ("/lot/state", json!("Gone"), "`lot.state`: one of Open, Held, Sold, Moved wanted for State, \"Gone\" given"),
        ("/lot/state", json!("Held"), "`lot.state`: Held has fields: {\"Held\": …} with by: String, days: u8"),
        ("/lot/state", json!({"Open": 1}), "`lot.state`: Open has no fields"),
        ("/lot/state", json!({"Held": {"by": "x"}}), "`lot.state.Held.days`: missing; it is u8"),
        ("/lot/names/a", json!(null), "`lot.names.a`: a whole number in range wanted for u16, null given"),
        ("/lot/counts/1/1/0", json!("x"), "`lot.counts[1][0]`: true or false wanted for bool, \"x\" given"),
        ("/lot/counts/0", json!([1]), "`lot.counts[0]`: an array of key and value wanted"),
        ("/lot/grams", json!({"0": 1}), "`lot.grams`: a whole number in range wanted for u32, an object given"),
    ] {
        assert_eq!(with(pointer, value), message);
    }
    for (args, message) in [
        (json!({"lott": 1}), "`lott`: not known; there are lot: Lot, note: Option<String>"),
        (json!({}), "`lot`: missing; it is Lot"),
        (json!([1]), "`arguments`: 1 given, the method takes lot: Lot, note: Option<String>"),
        (json!("x"), "`arguments`: give an object with lot: Lot, note: Option<String>"),
    ] {
        assert_eq!(abi.encode_args("put", &args).unwrap_err().to_string(), message);
    }
    let unknown = abi.encode_args("puts", &json!([])).unwrap_err().to_string();
    assert_eq!(unknown, "the contract has no method `puts`; it has all, clear, put, tree");
}

#[test]
fn depth_and_lengths_are_bounded_both_ways() {
    let abi = abi();
    let deep = (0..100).fold(json!({"below": []}), |tree, _| json!({"below": [tree]}));
    assert!(abi.encode_args("tree", &json!([deep])).unwrap_err().to_string().contains("nested more than 32 deep"));
    let shallow = (0..10).fold(json!({"below": []}), |tree, _| json!({"below": [tree]}));
    let bytes = abi.encode_args("tree", &json!([shallow])).unwrap();
    assert_eq!(abi.decode_returned("tree", &bytes).unwrap(), shallow);
    let deep: Vec<u8> = (0..100).flat_map(|_| 1u32.to_le_bytes()).chain(0u32.to_le_bytes()).collect();
    assert!(abi.decode_returned("tree", &deep).unwrap_err().to_string().contains("nested more than 32 deep"));
    assert!(abi.decode_returned("all", &u32::MAX.to_le_bytes()).unwrap_err().to_string().contains("beyond its end"));
    let mut long = borsh::to_vec(&5u64).unwrap();
    long.push(0);
    assert!(abi.decode_returned("put", &long).unwrap_err().to_string().contains("bytes follow the value"));
    assert!(abi.decode_returned("put", &long[..7]).is_err());
}

#[test]
fn types_are_read_as_rust_writes_them() {
    for text in [
        "u8",
        "i128",
        "bool",
        "String",
        "Vec<u8>",
        "[u8;32]",
        "Vec<Vec<u8>>",
        "Option<(u8,String)>",
        "()",
        "(Lot)",
        "BTreeMap<[u8;4],Vec<Option<Lot>>>",
        "Vec<u16>",
    ] {
        assert_eq!(Type::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "",
        "Vec<u8",
        "Vec<>",
        "Vec<u8>>",
        "u8 ",
        "[u8;]",
        "[u16;3]",
        "Map<u8,u8>",
        "(u8",
        "BTreeMap<u8>",
        "1a",
        "<u8>",
    ] {
        assert_eq!(Type::parse(text), None, "{text}");
    }
    assert_eq!(Type::parse(&format!("{}u8{}", "Vec<".repeat(1000), ">".repeat(1000))), None);
}

#[test]
fn a_section_that_contradicts_itself_is_refused() {
    let head = r#"{"kind":"contract","name":"x","abi":1}"#;
    for (lines, reason) in [
        (String::new(), "the interface does not describe the contract"),
        ("{".to_owned(), "line 1 of the interface: EOF"),
        (format!("{head}\nnull"), "line 2 of the interface"),
        (r#"{"kind":"contract","name":"x","abi":2}"#.to_owned(), "line 1 of the interface: version 2 is not known"),
        (format!("{head}\n{{\"kind\":\"trait\",\"name\":\"y\"}}"), "line 2 of the interface: unknown variant `trait`"),
        (
            format!(r#"{head}{n}{{"kind":"struct","name":"A","fields":[{{"name":"x","type":"B"}}]}}"#, n = '\n'),
            "the interface names the type `B`",
        ),
        (
            format!(r#"{head}{n}{{"kind":"struct","name":"A","fields":[{{"name":"x","type":"f64!"}}]}}"#, n = '\n'),
            "line 2 of the interface: `f64!` is not a type",
        ),
        (
            format!(r#"{head}{n}{a}{n}{a}"#, n = '\n', a = r#"{"kind":"struct","name":"A","fields":[]}"#),
            "line 3 of the interface: `A` is described twice",
        ),
    ] {
        let error = Abi::from_section(lines.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
    assert!(Abi::from_section(&[0xff]).is_err());
}

fn lots() -> impl Strategy<Value = Lot> {
    let state = prop_oneof![
        Just(State::Open),
        (any::<String>(), any::<u8>()).prop_map(|(by, days)| State::Held { by, days }),
        any::<String>().prop_map(State::Sold),
        any::<(u8, u8)>().prop_map(|(from, to)| State::Moved(from, to)),
    ];
    let rest = any::<((u8, bool), BTreeMap<String, u16>, BTreeMap<i8, Vec<Option<bool>>>, u32)>();
    (any::<(String, u128, i64, Vec<u8>, [u8; 32], [u8; 4])>(), state, rest).prop_map(
        |((id, amount, change, raw, hash, short), state, (pair, names, counts, grams))| Lot {
            id,
            amount,
            change,
            raw,
            hash,
            short,
            state,
            pair,
            names,
            counts,
            grams,
        },
    )
}

proptest! {
    #[test]
    fn any_value_survives_borsh_json_borsh(lot in lots(), note: Option<String>) {
        let abi = abi();
        let bytes = borsh::to_vec(&vec![lot.clone()]).unwrap();
        let json = abi.decode_returned("all", &bytes).unwrap();
        // Through text, as it travels.
        let json: Value = serde_json::from_str(&json.to_string()).unwrap();
        let args = abi.encode_args("put", &json!([json[0], note])).unwrap();
        prop_assert_eq!(args, borsh::to_vec(&(lot, note)).unwrap());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, text: String) {
        let abi = abi();
        for method in ["all", "put", "tree", "clear"] {
            let _ = abi.decode_returned(method, &bytes);
            let _ = abi.decode_error(method, &bytes);
        }
        let _ = abi.decode_event("Added", &bytes);
        let _ = Abi::from_section(&bytes);
        let _ = Type::parse(&text);
        if let Ok(Value::Array(lots)) = abi.decode_returned("all", &bytes) {
            // What decodes has one encoding.
            let lots: Vec<Vec<u8>> = lots.iter().map(|lot| abi.encode_args("put", &json!([lot, null])).unwrap()).collect();
            prop_assert!(lots.iter().all(|lot| bytes.windows(lot.len() - 1).any(|window| window == &lot[..lot.len() - 1])));
        }
    }

    #[test]
    fn hashes_and_bytes_keep_their_forms(hash: [u8; 32], bytes: [u8; 4]) {
        let (mut lot, mut json) = sample();
        (lot.hash, lot.short) = (hash, bytes);
        json["hash"] = json!(Hash(hash).to_string());
        json["short"] = json!(Bytes(bytes.to_vec()).to_text());
        let encoded = abi().encode_args("put", &json!([json, null])).unwrap();
        prop_assert_eq!(encoded, borsh::to_vec(&(lot, None::<String>)).unwrap());
    }
}
