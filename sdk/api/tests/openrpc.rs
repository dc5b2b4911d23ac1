//! The OpenRPC document over all methods, and the table of errors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_api::error::Code;
use countersign_api::method::{chain::*, consensus::*, contract::*, epcis::*, identity::*, node::*};
use countersign_api::method::{proof::*, report::*, rpc::*, state::*, trace::*, tx::*};
use countersign_api::{Registry, RpcError};
use serde_json::Value;
use std::collections::BTreeSet;

fn document() -> Value {
    let mut registry = Registry::<()>::new("Countersign", "1");
    macro_rules! describe {
        ($($method:ty),*) => {$(registry.describe::<$method>();)*};
    }
    describe!(RpcDiscover, NodeStatus, NodePeers, ChainInfo, ChainGetBlock, ChainSubscribe, ChainUnsubscribe);
    describe!(TxSubmit, TxSubmitBatch, TxGet, TxWait, StateGet, ContractList, ContractGetAbi, ContractView);
    describe!(ContractGetCode, ContractCheck);
    describe!(
        ContractListEvents,
        ProofGetState,
        ProofGetTx,
        ProofGetEvent,
        ProofGetLog,
        ProofGetTrace,
        ProofGetValidatorChain,
        EpcisValidate,
        EpcisEvent,
        TraceHistory,
        TraceBack
    );
    describe!(
        TraceChain,
        TraceRecall,
        TraceHolder,
        TraceMassBalance,
        TraceExcursions,
        TraceAuditTrail,
        TraceVerifyItem
    );
    describe!(TraceAnomalies, EpcisQuery, EpcisListHandovers, ReportFsma204);
    describe!(TraceForward, TraceContents, ConsensusEvidence, ConsensusStatus, IdentityGetAccount);
    registry.openrpc()
}

#[test]
fn every_method_is_described_by_name() {
    let document = document();
    let methods = document["methods"].as_array().unwrap();
    let names: BTreeSet<&str> = methods.iter().map(|method| method["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), methods.len());
    for name in [
        "node_status",
        "node_peers",
        "chain_info",
        "chain_getBlock",
        "chain_subscribe",
        "tx_submit",
        "tx_get",
        "tx_wait",
        "state_get",
        "contract_list",
        "contract_getAbi",
        "contract_getCode",
        "contract_check",
        "contract_view",
        "contract_listEvents",
        "proof_getState",
        "epcis_validate",
        "epcis_event",
        "epcis_query",
        "epcis_listHandovers",
        "report_fsma204",
        "trace_history",
        "trace_back",
        "trace_forward",
        "trace_chain",
        "trace_recall",
        "trace_holder",
        "trace_massBalance",
        "trace_excursions",
        "trace_auditTrail",
        "trace_verifyItem",
        "trace_anomalies",
        "consensus_evidence",
        "consensus_status",
        "identity_getAccount",
        "rpc.discover",
    ] {
        assert!(names.contains(name), "{name}");
    }
    for method in methods {
        assert_eq!(method["paramStructure"], "by-name");
        assert!(!method["summary"].as_str().unwrap().is_empty());
        let required: Vec<bool> =
            method["params"].as_array().unwrap().iter().map(|param| param["required"].as_bool().unwrap()).collect();
        assert!(required.is_sorted_by(|before, after| before >= after), "required parameters come first");
        assert!(method["result"]["schema"].is_object() || method["result"]["schema"].is_boolean());
    }
    let wait = methods.iter().find(|method| method["name"] == "tx_wait").unwrap();
    assert_eq!(wait["params"][0]["name"], "id");
    assert_eq!(wait["params"][1]["name"], "timeoutMs");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().filter(|_| name == "$ref") {
                    Some(reference) => references.push(reference.to_owned()),
                    None => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn codes_are_distinct_stand_in_their_range_and_survive_the_wire() {
    let numbers: BTreeSet<i32> = Code::ALL.iter().map(|code| code.number()).collect();
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!((numbers.len(), names.len()), (Code::ALL.len(), Code::ALL.len()));
    for code in Code::ALL {
        let number = code.number();
        assert!((-32768..=-32000).contains(&number) || (1000..7000).contains(&number));
        let error = RpcError::new(*code, "x").with(serde_json::json!({"k": 1}));
        let back: RpcError = serde_json::from_str(&serde_json::to_string(&error).unwrap()).unwrap();
        assert_eq!((back.kind(), &back), (Some(*code), &error));
    }
}
