//! Every bound of the node's shell, with its arithmetic. Nothing here is part of consensus: two nodes
//! may differ in these numbers and still agree.
//!
//! # Memory that peers can make a node hold
//!
//! Per peer, at most (queues towards it, and messages from it that the node has not handled yet):
//!
//! ```text
//! towards it   OUTBOX_CONSENSUS_BYTES_MAX + OUTBOX_SYNC_BYTES_MAX     8 + 16 MiB
//! from it      INBOX_CONSENSUS_BYTES_MAX + INBOX_SYNC_BYTES_MAX
//!                                        + INBOX_TRANSACTIONS_BYTES_MAX   8 + 16 + 8 MiB
//! gossip       GOSSIP_QUEUE_MESSAGES_MAX × GOSSIP_TRANSMIT_BYTES_MAX      32 MiB
//! ```
//!
//! 88 MiB, reached only by a peer that is hostile and stalled at once; f of them in a set of 16
//! (f = 5) hold 440 MiB. Honest peers hold a few kilobytes.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Peers that are no validators: of the largest set fewer than a third (42) leave at once, and whom the operator lists.
pub const GUESTS_MAX: usize = 64;

/// Blocks of an epoch during which validators that left with the epoch before may connect, to learn that they did:
/// with a heartbeat of 30 s and nothing else to agree on three and a half days, with ten blocks a second 17 minutes.
pub const HANDOVER_HEIGHTS: u64 = 10_000;

/// Peers a node keeps connections to: the largest set, and the guests.
pub const PEERS_MAX: usize = countersign_types::limits::VALIDATORS_MAX + GUESTS_MAX;

/// Addresses listed for one peer.
pub const PEER_ADDRESSES_MAX: usize = 8;

/// Largest file of an override: 128 signatures of 64 bytes with their keys, in hexadecimal, and much white space.
pub const OVERRIDE_FILE_BYTES_MAX: u64 = 256 << 10;

/// Largest file of a restart order: 256 signatures, 128 validators and a certificate, each entry below 400 bytes of JSON.
pub const ORDER_FILE_BYTES_MAX: u64 = 1 << 20;

/// Largest page that is served: the one that checks proof files has about 1 MiB, most of it WebAssembly.
pub const PAGE_BYTES_MAX: u64 = 16 << 20;

// Frames on direct streams

/// A consensus message: a proposal naming 2 MiB of transactions, should it carry them inline, plus
/// the certificates that justify it (128 signers × 66 bytes × 64 views = 528 KiB), rounded up.
pub const CONSENSUS_FRAME_BYTES_MAX: usize = 4 * MIB;

/// A sync message: a block (2 MiB) with receipts and certificates, or a snapshot chunk.
pub const SYNC_FRAME_BYTES_MAX: usize = 8 * MIB;

/// A batch of gossiped transactions: one transaction of the largest size (1 MiB) with its envelope.
pub const TRANSACTIONS_BYTES_MAX: usize = MIB + 16 * KIB;

/// Gossipsub's limit on one RPC: the batch, plus source, sequence number, topic, key and signature.
pub const GOSSIP_TRANSMIT_BYTES_MAX: usize = TRANSACTIONS_BYTES_MAX + 4 * KIB;

/// Peers named by one advert frame; eight bytes each.
pub const ADVERT_PEERS_MAX: usize = PEERS_MAX;

// Queues towards a peer

/// Two consensus frames of the largest size.
pub const OUTBOX_CONSENSUS_BYTES_MAX: usize = 2 * CONSENSUS_FRAME_BYTES_MAX;

/// Two sync frames of the largest size.
pub const OUTBOX_SYNC_BYTES_MAX: usize = 2 * SYNC_FRAME_BYTES_MAX;

/// Messages in one queue, whatever their size: half a minute of votes at 128 a second.
pub const OUTBOX_MESSAGES_MAX: usize = 4_096;

/// Gossip messages waiting for one slow peer; 32 × 1 MiB at worst, then the newest are dropped.
pub const GOSSIP_QUEUE_MESSAGES_MAX: usize = 32;

/// How long a gossip message may wait for a slow peer before it is dropped.
pub const GOSSIP_QUEUE_TIME: Duration = Duration::from_secs(3);

/// Commands (publish, report) waiting for the network task.
pub const COMMANDS_MAX: usize = 4_096;

/// Bytes of a sync frame written between two looks at the consensus queue.
pub const SYNC_CHUNK_BYTES: usize = 64 * KIB;

/// How long one sync chunk waits for the consensus queue to drain. 64 KiB every 20 ms keeps sync at
/// 3 MiB/s even when consensus traffic never pauses.
pub const SYNC_YIELD: Duration = Duration::from_millis(20);

// Messages from a peer

/// Consensus bytes of one peer that the node has not handled yet, in whichever queue they are.
pub const INBOX_CONSENSUS_BYTES_MAX: usize = 2 * CONSENSUS_FRAME_BYTES_MAX;

/// Sync bytes of one peer that the node has not handled yet.
pub const INBOX_SYNC_BYTES_MAX: usize = 2 * SYNC_FRAME_BYTES_MAX;

/// Transaction bytes of one peer that the node has neither checked nor handled yet.
pub const INBOX_TRANSACTIONS_BYTES_MAX: usize = 8 * MIB;

/// What a message costs at least, in every byte budget and rate, however short it is. It bounds the
/// messages that 8 MiB can hold at 4,096.
pub const MESSAGE_COST_BYTES_MIN: usize = 2 * KIB;

/// Messages waiting for the node in one class: every peer's whole budget in messages of the least cost.
pub const INBOX_MESSAGES_MAX: usize = PEERS_MAX * INBOX_SYNC_BYTES_MAX / MESSAGE_COST_BYTES_MIN;

/// Sustained consensus bytes per second and peer: 16,384 short messages or 8 of the largest.
pub const CONSENSUS_BYTES_PER_SECOND: u64 = 32 * MIB as u64;
/// Sustained sync bytes per second and peer.
pub const SYNC_BYTES_PER_SECOND: u64 = 64 * MIB as u64;
/// Sustained transaction bytes per second and peer: 12,000 transactions/s of 300 bytes are 3.6 MB/s.
pub const TRANSACTIONS_BYTES_PER_SECOND: u64 = 16 * MIB as u64;
/// What may come at once, in seconds of the sustained rate. In half a second the slowest class (transactions, 8 MiB)
/// still passes a message of its largest size.
pub const BURST: Duration = Duration::from_millis(500);

/// Gossip messages dropped for rate within [`FLOOD_WINDOW`] before the peer is disconnected.
pub const FLOOD_DROPS_MAX: u32 = 2_000;
/// The window of [`FLOOD_DROPS_MAX`].
pub const FLOOD_WINDOW: Duration = Duration::from_secs(10);

// Connections

/// Noise and Yamux must be done within this time.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Inbound connections in the handshake, in all.
pub const PENDING_INBOUND_MAX: u32 = 128;
/// Inbound connections in the handshake from one address.
pub const PENDING_INBOUND_PER_ADDRESS_MAX: usize = 16;
/// Connections to one peer: one that is used, one that replaces it, one for a crossing dial.
pub const CONNECTIONS_PER_PEER_MAX: u32 = 3;
/// Yamux streams per connection: two direct and one gossip stream each way, doubled while they are reopened.
pub const STREAMS_PER_CONNECTION_MAX: usize = 16;
/// Above this resident memory no new connection is accepted.
pub const CONNECTION_MEMORY_BYTES_MAX: usize = 4 * 1024 * MIB;

/// Two crossing dials within this time are settled by key; an older connection gives way to a newer one.
pub const CROSSING_DIAL_WINDOW: Duration = Duration::from_secs(5);
/// The side with the larger key waits this long before it dials, so that dials seldom cross.
pub const DIAL_YIELD: Duration = Duration::from_millis(300);
/// First pause before a peer is dialled again; doubles.
pub const BACKOFF_MIN: Duration = Duration::from_millis(250);
/// Longest pause before a peer is dialled again.
pub const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// How often due dials are looked for.
pub const DIAL_TICK: Duration = Duration::from_millis(100);
/// Name resolution of one address.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Each direct stream carries a frame at least this often.
pub const KEEP_ALIVE: Duration = Duration::from_secs(3);
/// A direct stream without a frame for this long closes the connection: four keep-alives.
pub const SILENCE_MAX: Duration = Duration::from_secs(12);
/// A frame that has begun must arrive whole within this time: 8 MiB at 140 KiB/s.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(60);
/// The two direct streams must be open within this time after the handshake.
pub const STREAM_OPEN_TIMEOUT: Duration = Duration::from_secs(5);

const _: () = assert!(GOSSIP_TRANSMIT_BYTES_MAX > MIB);
const _: () = assert!(OUTBOX_CONSENSUS_BYTES_MAX >= CONSENSUS_FRAME_BYTES_MAX);
const _: () = assert!(INBOX_SYNC_BYTES_MAX >= SYNC_FRAME_BYTES_MAX);
const _: () = assert!(SYNC_FRAME_BYTES_MAX < 1 << 31);

// HTTP
//
// Memory that clients can make a node hold: HTTP_CONNECTIONS_MAX × (HTTP_HEADER_BYTES_MAX + about 8 KiB
// of task and socket) = 24 MiB, and HTTP_BODIES_BYTES_MAX = 64 MiB of bodies being read.

/// Open connections. The longest idle one gives way to a new one.
pub const HTTP_CONNECTIONS_MAX: usize = 1_024;
/// Open connections from one address (one /64 for IPv6); the same rule.
pub const HTTP_CONNECTIONS_PER_ADDRESS_MAX: usize = 256;
/// Request line and headers.
pub const HTTP_HEADER_BYTES_MAX: usize = 16 * KIB;
/// Header lines.
pub const HTTP_HEADERS_MAX: usize = 64;
/// A request's body: the largest transaction (1 MiB) in base64 is 1.34 MiB.
pub const HTTP_BODY_BYTES_MAX: usize = 2 * MIB;
/// Bodies being read, of all clients together.
pub const HTTP_BODIES_BYTES_MAX: usize = 64 * MIB;
/// From accept, or a request's first byte, to the end of its headers.
pub const HTTP_HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// From the end of the headers to the end of the body.
pub const HTTP_BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// From the end of the body to the answer.
pub const HTTP_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Between requests on one connection.
pub const HTTP_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Without progress while an answer is written.
pub const HTTP_WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open requests may take when the node stops.
pub const HTTP_DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Open WebSockets.
pub const SOCKETS_MAX: usize = 100;
/// Messages waiting for one WebSocket client, each at most 16 MiB and mostly below 1 KiB. Subscriptions wait
/// for room; a client that accepts nothing for [`HTTP_WRITE_TIMEOUT`] is disconnected.
pub const SOCKET_QUEUE_MESSAGES_MAX: usize = 16;
/// Messages of one WebSocket client that wait for the node.
pub const SOCKET_INBOX_MESSAGES_MAX: usize = 16;
/// How often an open WebSocket is pinged.
pub const SOCKET_PING_INTERVAL: Duration = Duration::from_secs(20);
/// A WebSocket that answers nothing for this long is closed: three pings.
pub const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(60);

// The replica's thread and its verifiers

// What waits for them holds a share of its sender's allowance: a peer's INBOX_…_BYTES_MAX, or one of the two below.
// So no sender can fill the queues, which have no length of their own; what is decoded takes two to three times its bytes.

/// Bytes of transactions of this node's clients that wait to be checked or admitted; more are refused as busy.
/// 12,288 submissions of one short transaction each: a second at full speed.
pub const SUBMITTED_BYTES_MAX: usize = 24 * MIB;
/// The same for transactions that were asked of peers: four answers of the largest size. What finds no room is
/// asked for again.
pub const FETCHED_BYTES_MAX: usize = 8 * MIB;
/// Facts the replica takes in one turn, that is, with one sync of the vote journal: 30 heights of
/// votes of 16 validators.
pub const TURN_INPUTS_MAX: usize = 512;
/// Transactions whose signatures are checked in one batch: at 25 µs each, 26 ms.
pub const VERIFIER_BATCH_MAX: usize = 1_024;
/// Deployments waiting for the compiler's thread, each of one submission or gossiped batch: at most 16 MiB
/// of code, compiled in about a minute at worst. More are refused as busy, or left to be fetched again.
pub const COMPILER_QUEUE_MAX: usize = 16;
/// How long a client's transaction may wait for company before it is gossiped. One signature and one
/// round of gossip then serve all that arrived within 5 ms: 50 at 10,000 a second.
pub const GOSSIP_DELAY: Duration = Duration::from_millis(5);
/// Bytes of transactions that are gossiped at once, unless one alone is larger. 400 of 300 bytes.
pub const GOSSIP_FLUSH_BYTES: usize = 128 * KIB;

// The disk

/// Free bytes below which voting stops. What is written between two looks, and by RocksDB in the background, must fit: a
/// vote journal's replacement (64 MiB), 3 memtables (64 MiB each) and a compiled contract.
pub const SPACE_STOP_BYTES: u64 = 320 << 20;
/// Free bytes from which voting goes on; more, so that it does not flap.
pub const SPACE_RESUME_BYTES: u64 = 384 << 20;
/// How often the node looks: at 200 MB/s, 50 MB are written in between.
pub const SPACE_LOOK_INTERVAL: Duration = Duration::from_millis(250);

// Snapshots

/// Blocks from one snapshot to the next. A state of 10 GiB is read and written once in them: at ten blocks a second that
/// is 1 MiB/s over two and a half hours.
pub const SNAPSHOT_INTERVAL_BLOCKS: u64 = 100_000;
/// Smallest interval of snapshots.
pub const SNAPSHOT_INTERVAL_BLOCKS_MIN: u64 = 8;
/// Snapshots that are kept: one that is being fetched stays for a whole interval after the next one is made.
pub const SNAPSHOTS_KEPT: usize = 2;
/// Lowest height of a snapshot that a node without a ledger fetches, unless it is configured: a thousand blocks are
/// fetched in seconds, and bring their history.
pub const SNAPSHOT_HEIGHT_MIN: u64 = 1_000;
/// Requests for snapshots that wait to be served, 100 bytes each. More are dropped, and asked again.
pub const SNAPSHOT_REQUESTS_MAX: usize = 256;
/// How long a node that is run again in its process, to mend its state, waits for those who still read its ledger: views end within
/// seconds.
pub const LEDGER_FREE_WITHIN: Duration = Duration::from_secs(15);
/// How often it looks.
pub const LEDGER_LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// Looks at a suspect state until it is whole: each finds up to 4,096 places that are lost, so that 64 of them are 250,000.
pub const HEAL_ROUNDS_MAX: usize = 64;
/// How often joining is reported in the log.
pub const JOIN_REPORT_INTERVAL: Duration = Duration::from_secs(5);
// The operator's socket

/// A call: a path of 4,096 bytes with its envelope.
pub const ADMIN_CALL_BYTES_MAX: u64 = 16 << 10;
/// How long a connection may wait before it says something.
pub const ADMIN_CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once; more wait. One operator needs one.
pub const ADMIN_CONNECTIONS_MAX: usize = 4;

// JSON-RPC

/// Calls of `tx_wait` under way: each 200 bytes, 13 MiB in all.
pub const WAITERS_MAX: usize = 65_536;
/// Transactions of this node's clients whose fate is remembered until a block takes them: as many as
/// the mempool holds.
pub const SUBMITTED_MAX: usize = 20_000;
/// Expired transactions that are remembered, so that `tx_get` can say so.
pub const EXPIRED_MAX: usize = 20_000;
/// Reads of the ledger that run at once; more wait. Each may hold an answer of 16 MiB.
pub const READS_MAX: usize = 8;
/// Views of contracts that run at once; more wait. Each takes a core for up to 4 s and may hold as much as a read.
pub const VIEWS_MAX: usize = 4;
/// Transactions that are tried out at once; more wait. The machine runs two calls at a time, and the other place is execution's.
pub const TRIALS_MAX: usize = 1;
/// Threads that read records of an item ahead of a view, which is as many reads as a disk is given at once: with four views, 32. A
/// read of a record waits for two blocks of the disk, and those of different records need not wait for one another.
pub const AHEAD_THREADS: usize = 8;
/// Records that each of these threads has to read at least: to start one costs as much as to wait for one record.
pub const AHEAD_RECORDS_EACH: usize = 4;
/// Logs that these threads fetch for a walk before it looks at them, of some 150 bytes: 2.5 MiB.
pub const AHEAD_LOGS: usize = 16_384;
/// Entries of an item's log that are looked at to read ahead: the most events of a page. What comes later is not read ahead.
pub const AHEAD_RECORDS_MAX: usize = 1_000;
/// Records that one page of a query looks at. A record of 1.1 KB takes some 20 µs to be read and matched, so a page of a query that
/// finds nothing takes half a second; the next one goes on.
pub const QUERY_READS_MAX: u64 = 20_000;
/// Hits of the index of events that a query reads at once.
pub const QUERY_HITS: usize = 64;
/// Records that one page of a query looks at by the index of events. For each the receipts of its block are read, which may take
/// a millisecond where hundreds of events share a block.
pub const QUERY_HITS_MAX: u64 = 2_000;
/// Records to one hit from which on the index is worth it: reading a block's receipts takes as long as so many records.
pub const QUERY_SPARSE: u64 = 16;
/// Words of one parameter that the index is asked for, each on its own.
pub const QUERY_WORDS_MAX: usize = 8;
/// Bytes of events in one page of a query, beyond its last event: half of the largest response.
pub const QUERY_BYTES_MAX: usize = 2 << 20;
/// Gas of one view: some 4 s on the reference machine, below the request timeout of 10 s.
pub const VIEW_GAS_MAX: u64 = 4_000_000_000;
/// Hand-overs that one page of a list looks at. Each is two entries of some 1.2 KB together, so a page that finds nothing takes a
/// tenth of a second; the next one goes on.
pub const HANDOVERS_READ_MAX: u32 = 4_000;
/// How long a walk over a provenance contract's registers may take: less than the request timeout of 10 s, so that the answer
/// says why.
pub const WALK_TIME_MAX: Duration = Duration::from_secs(8);
/// Records of a log that a walk reads at once: 1,024 of some 150 bytes. Most items' logs are shorter.
pub const WALK_LOG_RECORDS: usize = 1_024;
/// Interfaces of contracts that are kept decoded: at most 1 MiB of text each, most of them 10 KiB.
pub const INTERFACES_MAX: usize = 64;
/// Contracts looked at for one page in descending order, or to find the default provenance contract.
pub const CONTRACTS_MAX: usize = 100_000;
/// Calls of one WebSocket client that are answered at once; more wait.
pub const SOCKET_CALLS_MAX: usize = 16;
/// Subscriptions of one WebSocket client.
pub const SUBSCRIPTIONS_MAX: usize = 4;
/// Heights that a node may be behind what it knows to exist and still be ready: half a second at full
/// speed.
pub const READY_LAG_MAX: u64 = 10;

/// Proposals that one page of `gov_listProposals` reads: each is decoded whole, and most are below 2 KiB.
pub const PROPOSALS_READ_MAX: usize = 1_000;

/// Bytes of a cursor: a height and a place of at most 72 bytes, and a digest of 16; rounded up.
pub const CURSOR_BYTES_MAX: usize = 128;
