//! `proof_*`: proof files.

use super::conn::{Conn, Node};
use super::failure::of_ledger;
use super::point::Point;
use super::trace::{arguments, identifier};
use super::view::{answer, not_provenance, view};
use countersign_api::limits::PROOF_KEYS_MAX;
use countersign_api::method::proof::{GetStateParams, GetTraceParams, ProofFile, ProofGetState, ProofGetTrace, Query};
use countersign_api::{At, Code, Registry, RpcError};
use countersign_epcis::answer::{History, Lineage};
use countersign_ledger::{Reads, prove};
use countersign_types::limits::PROOF_BYTES_MAX;
use countersign_types::proof::{Proof, Subject};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ProofGetState, _, _>(|conn, params| conn.read(move |node| of_state(node, &params)));
    registry.on::<ProofGetTrace, _, _>(|conn, params| conn.view(move |node| of_trace(node, &params)));
}

fn of_state(node: &Node, params: &GetStateParams) -> Result<ProofFile, RpcError> {
    if params.keys.is_empty() || params.keys.len() > PROOF_KEYS_MAX {
        return Err(RpcError::new(Code::InvalidParams, format!("give 1 to {PROOF_KEYS_MAX} `keys`")));
    }
    let point = node.point(params.at)?;
    let keys = params.keys.iter().map(countersign_api::method::state::Key::to_bytes);
    Ok(ProofFile { proof: node.prove_entries(keys, &point)? })
}

fn of_trace(node: &Node, params: &GetTraceParams) -> Result<ProofFile, RpcError> {
    identifier(&params.item)?;
    let point = node.point(At::Final)?;
    let (contract, _) = node.provenance(params.contract.as_ref(), &point)?;
    let view = view(contract, params.query.word(), arguments(&params.item));
    let ((output, _), reads) = node.run_recorded(&view, &point).map_err(not_provenance)?;
    if is_truncated(params.query, &output)? {
        let cause = "the trace is longer than the contract answers at once, and a part of it cannot be proven";
        return Err(RpcError::new(Code::ProofTooLarge, cause));
    }
    let subject = Subject::Trace { contract, query: params.query.word().to_owned(), item: params.item.clone() };
    Ok(ProofFile { proof: node.prove(subject, &reads.to_prove(), &point)? })
}

fn is_truncated(query: Query, output: &[u8]) -> Result<bool, RpcError> {
    Ok(match query {
        Query::History => answer::<History>(output)?.truncated.is_some(),
        Query::Back | Query::Forward => answer::<Lineage>(output)?.truncated.is_some(),
    })
}

impl Node {
    /// Proves state entries.
    pub fn prove_entries(&self, keys: impl IntoIterator<Item = Vec<u8>>, point: &Point) -> Result<Proof, RpcError> {
        let reads = Reads { entries: keys.into_iter().collect(), ..Reads::default() };
        self.prove(Subject::State, &reads, point)
    }

    fn prove(&self, subject: Subject, reads: &Reads, point: &Point) -> Result<Proof, RpcError> {
        let proof = prove(self.reader(), point.height, subject, reads).map_err(|cause| of_ledger(&cause))?;
        let entries = proof.entries.iter().map(|entry| entry.key.len() + entry.value.as_ref().map_or(0, Vec::len));
        let records = proof.logs.iter().flat_map(|log| &log.records).map(|record| record.entry.len());
        // Hexadecimal doubles what is inside; what is around it only adds.
        let bytes = entries.chain(records).sum::<usize>().saturating_mul(2);
        if bytes > PROOF_BYTES_MAX {
            let cause = format!("more than {bytes} bytes, at most {PROOF_BYTES_MAX} are sent; ask for less");
            return Err(RpcError::new(Code::ProofTooLarge, cause));
        }
        Ok(proof)
    }
}
