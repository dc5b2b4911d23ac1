//! `identity_*`: accounts and organisations.

use super::methods;
use crate::{At, Read, schema};
use countersign_types::{Account, AccountId, Organisation, PublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    IdentityGetAccount = "identity_getAccount", "An account by its id or by one of its keys.": GetAccountParams => Read<Identity>;
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
