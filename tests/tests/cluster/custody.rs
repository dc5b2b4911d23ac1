//! Hand-overs between organisations on four real processes: listed, accepted, refused and expired through the command, and who
//! has an item afterwards, found again from what a node proves, as of any height.

use countersign_api::At;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::epcis::{EpcisListHandovers, HandoverRow, HandoverState, ListHandoversParams};
use countersign_api::method::trace::{AtTimeParams, TraceHolder, Whereabouts};
use countersign_client::capture::{Mode, Status, capture};
use countersign_client::custody::handovers;
use countersign_client::verify::{Answer, Question, trusted};
use countersign_client::{Auditor, contract};
use countersign_epcis::time::utc;
use countersign_epcis::{Identifier, Time};
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::{Address, Height};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const CONTRACT: &str = "org0/provenance";
const ITEM: &str = "urn:epc:id:sgtin:9521321.000031.s1";
const PALLET: &str = "urn:epc:id:sscc:9521321.0000000001";

/// The party that an organisation acts for.
fn party(organisation: usize) -> String {
    format!("urn:epc:id:pgln:9521321.{organisation:05}")
}

/// Runs the command for an account, at its organisation's node; answers what it printed.
fn run(cluster: &Cluster, organisation: u16, account: &str, arguments: &[&str], code: i32) -> (Value, String) {
    let output = Command::new(program("countersign").unwrap())
        .args(["--json", "--rpc", &cluster.url(organisation), "--contract", CONTRACT, "--key"])
        .arg(cluster.key(account))
        .arg("custody")
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

/// Captures one event; answers its number and the height of its block.
async fn record(cluster: &Cluster, organisation: u16, event: Value) -> (u64, Height) {
    let document = json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2026-07-01T00:00:00Z", "epcisBody": { "eventList": [event] }
    });
    let signer = cluster.signer(&format!("org{organisation}/erp"), organisation).await.unwrap();
    let bytes = document.to_string().into_bytes();
    let done = capture(&signer, Address::of(CONTRACT), &bytes, Mode::Rollback, |_| {}).await.unwrap();
    let Status::Accepted { sequence, .. } = done.events[0].status else { panic!("{done:?}") };
    (sequence, done.transactions[0].height)
}

/// The pallet is sent from one organisation to another.
fn sent(hour: u32, from: usize, to: usize) -> Value {
    let role = |of: usize, side: &str| {
        ["possessing_party", "owning_party"].map(|word| json!({ "type": word, side: party(of) }))
    };
    json!({
        "type": "ObjectEvent", "eventTime": format!("2026-05-01T{hour:02}:00:00Z"), "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE", "bizStep": "shipping", "epcList": [PALLET],
        "bizTransactionList": [{ "type": "desadv", "bizTransaction": format!("urn:epcglobal:cbv:bt:9521321000018:{hour}") }],
        "sourceList": role(from, "source"), "destinationList": role(to, "destination"),
    })
}

/// Who has the item, found again from a proof, and the same from the node's own word.
async fn holder(cluster: &Cluster, auditor: &Auditor, at_ms: i64, at: At) -> Whereabouts {
    let question = Question::Holder(Identifier::parse(ITEM).unwrap(), at_ms);
    let verified = auditor.trace(Address::of(CONTRACT), &question, at).await.unwrap();
    let Answer::Holder(proven) = verified.into_data() else { panic!("whereabouts") };
    let contract = Some(ContractRef(CONTRACT.into()));
    let params = AtTimeParams { epc: ITEM.into(), time: Some(utc(at_ms)), contract, at };
    let client = cluster.client(3).unwrap();
    let told = client.unverified().call_again::<TraceHolder>(&params).await.unwrap().into_said().data;
    assert_eq!(told, proven);
    proven
}

/// The state and number of what a list holds.
fn brief(rows: &[HandoverRow]) -> Vec<(u64, &str)> {
    rows.iter().map(|row| (row.sequence, row.state.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_overs_are_settled_by_who_receives_and_proven_to_anybody() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&directory.path().join("net"), 4, &[]).await.unwrap();
    let admin = cluster.signer("org0/admin", 0).await.unwrap();
    let module = contract_module("provenance").unwrap();
    let (_, done) = contract::deploy(&admin, CONTRACT, module, &Value::Null, None).await.unwrap();
    assert!(done.receipt.succeeded());
    for organisation in 0..3 {
        let name = format!("org{organisation}");
        let (told, _) = run(&cluster, 0, "org0/admin", &["entrust", &party(organisation), &name], 0);
        assert_eq!(told["organisation"], name);
    }
    let packed = json!({
        "type": "AggregationEvent", "eventTime": "2026-05-01T07:00:00Z", "eventTimeZoneOffset": "+00:00",
        "action": "ADD", "parentID": PALLET, "childEPCs": [ITEM],
        "bizLocation": { "id": "urn:epc:id:sgln:9521321.00001.0" }
    });
    record(&cluster, 0, packed).await;

    // Sent to org1, which finds it at its own node and accepts it.
    let (first, sent_at) = record(&cluster, 0, sent(8, 0, 1)).await;
    let (told, _) = run(&cluster, 1, "org1/erp", &["pending"], 0);
    assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
    let row = &told["items"][0];
    assert_eq!((&row["sequence"], &row["givenBy"], &row["state"]), (&json!(first), &json!("org0"), &json!("pending")));
    assert_eq!(row["documents"], json!(["desadv urn:epcglobal:cbv:bt:9521321000018:8"]));
    assert_eq!(row["roles"], json!(["possessing_party", "owning_party"]));
    let number = first.to_string();
    let (_, said) = run(&cluster, 2, "org2/erp", &["accept", &number], 1);
    assert!(said.contains("for another organisation"), "{said}");
    let (told, _) = run(&cluster, 1, "org1/erp", &["accept", &number], 0);
    let accepted_at = Height(told["transactions"][0]["height"].as_u64().unwrap());
    assert_eq!(run(&cluster, 1, "org1/erp", &["pending"], 0).0["items"], json!([]));

    // Sent on to org2, which refuses it; and once more, which org2 lets go by.
    let (second, _) = record(&cluster, 1, sent(9, 1, 2)).await;
    run(&cluster, 2, "org2/erp", &["refuse", &second.to_string(), "--reason", "the seal is broken"], 0);
    let (_, said) = run(&cluster, 2, "org2/erp", &["policy", "--within", "1s"], 1);
    assert!(said.contains("NotPermitted"), "{said}");
    run(&cluster, 2, "org2/admin", &["policy", "--within", "1s"], 0);
    let (third, _) = record(&cluster, 1, sent(10, 1, 2)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (_, said) = run(&cluster, 2, "org2/erp", &["accept", &third.to_string()], 1);
    assert!(said.contains("HandoverExpired"), "{said}");

    // What each side sees of it, now and as of earlier.
    let client = cluster.client(3).unwrap();
    let list = async |organisation: &str, given, state, at| {
        let contract = Some(ContractRef(CONTRACT.into()));
        let organisation = organisation.to_owned();
        let params = ListHandoversParams { organisation, given, state, contract, at, limit: None, cursor: None };
        handovers(&client, params, 100).await.unwrap().into_said().items
    };
    let received = list("org2", false, None, At::Final).await;
    assert_eq!(brief(&received), [(second, "refused"), (third, "expired")]);
    assert_eq!(received[0].settled.as_ref().unwrap().reason.as_deref(), Some("the seal is broken"));
    assert_eq!(brief(&list("org1", true, None, At::Final).await), [(second, "refused"), (third, "expired")]);
    assert_eq!(brief(&list("org2", false, Some(HandoverState::Expired), At::Final).await), [(third, "expired")]);
    assert_eq!(brief(&list("org1", false, None, At::Final).await), [(first, "accepted")]);
    assert_eq!(brief(&list("org1", false, None, At::Height(sent_at)).await), [(first, "pending")]);
    assert_eq!(brief(&list("org1", false, None, At::Height(accepted_at)).await), [(first, "accepted")]);
    let contract = Some(ContractRef(CONTRACT.into()));
    let mut params = ListHandoversParams {
        organisation: "org2".into(),
        given: false,
        state: None,
        contract,
        at: At::Final,
        limit: Some(1),
        cursor: None,
    };
    let page = client.unverified().call_again::<EpcisListHandovers>(&params).await.unwrap().into_said();
    assert_eq!(brief(&page.items), [(second, "refused")]);
    params.cursor = page.next_cursor;
    let page = client.unverified().call_again::<EpcisListHandovers>(&params).await.unwrap().into_said();
    assert_eq!((brief(&page.items), page.next_cursor), (vec![(third, "expired")], None));

    // Whoever trusts the genesis alone finds who has the item, in its pallet.
    let genesis = trusted(&std::fs::read(cluster.genesis()).unwrap()).unwrap();
    let auditor = cluster.client(3).unwrap().trusting(genesis);
    let now = Time::at(i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap());
    let found = holder(&cluster, &auditor, now.ms(), At::Final).await;
    let has = found.holder.as_ref().unwrap();
    assert_eq!((has.organisation.as_deref(), has.state.as_str(), has.sequence), (Some("org1"), "accepted", first));
    assert_eq!(has.settled.as_ref().unwrap().height, accepted_at.0);
    assert!(has.through.as_deref().is_some_and(|through| through.contains("/00/")));
    assert_eq!(found.owner.as_ref().map(|owner| owner.sequence), Some(first));
    let open: Vec<(u64, &str)> = found.open.iter().map(|one| (one.sequence, one.state.as_str())).collect();
    assert_eq!(open, [(third, "expired"), (third, "expired"), (second, "refused"), (second, "refused")]);
    // As of the block that proposed it, and of the one that accepted it, between which no event was recorded.
    let before = holder(&cluster, &auditor, now.ms(), At::Height(sent_at)).await;
    assert_eq!((before.holder, before.open[0].state.as_str()), (None, "pending"));
    let after = holder(&cluster, &auditor, now.ms(), At::Height(accepted_at)).await;
    assert_eq!(after.holder.unwrap().state, "accepted");
    // As of a time before it was sent, nobody had it by a hand-over.
    let early: Time = "2026-05-01T07:30:00Z".parse().unwrap();
    assert_eq!(holder(&cluster, &auditor, early.ms(), At::Final).await.holder, None);
}
