//! Files that hold an account's key, the same as the node's key files.
//!
//! ```text
//! countersign account key
//! 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
//! ```
//!
//! A file that others can read or change is refused: whoever has the seed is the account. The seed
//! is wiped from memory and never printed.

use crate::limits::KEY_FILE_BYTES_MAX;
use countersign_types::SecretKey;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const HEADER: &str = "countersign account key";

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system's fault.
    #[error("key file {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        cause: std::io::Error,
    },
    /// There is no such file.
    #[error("there is no key file {}; make one with `countersign key new`", .0.display())]
    Missing(PathBuf),
    /// There is a file already.
    #[error("key file {} exists and is not overwritten; choose another name", .0.display())]
    Exists(PathBuf),
    /// Others may read or change it.
    #[error("key file {0} is accessible to others (mode {mode:04o}); run: chmod 600 {0}", path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The content is not a key file's.
    #[error("{} is no account key file: {cause}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: &'static str,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

/// A new key from the system's randomness.
///
/// # Errors
/// [`KeyFileError::Random`].
pub fn generate() -> Result<SecretKey, KeyFileError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|error| KeyFileError::Random(error.to_string()))?;
    Ok(SecretKey::from_seed(&seed))
}

/// Writes a new file of mode 0600, synced with its directory. An existing file is never replaced.
///
/// # Errors
/// [`KeyFileError::Exists`] or [`KeyFileError::File`].
pub fn create(path: &Path, key: &SecretKey) -> Result<(), KeyFileError> {
    let file = |cause: std::io::Error| match cause.kind() {
        ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::File { path: path.to_owned(), cause },
    };
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX));
    text.push_str(HEADER);
    text.push('\n');
    for byte in key.seed().iter() {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text.push('\n');
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(path).map_err(file)?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(file)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(file)
}

/// Reads a key file that is this user's alone.
///
/// # Errors
/// [`KeyFileError`] says what is wrong and what to do.
pub fn load(path: &Path) -> Result<SecretKey, KeyFileError> {
    let file = |cause: std::io::Error| match cause.kind() {
        ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
        _ => KeyFileError::File { path: path.to_owned(), cause },
    };
    let malformed = |cause| KeyFileError::Malformed { path: path.to_owned(), cause };
    let input = File::open(path).map_err(file)?;
    // Of the open file, not of the path, which could lead elsewhere by now.
    let metadata = input.metadata().map_err(file)?;
    if !metadata.is_file() {
        return Err(malformed("not a regular file"));
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777;
        if mode & 0o177 != 0 {
            return Err(KeyFileError::Mode { path: path.to_owned(), mode });
        }
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX));
    let bound = u64::try_from(KEY_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    input.take(bound).read_to_end(&mut bytes).map_err(file)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed("not text"))?;
    let digits = text
        .strip_prefix(HEADER)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or_else(|| malformed("its first line is not `countersign account key`"))?;
    let seed = decode(digits.strip_suffix('\n').unwrap_or(digits))
        .ok_or_else(|| malformed("its second line is not 64 lower-case hexadecimal digits"))?;
    Ok(SecretKey::from_seed(&seed))
}

fn digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 })
}

fn decode(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != seed.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in seed.iter_mut().zip(pairs) {
        *byte = (value(*high)? << 4) | value(*low)?;
    }
    Some(seed)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
