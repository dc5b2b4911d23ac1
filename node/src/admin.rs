//! What the operator asks a running node to do: a Unix socket in the data directory, one JSON-RPC 2.0 call to a line.
//!
//! Nobody but the user that runs the node, and root, can use it: the file has mode 0600, and whoever connects shows who he is
//! (`SO_PEERCRED`). There is no port to forget open. A call that is too long or does not come ends the connection.

use crate::backup;
use crate::context::Context;
use crate::limits::{ADMIN_CALL_BYTES_MAX, ADMIN_CALL_TIMEOUT, ADMIN_CONNECTIONS_MAX};
use anyhow::Context as _;
use countersign_api::{Code, RpcError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinHandle;

/// The socket in a node's data directory.
pub const SOCKET_FILE: &str = "admin.sock";
/// Makes a backup in a new directory.
pub const BACKUP: &str = "admin_backup";

/// A call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    jsonrpc: String,
    id: u64,
    method: String,
    params: Value,
}

/// Parameters of [`BACKUP`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupParams {
    directory: PathBuf,
}

/// The listener of a running node.
#[derive(Debug)]
pub struct Admin {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl Admin {
    /// Listens in the data directory. The ledger's lock is held, so a socket that lies there is nobody's.
    ///
    /// # Errors
    /// If it cannot.
    pub fn start(data: &Path, context: Arc<Context>) -> anyhow::Result<Self> {
        let path = data.join(SOCKET_FILE);
        let at = || format!("cannot listen for the operator at {}", path.display());
        if let Err(cause) = fs::remove_file(&path)
            && cause.kind() != ErrorKind::NotFound
        {
            return Err(anyhow::Error::new(cause).context(at()));
        }
        let directory = File::open(data).with_context(at)?;
        let listener = UnixListener::bind(short(&path, &directory)).with_context(at)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).with_context(at)?;
        // The file is new, so its owner is the user that runs this node.
        let own = fs::metadata(&path).with_context(at)?.uid();
        let task = tokio::spawn(serve(listener, own, context));
        Ok(Self { path, task })
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.task.abort();
        // One that stays is removed by the next start.
        let _ = fs::remove_file(&self.path);
    }
}

/// A path by which the socket is reached: the system takes at most 107 bytes.
fn short(path: &Path, directory: &File) -> PathBuf {
    const BYTES_MAX: usize = 107;
    if path.as_os_str().len() <= BYTES_MAX {
        return path.to_owned();
    }
    PathBuf::from(format!("/proc/self/fd/{}/{SOCKET_FILE}", directory.as_raw_fd()))
}

async fn serve(listener: UnixListener, own: u32, context: Arc<Context>) {
    let (slots, backups) = (Arc::new(Semaphore::new(ADMIN_CONNECTIONS_MAX)), Arc::new(Mutex::new(())));
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ADMIN_CALL_TIMEOUT).await;
            continue;
        };
        let (context, backups) = (Arc::clone(&context), Arc::clone(&backups));
        tokio::spawn(async move {
            if is_operator(&stream, own) {
                answer(stream, &context, &backups).await;
            }
            drop(slot);
        });
    }
}

/// Whether the user that runs this node, or root, is at the other end.
fn is_operator(stream: &UnixStream, own: u32) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// Answers the calls of one connection, in turn, until it ends.
async fn answer(stream: UnixStream, context: &Arc<Context>, backups: &Mutex<()>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = tokio::io::BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut reader).take(ADMIN_CALL_BYTES_MAX);
        match tokio::time::timeout(ADMIN_CALL_TIMEOUT, limited.read_until(b'\n', &mut line)).await {
            Ok(Ok(1..)) if line.ends_with(b"\n") => {}
            _ => return,
        }
        let (id, outcome) = match serde_json::from_slice::<Call>(&line) {
            Ok(call) => (json!(call.id), carry_out(call, context, backups).await),
            Err(cause) => (Value::Null, Err(RpcError::new(Code::InvalidRequest, cause))),
        };
        let said = match outcome {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        };
        if writer.write_all(format!("{said}\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn carry_out(call: Call, context: &Arc<Context>, backups: &Mutex<()>) -> Result<Value, RpcError> {
    if call.method != BACKUP {
        return Err(RpcError::new(Code::MethodNotFound, format!("`{}`; there is `{BACKUP}`", call.method)));
    }
    let params: BackupParams =
        serde_json::from_value(call.params).map_err(|cause| RpcError::new(Code::InvalidParams, cause))?;
    let Ok(_one) = backups.try_lock() else {
        return Err(RpcError::new(Code::Busy, "a backup is being made"));
    };
    let context = Arc::clone(context);
    let done = tokio::task::spawn_blocking(move || {
        let manifest = backup::write(&context.reader, &context.genesis, &params.directory);
        (manifest, params.directory)
    });
    match done.await {
        Ok((Ok(manifest), directory)) => {
            tracing::info!(height = manifest.height.0, directory = %directory.display(), "a backup was made");
            Ok(json!(manifest))
        }
        Ok((Err(cause), _)) => {
            tracing::warn!(%cause, "a backup failed");
            Err(RpcError::new(Code::InternalError, cause))
        }
        Err(cause) => Err(RpcError::new(Code::InternalError, cause)),
    }
}

/// Asks the node that runs in a data directory to make a backup; `None` if none runs.
///
/// # Errors
/// What the node, or the system, said.
pub fn request_backup(data: &Path, directory: &Path) -> anyhow::Result<Option<backup::Manifest>> {
    let path = data.join(SOCKET_FILE);
    let Ok(opened) = File::open(data) else { return Ok(None) };
    let mut stream = match BlockingStream::connect(short(&path, &opened)) {
        Ok(stream) => stream,
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(cause) => return Err(anyhow::Error::new(cause).context(format!("cannot reach {}", path.display()))),
    };
    let params = serde_json::to_value(BackupParams { directory: directory.to_owned() })?;
    let call = Call { jsonrpc: "2.0".to_owned(), id: 1, method: BACKUP.to_owned(), params };
    stream.write_all(format!("{}\n", serde_json::to_string(&call)?).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).context("the node went away")?;
    let answer: Value = serde_json::from_str(&line).context("the node went away")?;
    if let Some(error) = answer.get("error") {
        let error: RpcError = serde_json::from_value(error.clone())?;
        anyhow::bail!("the node refuses: {}", error.data.cause);
    }
    let result = answer.get("result").cloned().unwrap_or_default();
    Ok(Some(serde_json::from_value(result)?))
}
