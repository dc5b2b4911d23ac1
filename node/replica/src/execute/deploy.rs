//! Deploying a contract.

use super::{Ended, Executor};
use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::contract::is_full_name;
use countersign_types::{
    Account, Address, CodeRecord, ContractRecord, Hash, Header, Outcome, RejectCode, VerifiedTransaction, state_key,
};
use countersign_vm::CodeFacts;

impl Executor<'_> {
    /// Puts a contract under a name of its deployer's organisation and runs its `init`.
    pub(super) fn deploy<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
        account: &Account,
        (name, code, input): (&str, &[u8], &[u8]),
        intrinsic: u64,
    ) -> Result<Ended, ReplicaError> {
        let own = name.split_once('/').is_some_and(|(organisation, _)| organisation == account.id.organisation());
        if !own || !is_full_name(name) {
            return Ok(Ended::rejected(RejectCode::BadName, intrinsic));
        }
        let address = Address::of(name);
        if overlay.read(&state_key::contract(&address))?.is_some() {
            return Ok(Ended::rejected(RejectCode::NameTaken, intrinsic));
        }
        // Checking is paid for before it is done, whatever comes out.
        let gas = intrinsic.saturating_add(self.vm.deploy_gas(code.len()));
        if gas > transaction.body().gas_limit.0 {
            let cause = countersign_abi::trap::OUT_OF_GAS;
            return Ok(Ended { outcome: Outcome::Trapped { cause }, gas, events: Vec::new() });
        }
        let Ok(checked) = self.vm.check(code) else { return Ok(Ended::rejected(RejectCode::BadCode, gas)) };
        let hash = Hash(checked.hash);
        let has_init = checked.facts.has_method(INIT);
        let record =
            ContractRecord { name: name.into(), code: hash, deployer: account.id.clone(), deployed_at: header.height };
        let mut trial = Overlay::new(&*overlay);
        trial.write(state_key::contract(&address), Some(encode(&record)));
        trial.write(state_key::code(&hash), Some(code.to_vec()));
        trial.write(state_key::code_record(&hash), Some(encode(&code_record(checked.facts))));
        let ended = if has_init {
            let call = self.call(header, transaction, account, &address, INIT, input, gas);
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
    let CodeFacts { methods, code_bytes, data_bytes, elements, memory_pages } = facts;
    CodeRecord { methods, code_bytes, data_bytes, elements, memory_pages }
}

/// The method that deployment runs.
const INIT: &str = "init";
