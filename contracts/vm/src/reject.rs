//! Why code may not be deployed.

/// The code may not be deployed. The same bytes draw the same verdict everywhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeRejected {
    /// The module is longer than allowed.
    #[error("code has {bytes} bytes; at most {max} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
}
