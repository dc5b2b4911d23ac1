//! Every error the interface can answer, in one table.
//!
//! Ranges: JSON-RPC's own; −320xx transport; 1000 transactions, 2000 state, 3000 contracts, 4000
//! permissions, 5000 proofs, 6000 consensus. Numbers never change their meaning. The error object
//! is `{code, message, data: {name, cause, info, retryable}}`: `message` is constant per code,
//! `cause` says what happened this time and what to do, `info` has values for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

macro_rules! codes {
    ($($name:ident = $code:literal, $retryable:literal, $message:literal;)*) => {
        /// A kind of error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Code {
            $(#[doc = $message] $name = $code,)*
        }
        impl Code {
            /// All of them, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// The number in the error object.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(Self::$name => $code,)* }
            }
            /// The name in the error object's data.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
            /// The error object's message.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
            /// Whether the same request may succeed later without any change.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)* }
            }
            /// The code of a number.
            #[must_use]
            pub const fn of(number: i32) -> Option<Self> {
                match number { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}
codes! {
    ParseError = -32700, false, "The request is not JSON";
    InvalidRequest = -32600, false, "The request is not a JSON-RPC 2.0 call";
    MethodNotFound = -32601, false, "There is no such method";
    InvalidParams = -32602, false, "The parameters do not fit the method";
    InternalError = -32603, true, "The node failed";

    TooDeep = -32001, false, "The request is nested too deeply";
    BatchTooLong = -32002, false, "The batch has too many calls";
    RequestTooLarge = -32003, false, "The request is too large";
    ResponseTooLarge = -32004, false, "The answer is too large";
    Busy = -32005, true, "The node has too many requests";
    TimedOut = -32006, true, "The request took too long";
    WebSocketNeeded = -32007, false, "The method needs a WebSocket connection";
    TooManySubscriptions = -32008, false, "The connection has too many subscriptions";
    SubscriptionUnknown = -32009, false, "The connection has no such subscription";
    Joining = -32010, true, "The node joins the network and has no ledger yet";

    TransactionMalformed = 1000, false, "The transaction is malformed";
    WrongChain = 1001, false, "The transaction is for another chain";
    BadSignature = 1002, false, "The signature is not valid";
    TransactionExpired = 1003, false, "The transaction has expired";
    ExpiryTooFar = 1004, false, "The transaction's expiry lies too far ahead";
    DuplicateTransaction = 1005, false, "The transaction was included before";
    GasLimitOutOfRange = 1006, false, "The gas limit is out of range";
    MempoolFull = 1007, true, "The node holds too many waiting transactions";
    QuotaExceeded = 1008, true, "The organisation has too many waiting transactions";
    TransactionUnknown = 1009, true, "The transaction is not known";

    BlockNotYet = 2000, true, "The block is not final yet";
    BlockUnknown = 2001, false, "There is no such block";
    BlockPruned = 2002, false, "The block or state is no longer kept";
    BadCursor = 2003, false, "The cursor is not one of this list";

    ContractUnknown = 3000, false, "There is no such contract";
    ContractMethodUnknown = 3001, false, "The contract has no such method";
    BadArguments = 3002, false, "The arguments do not fit the contract's method";
    ContractFailed = 3003, false, "The contract refused the call";
    ContractTrapped = 3004, false, "The contract trapped";
    NoInterface = 3005, false, "The contract has no readable interface";
    NotProvenance = 3006, false, "The contract is not a provenance contract";
    DocumentInvalid = 3007, false, "The document is not EPCIS 2.0";
    IdentifierInvalid = 3008, false, "The identifier is malformed";
    EventUnknown = 3009, false, "There is no such event";
    ContractFrozen = 3010, false, "The contract is frozen";

    UnknownSigner = 4000, false, "The signer's key belongs to no account";
    Forbidden = 4001, false, "The account lacks the role";
    AccountUnknown = 4002, false, "There is no such account";
    OrganisationUnknown = 4003, false, "There is no such organisation";
    OrganisationSuspended = 4004, false, "The organisation may not act";

    ProofUnavailable = 5000, true, "The proof cannot be made now";
    ProofTooLarge = 5001, false, "The proof is too large";

    NotReady = 6000, true, "The node is not ready";
    Halted = 6001, false, "The node has stopped executing";
    ProposalUnknown = 6002, false, "There is no such proposal";
}

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message} ({code}): {}", data.cause)]
pub struct RpcError {
    /// The number of a [`Code`].
    pub code: i32,
    /// Constant text of the code.
    pub message: String,
    /// Details.
    #[serde(default)]
    pub data: Box<Details>,
}

/// What happened this time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Details {
    /// Name of the code.
    #[serde(default)]
    pub name: String,
    /// What happened and what to do.
    #[serde(default)]
    pub cause: String,
    /// Values for programs.
    #[serde(default)]
    pub info: Value,
    /// Whether the same request may succeed later.
    #[serde(default)]
    pub retryable: bool,
}

impl RpcError {
    /// An error with what happened and what to do.
    #[must_use]
    pub fn new(code: Code, cause: impl std::fmt::Display) -> Self {
        Self {
            code: code.number(),
            message: code.message().to_owned(),
            data: Box::new(Details {
                name: code.name().to_owned(),
                cause: cause.to_string(),
                info: Value::Null,
                retryable: code.is_retryable(),
            }),
        }
    }
    /// The same with values for programs.
    #[must_use]
    pub fn with(mut self, info: Value) -> Self {
        self.data.info = info;
        self
    }
    /// Which code of the table it is, if it is one.
    #[must_use]
    pub fn kind(&self) -> Option<Code> {
        Code::of(self.code)
    }
}
