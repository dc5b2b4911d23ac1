//! `identity_*`: accounts and organisations.

use super::methods;
use crate::{At, Page, Read, schema};
use countersign_types::{Account, AccountId, Organisation, PublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    IdentityGetAccount = "identity_getAccount", "An account by its id or by one of its keys.": GetAccountParams => Read<Identity>;
    IdentityListAccounts = "identity_listAccounts", "Accounts of an organisation.": ListAccountsParams => Page<Listed>;
    IdentityGetOrganisation = "identity_getOrganisation", "A member of the network.": GetOrganisationParams => Read<Member>;
    IdentityListOrganisations = "identity_listOrganisations", "All that are or were members.": ListOrganisationsParams => Page<Member>;
}

/// Parameters of `identity_getAccount`: exactly one of `account` and `key`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct GetAccountParams {
    /// `organisation/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::AccountId>")]
    pub account: Option<AccountId>,
    /// A key of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Key>")]
    pub key: Option<PublicKey>,
    /// Where to read.
    pub at: At,
    /// Whether to add a proof.
    pub prove: bool,
}

/// An account and its organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The account.
    #[schemars(with = "schema::Account")]
    pub account: Account,
    /// Its organisation.
    #[schemars(with = "schema::Organisation")]
    pub organisation: Organisation,
}

/// Parameters of `identity_listAccounts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListAccountsParams {
    /// Its id.
    pub organisation: String,
    /// Most accounts of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An account of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Listed(
    /// The account.
    #[schemars(with = "schema::Account")]
    pub Account,
);

/// Parameters of `identity_getOrganisation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GetOrganisationParams {
    /// Its id.
    pub organisation: String,
    /// Where to read.
    #[serde(default)]
    pub at: At,
    /// Whether to add a proof.
    #[serde(default)]
    pub prove: bool,
}

/// Parameters of `identity_listOrganisations`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ListOrganisationsParams {
    /// Most organisations of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A member of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// What it says of itself, and its standing.
    #[schemars(with = "schema::Organisation")]
    pub organisation: Organisation,
    /// Its accounts with the admin role.
    #[schemars(with = "Vec<schema::AccountId>")]
    pub admins: Vec<AccountId>,
    /// Validators that it runs now.
    pub validators: u16,
}
