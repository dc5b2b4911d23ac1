//! What clients ask.

use countersign_api::envelope::{Incoming, parse};

/// A body either is refused in one response or holds calls, each of which is taken or refused.
pub fn request(data: &[u8]) {
    let answers = match parse(data) {
        Err(refusal) => vec![refusal],
        Ok(Incoming::Single(parsed)) => parsed.err().into_iter().collect(),
        Ok(Incoming::Batch(calls)) => calls.into_iter().filter_map(Result::err).collect(),
    };
    for answer in answers {
        assert!(serde_json::from_slice::<serde_json::Value>(&answer.to_bytes()).is_ok(), "an answer that is no JSON");
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"jsonrpc":"2.0","id":1,"method":"node_status","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":"a\u00e9","method":"chain_getBlock","params":{"at":"final","limit":3}}"#,
        r#"[{"jsonrpc":"2.0","method":"rpc.discover"},{"jsonrpc":"2.0","id":null,"method":1},{}]"#,
        r#"{"jsonrpc":"2.0","id":18446744073709551616,"method":"tx_send","params":["AAAA",[[[[[{}]]]]]]}"#,
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
