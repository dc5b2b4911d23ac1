//! JSON schemas of the chain's own types, which know nothing of schemas. Used as
//! `#[schemars(with = "schema::Hash")]`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! texts {
    ($($name:ident, $pattern:literal, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug)]
        pub enum $name {}
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $doc })
            }
        }
    )*};
}
texts! {
    Hash, "^(0x)?[0-9a-fA-F]{64}$", "32 bytes in hexadecimal: a hash.";
    Key, "^(0x)?[0-9a-fA-F]{64}$", "32 bytes in hexadecimal: an Ed25519 public key.";
    Address, "^(0x)?[0-9a-fA-F]{64}$", "32 bytes in hexadecimal: a contract's address.";
    AccountId, "^[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,31}$", "An account: organisation/name.";
}

macro_rules! numbers {
    ($($name:ident, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug)]
        pub enum $name {}
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": 0, "description": $doc })
            }
        }
    )*};
}
numbers! {
    Height, "Height of a block; genesis is 0.";
    View, "A view of consensus.";
    Epoch, "An epoch: a period with one validator set.";
    Time, "Milliseconds since 1970-01-01 UTC.";
}

macro_rules! objects {
    ($($name:ident, [$($required:literal),*], $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug)]
        pub enum $name {}
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "object", "required": [$($required),*], "description": $doc })
            }
        }
    )*};
}
objects! {
    Proof, ["version", "chain", "anchor", "subject"],
        "A proof file, verified offline against a genesis or a checkpoint with `countersign proof verify`.";
    Header, ["chain", "height", "epoch", "view", "parent", "time", "proposer", "validators", "transactionsRoot",
        "transactions", "result"], "A block's header; its hash is the block's.";
    Result, ["height", "block", "stateRoot", "receiptsRoot", "eventsRoot", "nextValidators", "rangeRoot",
        "overrides"],
        "What executing the chain up to a block gave; a quorum of validators signs its hash.";
    Certificate, ["phase", "epoch", "number", "digest", "signatures"], "A quorum's signatures under one statement.";
    EpochEnd, ["result", "certificate", "validators"], "The end of an epoch: who were handed over to, and by whom.";
    Anchor, ["header", "result", "certificate"], "A certified block: header, result, and the signatures under it.";
    Earlier, ["header", "result", "proof"], "A block that a later result names as one before it.";
    HistoryPlace, ["timeMs", "sequence"], "An event's place in a history: when it happened, and the number of its record.";
    Validator, ["organisation", "key", "networkKey"], "A validator.";
    Parameters, ["heartbeatMs", "runAhead", "transactionWindowMs", "transactionGasMax"],
        "Rules that all validators share.";
    Account, ["id", "roles", "keys"], "An account with its roles and keys.";
    Organisation, ["id", "name"], "A member of the network.";
    Rules, ["members", "validators", "deployment", "contracts", "rules", "windowMs"],
        "Who decides about what: for each kind `moreThan`, a fraction such as `2/3`, `of` the organisations that run `validators` or of all `members`.";
    Measure, [], "What is to be decided: an object with one member, `validators`, `deployment`, `freeze`, `code`, `admit`, `standing`, `admins` or `rules`.";
}
