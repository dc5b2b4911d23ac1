//! Bounds of a replica, with their arithmetic.

/// Gas of any transaction before it does anything: a batched signature check (about 25 µs at one
/// gas a nanosecond), two account reads and the record of its id.
pub const TRANSACTION_GAS: u64 = 40_000;
/// Gas for each byte of a transaction: hashing twice, storing, sending to three peers.
pub const TRANSACTION_BYTE_GAS: u64 = 20;
/// Gas for each further signature in a transaction (a key's proof, a reported vote): a check of its own (about 60 µs) and
/// a write.
pub const SIGNATURE_GAS: u64 = 80_000;
/// Most admins of an organisation: a list of 64 ids of 66 bytes is 4 KiB, and each change of an account that is one reads them all.
pub const ADMINS_MAX: usize = 64;
/// How long admins of an organisation that asks several of them to agree have for it, milliseconds of block time: a week.
pub const CONSENT_MS: u64 = 7 * 86_400_000;
/// Gas of an operation that changes who may do what, beside its bytes: it reads and writes some tens of entries, and a proposal is
/// written whole with each vote.
pub const GOVERNANCE_GAS: u64 = 500_000;
/// The part of a block's most gas that scheduled calls have, beside its transactions: a quarter. So a block takes at most
/// 5/4 of it, or the largest scheduled call more where that is larger than the quarter.
pub const SCHEDULED_GAS_PART: u64 = 4;
/// Scheduled calls that one block runs or moves: at their least gas (750,000) they take the default quarter, and their
/// inputs below 17 MiB.
pub const SCHEDULED_CALLS_PER_BLOCK: usize = 1_000;
/// Expired transaction ids removed by one block: more than a full block adds, so the backlog
/// shrinks.
pub const EXPIRED_IDS_PER_BLOCK: usize = 20_000;
/// Transactions waiting: two full blocks.
pub const MEMPOOL_TRANSACTIONS_MAX: usize = 20_000;
/// Bytes of transactions waiting: 32 full blocks of 2 MiB.
pub const MEMPOOL_BYTES_MAX: usize = 64 << 20;
/// Of these, the part that is free for whoever needs more than its share, in percent. The rest is shared out equally
/// among organisations.
pub const MEMPOOL_FREE_PERCENT: usize = 50;
/// Transactions gossiped again in one turn.
pub const GOSSIP_AGAIN_MAX: usize = 256;
/// The time until a transaction is gossiped again doubles so often: from the first view timeout to 64 of them.
pub const GOSSIP_AGAIN_SHIFT_MAX: u32 = 6;
/// Blocks that are not finalised and whose transactions are held: the run-ahead window is at most
/// 64, and each of its views may see one proposal that fails.
pub const PAYLOADS_MAX: usize = 256;
/// Transactions asked for in one message: 1,000 names are 32 KB.
pub const FETCH_TRANSACTIONS_MAX: usize = 1_000;
/// Bytes of transactions sent in one answer.
pub const FETCH_BYTES_MAX: usize = 2 << 20;
/// Milliseconds before missing transactions are asked for again, from another peer.
pub const FETCH_RETRY_MS: u64 = 300;
/// Milliseconds for which a fetched transaction is not asked for again while this node checks it, which for the
/// largest code takes about two seconds.
pub const CHECKING_MS: u64 = 3_000;
/// Tries after which that time doubles, and how often it does: blocks of views that came to nothing
/// are asked for every 10 s in the end.
pub const FETCH_TRIES_PER_STEP: u16 = 8;
/// See [`FETCH_TRIES_PER_STEP`].
pub const FETCH_STEPS_MAX: u16 = 5;
/// Blocks in one answer of a catching-up peer.
pub const SYNC_BLOCKS_MAX: usize = 64;
/// Bytes in one such answer, if it holds more than one block.
pub const SYNC_BYTES_MAX: usize = 4 << 20;
/// Largest message of the sync class: an answer and its envelope. One block always fits: 2 MiB of transactions, 320 KB of
/// names, three certificates of 9 KB, 800 KiB of overrides, and 1 MiB of a restart order with two validator sets.
pub const SYNC_MESSAGE_BYTES_MAX: usize = SYNC_BYTES_MAX + (4 << 20);
/// Requests for blocks that a peer may make at once, and milliseconds until it may make one more:
/// 25 a second, each 4 MiB at most.
pub const BLOCKS_SERVED_BURST: u32 = 32;
/// See [`BLOCKS_SERVED_BURST`].
pub const BLOCKS_SERVED_MS: u64 = 40;
/// The same for requests for transactions of a proposal: 100 a second, each 2 MiB at most.
pub const TRANSACTIONS_SERVED_BURST: u32 = 64;
/// See [`TRANSACTIONS_SERVED_BURST`].
pub const TRANSACTIONS_SERVED_MS: u64 = 10;
/// Milliseconds before a catch-up request is sent to another peer.
pub const SYNC_RETRY_MS: u64 = 2_000;
/// Damaged heights that are looked after at once; more are noticed again when they are read.
pub const REPAIR_HEIGHTS_MAX: usize = 1_024;
/// Milliseconds for which a damaged height is left alone that no peer could send.
pub const REPAIR_PAUSE_MS: u64 = 60_000;
/// Bytes of receipts that are gathered for one damaged block before their root is known: those of 10,000 transactions with
/// 6 KB of events each. A block that announced more is not brought again; its node must be restored or join anew.
pub const REPAIR_RECEIPTS_BYTES_MAX: usize = 64 << 20;
/// Longest receipt: 2 MiB of events, 64 KiB of output, and what stands around 4,096 events: 108 bytes each, with eight attributes.
pub const RECEIPT_BYTES_MAX: usize = 5 << 19;
const _: () = assert!((2 << 20) + (64 << 10) + 4_096 * 108 + 1_024 <= RECEIPT_BYTES_MAX);
/// Places of the state that are asked for in one message, of 34 bytes each. A bucket has at most twelve entries of some hundred bytes.
pub const STATE_PLACES_MAX: usize = 64;
/// Bytes of entries in an answer: three of the largest size. A bucket of more is not sent, and its node makes its ledger anew.
pub const STATE_BYTES_MAX: usize = SYNC_BYTES_MAX;
/// Milliseconds without anything new after which a healing ledger stops asking: a dead peer is passed over after two seconds, and
/// peers that are being started are there after some more.
pub const HEAL_PATIENCE_MS: u64 = 30_000;
/// Heights below the newest certified one in which a start looks for missing result certificates.
pub const CERTIFICATES_LOOKED_FOR: u64 = 4_096;
/// Bytes appended to the vote journal before it is written anew without what is decided.
pub const JOURNAL_ROTATE_BYTES: usize = 64 << 20;
/// Transactions in one gossiped batch; their bytes stay below the transmit limit of the network.
pub const GOSSIP_BATCH_BYTES_MAX: usize = 256 << 10;
/// Largest journal record: a block's transactions.
pub const JOURNAL_RECORD_BYTES_MAX: usize = 8 << 20;

/// Times that a peer of an earlier epoch is told at once that it is over, and milliseconds until once more.
pub const EPOCHS_TOLD_BURST: u32 = 4;
/// See [`EPOCHS_TOLD_BURST`].
pub const EPOCHS_TOLD_MS: u64 = 250;
/// Milliseconds between two questions for new blocks by who is no validator.
pub const OBSERVE_MS: u64 = 1_000;

/// Snapshots that a peer is believed to have: it keeps two, and may be making a third.
pub const SNAPSHOTS_OFFERED_MAX: usize = 4;
/// Pieces of a snapshot on the way at once, of 512 KiB each and at most 2 MiB: 8 to 32 MiB.
pub const PIECES_FLYING_MAX: usize = 16;
/// Of these, from one peer: two fill its outbox (16 MiB) at worst, and eight peers are as fast as can be used.
pub const PIECES_PER_PEER_MAX: usize = 4;
/// Subtrees of a snapshot whose logs are fetched at once. For each, the ranges of its logs are kept: as much as its state
/// piece, 512 KiB.
pub const OPEN_CUTS_MAX: usize = 16;
/// Milliseconds until a piece is asked of another peer: one of the largest size at 200 KiB/s. It still counts when it comes.
pub const PIECE_RETRY_MS: u64 = 10_000;
/// A peer that does not answer is left alone for twice that, doubling so often: up to 80 s.
pub const PEER_AWAY_SHIFT_MAX: u32 = 3;
/// Milliseconds between two questions to a peer which snapshots it has.
pub const OFFERS_RETRY_MS: u64 = 5_000;
/// Milliseconds from the first offer of a snapshot until one is chosen, so that others can offer theirs.
pub const JOIN_CHOICE_MS: u64 = 2_000;
/// Milliseconds since the last offer after which blocks are fetched instead.
pub const JOIN_PATIENCE_MS: u64 = 30_000;
/// Milliseconds without a new piece after which another snapshot is taken, if reliable peers have one.
pub const SNAPSHOT_STALL_MS: u64 = 30_000;
/// Milliseconds without a new piece after which the snapshot is given up in any case, and without a manifest that holds after
/// which blocks are fetched whatever is offered.
pub const JOIN_GIVE_UP_MS: u64 = 600_000;
/// Requests for offers or pieces that a peer may make at once, and milliseconds until it may make one more: 50 a second,
/// 25 MiB of them.
pub const PIECES_SERVED_BURST: u32 = 32;
/// See [`PIECES_SERVED_BURST`].
pub const PIECES_SERVED_MS: u64 = 20;
/// Pieces that a joiner asks of a peer at once: half of what the peer serves, so that clocks that differ cost nothing.
/// Afterwards as many as it serves.
pub const PIECES_ASKED_BURST: u32 = PIECES_SERVED_BURST / 2;
/// Records of a log that a view reads at once, if it reads the log from one to the next: of at most 64 KiB each, 4 MiB.
pub const LOG_RECORDS_AHEAD: usize = 64;
