//! Who decides about what, and by how many votes.

use crate::hash::{Hash, Tag};
use crate::limits::PROPOSAL_WINDOW_MS_MAX;
use alloc::format;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The rules of governance. The genesis has the first ones; a decision of the kind [`Kind::Rules`] replaces them.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Rules {
    /// For who is a member.
    pub members: Threshold,
    /// For who is a validator. More than two thirds at least, since whoever decides this decides what is final.
    pub validators: Threshold,
    /// For who may deploy contracts.
    pub deployment: Threshold,
    /// For one contract: stopping it, and consent to code.
    pub contracts: Threshold,
    /// For these rules.
    pub rules: Threshold,
    /// How long a proposal can be voted on at most, milliseconds.
    pub window_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        let usual = Threshold::default();
        Self {
            members: usual,
            validators: usual,
            deployment: usual,
            contracts: usual,
            rules: usual,
            window_ms: 14 * 86_400_000,
        }
    }
}

/// What a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Members.
    Members,
    /// Validators.
    Validators,
    /// Who may deploy.
    Deployment,
    /// One contract.
    Contracts,
    /// The rules of governance.
    Rules,
}

/// How many votes decide: more than a fraction of those who may vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Threshold {
    /// The fraction, in JSON `"2/3"`.
    pub more_than: Fraction,
    /// Who may vote.
    pub of: Electorate,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { more_than: Fraction { of: 2, parts: 3 }, of: Electorate::Validators }
    }
}

/// Who may vote. Each organisation has one vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Electorate {
    /// Organisations that run validators now.
    Validators,
    /// All members in good standing.
    Members,
}

/// `of / parts`, at least a half and less than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fraction {
    /// Above the line.
    pub of: u16,
    /// Below the line.
    pub parts: u16,
}

impl Fraction {
    /// Whether `some` of `all` are more than this.
    #[must_use]
    pub fn is_exceeded(self, some: usize, all: usize) -> bool {
        let (some, all) = (some as u128, all as u128);
        some.saturating_mul(u128::from(self.parts)) > all.saturating_mul(u128::from(self.of))
    }
    /// The least number of `all` that is more than this.
    #[must_use]
    pub fn needed(self, all: usize) -> usize {
        let whole = (all as u128).saturating_mul(u128::from(self.of)).checked_div(u128::from(self.parts));
        usize::try_from(whole.unwrap_or(u128::MAX).saturating_add(1)).unwrap_or(usize::MAX)
    }
    fn is_at_least(self, other: Self) -> bool {
        u32::from(self.of).saturating_mul(u32::from(other.parts))
            >= u32::from(other.of).saturating_mul(u32::from(self.parts))
    }
}

impl From<Fraction> for String {
    fn from(fraction: Fraction) -> Self {
        format!("{}/{}", fraction.of, fraction.parts)
    }
}

impl TryFrom<String> for Fraction {
    type Error = BadRules;
    fn try_from(text: String) -> Result<Self, BadRules> {
        let parsed = text.split_once('/').and_then(|(of, parts)| Some((of.parse().ok()?, parts.parse().ok()?)));
        parsed.map(|(of, parts)| Self { of, parts }).ok_or(BadRules::Fraction(text))
    }
}

/// Why rules are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// A fraction is none.
    #[error("`{0}` is no fraction: write it as 2/3")]
    Fraction(String),
    /// A fraction lets too few decide, or nobody.
    #[error("`{kind}` is decided by more than {given}; it must be at least {least} and less than 1")]
    Threshold {
        /// Which threshold.
        kind: &'static str,
        /// The fraction.
        given: String,
        /// The least one.
        least: &'static str,
    },
    /// Validators are decided about by others than those who run them.
    #[error("`validators` must be decided by the organisations that run validators")]
    Electorate,
    /// The window is out of range.
    #[error("`windowMs` must be from 1000 to {PROPOSAL_WINDOW_MS_MAX}")]
    Window,
}

impl Rules {
    /// How decisions of a kind are made.
    #[must_use]
    pub fn threshold(&self, kind: Kind) -> Threshold {
        match kind {
            Kind::Members => self.members,
            Kind::Validators => self.validators,
            Kind::Deployment => self.deployment,
            Kind::Contracts => self.contracts,
            Kind::Rules => self.rules,
        }
    }

    /// What proposals name them by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::RULES, self)
    }

    /// Checks that every decision needs at least half of the votes and can be made, and that of the validators two thirds.
    ///
    /// # Errors
    /// [`BadRules`].
    pub fn check(&self) -> Result<(), BadRules> {
        const HALF: Fraction = Fraction { of: 1, parts: 2 };
        const TWO_THIRDS: Fraction = Fraction { of: 2, parts: 3 };
        for (kind, threshold, least, name) in [
            ("members", self.members, HALF, "1/2"),
            ("validators", self.validators, TWO_THIRDS, "2/3"),
            ("deployment", self.deployment, HALF, "1/2"),
            ("contracts", self.contracts, HALF, "1/2"),
            ("rules", self.rules, HALF, "1/2"),
        ] {
            let fraction = threshold.more_than;
            if fraction.of >= fraction.parts || !fraction.is_at_least(least) {
                return Err(BadRules::Threshold { kind, given: fraction.into(), least: name });
            }
        }
        if self.validators.of != Electorate::Validators {
            return Err(BadRules::Electorate);
        }
        if !(1_000..=PROPOSAL_WINDOW_MS_MAX).contains(&self.window_ms) {
            return Err(BadRules::Window);
        }
        Ok(())
    }
}

/// The rules that hold, as native state.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct RulesState {
    /// How many came before them. Proposals name the ones that they replace.
    pub version: u64,
    /// The rules.
    pub rules: Rules,
}
