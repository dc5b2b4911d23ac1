//! Bounds of what is signed, stored or sent, with their arithmetic.

use crate::number::Gas;

/// Bytes around a transaction's payload: chain 32, signer 32, nonce, expiry and gas 24, signature
/// 64, names and lengths below 1 KiB; rounded up.
pub const TRANSACTION_ENVELOPE_BYTES_MAX: usize = 4 << 10;
/// Largest input or contract code of a transaction.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Largest signed transaction.
pub const TRANSACTION_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + TRANSACTION_ENVELOPE_BYTES_MAX;
/// Most validators: a certificate of 86 signatures (the quorum of 128) stays below 6 KiB.
pub const VALIDATORS_MAX: usize = 128;
/// Most signatures under an override: one of each validator.
pub const OVERRIDE_SIGNATURES_MAX: usize = VALIDATORS_MAX;
/// Most overrides of one block. Each is at most 108 bytes and 128 times 96: together below 800 KiB.
pub const OVERRIDES_PER_BLOCK_MAX: usize = 64;
/// Most signatures under a restart order: two of each organisation that may run a validator. Each is below 200 bytes and
/// brings an account of at most 1 KiB and its path of about as much: together below 640 KiB.
pub const RESTART_SIGNATURES_MAX: usize = 2 * VALIDATORS_MAX;
/// Most state entries that a restart order shows: epoch, validators, the validators' organisations, the signers' accounts.
pub const RESTART_ENTRIES_MAX: usize = 2 + VALIDATORS_MAX + RESTART_SIGNATURES_MAX;
/// Most transactions in a block.
pub const BLOCK_TRANSACTIONS_MAX: u32 = 10_000;
/// Most bytes of the transactions a block names.
pub const BLOCK_BYTES_MAX: u32 = 2 << 20;
/// A block names its transactions: 10,000 hashes of 32 bytes and a header below 1 KiB.
pub const BLOCK_ENCODED_BYTES_MAX: usize = 10_000 * 32 + (1 << 10);
/// Longest identifier of an organisation or account name, and longest contract name part.
pub const NAME_BYTES_MAX: usize = 32;
/// Longest display name.
pub const TITLE_BYTES_MAX: usize = 128;
/// Most keys of an account.
pub const ACCOUNT_KEYS_MAX: usize = 16;
/// Most organisations that a deployment policy names. A vote for it is a transaction, at 33 bytes for each of them below 9 KiB.
pub const DEPLOYING_ORGANISATIONS_MAX: usize = 256;
/// Most approvals of one code for one contract that are kept, and that a policy can ask for: a list of 64 names of 32 bytes is
/// 2.3 KiB, which each approval writes again.
pub const APPROVALS_MAX: usize = 64;
/// Most admins that a measure gives an organisation: at 1 KiB for an account and 96 bytes for each proof of its keys below 41 KiB.
pub const ADMINS_GIVEN_MAX: usize = 16;
/// Most admins that an organisation asks to agree.
pub const ADMIN_THRESHOLD_MAX: u16 = 16;
/// Longest reason of a proposal.
pub const REASON_BYTES_MAX: usize = 512;
/// Longest time that a proposal can be voted on, milliseconds: a quarter of a year.
pub const PROPOSAL_WINDOW_MS_MAX: u64 = 92 * 86_400_000;
/// Most organisations of a network. The list of their ids is one state entry: 36 bytes each, 36 KiB, written when one joins.
pub const ORGANISATIONS_MAX: usize = 1_024;
/// Most attributes of an account, and longest value of one. With names of 32 bytes they are below 1 KiB.
pub const ATTRIBUTES_MAX: usize = 8;
/// Longest value of an account's attribute.
pub const ATTRIBUTE_BYTES_MAX: usize = 64;
/// Largest genesis file.
pub const GENESIS_BYTES_MAX: usize = 16 << 20;
/// Depth of the state tree: one level for each bit of a path.
pub const STATE_DEPTH_MAX: usize = 256;
/// Most hashes that show a run of items in a mountain range: at either end of the run one for each level of a perfect
/// tree below its root, of which there are at most 63.
pub const RANGE_PROOF_HASHES_MAX: usize = 2 * 63;
/// Most steps of a path in a list of a block: transactions, receipts or events are numbered by 32 bits.
pub const LIST_PATH_STEPS_MAX: usize = 32;
/// Most steps of a state witness in JSON. A witness has at most as many nodes as leaves, empty places and cut
/// subtrees, and all but the empty ones take 69 bytes of text or more, a node 4: 64 MiB hold 1.9 million. The bound
/// keeps a file of nodes alone, whose steps take 17 times their text, below 150 MB.
pub const WITNESS_STEPS_MAX: usize = 1 << 21;
/// Largest proof file: one item's history with the events it rests on.
pub const PROOF_BYTES_MAX: usize = 64 << 20;

/// Gas of one transaction, unless the genesis says otherwise: the deployment of 1 MiB of code takes 2.1e9, the
/// capture of the largest event there is (12,500 items) 1.4e9.
pub const TRANSACTION_GAS_DEFAULT: Gas = Gas(3_000_000_000);
/// Gas of one block, unless the genesis says otherwise: one transaction of the largest limit.
///
/// Contracts as they are written take 0.05 to 0.16 ns for a unit: 0.15 to 0.5 s for a full block, within half of
/// the default view timeout. What is written to take long (loads that each wait for the memory and for one
/// another) takes up to 15 ns, 45 s for a full block. For that to fit half a view a block could
/// hold 3e7, a fortieth of what the largest event takes, so it is accepted for a chain of known members: a block is
/// final before it is executed, all validators take as long over it, no vote is forgotten meanwhile, timers
/// double up to their maximum and agreement goes on; and receipts and `contract_run_microseconds` over `gas` show whose
/// contract it was.
pub const BLOCK_GAS_DEFAULT: Gas = TRANSACTION_GAS_DEFAULT;
