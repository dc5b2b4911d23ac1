//! Bounds of the interface, with their arithmetic.

/// Revisions of a contract in one answer: 64 of some 300 bytes.
pub const REVISIONS_MAX: u32 = 64;
/// Largest request body: a transaction of 1 MiB + 4 KiB is 1.4 MiB in base64; rounded up.
pub const REQUEST_BYTES_MAX: usize = 2 << 20;
/// Largest response. Lists page, so only one very large record comes near it. Proof files are the
/// exception: they are whole or nothing, and answer up to [`PROOF_RESPONSE_BYTES_MAX`].
pub const RESPONSE_BYTES_MAX: usize = 4 << 20;
/// Largest answer that holds a proof file, the bound of the file itself.
pub const PROOF_RESPONSE_BYTES_MAX: usize = countersign_types::limits::PROOF_BYTES_MAX;
/// Most calls in a batch.
pub const BATCH_MAX: usize = 10;
/// Deepest nesting of arrays and objects in a request.
pub const JSON_DEPTH_MAX: usize = 32;
/// Longest request id that is echoed.
pub const ID_BYTES_MAX: usize = 128;
/// Most items of a page; also the page size when none is asked for is [`PAGE_DEFAULT`].
pub const PAGE_MAX: u32 = 1_000;
/// Items of a page when `limit` is not given.
pub const PAGE_DEFAULT: u32 = 100;
/// Most products of a page of a recall, and as many if none is asked for: an instance takes some 330 bytes and a lot 800, so that
/// a page stays below the 4 MiB of an answer beside the places and as many containers.
pub const RECALL_PAGE_MAX: u32 = 4_000;
/// Most events of one notification: the largest (64 KiB) and their fields as JSON are 100 × some 160 KiB, and mostly 50 KiB in all.
pub const NOTICE_EVENTS_MAX: usize = 100;
/// Most things or links of a page of a chain, and as many if none is asked for: a link takes some 370 bytes, so that a page stays below the 4 MiB of an answer.
pub const CHAIN_PAGE_MAX: u32 = 8_000;
/// Longest `tx_wait`: below the request timeout of 10 s that protects the listener.
pub const WAIT_MS_MAX: u64 = 9_000;
/// Most transactions of one `tx_submitBatch`: 2 MiB of body hold 256 of about 6 KB in base64.
pub const SUBMIT_MAX: usize = 256;
/// Most state keys of one `proof_getState`.
pub const PROOF_KEYS_MAX: usize = 256;
/// Most ends of epochs of one `proof_getValidatorChain`: each holds a set of validators and a quorum's signatures, some
/// 450 bytes a validator in JSON, so that 64 of 128 validators are 3.5 MiB.
pub const EPOCH_ENDS_MAX: usize = 64;
/// Deepest type of a contract's interface: a type nested deeper cannot be shown as JSON within
/// [`JSON_DEPTH_MAX`] anyway.
pub const ABI_DEPTH_MAX: usize = 32;
/// Largest interface section of a contract: the code limit.
pub const ABI_BYTES_MAX: usize = 1 << 20;

/// Warnings listed of one document. Each repeats at most some 2.5 KiB of it; a packing event alone may have 12,500
/// identifiers that all deserve one.
pub const WARNINGS_MAX: usize = 1_000;
