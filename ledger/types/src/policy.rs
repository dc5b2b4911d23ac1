//! Who may put code on the chain, and who consented.

use crate::account::is_name;
use crate::limits::{APPROVALS_MAX, DEPLOYING_ORGANISATIONS_MAX};
use alloc::collections::BTreeSet;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What stands among the approvals of code that the network consented to: no organisation has this name.
pub const NETWORK: &str = "*";

/// Who may deploy contracts and replace their code, and with whose consent. The genesis has the first one; a
/// decision of the network replaces it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct DeployPolicy {
    /// Organisations whose deployers may; all where there is no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisations: Option<BTreeSet<String>>,
    /// Organisations that must approve code before it is deployed under a name or replaces what runs there. The deployer's own
    /// counts as one, so 0 and 1 ask for nobody else.
    pub approvals: u16,
    /// Whether the code of a contract can be replaced.
    pub upgrades: bool,
}

impl Default for DeployPolicy {
    fn default() -> Self {
        Self { organisations: None, approvals: 0, upgrades: true }
    }
}

impl DeployPolicy {
    /// Whether deployers of an organisation may.
    #[must_use]
    pub fn allows(&self, organisation: &str) -> bool {
        self.organisations.as_ref().is_none_or(|allowed| allowed.contains(organisation))
    }

    /// Whether code is approved that this organisation deploys and those approved, or the network consented to.
    #[must_use]
    pub fn is_satisfied(&self, deployer: &str, approvals: &BTreeSet<String>) -> bool {
        let others = approvals.iter().filter(|organisation| *organisation != deployer).count();
        approvals.contains(NETWORK) || others.saturating_add(1) >= usize::from(self.approvals)
    }

    /// Checks what needs no state: at most [`DEPLOYING_ORGANISATIONS_MAX`] well-formed names, at most [`APPROVALS_MAX`] approvals.
    ///
    /// # Errors
    /// [`BadPolicy`].
    pub fn check(&self) -> Result<(), BadPolicy> {
        let names = self.organisations.iter().flatten();
        if let Some(name) = names.clone().find(|name| !is_name(name)) {
            return Err(BadPolicy::Organisation(name.clone()));
        }
        let named = names.count();
        if named > DEPLOYING_ORGANISATIONS_MAX {
            return Err(BadPolicy::Organisations { named });
        }
        if usize::from(self.approvals) > APPROVALS_MAX {
            return Err(BadPolicy::Approvals { wanted: self.approvals });
        }
        Ok(())
    }
}

/// Why a policy is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPolicy {
    /// An organisation's name is malformed.
    #[error("`{0}` is no organisation: ids are 1 to 32 of a-z, 0-9 and hyphen")]
    Organisation(String),
    /// It names too many.
    #[error(
        "it names {named} organisations, at most {DEPLOYING_ORGANISATIONS_MAX} can be; leave the list out to allow all"
    )]
    Organisations {
        /// Named.
        named: usize,
    },
    /// It asks for too many approvals.
    #[error("it asks for {wanted} approvals, at most {APPROVALS_MAX} can be")]
    Approvals {
        /// Asked for.
        wanted: u16,
    },
}

/// The policy that holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct PolicyState {
    /// How many came before it. Proposals name the one that they replace.
    pub version: u64,
    /// The policy.
    pub policy: DeployPolicy,
}
