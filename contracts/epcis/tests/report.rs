//! Reports from real documents, cell by cell; what is missing is named, and a proof's entries give the same sheet.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/memory.rs"]
mod memory;

use std::path::Path;

use corpus::{own, read, shared};
use countersign_epcis::Identifier;
use countersign_epcis::answer::Truncated;
use countersign_epcis::document::parse;
use countersign_epcis::register::capture;
use countersign_epcis::report::dscsa::dscsa;
use countersign_epcis::report::eudr::eudr;
use countersign_epcis::report::fsma204::fsma204;
use countersign_epcis::report::passport::passport;
use countersign_epcis::report::recall_letter::recall_letter;
use countersign_epcis::report::{Period, Sheet, Tier};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::Limits;
use memory::{Memory, Proven, Recorder, by};

const ALWAYS: Period = Period { from_ms: None, to_ms: None };

/// The registers after the events of these documents.
fn captured(documents: &[Vec<u8>]) -> Memory {
    let mut memory = Memory::default();
    let events = documents.iter().flat_map(|bytes| parse(bytes, Policy::default()).unwrap().events);
    for (height, event) in (0..).zip(events) {
        let event = event.unwrap_or_else(|fault| panic!("{fault}"));
        let _ = capture(&mut memory, &event, &by("acme", height), Policy::default()).unwrap();
    }
    memory
}

fn document(root: &Path, name: &str) -> Vec<u8> {
    read(&root.join(name))
}

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

/// The sheet that `of` makes, which a proof of what it read makes as well.
fn proven(memory: &Memory, lot: &str, period: Period) -> Sheet {
    let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
    let sheet = fsma204(&mut recorder, &id(lot), period, None, Limits::default()).unwrap();
    let again = fsma204(&mut Proven::of(recorder), &id(lot), period, None, Limits::default()).unwrap();
    assert_eq!(sheet, again);
    assert_eq!(sheet.truncated, None);
    sheet
}

fn cell<'a>(sheet: &'a Sheet, row: usize, column: &str) -> &'a str {
    let at = sheet.columns.iter().position(|found| found.name == column).unwrap();
    &sheet.rows[row].cells[at]
}

/// These columns of all rows, as lines.
fn lines(sheet: &Sheet, columns: &[&str]) -> Vec<String> {
    let row = |row| columns.iter().map(|column| cell(sheet, row, column)).collect::<Vec<_>>().join(" | ");
    (0..sheet.rows.len()).map(row).collect()
}

#[test]
fn a_lot_from_farm_to_packer_has_a_row_for_each_critical_tracking_event() {
    let Some(root) = shared() else { return };
    let memory = captured(&[document(&root, "dpp-eudr-epcis/fsma204_epcis_initial-packing-cte.jsonld")]);
    let sheet = proven(&memory, "https://id.gs1.org/01/00860009999923/10/ABC1234", ALWAYS);
    assert_eq!(
        lines(&sheet, &["event", "date", "time", "lot", "product", "quantity", "unit", "location", "from", "to"]),
        [
            "harvesting | 2026-04-17 | 09:26:42-04:00 | ABC1234 | 00860009999923 | 25000 | LBR | https://id.gs1.org/414/0860009999060 |  | ",
            "shipping | 2026-04-17 | 11:26:42-04:00 | ABC1234 | 00860009999923 | 25000 | LBR | https://id.gs1.org/414/0860009999060 | https://id.gs1.org/417/0860009999060 | https://id.gs1.org/414/0860009999992",
            "receiving | 2026-04-17 | 16:00:00-04:00 | ABC1234 | 00860009999923 | 25000 | LBR | https://id.gs1.org/414/0860009999992 | https://id.gs1.org/414/0860009999060 | https://id.gs1.org/414/0860009999992",
            "cooling | 2026-04-17 | 17:30:00-04:00 | ABC1234 | 00860009999923 | 25000 | LBR | https://id.gs1.org/414/0860009999992 |  | ",
            "transformation | 2026-04-18 | 10:26:42-04:00 | ABC1234 | 10860009999920 | 500 | CS | https://id.gs1.org/414/0860009999992 |  | ",
        ]
    );
    assert_eq!(sheet.rows[1].missing, ["description", "documentType", "documentNumber"]);
    assert_eq!(cell(&sheet, 2, "documentType"), "recadv");
    assert_eq!(cell(&sheet, 2, "documentNumber"), "urn:epcglobal:cbv:bt:0860009999992:861-20260417-001");
    assert_eq!(cell(&sheet, 2, "lotSource"), "https://id.gs1.org/414/0860009999060");
    assert_eq!(sheet.rows[2].missing, ["description"]);
}

#[test]
fn a_transformation_names_the_new_lot_and_the_lots_used() {
    let Some(root) = shared() else { return };
    let memory = captured(&[document(&root, "dpp-eudr-epcis/fsma204_epcis_transformation-cte.jsonld")]);
    let columns = ["event", "lot", "quantity", "unit", "lotSource", "inputs", "documentType"];
    let salad = "transformation | SALAD-20260420-A | 2000 | CS | https://id.gs1.org/414/0860009998018 | \
                 https://id.gs1.org/01/10860009999920/10/ABC1234; https://id.gs1.org/01/10860009998022/10/DEF2345 | prodorder";
    for lot in
        ["https://id.gs1.org/01/10860009999920/10/ABC1234", "https://id.gs1.org/01/10860009998039/10/SALAD-20260420-A"]
    {
        let sheet = proven(&memory, lot, ALWAYS);
        assert_eq!(lines(&sheet, &columns), [salad], "{lot}");
        assert_eq!(sheet.rows[0].missing, ["description"]);
        assert!(sheet.notes[0].starts_with("1 of 1 rows lack a description"), "{:?}", sheet.notes);
    }
}

#[test]
fn instances_of_a_lot_are_counted_where_they_travel_in_containers() {
    let demo = ["1-farm", "2-packer", "3-distribution", "4-shops"];
    let folder = own("").parent().unwrap().join("demo");
    let memory = captured(&demo.map(|name| read(&folder.join(format!("{name}.json")))));
    let sheet = proven(&memory, "urn:epc:class:lgtin:9521322.000301.BOWL-A", ALWAYS);
    golden(
        &lines(&sheet, &["event", "date", "lot", "quantity", "unit", "location", "from", "to", "container", "step"]),
        "tests/golden/report/bowls.txt",
    );
}

#[test]
fn a_recall_has_a_list_for_each_holder_and_says_what_is_nowhere() {
    let demo = ["1-farm", "2-packer", "3-distribution", "4-shops"];
    let folder = own("").parent().unwrap().join("demo");
    let memory = captured(&demo.map(|name| read(&folder.join(format!("{name}.json")))));
    let lot = id("urn:epc:class:lgtin:9521321.000101.SPINACH-0901");
    let mut recorder = Recorder { memory, ..Recorder::default() };
    let sheet = recall_letter(&mut recorder, &lot, None, Limits::default()).unwrap();
    assert_eq!(sheet, recall_letter(&mut Proven::of(recorder), &lot, None, Limits::default()).unwrap());
    let mut found = lines(&sheet, &["holder", "location", "lot", "serial", "quantity", "unit", "container", "seen"]);
    assert!(sheet.rows.is_sorted_by_key(|row| &row.cells));
    found.extend(sheet.notes);
    golden(&found, "tests/golden/report/recall.txt");
}

#[test]
fn a_real_chain_of_tuna_is_followed_into_its_containers() {
    let Some(root) = shared() else { return };
    let memory = captured(&[document(&root, "gdst-opentraceability/all_wholechain_events.jsonld")]);
    let sheet = proven(&memory, "urn:gdst:wholechain.com:product:lot:class:fishcompany.hgtuna.8a25a035", ALWAYS);
    golden(
        &lines(&sheet, &["event", "date", "lot", "quantity", "unit", "location", "container", "step"]),
        "tests/golden/report/tuna.txt",
    );
}

/// Compares lines with a file beside the tests; with `COUNTERSIGN_BLESS` set, writes it.
fn golden(found: &[String], file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = found.join("\n") + "\n";
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, String::from_utf8(read(&path)).unwrap(), "{file}");
}

#[test]
fn a_period_cuts_rows_but_not_what_is_known() {
    let Some(root) = shared() else { return };
    let memory = captured(&[document(&root, "dpp-eudr-epcis/fsma204_epcis_initial-packing-cte.jsonld")]);
    let lot = "https://id.gs1.org/01/00860009999923/10/ABC1234";
    let whole = proven(&memory, lot, ALWAYS);
    let ms = |text: &str| text.parse::<countersign_epcis::Time>().unwrap().ms();
    let period = Period { from_ms: Some(ms("2026-04-17T15:26:42Z")), to_ms: Some(ms("2026-04-17T20:00:00Z")) };
    let part = proven(&memory, lot, period);
    assert_eq!(part.rows, whole.rows[1..2], "from the first instant on, up to and without the last");
    assert_eq!(cell(&part, 0, "lotSource"), "https://id.gs1.org/414/0860009999060");
}

#[test]
fn a_sheet_that_is_cut_short_says_so() {
    let Some(root) = shared() else { return };
    let memory = captured(&[document(&root, "dpp-eudr-epcis/fsma204_epcis_initial-packing-cte.jsonld")]);
    let lot = id("https://id.gs1.org/01/00860009999923/10/ABC1234");
    for (limits, bound) in [
        (Limits { items: 2, ..Limits::default() }, Truncated::Items),
        (Limits { reads: 3, ..Limits::default() }, Truncated::Reads),
    ] {
        let sheet = fsma204(&mut memory.clone(), &lot, ALWAYS, None, limits).unwrap();
        assert_eq!(sheet.truncated, Some(bound));
    }
}

#[test]
fn furniture_is_traced_to_the_plots_of_its_timber_and_one_unknown_log_taints_it() {
    let Some(root) = shared() else { return };
    let names = ["harvesting", "due-diligence-statement", "processing"];
    let documents = names.map(|name| document(&root, &format!("dpp-eudr-epcis/eudr_epcis_{name}.jsonld")));
    let memory = captured(&documents);
    let table = id("https://id.gs1.org/01/09521234000037/21/TABLE-2025-001");
    let mut recorder = Recorder { memory, ..Recorder::default() };
    let sheet = eudr(&mut recorder, &table, None, Limits::default()).unwrap();
    assert_eq!(sheet, eudr(&mut Proven::of(recorder), &table, None, Limits::default()).unwrap());
    let columns = [
        "origin",
        "commodity",
        "species",
        "country",
        "plot",
        "geolocation",
        "quantity",
        "unit",
        "supplier",
        "reference",
    ];
    assert_eq!(
        lines(&sheet, &columns),
        [
            "https://id.gs1.org/01/09521234000020/21/LOG-2025-001 | Wood | Quercus robur | DE | \
             https://id.gs1.org/414/9521234000099 | 13.40,52.51 13.41,52.51 13.41,52.52 13.40,52.52 13.40,52.51 | \
             1.2 | MTQ | https://id.gs1.org/417/9521234000006 | EUIS-2025-DE-00012345",
            "https://id.gs1.org/01/09521234000020/21/LOG-2025-002 | Wood | Quercus robur | DE |  |  | 1 | EA | \
             https://id.gs1.org/417/9521234000105 | ",
        ]
    );
    assert!(sheet.rows[0].missing.is_empty());
    assert_eq!(sheet.rows[1].missing, ["geolocation", "reference"]);
    assert_eq!(
        sheet.notes,
        ["1 of 2 origins lack their country or plot: all that was mixed with them is of unknown origin."]
    );
}

#[test]
fn a_thing_nobody_told_of_has_an_empty_sheet_and_a_note() {
    let memory = Memory::default();
    let item = id("https://id.gs1.org/01/09521234000037/21/NEVER");
    let sheet = eudr(&mut memory.clone(), &item, None, Limits::default()).unwrap();
    assert_eq!((sheet.rows.len(), sheet.notes.len(), sheet.position), (0, 1, 0));
    assert_eq!(proven(&memory, item.canonical(), ALWAYS).rows, []);
}

const PACKAGE: &str = "urn:epc:id:sgtin:0361414.100101.S%2F1";
const CASE: &str = "urn:epc:id:sscc:0361414.1000000001";

fn event(hour: u8, members: serde_json::Value) -> serde_json::Value {
    let mut event = serde_json::json!({
        "type": "ObjectEvent", "eventTime": format!("2026-03-01T{hour:02}:00:00Z"), "eventTimeZoneOffset": "-05:00",
        "action": "OBSERVE",
    });
    event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    event
}

fn owners(from: &str, to: &str) -> serde_json::Value {
    serde_json::json!({
        "bizStep": "shipping", "epcList": [CASE],
        "sourceList": [{"type": "owning_party", "source": from}],
        "destinationList": [{"type": "owning_party", "destination": to}],
        "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:inv:7"}],
    })
}

#[test]
fn a_package_has_its_owners_back_to_the_manufacturer_and_gaps_are_named() {
    let (maker, wholesaler, pharmacy) =
        ("urn:epc:id:pgln:0361414.00000", "urn:epc:id:pgln:0370000.00000", "urn:epc:id:pgln:0380000.00000");
    let born = event(
        8,
        serde_json::json!({
            "action": "ADD", "bizStep": "commissioning", "epcList": [PACKAGE],
            "ilmd": {"cbvmda:lotNumber": "L/7", "cbvmda:itemExpirationDate": "2028-01-31", "cbvmda:regulatedProductName": "Pain Off 10 mg"},
        }),
    );
    let packed = event(
        9,
        serde_json::json!({"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": CASE, "childEPCs": [PACKAGE]}),
    );
    let whole = captured(&[serde_json::json!([
        born,
        packed,
        event(10, owners(maker, wholesaler)),
        event(12, owners(wholesaler, pharmacy)),
        event(13, serde_json::json!({"action": "DELETE", "bizStep": "dispensing", "epcList": [PACKAGE]})),
    ])
    .to_string()
    .into_bytes()]);
    let sheet = dscsa(&mut whole.clone(), &id(PACKAGE), None, Limits::default()).unwrap();
    let columns =
        ["event", "date", "time", "product", "serial", "lot", "expiry", "description", "from", "to", "container"];
    let who = format!("{} | S/1 | L/7 | 2028-01-31 | Pain Off 10 mg", id(PACKAGE).gtin().unwrap());
    let case = id(CASE).into_canonical();
    let of = |party: &str| id(party).canonical().to_owned();
    let (maker_link, wholesaler_link, pharmacy_link) = (of(maker), of(wholesaler), of(pharmacy));
    assert_eq!(
        lines(&sheet, &columns),
        [
            format!("commissioning | 2026-03-01 | 03:00:00-05:00 | {who} |  |  | "),
            format!("transfer | 2026-03-01 | 05:00:00-05:00 | {who} | {maker_link} | {wholesaler_link} | {case}"),
            format!("transfer | 2026-03-01 | 07:00:00-05:00 | {who} | {wholesaler_link} | {pharmacy_link} | {case}"),
            format!("end | 2026-03-01 | 08:00:00-05:00 | {who} |  |  | "),
        ]
    );
    assert!(sheet.rows.iter().all(|row| row.missing.is_empty()) && sheet.notes.is_empty(), "{:?}", sheet.notes);

    // One link is missing, and the beginning.
    let list = serde_json::json!([packed, event(10, owners(maker, wholesaler)), event(12, owners(pharmacy, maker))]);
    let broken = captured(&[list.to_string().into_bytes()]);
    let sheet = dscsa(&mut broken.clone(), &id(PACKAGE), None, Limits::default()).unwrap();
    let note = format!("Record 2 transfers from {pharmacy_link}, but record 1 went to {wholesaler_link}.");
    assert_eq!(sheet.notes, ["Nobody recorded that it was commissioned.".to_owned(), note]);
    assert_eq!(sheet.rows[0].missing, ["lot", "expiry", "description"]);
}

#[test]
fn a_passport_has_the_last_word_on_each_attribute_and_each_tier_sees_its_part() {
    let item = "https://id.gs1.org/01/09521234000013/21/BAT2024-001";
    let battery = |day: u8, members: serde_json::Value| {
        let mut event = event(8, members);
        event["eventTime"] = format!("2026-03-{day:02}T08:00:00Z").into();
        event["@context"] =
            serde_json::json!([{"eubat": "https://ref.openepcis.io/eubat/", "acme": "https://acme.example/"}]);
        event["epcList"] = serde_json::json!([item]);
        event
    };
    let health = |value: u8| serde_json::json!({"sensorElementList": [{"sensorReport": [{"type": "eubat:hasStateOfHealth", "value": value, "uom": "P1"}]}]});
    let list = serde_json::json!([
        battery(
            1,
            serde_json::json!({"action": "ADD", "bizStep": "commissioning",
            "gs1:masterDataAvailableFor": [
                {"id": item, "type": "Product", "countryOfOrigin": {"countryCode": "DE"}, "eubat:hasRatedCapacity":
                    {"type": "gs1:QuantitativeValue", "gs1:value": "200", "gs1:unitCode": "AMH"},
                 "eubat:resultOfTestReport": "passed", "acme:note": "internal", "eubat:hasDismantlingTime": 30},
                {"id": "https://id.gs1.org/01/09521234000013/21/OTHER", "eubat:hasCellType": "pouch"}]})
        ),
        battery(2, health(100)),
        battery(9, health(97)),
    ]);
    let memory = captured(&[list.to_string().into_bytes()]);
    let seen = |tier: Tier| {
        let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
        let sheet = passport(&mut recorder, &id(item), tier, None, Limits::default()).unwrap();
        assert_eq!(sheet, passport(&mut Proven::of(recorder), &id(item), tier, None, Limits::default()).unwrap());
        lines(&sheet, &["attribute", "value", "unit", "tier", "date"])
    };
    let public = [
        "countryOfOrigin.countryCode | DE |  | public | 2026-03-01",
        "eubat:hasRatedCapacity | 200 | AMH | public | 2026-03-01",
    ];
    let legitimate = [
        "eubat:hasDismantlingTime | 30 |  | legitimate | 2026-03-01",
        "eubat:hasStateOfHealth | 97 | P1 | legitimate | 2026-03-09",
    ];
    let authority = [
        "acme:note | internal |  | authority | 2026-03-01",
        "eubat:resultOfTestReport | passed |  | authority | 2026-03-01",
    ];
    let sorted = |parts: &[&[&str]]| {
        let mut all: Vec<String> = parts.concat().into_iter().map(str::to_owned).collect();
        all.sort();
        all
    };
    assert_eq!(seen(Tier::Public), sorted(&[&public]));
    assert_eq!(seen(Tier::Legitimate), sorted(&[&public, &legitimate]));
    assert_eq!(seen(Tier::Authority), sorted(&[&public, &legitimate, &authority]));
}
