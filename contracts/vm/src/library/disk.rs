//! Compiled code on disk, so that a restart or a full memory costs a read and not a compilation.
//!
//! A file is named by what it was made from and for: the code's hash, the version of the metering and of
//! the cost table, and everything that the engine says decides its output (its version, its
//! configuration, the target and the CPU's features). It begins with a code over name and content under
//! a secret of this node (HMAC-SHA-256). What does not carry the right one, because it is damaged, was
//! made elsewhere or was put there by somebody else, is removed and never loaded: native code is run as
//! it stands.
//!
//! Files are written beside their place and renamed, so none is seen half-written. Losing one costs time
//! only, so a file that cannot be read or written is no fault.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;

use crate::CodeHash;
use crate::limits;

/// Where compiled code is kept, and under which secret.
#[derive(Clone, PartialEq, Eq)]
pub struct DiskConfig {
    /// The directory; it is made if it is not there. Nothing else may be in it.
    pub directory: PathBuf,
    /// Known to this node alone.
    pub secret: [u8; 32],
    /// Bytes of all files; those unused for longest go first.
    pub bytes_max: u64,
}

impl DiskConfig {
    /// With the usual bound.
    #[must_use]
    pub fn new(directory: PathBuf, secret: [u8; 32]) -> Self {
        Self { directory, secret, bytes_max: limits::DISK_BYTES_MAX }
    }
}

impl fmt::Debug for DiskConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskConfig").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// The directory.
pub(super) struct Disk {
    config: DiskConfig,
    /// Hash over all that decides the compiler's output but the code.
    maker: [u8; 32],
    held: Mutex<Held>,
}

/// What was found under a name.
pub(super) enum Found {
    /// What was stored.
    Code(Vec<u8>),
    /// Nothing.
    Nothing,
    /// Something else; it is gone now.
    Refused,
}

#[derive(Default)]
struct Held {
    /// Length and last use of each file.
    files: BTreeMap<String, (u64, u64)>,
    bytes: u64,
    uses: u64,
}

const CODE_BYTES: usize = 32;
const SUFFIX: &str = ".code";

impl Disk {
    /// Opens the directory and clears away what a stop left half-written.
    pub(super) fn open(config: DiskConfig, engine: &Engine, versions: [u32; 2]) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&config.directory)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&config.directory)? {
            let entry = entry?;
            let (Ok(name), about) = (entry.file_name().into_string(), entry.metadata()?) else { continue };
            if name.ends_with(SUFFIX) {
                found.push((about.modified()?, name, about.len()));
            } else if about.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        found.sort();
        let mut held = Held::default();
        found.into_iter().for_each(|(_, name, bytes)| held.put(name, bytes));
        Ok(Self { config, maker: maker(engine, versions), held: Mutex::new(held) })
    }

    /// What stands for that code.
    pub(super) fn find(&self, hash: &CodeHash) -> Found {
        let name = self.name(hash);
        match self.read(&name) {
            Ok(Some(code)) => {
                self.lock().touch(&name);
                Found::Code(code)
            }
            Ok(None) => {
                self.remove(&name);
                Found::Refused
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Found::Nothing,
            Err(_) => {
                self.remove(&name);
                Found::Refused
            }
        }
    }

    /// Stores what was compiled from that code.
    pub(super) fn store(&self, hash: &CodeHash, code: &[u8]) -> io::Result<()> {
        let name = self.name(hash);
        let length = u64::try_from(code.len().saturating_add(CODE_BYTES)).unwrap_or(u64::MAX);
        if length > limits::DISK_FILE_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.make_room(length);
        let (begun, place) = (self.path(&format!("{name}.part")), self.path(&name));
        let written = self.write(&begun, &name, code).and_then(|()| fs::rename(&begun, &place));
        if written.is_err() {
            let _ = fs::remove_file(&begun);
            return written;
        }
        self.lock().put(name, length);
        Ok(())
    }

    /// Removes what stands for that code.
    pub(super) fn discard(&self, hash: &CodeHash) {
        self.remove(&self.name(hash));
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = File::open(self.path(name))?;
        let mut bytes = Vec::new();
        file.take(limits::DISK_FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        let Some((code, content)) = bytes.split_first_chunk::<CODE_BYTES>() else { return Ok(None) };
        if self.mac(name, content).verify_slice(code).is_err() {
            return Ok(None);
        }
        bytes.drain(..CODE_BYTES);
        Ok(Some(bytes))
    }

    fn write(&self, path: &Path, name: &str, content: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(&self.mac(name, content).finalize().into_bytes())?;
        file.write_all(content)?;
        file.sync_all()
    }

    fn make_room(&self, bytes: u64) {
        loop {
            let oldest = self.lock().oldest_over(self.config.bytes_max.saturating_sub(bytes));
            let Some(name) = oldest else { return };
            self.remove(&name);
        }
    }

    fn remove(&self, name: &str) {
        // If it cannot be removed it is found, and judged, again.
        let _ = fs::remove_file(self.path(name));
        self.lock().forget(name);
    }

    fn mac(&self, name: &str, content: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.config.secret).expect("keys of any length will do");
        mac.chain_update(name.as_bytes()).chain_update(content)
    }

    fn name(&self, hash: &CodeHash) -> String {
        let digest = Sha256::new().chain_update(self.maker).chain_update(hash).finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}{SUFFIX}")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.config.directory.join(name)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing in here panics half-way, so a poisoned lock still guards a whole value.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn put(&mut self, name: String, bytes: u64) {
        self.forget(&name);
        self.uses = self.uses.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        self.files.insert(name, (bytes, self.uses));
    }

    fn touch(&mut self, name: &str) {
        self.uses = self.uses.saturating_add(1);
        if let Some((_, used)) = self.files.get_mut(name) {
            *used = self.uses;
        }
    }

    fn forget(&mut self, name: &str) {
        if let Some((bytes, _)) = self.files.remove(name) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// The file unused for longest, if there are more bytes than that.
    fn oldest_over(&self, bytes_max: u64) -> Option<String> {
        let oldest = self.files.iter().min_by_key(|(_, (_, used))| *used);
        oldest.filter(|_| self.bytes > bytes_max).map(|(name, _)| name.clone())
    }
}

fn maker(engine: &Engine, versions: [u32; 2]) -> [u8; 32] {
    let mut hasher = Sha256Hasher(Sha256::new());
    versions.hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// Takes in what the engine wants hashed.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// Nobody asks: the whole digest is taken out.
    fn finish(&self) -> u64 {
        0
    }
}
