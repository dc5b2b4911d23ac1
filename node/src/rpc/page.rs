//! The page that checks proof files, served as it stands in a file. What it is worth depends on where that file came from,
//! so the node serves it for convenience only: whoever does not trust the node opens a page of their own from the disk.

use crate::limits::PAGE_BYTES_MAX;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Where it is served.
pub(super) const PATH: &str = "/verify";

/// The page, read once.
#[derive(Debug, Clone)]
pub struct Page(axum::body::Bytes);

impl Page {
    /// Reads it.
    ///
    /// # Errors
    /// If it cannot be read or is larger than [`PAGE_BYTES_MAX`].
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(PAGE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length <= PAGE_BYTES_MAX) {
            return Ok(Self(bytes.into()));
        }
        Err(io::Error::other(format!(
            "it has more than {PAGE_BYTES_MAX} bytes; `countersign proof page` makes one of less"
        )))
    }

    /// The page's own policy names its scripts. These add what a page cannot say of itself.
    pub(super) fn respond(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.0.clone()).into_response()
    }
}
