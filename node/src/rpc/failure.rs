//! Failures of the node's parts as errors of the interface.

use crate::context::NotTaken;
use crate::verifier::NotQueued;
use countersign_api::abi::AbiError;
use countersign_api::{Code, RpcError};
use countersign_ledger::{Class, LedgerError};
use countersign_replica::{Refused, ReplicaError};
use countersign_types::RejectCode;
use countersign_types::transaction::BadTransaction;
use countersign_vm::HostFault;
use serde_json::json;

/// This node's own fault: logged in full, answered without inner detail.
pub(super) fn internal(cause: &dyn std::error::Error) -> RpcError {
    tracing::error!(%cause, "a request failed");
    RpcError::new(Code::InternalError, "see the node's log")
}

/// A failed read of the ledger.
pub(super) fn of_ledger(cause: &LedgerError) -> RpcError {
    match cause {
        LedgerError::Unknown { height, tip } => {
            RpcError::new(Code::BlockNotYet, cause).with(json!({ "height": height, "tip": tip }))
        }
        LedgerError::Pruned { what, height, oldest } => {
            let hint = match what {
                Class::States => {
                    "ask at that height or a newer one, or a node that keeps more states; trace_history, trace_back and trace_forward \
                     reach back to the first block that a node has"
                }
                Class::Bodies | Class::Receipts => {
                    "ask from the oldest height on, or a node that keeps all blocks (`retention.mode` full or archive)"
                }
            };
            RpcError::new(Code::BlockPruned, format!("{cause}; {hint}"))
                .with(json!({ "what": what.name(), "height": height, "oldest": oldest }))
        }
        LedgerError::BeforeSnapshot { height, base, .. } => {
            RpcError::new(Code::BlockPruned, format!("{cause}; ask a node that fetched all blocks"))
                .with(json!({ "what": "headers", "height": height, "oldest": base.next() }))
        }
        LedgerError::NotCertified { height, certified } => {
            RpcError::new(Code::ProofUnavailable, cause).with(json!({ "height": height, "certified": certified }))
        }
        _ => internal(cause),
    }
}

/// A view that could not be run. State that was pruned meanwhile is no fault.
pub(super) fn of_replica(cause: &ReplicaError) -> RpcError {
    match cause {
        ReplicaError::Ledger(cause) => of_ledger(cause),
        ReplicaError::Machine(HostFault::State(inner)) => match inner.downcast_ref::<ReplicaError>() {
            Some(inner) => of_replica(inner),
            None => internal(cause),
        },
        _ => internal(cause),
    }
}

/// A transaction that is wrong, whoever looks.
pub(super) fn of_bad(cause: &BadTransaction) -> RpcError {
    let code = match cause {
        BadTransaction::Chain { given, expected } => {
            return RpcError::new(Code::WrongChain, cause).with(json!({ "given": given, "expected": expected }));
        }
        BadTransaction::Signature(_) | BadTransaction::KeyProof(_) => Code::BadSignature,
        BadTransaction::Decode(_)
        | BadTransaction::Payload { .. }
        | BadTransaction::Name
        | BadTransaction::Measure(_)
        | BadTransaction::Reason { .. }
        | BadTransaction::Organisation
        | BadTransaction::ContractName(_)
        | BadTransaction::Evidence(_)
        | BadTransaction::Account(_) => Code::TransactionMalformed,
    };
    RpcError::new(code, cause)
}

/// A transaction that was not taken.
pub(super) fn of_not_taken(cause: &NotTaken) -> RpcError {
    match cause {
        NotTaken::Bad(bad) => of_bad(bad),
        NotTaken::Refused(Refused::Known) => RpcError::new(Code::DuplicateTransaction, cause),
        NotTaken::Refused(Refused::Full) => RpcError::new(Code::MempoolFull, cause),
        NotTaken::Refused(Refused::Rejected(code)) => RpcError::new(of_reject(*code), cause),
        NotTaken::NotQueued(NotQueued::Busy) => RpcError::new(Code::Busy, cause),
        NotTaken::NotQueued(NotQueued::Stopping(_)) => RpcError::new(Code::NotReady, cause),
    }
}

fn of_reject(code: RejectCode) -> Code {
    match code {
        RejectCode::Expired => Code::TransactionExpired,
        RejectCode::ExpiryTooFar => Code::ExpiryTooFar,
        RejectCode::Duplicate | RejectCode::EvidenceKnown | RejectCode::Overridden => Code::DuplicateTransaction,
        RejectCode::UnknownSigner => Code::UnknownSigner,
        RejectCode::Forbidden
        | RejectCode::LastAdmin
        | RejectCode::PolicyForbids
        | RejectCode::NotApproved
        | RejectCode::RunsValidator
        | RejectCode::NoQuorum
        | RejectCode::TooManyAdmins
        | RejectCode::NotOwner => Code::Forbidden,
        RejectCode::Suspended => Code::OrganisationSuspended,
        RejectCode::ProposalOver => Code::ProposalUnknown,
        RejectCode::GasLimit => Code::GasLimitOutOfRange,
        RejectCode::NoContract => Code::ContractUnknown,
        RejectCode::Frozen => Code::ContractFrozen,
        RejectCode::NameTaken
        | RejectCode::BadName
        | RejectCode::BadCode
        | RejectCode::BadEvidence
        | RejectCode::EpochOver
        | RejectCode::BadValidators
        | RejectCode::KeyTaken
        | RejectCode::SameCode
        | RejectCode::Incompatible
        | RejectCode::MeasureOver
        | RejectCode::BadWindow
        | RejectCode::BadOrganisation
        | RejectCode::BadPolicy
        | RejectCode::KeyUnproven => Code::TransactionMalformed,
    }
}

/// Arguments or an interface that do not fit.
pub(super) fn of_abi(cause: &AbiError) -> RpcError {
    let code = match cause {
        AbiError::Line { .. } | AbiError::Interface(_) => Code::NoInterface,
        AbiError::Unknown { .. } => Code::ContractMethodUnknown,
        AbiError::Value { .. } | AbiError::Bytes { .. } => Code::BadArguments,
    };
    RpcError::new(code, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_types::{Hash, Height};

    fn code(error: &RpcError) -> Code {
        error.kind().unwrap()
    }

    #[test]
    fn what_is_not_there_is_told_apart() {
        let (height, low) = (Height(9), Height(3));
        assert_eq!(code(&of_ledger(&LedgerError::Unknown { height, tip: low })), Code::BlockNotYet);
        let pruned = of_ledger(&LedgerError::Pruned { what: Class::Bodies, height: low, oldest: height });
        assert_eq!(code(&pruned), Code::BlockPruned);
        assert_eq!(pruned.data.info, json!({ "what": "bodies", "height": 3, "oldest": 9 }));
        let before = LedgerError::BeforeSnapshot { what: "a header", height: low, base: height };
        assert_eq!(code(&of_ledger(&before)), Code::BlockPruned);
        assert_eq!(code(&of_ledger(&LedgerError::NotCertified { height, certified: low })), Code::ProofUnavailable);
        assert_eq!(code(&of_ledger(&LedgerError::Poisoned)), Code::InternalError);
    }

    #[test]
    fn state_pruned_under_a_running_view_is_no_fault_of_the_machine() {
        let pruned = LedgerError::Pruned { what: Class::States, height: Height(1), oldest: Height(2) };
        let through = ReplicaError::Machine(HostFault::state(ReplicaError::Ledger(pruned)));
        assert_eq!(code(&of_replica(&through)), Code::BlockPruned);
    }

    #[test]
    fn refusals_have_their_own_codes() {
        let wrong_chain = BadTransaction::Chain { given: Hash::ZERO, expected: Hash([1; 32]) };
        assert_eq!(code(&of_not_taken(&wrong_chain.into())), Code::WrongChain);
        assert_eq!(code(&of_not_taken(&Refused::Full.into())), Code::MempoolFull);
        let unknown = Refused::Rejected(RejectCode::UnknownSigner);
        let error = of_not_taken(&unknown.into());
        assert_eq!(code(&error), Code::UnknownSigner);
        assert!(error.data.cause.contains("ask an admin"), "{error}");
    }
}
