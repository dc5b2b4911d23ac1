//! Key files: one Ed25519 seed each, for one purpose, readable by their owner alone.
//!
//! ```text
//! countersign validator key
//! 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
//! ```
//!
//! The purpose is part of the file, so that a validator's key cannot serve as its network key by a slip in
//! the configuration. Seeds are zeroised when dropped and never printed.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use zeroize::{Zeroize, Zeroizing};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Signs a validator's votes.
    Validator,
    /// Authenticates a node to its peers.
    Network,
    /// Signs an account's transactions.
    Account,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Validator, Self::Network, Self::Account];

    const fn name(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Network => "network",
            Self::Account => "account",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A secret seed.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// A seed from the system's randomness.
    ///
    /// # Errors
    /// If the system has none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|error| KeyError::Randomness(error.to_string()))?;
        Ok(Self(seed))
    }

    /// The bytes, for the one who signs with them.
    #[must_use]
    pub fn expose(&self) -> &Zeroizing<[u8; 32]> {
        &self.0
    }
}

impl From<Zeroizing<[u8; 32]>> for Seed {
    fn from(seed: Zeroizing<[u8; 32]>) -> Self {
        Self(seed)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system's fault.
    #[error("key file {path}: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        cause: io::Error,
    },
    /// There is a file already; keys are never overwritten.
    #[error("key file {0} exists already and is not overwritten; move it away first")]
    Exists(PathBuf),
    /// Others may read or change the file.
    #[error("key file {path} is accessible to others (mode {mode:04o}); run: chmod 600 {path}")]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else owns the file.
    #[error("{0} is not a regular file of this user")]
    Owner(PathBuf),
    /// The content is not a key file's.
    #[error("{path} is no key file: {cause}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: &'static str,
    },
    /// A key for something else.
    #[error("{path} holds a key for the purpose `{found}`, and a {expected} key is needed")]
    Purpose {
        /// Which file.
        path: PathBuf,
        /// What it is for.
        found: Purpose,
        /// What is needed.
        expected: Purpose,
    },
    /// One key for two purposes.
    #[error("{first} and {second} hold the same key; a key has one purpose")]
    Shared {
        /// A file.
        first: PathBuf,
        /// Another one.
        second: PathBuf,
    },
    /// The system has no randomness.
    #[error("no randomness: {0}")]
    Randomness(String),
}

/// Writes a new key file of mode 0600, synced with its directory.
///
/// # Errors
/// If there is a file already, or it cannot be written.
pub fn create(path: &Path, purpose: Purpose, seed: &Seed) -> Result<(), KeyError> {
    let file = |cause: io::Error| match cause.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
        _ => KeyError::File { path: path.to_owned(), cause },
    };
    let mut text = Zeroizing::new(format!("countersign {purpose} key\n"));
    // One allocation, so that no copy of the seed is left behind.
    text.reserve_exact(65);
    for byte in seed.0.iter() {
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 0xf));
    }
    text.push('\n');
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(file)?;
    out.write_all(text.as_bytes()).map_err(file)?;
    out.sync_all().map_err(file)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(file)
}

/// Reads a key file, if it is this user's alone and for `purpose`.
///
/// # Errors
/// See [`KeyError`].
pub fn load(path: &Path, purpose: Purpose) -> Result<Seed, KeyError> {
    let file = |cause| KeyError::File { path: path.to_owned(), cause };
    let mut input = File::open(path).map_err(file)?;
    // Of the open file, not of the path, which could point elsewhere by now.
    let metadata = input.metadata().map_err(file)?;
    if !metadata.is_file() {
        return Err(KeyError::Owner(path.to_owned()));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o177 != 0 {
        return Err(KeyError::Mode { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new([0; 128]);
    let len = read_up_to(&mut input, text.as_mut_slice()).map_err(file)?;
    let malformed = |cause| KeyError::Malformed { path: path.to_owned(), cause };
    let text = text.get(..len).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(|| malformed("not text"))?;
    let (header, rest) = text.split_once('\n').ok_or_else(|| malformed("no header line"))?;
    let found = Purpose::ALL
        .into_iter()
        .find(|purpose| {
            header.strip_prefix("countersign ").and_then(|h| h.strip_suffix(" key")) == Some(purpose.name())
        })
        .ok_or_else(|| malformed("the first line is not `countersign (validator|network|account) key`"))?;
    if found != purpose {
        return Err(KeyError::Purpose { path: path.to_owned(), found, expected: purpose });
    }
    let hex = rest.strip_suffix('\n').unwrap_or(rest);
    decode(hex).ok_or_else(|| malformed("the second line is not 64 lower-case hexadecimal digits")).map(Seed)
}

/// Refuses two files that hold one key.
///
/// # Errors
/// [`KeyError::Shared`].
pub fn check_distinct(first: (&Path, &Seed), second: (&Path, &Seed)) -> Result<(), KeyError> {
    if first.1.0 == second.1.0 {
        return Err(KeyError::Shared { first: first.0.to_owned(), second: second.0.to_owned() });
    }
    Ok(())
}

fn read_up_to(input: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

fn hex_digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 })
}

fn decode(hex: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != seed.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in seed.iter_mut().zip(pairs) {
        match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => {
                byte.zeroize();
                return None;
            }
        }
    }
    Some(seed)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_file_has_these_bytes_and_this_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.key");
        let seed = Seed::from(Zeroizing::new([0xa7; 32]));
        create(&path, Purpose::Network, &seed).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("countersign network key\n{}\n", "a7".repeat(32)));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(load(&path, Purpose::Network).unwrap().expose(), seed.expose());
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.key");
        create(&path, Purpose::Account, &Seed::generate().unwrap()).unwrap();
        let before = fs::read(&path).unwrap();
        let again = create(&path, Purpose::Account, &Seed::generate().unwrap());
        assert!(matches!(again, Err(KeyError::Exists(_))), "{again:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.key");
        create(&path, Purpose::Validator, &Seed::generate().unwrap()).unwrap();
        for mode in [0o644, 0o640, 0o620, 0o601, 0o700, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = load(&path, Purpose::Validator).unwrap_err().to_string();
            assert!(error.ends_with(&format!("chmod 600 {}", path.display())), "{error}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            load(&path, Purpose::Validator).unwrap();
        }
    }

    #[test]
    fn a_key_serves_one_purpose() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.key");
        let seed = Seed::generate().unwrap();
        create(&path, Purpose::Validator, &seed).unwrap();
        let error = load(&path, Purpose::Network).unwrap_err();
        assert!(matches!(error, KeyError::Purpose { found: Purpose::Validator, expected: Purpose::Network, .. }));
        assert!(check_distinct((&path, &seed), (Path::new("b"), &seed)).is_err());
        assert!(check_distinct((&path, &seed), (Path::new("b"), &Seed::generate().unwrap())).is_ok());
    }

    #[test]
    fn malformed_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.key");
        let seed = "ab".repeat(32);
        for text in [
            String::new(),
            seed.clone(),
            format!("countersign key\n{seed}\n"),
            format!("countersign tls key\n{seed}\n"),
            "countersign account key\n".to_owned(),
            format!("countersign account key\n{}\n", "AB".repeat(32)),
            format!("countersign account key\n{}\n", "ab".repeat(31)),
            format!("countersign account key\n{seed}ab\n"),
            format!("countersign account key\n{seed}\nmore\n"),
            format!("countersign account key\n{}\n", "zz".repeat(32)),
            format!("countersign account key\n{}\n", "é".repeat(32)),
        ] {
            write(&path, &text, 0o600);
            let result = load(&path, Purpose::Account);
            assert!(matches!(result, Err(KeyError::Malformed { .. })), "{text:?}: {result:?}");
        }
        assert!(matches!(load(directory.path(), Purpose::Account), Err(KeyError::Owner(_))));
        assert!(matches!(load(&directory.path().join("none"), Purpose::Account), Err(KeyError::File { .. })));
    }

    #[test]
    fn seeds_do_not_print() {
        let seed = Seed::from(Zeroizing::new([0xa7; 32]));
        assert_eq!(format!("{seed:?}"), "Seed(…)");
    }
}
