//! Organisations and accounts: who may do what.

use crate::codec::DecodeError;
use crate::key::PublicKey;
use crate::limits::{
    ACCOUNT_KEYS_MAX, ADMIN_THRESHOLD_MAX, ATTRIBUTE_BYTES_MAX, ATTRIBUTES_MAX, NAME_BYTES_MAX, TITLE_BYTES_MAX,
};
use crate::number::Height;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A member of the network.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Organisation {
    /// Identifier: see [`is_name`].
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Global location number, 13 digits, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gln: Option<String>,
    /// Whom to ask, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// How many of its admins must ask for the same before it is done.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub threshold: u16,
    /// Whether its accounts may act.
    #[serde(default, skip_serializing_if = "Standing::is_good")]
    pub standing: Standing,
}

fn one() -> u16 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(threshold: &u16) -> bool {
    *threshold == 1
}

/// Whether an organisation's accounts may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Standing {
    /// They may.
    #[default]
    Good,
    /// They may not from a height on, until that is taken back.
    Suspended {
        /// First height at which they may not.
        from: Height,
    },
    /// They may not any more from a height on.
    Expelled {
        /// First height at which they may not.
        from: Height,
    },
}

impl Standing {
    /// Whether nothing is against it.
    #[must_use]
    pub fn is_good(&self) -> bool {
        *self == Self::Good
    }
    /// Whether accounts may act in the block at a height.
    #[must_use]
    pub fn admits(self, height: Height) -> bool {
        match self {
            Self::Good => true,
            Self::Suspended { from } | Self::Expelled { from } => height < from,
        }
    }
}

/// `organisation/name`, both as in [`is_name`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The part before the slash.
    #[must_use]
    pub fn organisation(&self) -> &str {
        self.0.split_once('/').map_or("", |(organisation, _)| organisation)
    }
    /// Whether it has the right form (a decoded one need not).
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.0.split_once('/').is_some_and(|(organisation, name)| is_name(organisation) && is_name(name))
    }
}

impl core::fmt::Display for AccountId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::str::FromStr for AccountId {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let id = Self(text.to_string());
        if id.is_valid() { Ok(id) } else { Err(DecodeError::Malformed { what: "an account (organisation/name)" }) }
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <String as Deserialize>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether text can name an organisation, account or contract: 1 to 32 of `a–z 0–9 -`, beginning
/// with a letter and not ending with a hyphen.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= NAME_BYTES_MAX
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last() != Some(&b'-')
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// Bits of what an account may do; the numbers are those of the guest interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Roles(pub u8);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);
    /// Acts for its organisation in governance and sets its accounts.
    pub const ADMIN: Self = Self(1);
    /// Deploys contracts.
    pub const DEPLOYER: Self = Self(2);
    /// Calls contracts.
    pub const SUBMITTER: Self = Self(4);
    /// Calls contracts as a device.
    pub const DEVICE: Self = Self(8);
    /// Reads what is restricted to auditors.
    pub const AUDITOR: Self = Self(16);
    const NAMES: [(Self, &str); 5] = [
        (Self::ADMIN, "admin"),
        (Self::DEPLOYER, "deployer"),
        (Self::SUBMITTER, "submitter"),
        (Self::DEVICE, "device"),
        (Self::AUDITOR, "auditor"),
    ];

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// These without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// Whether any of `other` is among these.
    #[must_use]
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
    /// Whether only known roles are set.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 < 32
    }
    /// Names of the roles.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(role, _)| self.has_any(*role)).map(|(_, name)| name)
    }
}

impl Serialize for Roles {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut roles = Self::default();
        for name in <Vec<String> as Deserialize>::deserialize(deserializer)? {
            let known = Self::NAMES.into_iter().find(|(_, known)| *known == name);
            let (role, _) = known.ok_or_else(|| {
                serde::de::Error::custom(alloc::format!(
                    "unknown role `{name}`, use admin, deployer, submitter, device, auditor"
                ))
            })?;
            roles = roles.with(role);
        }
        Ok(roles)
    }
}

/// A key of an account and when it counts.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyEntry {
    /// The key.
    pub key: PublicKey,
    /// First height at which it signs.
    pub valid_from: Height,
    /// First height at which it no longer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Height>,
}

/// Somebody or something that signs transactions.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Account {
    /// Its id; the organisation is part of it.
    pub id: AccountId,
    /// What it may do.
    pub roles: Roles,
    /// Its keys. A key belongs to one account for good.
    pub keys: Vec<KeyEntry>,
    /// What its organisation says of it for contracts to read: at most 8 values of at most 64 bytes, their names as in [`is_name`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Account {
    /// One without attributes.
    #[must_use]
    pub fn new(id: AccountId, roles: Roles, keys: Vec<KeyEntry>) -> Self {
        Self { id, roles, keys, attributes: BTreeMap::new() }
    }
    /// Whether `key` signs for the account at `height`.
    #[must_use]
    pub fn signs_with(&self, key: &PublicKey, height: Height) -> bool {
        self.keys.iter().any(|entry| {
            entry.key == *key && entry.valid_from <= height && entry.valid_to.is_none_or(|end| height < end)
        })
    }
    /// Whether it acts for its organisation and has a key that does not end.
    #[must_use]
    pub fn is_lasting_admin(&self) -> bool {
        self.roles.has_any(Roles::ADMIN) && self.keys.iter().any(|entry| entry.valid_to.is_none())
    }
    /// Whether form, roles and keys are in order.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.id.is_valid()
            && self.roles.is_valid()
            && (1..=ACCOUNT_KEYS_MAX).contains(&self.keys.len())
            && self.keys.iter().all(|entry| entry.key.is_registrable())
            && self.attributes.len() <= ATTRIBUTES_MAX
            && self.attributes.iter().all(|(name, value)| is_name(name) && value.len() <= ATTRIBUTE_BYTES_MAX)
    }
}

impl Organisation {
    /// One of that id and name that says nothing more of itself.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        let (id, name) = (id.into(), name.into());
        Self { id, name, gln: None, contact: None, threshold: 1, standing: Standing::Good }
    }
    /// Whether id and what it says of itself are in order.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        is_name(&self.id) && Self::says(&self.name, self.gln.as_deref(), self.contact.as_deref(), self.threshold)
    }
    /// Whether nothing was decided about it yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.standing.is_good()
    }
    /// Whether what an organisation says of itself is in order.
    #[must_use]
    pub fn says(name: &str, gln: Option<&str>, contact: Option<&str>, threshold: u16) -> bool {
        (1..=TITLE_BYTES_MAX).contains(&name.len())
            && gln.is_none_or(|gln| gln.len() == 13 && gln.bytes().all(|digit| digit.is_ascii_digit()))
            && contact.is_none_or(|contact| (1..=TITLE_BYTES_MAX).contains(&contact.len()))
            && (1..=ADMIN_THRESHOLD_MAX).contains(&threshold)
    }
}
