//! Measures: whether one can take effect now, and letting it.

use crate::error::ReplicaError;
use crate::govern::epoch_and_validators;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use crate::{organisation, policy, proposal};
use countersign_consensus::mutation::{Mutation, planted};
use countersign_types::codec::encode;
use countersign_types::proposal::Wanted;
use countersign_types::{
    Address, ContractRecord, EpochState, Header, Measure, PolicyState, RejectCode, RulesState, SetChange, Standing,
    ValidatorSet, state_key,
};

/// Whether a measure could take effect in this state.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one says why it could not.
pub fn check(state: &impl StateSource, measure: &Measure) -> Result<Result<(), RejectCode>, ReplicaError> {
    match measure {
        Measure::Validators { epoch, validators } => {
            let (now, current) = epoch_and_validators(state)?;
            if now.epoch != *epoch || now.change.is_some() {
                return Ok(Err(RejectCode::EpochOver));
            }
            let runs = current.organisations();
            for id in validators.organisations() {
                let known = organisation::of(state, id)?;
                if known.is_none_or(|known| !runs.contains(id) && !known.standing.is_good()) {
                    return Ok(Err(RejectCode::BadValidators));
                }
            }
            Ok(current.check_next(validators).map_err(|_| RejectCode::BadValidators))
        }
        Measure::Deployment { version, policy } => {
            if policy::in_force(state)?.version != *version {
                return Ok(Err(RejectCode::MeasureOver));
            }
            for id in policy.organisations.iter().flatten() {
                if organisation::of(state, id)?.is_none() {
                    return Ok(Err(RejectCode::BadPolicy));
                }
            }
            Ok(Ok(()))
        }
        Measure::Freeze { contract, revision, frozen } => {
            let Some(record) = contract_record(state, contract)? else { return Ok(Err(RejectCode::NoContract)) };
            let is_over = record.revision != *revision || record.frozen.by_network == *frozen;
            Ok(if is_over { Err(RejectCode::MeasureOver) } else { Ok(()) })
        }
        Measure::Code { contract, revision, .. } => {
            let record = contract_record(state, &Address::of(contract))?;
            let is_next = ContractRecord::next_revision(record.as_ref()) == *revision;
            Ok(if is_next { Ok(()) } else { Err(RejectCode::MeasureOver) })
        }
        Measure::Admit { organisation, admins, proofs } => {
            organisation::can_admit(state, organisation, (admins, proofs))
        }
        Measure::Standing { organisation, standing } => check_standing(state, organisation, *standing),
        Measure::Admins { organisation, admins, proofs } => {
            organisation::can_restore(state, organisation, (admins, proofs))
        }
        Measure::Rules { version, .. } => {
            let is_over = proposal::rules(state)?.version != *version;
            Ok(if is_over { Err(RejectCode::MeasureOver) } else { Ok(()) })
        }
    }
}

/// Lets a measure take effect that [`check`] found possible in the same state.
///
/// # Errors
/// If the state cannot be read.
pub fn apply<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    measure: &Measure,
    header: &Header,
    run_ahead: u64,
) -> Result<(), ReplicaError> {
    match measure {
        Measure::Validators { validators, .. } => {
            let (now, _) = epoch_and_validators(overlay)?;
            let ahead = if planted(Mutation::ChangeAtOnce) { 0 } else { run_ahead };
            let change = SetChange { set: validators.clone(), last: header.height.plus(ahead) };
            overlay.write(state_key::epoch(), Some(encode(&EpochState { change: Some(change), ..now })));
        }
        Measure::Deployment { version, policy } => {
            let next = PolicyState { version: version.saturating_add(1), policy: policy.clone() };
            overlay.write(state_key::policy(), Some(encode(&next)));
        }
        Measure::Freeze { contract, frozen, .. } => {
            if let Some(mut record) = contract_record(overlay, contract)? {
                record.frozen.by_network = *frozen;
                overlay.write(state_key::contract(contract), Some(encode(&record)));
            }
        }
        Measure::Code { contract, revision, code } => policy::consent(overlay, contract, *revision, code)?,
        Measure::Admit { organisation, admins, .. } => organisation::admit(overlay, organisation, admins)?,
        Measure::Standing { organisation, standing } => {
            organisation::set_standing(overlay, organisation, *standing, header.height)?;
        }
        Measure::Admins { organisation, admins, .. } => organisation::restore(overlay, organisation, admins)?,
        Measure::Rules { version, rules } => {
            let next = RulesState { version: version.saturating_add(1), rules: rules.clone() };
            overlay.write(state_key::rules(), Some(encode(&next)));
        }
    }
    Ok(())
}

fn contract_record(state: &impl StateSource, contract: &Address) -> Result<Option<ContractRecord>, ReplicaError> {
    state.read_value(&state_key::contract(contract), "a contract's record")
}

/// Who runs a validator is not expelled, who was expelled does not come back, and enough stay who can vote to take a
/// suspension back and to change the validators.
fn check_standing(state: &impl StateSource, id: &str, wanted: Wanted) -> Result<Result<(), RejectCode>, ReplicaError> {
    let Some(known) = organisation::of(state, id)? else { return Ok(Err(RejectCode::BadOrganisation)) };
    let is_same = match (known.standing, wanted) {
        (Standing::Expelled { .. }, _) => return Ok(Err(RejectCode::BadOrganisation)),
        (Standing::Good, Wanted::Good) | (Standing::Suspended { .. }, Wanted::Suspended) => true,
        _ => false,
    };
    if is_same {
        return Ok(Err(RejectCode::MeasureOver));
    }
    if wanted == Wanted::Expelled && runs_validator(state, id)? {
        return Ok(Err(RejectCode::RunsValidator));
    }
    Ok(if wanted == Wanted::Good || proposal::can_decide_without(state, id)? {
        Ok(())
    } else {
        Err(RejectCode::NoQuorum)
    })
}

/// Whether an organisation runs a validator now, or will after this epoch.
fn runs_validator(state: &impl StateSource, id: &str) -> Result<bool, ReplicaError> {
    let (now, current) = epoch_and_validators(state)?;
    let next = now.change.as_ref().map(|change| change.set.organisations()).unwrap_or_default();
    Ok(ValidatorSet::organisations(&current).contains(id) || next.contains(id))
}
