//! What an upgrade changes for its network, its state and its callers.
#![allow(clippy::unwrap_used)]

use countersign_api::Abi;
use countersign_api::abi::{Concern, changes};

const CONTRACT: &str = r#"{"kind":"contract","name":"shop","version":"1","abi":1,"docs":"","layout":1,"fields":[{"name":"lots","type":"Map<String,Lot>"},{"name":"total","type":"Item<u64>"}]}"#;
const BUY: &str = r#"{"kind":"method","name":"buy","mode":"call","docs":"","args":[{"name":"lot","type":"String"}],"returns":"u64","error":"Error"}"#;
const LOT: &str = r#"{"kind":"struct","name":"Lot","docs":"","fields":[{"name":"state","type":"State","docs":""}]}"#;
const STATE: &str = r#"{"kind":"enum","name":"State","docs":"","variants":[{"name":"Open","docs":"","fields":[]},{"name":"Sold","docs":"","fields":[]}]}"#;
const ERROR: &str = r#"{"kind":"error","name":"Error","docs":"","variants":[{"name":"Gone","docs":"","code":1,"fields":[]},{"name":"Dear","docs":"","code":2,"fields":[]}]}"#;
const SOLD: &str =
    r#"{"kind":"event","name":"Sold","docs":"","fields":[{"name":"lot","type":"String","docs":"","indexed":true}]}"#;

fn abi(lines: [&str; 6]) -> Abi {
    Abi::from_section(lines.join("\n").as_bytes()).unwrap()
}

fn shop() -> [&'static str; 6] {
    [CONTRACT, BUY, LOT, STATE, ERROR, SOLD]
}

/// Whom replacing a piece of a line by another concerns, the gravest first, and the first text.
fn changed(line: usize, from: &str, to: &str) -> (Vec<Concern>, String) {
    let mut lines = shop();
    let text = lines.get(line).unwrap().replace(from, to);
    assert_ne!(lines.get(line).unwrap(), &text, "`{from}` stands there");
    *lines.get_mut(line).unwrap() = &text;
    let found = changes(&abi(shop()), &abi(lines));
    (found.iter().map(|change| change.concern).collect(), found.first().map(|change| change.text.clone()).unwrap())
}

#[test]
fn the_same_interface_changes_nothing() {
    assert_eq!(changes(&abi(shop()), &abi(shop())), []);
}

#[test]
fn each_change_is_told_to_whom_it_concerns() {
    use Concern::{Callers, Nobody, Refused, State};
    for (line, from, to, concerns, said) in [
        (0, r#""layout":1"#, r#""layout":0"#, vec![Refused], "its layout is 0"),
        (0, r#","layout":1"#, "", vec![Refused], "does not say"),
        (0, "Item<u64>", "Item<u32>", vec![Refused, State], "layout = 2"),
        (0, r#""name":"total""#, r#""name":"sum""#, vec![Refused, State, Nobody], "layout = 2"),
        (1, r#""returns":"u64""#, r#""returns":"u32""#, vec![Callers], "`buy` takes or returns"),
        (1, r#""name":"buy""#, r#""name":"take""#, vec![Callers, Nobody], "`buy` is gone"),
        (2, r#""type":"State""#, r#""type":"u8""#, vec![State, Callers], "stored type `Lot`: its fields"),
        (3, r#"{"name":"Open","docs":"","fields":[]},"#, "", vec![State, Callers], "`Open` is gone"),
        (
            3,
            r#"[{"name":"Open""#,
            r#"[{"name":"Held","docs":"","fields":[]},{"name":"Open""#,
            vec![State, Callers],
            "another place",
        ),
        (4, r#""name":"Gone""#, r#""name":"Lost""#, vec![Callers], "`Gone` is gone"),
        (5, r#""indexed":true"#, r#""indexed":false"#, vec![Callers], "`Sold` has other fields"),
    ] {
        let (found, text) = changed(line, from, to);
        assert_eq!(found, concerns, "{from} -> {to}: {text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn what_is_added_at_the_end_disturbs_nobody() {
    let mut lines = shop();
    let longer = STATE.replace(
        r#""Sold","docs":"","fields":[]}"#,
        r#""Sold","docs":"","fields":[]},{"name":"Held","docs":"","fields":[]}"#,
    );
    lines[3] = &longer;
    assert_eq!(changes(&abi(shop()), &abi(lines)), []);
}
