//! Bounds of the model, with their arithmetic.

/// JSON values nested one in another, document and event levels included. Published documents reach 12.
pub const NESTING_MAX: usize = 32;

/// Decimal places. 10^30 < 2^127, so a fraction at this scale fits the mantissa.
pub const DECIMAL_SCALE_MAX: u8 = 30;

/// Elements reserved ahead on the word of a length prefix; more grow as they are read.
pub const RESERVE_MAX: usize = 64;

/// Bytes of a document's text: one transaction is 1 MiB and a client splits a document into several.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of the text of one event in a document that is read event by event. No transaction takes more than 1 MiB of an
/// event's canonical bytes; text has white space, names and escapes beside them.
pub const STREAM_EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a violation's reason and of each step of its path, so that a receipt never repeats a document.
pub const VIOLATION_TEXT_BYTES_MAX: usize = 240;

/// Bytes of one identifier: a 30-character serial, each escaped as `%XX`, on a long custom domain.
pub const IDENTIFIER_BYTES_MAX: usize = 2048;

/// Bytes of an identifier that stand in a register's key as they are; the host allows 512 for all of it.
pub const KEY_TEXT_BYTES_MAX: usize = 480;

/// Canonical bytes of an event that stand in its record; the things of a larger one stand apart.
pub const RECORD_EVENT_BYTES_MAX: usize = 4096;

/// Containers in containers above one that is filled. Item, case, pallet, container, ship is 4.
pub const CONTAINERS_ABOVE_MAX: usize = 64;

/// Persistent dispositions of one object; the vocabulary has 12.
pub const PERSISTENT_MAX: usize = 32;

/// Error declarations of one event.
pub const DECLARATIONS_MAX: usize = 16;

/// Lots that one instance may be said to belong to; more than one is already a mistake of somebody.
pub const LOTS_MAX: usize = 4;

/// Time after which a logistic unit's number may be given again (GS1 General Specifications §2.2.1), in
/// milliseconds: a year.
pub const UNIT_REUSE_MS: i64 = 365 * 24 * 3600 * 1000;

/// How long a hand-over waits for the receiver where that has set nothing else, in milliseconds: a week.
pub const HANDOVER_WINDOW_MS: u64 = 7 * 24 * 3600 * 1000;

/// The longest that a hand-over may wait, in milliseconds: a year.
pub const HANDOVER_WINDOW_MAX_MS: u64 = 365 * 24 * 3600 * 1000;

/// The shortest, in milliseconds: a few blocks.
pub const HANDOVER_WINDOW_MIN_MS: u64 = 1000;

/// Bytes of the reason why a hand-over is refused; it stands in the register for ever.
pub const HANDOVER_REASON_BYTES_MAX: usize = 512;

/// State and log entries that a walk reads unless asked for fewer: a recall of 100,000 serials reads about
/// three for each.
pub const WALK_READS_MAX: u64 = 1_000_000;

/// Events, products or containers that a walk lists unless asked for fewer.
pub const WALK_ITEMS_MAX: usize = 200_000;

/// Logs that a walk reads together, so that a node fetches several at a time; fewer are read when they are come by.
pub const LOGS_TOGETHER_MIN: usize = 64;

/// Stays at one place that a longer one is judged by: of fewer, the median says little.
pub const DWELL_STAYS_MIN: usize = 8;

/// How many times the median distance from the median a stay may be longer than the median. Of a normal distribution six are
/// four standard deviations, which one stay in 30,000 passes.
pub const DWELL_MADS: i64 = 6;

/// Things of one event that are judged for gaps of custody: what an event names mostly came together, and 10,000 records of
/// them stay below the reads of a walk.
pub const CUSTODY_SUBJECTS_MAX: usize = 64;

/// Records that one report of anomalies looks at unless it is asked for fewer. Each reads the logs of what it names.
pub const ANOMALY_RECORDS_MAX: u32 = 10_000;

/// Values of all parameters of a query. A page looks at 20,000 records; each compared with each value takes some 10 ns, a
/// fifth of a second in all.
pub const QUERY_VALUES_MAX: usize = 1_000;

/// Values nested one in another in an event: a query document has five levels above it.
pub const EVENT_NESTING_MAX: usize = NESTING_MAX - 5;

/// Elements of an XML document nested one in another; 1.x wraps what came later, so more than values.
pub const XML_DEPTH_MAX: usize = 2 * NESTING_MAX;

/// Bytes of an XML document for each of its elements on average, beyond the first thousand; `<epc>` and its end alone
/// take eleven. An element in memory takes about 200, so a document of 2 MiB stays below 40 MB.
pub const XML_ELEMENT_BYTES_MIN: usize = 12;

/// Attributes and declarations of one XML element; a sensor report of the standard has 21.
pub const XML_ATTRIBUTES_MAX: usize = 64;

/// Namespaces in force at one XML element, and those that one event declares.
pub const XML_NAMESPACES_MAX: usize = 64;

/// Bytes of the name of an XML element or attribute.
pub const XML_NAME_BYTES_MAX: usize = 256;

/// Bytes of one text or attribute in XML: no transaction takes more than 1 MiB.
pub const XML_TEXT_BYTES_MAX: usize = 1024 * 1024;
