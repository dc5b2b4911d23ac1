//! A verified trace is told in the words of the node's interface: programs read both alike.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../../verify/tests/support/sample.rs"]
mod sample;

use countersign_api::trace::{of_history, of_lineage};
use countersign_client::verify::{Answer, Finding, Options, Report, Trusted, verify};
use sample::{CASE, ITEM, Sample, TIP, genesis};
use serde_json::Value;

#[test]
fn a_verified_trace_is_told_as_the_node_tells_it() {
    let sample = Sample::default();
    let mut fields = 0;
    for (query, item) in [("history", ITEM), ("back", CASE), ("forward", CASE)] {
        let verified = verify(&sample.trace(query, item, TIP, None), &Trusted::from(&genesis())).unwrap();
        let Finding::Trace { answer, .. } = verified.data() else { panic!("a trace was asked for") };
        let node = match answer.as_ref() {
            Answer::History(history) => of_history(history.clone()),
            Answer::Lineage(lineage) => of_lineage(lineage.clone()),
            other => panic!("{query} was asked for: {other:?}"),
        };
        let node = serde_json::to_value(&node).unwrap();
        let report = serde_json::to_value(Report::of(verified.clone(), &Options::default()).unwrap()).unwrap();
        let Value::Object(told) = &report["verified"]["answer"] else { panic!("{report}") };
        for (name, value) in told {
            assert_eq!(value, &node[name], "{query}: {name}");
            fields += 1;
        }
    }
    assert!(fields > 20, "{fields}");
}
