//! Numbers that the replica keeps for the shell to publish.

/// Counts since the start, and gauges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Blocks executed and committed.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Of these, those that took effect.
    pub succeeded: u64,
    /// Scheduled calls run.
    pub scheduled: u64,
    /// Of these, those that took effect.
    pub scheduled_succeeded: u64,
    /// How long before the newest block the first scheduled call was due that waits yet, milliseconds; 0 if none is late.
    pub scheduled_late_ms: u64,
    /// Gas used.
    pub gas: u64,
    /// Gas that the newest block used.
    pub block_gas: u64,
    /// Transactions taken into the mempool.
    pub admitted: u64,
    /// Transactions refused by it.
    pub refused: u64,
    /// Transactions waiting.
    pub waiting: u64,
    /// Bytes of transactions waiting.
    pub waiting_bytes: u64,
    /// Proposed blocks whose transactions are kept.
    pub payloads: u64,
    /// Of these, those that lack transactions.
    pub gathering: u64,
    /// Transactions fetched from peers because gossip had not brought them.
    pub fetched: u64,
    /// Blocks taken over from peers while catching up.
    pub synced: u64,
    /// Height that is being caught up to, 0 if none.
    pub wanted: u64,
    /// From where on peers keep blocks, if this node is behind and needs an earlier one; 0 if it does not.
    pub peers_keep_from: u64,
    /// Height of the block that is not executed since it stopped this node twice, 0 if there is none.
    pub halted: u64,
    /// Bytes appended to the vote journal.
    pub journal_bytes: u64,
}

/// How much a replica keeps of everything that others can make it keep; `limits` says how much that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// What its engine keeps.
    pub engine: countersign_consensus::Kept,
    /// What waits for a block.
    pub mempool: Pooled,
    /// Proposed blocks whose transactions are kept.
    pub payloads: usize,
    /// Names that peers sent transactions for, and that are being checked.
    pub checking: usize,
    /// Finalised blocks that are not executed.
    pub finalised: usize,
    /// Blocks that a proposal would extend.
    pub open: usize,
    /// Validators to be reported.
    pub reports: usize,
    /// Damaged heights to be brought again.
    pub repairs: usize,
    /// Peers that something was served to, of the kind that most asked for.
    pub served: usize,
}

/// How much waits for a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pooled {
    /// Transactions.
    pub transactions: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Places in the organisations' queues; some of what stood there is gone.
    pub queued: usize,
    /// Transactions to be gossiped again.
    pub watched: usize,
    /// The largest of the orders in which they are found.
    pub indexed: usize,
    /// Ids that unfinalised blocks hold.
    pub taken: usize,
}
