//! What the page says of the golden proof files: as much as the verifier found, and nothing of a file that is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_types::TimestampMs;
use countersign_verify_page::{Mark, Verdict, View, check};
use std::path::Path;

/// Two seconds after the golden chain's last block.
const NOW: TimestampMs = TimestampMs(1_777_777_011_000);
const DAY_S: u64 = 86_400;

fn data(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/proof").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(name: &str) -> View {
    // Some files lead from the genesis, the others only from the checkpoint on.
    let file = data(name);
    let root = if String::from_utf8_lossy(&file).contains("\"epochs\"") { "genesis.json" } else { "checkpoint.json" };
    check(&file, &data(root), NOW, DAY_S)
}

fn fact<'a>(view: &'a View, name: &str) -> &'a str {
    let fact = view.facts.iter().find(|fact| fact.name == name);
    &fact.unwrap_or_else(|| panic!("no {name} in {:?}", view.facts)).value
}

#[test]
fn every_kind_is_shown_with_its_records() {
    // The file, its title's beginning, and the rows of its first table.
    let kinds = [
        ("state.proof.json", "1 entry of the state, and 1 key at which", 2),
        ("absence.proof.json", "1 key of the state at which nothing stands", 1),
        ("transaction.proof.json", "A transaction that took effect", 4),
        ("refused-transaction.proof.json", "A transaction that had no effect", 0),
        ("event.proof.json", "The event ", 1),
        ("log.proof.json", "2 records of a log", 2),
        ("log-page.proof.json", "1 record of a log", 1),
        ("log-as-of.proof.json", "1 record of a log", 1),
        ("log-never-written.proof.json", "A log, at these positions", 0),
        ("trace.proof.json", "What happened to urn:epc:id:sgtin:9521321.000001.s1", 3),
        ("trace-as-of.proof.json", "What happened to ", 2),
        ("trace-back.proof.json", "What urn:epc:id:sscc", 1),
    ];
    for (file, title, rows) in kinds {
        let view = shown(file);
        assert_eq!(view.verdict, Verdict::Verified, "{file}: {view:?}");
        assert!(view.title.starts_with(title), "{file}: {}", view.title);
        assert_eq!(view.tables[0].rows.len(), rows, "{file}: {:?}", view.tables[0]);
        assert!(view.tables.iter().all(|table| table.rows.iter().all(|row| row.len() == table.head.len())), "{file}");
        assert!(view.links.iter().all(|link| link.mark == Mark::Holds), "{file}");
        assert!(!view.rests_on.is_empty() && !view.not_shown.is_empty(), "{file}");
        assert_eq!(fact(&view, "network"), "sample", "{file}");
    }
}

#[test]
fn a_trace_reads_as_a_table() {
    let view = shown("trace.proof.json");
    let table = &view.tables[0];
    assert_eq!(table.caption, "events: 3");
    let column = |name| table.head.iter().position(|head| *head == name).unwrap();
    let steps: Vec<&str> = table.rows.iter().map(|row| row[column("step")].as_str()).collect();
    assert_eq!(steps, ["commissioning", "packing", "receiving"]);
    let kinds: Vec<&str> = table.rows.iter().map(|row| row[column("type")].as_str()).collect();
    assert_eq!(kinds, ["ObjectEvent ADD", "AggregationEvent ADD", "ObjectEvent OBSERVE"]);
    assert_eq!(fact(&view, "as of block"), "9 of 2026-05-03T02:56:49Z, 2 seconds ago");
    assert_eq!(fact(&view, "signatures"), "3 of 4 validators, 3 needed");
    assert_eq!(fact(&view, "answer"), "complete");
}

#[test]
fn age_is_warned_of_where_it_matters() {
    let (file, root) = (data("trace.proof.json"), data("genesis.json"));
    let at = |now_ms| check(&file, &root, TimestampMs(now_ms), DAY_S).warnings;
    assert!(at(NOW.0).is_empty());
    let stale = at(NOW.0 + 3 * DAY_S * 1_000);
    assert!(stale.len() == 1 && stale[0].starts_with("STALE: it tells how things stood 3 days ago"), "{stale:?}");
    let ahead = at(NOW.0 - 3_600_000);
    assert!(ahead.len() == 1 && ahead[0].contains("59 minutes ahead of this computer's clock"), "{ahead:?}");
    // What happened in a block stays as it was; what was asked of the past is not of today however young it is.
    let late = TimestampMs(NOW.0 + 3 * DAY_S * 1_000);
    assert!(check(&data("transaction.proof.json"), &data("checkpoint.json"), late, DAY_S).warnings.is_empty());
    let past = shown("trace-as-of.proof.json").warnings;
    assert!(past.len() == 1 && past[0].contains("It says nothing of today"), "{past:?}");
}

#[test]
fn a_refused_file_names_the_link_and_shows_nothing_of_itself() {
    let (genesis, checkpoint) = (data("genesis.json"), data("checkpoint.json"));
    let file: serde_json::Value = serde_json::from_slice(&data("trace.proof.json")).unwrap();
    let whole = file.to_string().into_bytes();
    let foreign = String::from_utf8(genesis.clone()).unwrap().replacen("\"sample\"", "\"other\"", 1).into_bytes();
    let flipped = |pointer: &str| {
        let mut file = file.clone();
        let text = file.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        let mut digits = text.as_str().unwrap().to_owned();
        let last = if digits.pop() == Some('0') { '1' } else { '0' };
        digits.push(last);
        *text = digits.into();
        file.to_string().into_bytes()
    };
    let cases: [(&str, Vec<u8>, &[u8]); 7] = [
        ("What you trust", whole.clone(), b"{}"),
        ("The file", b"{\"version\": 1}".to_vec(), &genesis),
        ("The file", whole[..whole.len() / 2].to_vec(), &genesis),
        ("The network", whole.clone(), &foreign),
        ("The validators", flipped("/epochs/0/validators/0/networkKey"), &genesis),
        ("Their signatures", flipped("/anchor/certificate/signatures/0/1"), &checkpoint),
        ("The records", flipped("/subject/trace/entries/0/value"), &genesis),
    ];
    for (link, file, root) in cases {
        let view = check(&file, root, NOW, DAY_S);
        assert_eq!(view.verdict, Verdict::Refused, "{link}");
        let failing: Vec<&str> =
            view.links.iter().filter(|each| each.mark == Mark::Fails).map(|each| each.name).collect();
        assert_eq!(failing, [link], "{:?}", view.facts);
        let at = view.links.iter().position(|each| each.name == link).unwrap();
        assert!(view.links[..at].iter().all(|each| each.mark == Mark::Holds));
        assert!(view.links[at + 1..].iter().all(|each| each.mark == Mark::Open));
        assert!(view.title.starts_with(link) && view.tables.is_empty() && view.rests_on.is_empty());
        assert_eq!(view.facts.len(), 1, "only the cause");
    }
}
