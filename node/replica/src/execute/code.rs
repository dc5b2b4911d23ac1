//! Putting code on the chain: new contracts, and new code of old ones.

use super::{Ended, Executor};
use crate::arrival::Arrival;
use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_abi::trap;
use countersign_types::codec::encode;
use countersign_types::{
    Account, Address, CodeRecord, ContractRecord, Frozen, Hash, Header, Layout, Outcome, RejectCode, Revision,
    VerifiedTransaction, state_key,
};
use countersign_vm::CodeFacts;

/// The method that deployment runs.
const INIT: &str = "init";
/// The method that an upgrade runs.
const MIGRATE: &str = "migrate";

impl Executor<'_> {
    /// Puts the code that a transaction brings where it belongs and runs its first method, all of it or nothing.
    pub(super) fn put_code<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
        account: &Account,
        intrinsic: u64,
    ) -> Result<Ended, ReplicaError> {
        // Checking and compiling are paid for whatever comes out: nodes have compiled it by now.
        let length = transaction.body().payload.code().map_or(0, <[u8]>::len);
        let gas = intrinsic.saturating_add(self.vm.deploy_gas(length));
        if gas > transaction.body().gas_limit.0 {
            let cause = trap::OUT_OF_GAS;
            return Ok(Ended { outcome: Outcome::Trapped { cause }, gas, events: Vec::new() });
        }
        let arrival = match Arrival::of(overlay, account, &transaction.body().payload)? {
            Some(Ok(arrival)) => arrival,
            Some(Err(code)) => return Ok(Ended::rejected(code, gas)),
            None => return Ok(Ended::rejected(RejectCode::BadCode, gas)),
        };
        let Ok(checked) = self.vm.check(arrival.code) else {
            return Ok(Ended::rejected(RejectCode::BadCode, gas));
        };
        let code = Hash(checked.hash);
        let new = code_record(checked.facts);
        if let Err(refused) = arrival.judge(overlay, account.id.organisation(), &code, new.layout.as_ref())? {
            return Ok(Ended::rejected(refused, gas));
        }
        self.install(overlay, header, transaction, account, (arrival, code, new), gas)
    }

    fn install<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
        account: &Account,
        (arrival, code, known): (Arrival<'_>, Hash, CodeRecord),
        gas: u64,
    ) -> Result<Ended, ReplicaError> {
        let method = if arrival.replaces.is_some() { MIGRATE } else { INIT };
        let has_method = known.has_method(method);
        let record = match arrival.replaces {
            Some(record) => ContractRecord { code, revision: record.revision.saturating_add(1), ..record },
            None => ContractRecord {
                name: arrival.contract.into_owned(),
                code,
                deployer: account.id.clone(),
                deployed_at: header.height,
                revision: 0,
                frozen: Frozen::default(),
            },
        };
        let address = Address::of(&record.name);
        let revision = Revision { code, by: account.id.clone(), at: header.height, transaction: transaction.id() };
        let mut trial = Overlay::new(&*overlay);
        trial.write(state_key::approvals(&record.name, record.revision, &code), None);
        trial.write(state_key::contract(&address), Some(encode(&record)));
        trial.write(state_key::revision(&address, record.revision), Some(encode(&revision)));
        trial.write(state_key::code(&code), Some(arrival.code.to_vec()));
        trial.write(state_key::code_record(&code), Some(encode(&known)));
        let ended = if has_method {
            let call = self.call(header, transaction, account, &address, method, arrival.input, gas);
            self.run_call(&mut trial, header, transaction, &call, gas)?
        } else {
            Ended { outcome: Outcome::Succeeded { output: address.0.to_vec() }, gas, events: Vec::new() }
        };
        let changes = trial.into_changes();
        if matches!(ended.outcome, Outcome::Succeeded { .. }) {
            overlay.apply(changes);
        }
        Ok(ended)
    }
}

/// What the chain keeps of code beside its bytes.
fn code_record(facts: CodeFacts) -> CodeRecord {
    let CodeFacts { methods, code_bytes, data_bytes, elements, memory_pages, layout } = facts;
    let layout = layout.map(|layout| Layout { version: layout.version, fields: Hash(layout.fields) });
    CodeRecord { methods, code_bytes, data_bytes, elements, memory_pages, layout }
}
