//! Bounds of the model, with their arithmetic.

/// JSON values nested one in another, document and event levels included. Published documents reach 11.
pub const NESTING_MAX: usize = 32;

/// Decimal places. 10^30 < 2^127, so a fraction at this scale fits the mantissa.
pub const DECIMAL_SCALE_MAX: u8 = 30;

/// Elements reserved ahead on the word of a length prefix; more grow as they are read.
pub const RESERVE_MAX: usize = 64;

/// Bytes of a document's text: one transaction is 1 MiB and a client splits a document into several.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of one identifier: a 30-character serial, each escaped as `%XX`, on a long custom domain.
pub const IDENTIFIER_BYTES_MAX: usize = 2048;
