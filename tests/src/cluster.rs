//! A network of real `countersignd` processes on this machine.

use crate::ports;
use anyhow::{Context as _, bail, ensure};
use countersign_api::NoParams;
use countersign_api::method::node::{NodeStatus, State, Status};
use countersign_client::{Client, Signer, keyfile};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The processes and where their files are. Dropping it kills them.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    nodes: Vec<Option<Child>>,
    rpc_port: u16,
    left_running: bool,
}

/// How long a node may take to be ready: opening its ledger, connecting, catching up.
const READY: Duration = Duration::from_secs(60);

impl Cluster {
    /// Writes keys and genesis for `validators` into `directory` and starts them all.
    ///
    /// # Errors
    /// If the programs are missing or a node does not become ready.
    pub async fn start(directory: &Path, validators: u16, flags: &[&str]) -> anyhow::Result<Self> {
        let cluster = Self::create(directory, validators, flags)?;
        cluster.start_all().await
    }

    /// Writes keys and genesis without starting anything.
    ///
    /// # Errors
    /// If `countersignd testnet` fails.
    pub fn create(directory: &Path, validators: u16, flags: &[&str]) -> anyhow::Result<Self> {
        let rpc_port = ports::free_row(2 * validators)?;
        let output = Command::new(program("countersignd")?)
            .args(["testnet", "--out"])
            .arg(directory)
            .args(["--validators", &validators.to_string()])
            .args(["--rpc-port", &rpc_port.to_string()])
            .args(["--network-port", &(rpc_port + validators).to_string()])
            .args(flags)
            .output()?;
        ensure!(output.status.success(), "testnet failed: {}", String::from_utf8_lossy(&output.stderr));
        let nodes = (0..validators).map(|_| None).collect();
        Ok(Self { directory: directory.to_owned(), nodes, rpc_port, left_running: false })
    }

    async fn start_all(mut self) -> anyhow::Result<Self> {
        for index in 0..self.count() {
            self.spawn(index)?;
        }
        for index in 0..self.count() {
            self.ready(index).await?;
        }
        Ok(self)
    }

    /// Starts one node's process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&mut self, index: u16) -> anyhow::Result<()> {
        let home = self.home(index);
        let log = File::options().create(true).append(true).open(self.log(index))?;
        let child = Command::new(program("countersignd")?)
            .args(["start", "--config"])
            .arg(home.join("countersign.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        if let Some(node) = self.nodes.get_mut(usize::from(index)) {
            *node = Some(child);
        }
        Ok(())
    }

    /// Waits until a node votes and has caught up with the others.
    ///
    /// # Errors
    /// If it ends or takes too long; its last log lines are in the message.
    pub async fn ready(&mut self, index: u16) -> anyhow::Result<Status> {
        let client = self.client(index)?;
        let deadline = Instant::now() + READY;
        loop {
            if let Some(Some(child)) = self.nodes.get_mut(usize::from(index))
                && let Some(status) = child.try_wait()?
            {
                bail!("node {index} ended with {status}: {}", self.log_tail(index));
            }
            match client.call::<NodeStatus>(&NoParams {}).await {
                Ok(status)
                    if status.state == State::Voting && usize::try_from(status.peers)? >= self.running_peers(index) =>
                {
                    return Ok(status);
                }
                seen if Instant::now() > deadline => {
                    bail!("node {index} is not ready after {READY:?} ({seen:?}): {}", self.log_tail(index))
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn running_peers(&self, index: u16) -> usize {
        (0u16..).zip(&self.nodes).filter(|(other, node)| *other != index && node.is_some()).count()
    }

    /// Kills a node without warning.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill(&mut self, index: u16) -> anyhow::Result<()> {
        let mut child = self.take(index)?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Asks a node to stop and waits until it has.
    ///
    /// # Errors
    /// If it does not run, ends in failure or takes longer than 10 seconds.
    pub fn stop(&mut self, index: u16) -> anyhow::Result<()> {
        let mut child = self.take(index)?;
        signal(&child, "TERM")?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait()? {
                ensure!(status.success(), "node {index} ended with {status}: {}", self.log_tail(index));
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill()?;
        bail!("node {index} did not stop within 10 s of SIGTERM: {}", self.log_tail(index))
    }

    /// Stops a process in its tracks, or lets it go on.
    ///
    /// # Errors
    /// If it does not run.
    pub fn pause(&mut self, index: u16, paused: bool) -> anyhow::Result<()> {
        let node = self.nodes.get(usize::from(index)).and_then(Option::as_ref);
        signal(node.context("the node does not run")?, if paused { "STOP" } else { "CONT" })
    }

    fn take(&mut self, index: u16) -> anyhow::Result<Child> {
        self.nodes.get_mut(usize::from(index)).and_then(Option::take).context("the node does not run")
    }

    /// Number of validators, running or not.
    #[must_use]
    pub fn count(&self) -> u16 {
        u16::try_from(self.nodes.len()).unwrap_or(u16::MAX)
    }

    /// Address of a node's JSON-RPC.
    #[must_use]
    pub fn url(&self, index: u16) -> String {
        format!("http://127.0.0.1:{}", self.rpc_port + index)
    }

    /// A client of a node.
    ///
    /// # Errors
    /// Never for such an address.
    pub fn client(&self, index: u16) -> anyhow::Result<Client> {
        Ok(Client::new(&self.url(index))?)
    }

    /// A signer with the key of `organisation/name`, submitting through a node.
    ///
    /// # Errors
    /// If the key is missing or the node does not answer.
    pub async fn signer(&self, account: &str, through: u16) -> anyhow::Result<Signer> {
        let key = keyfile::load(&self.key(account))?;
        Ok(Signer::connect(self.client(through)?, key).await?)
    }

    /// Key file of `organisation/name`.
    #[must_use]
    pub fn key(&self, account: &str) -> PathBuf {
        self.directory.join("accounts").join(format!("{}.key", account.replace('/', "-")))
    }

    /// The genesis file.
    #[must_use]
    pub fn genesis(&self) -> PathBuf {
        self.directory.join("genesis.json")
    }

    /// Directory of a node.
    #[must_use]
    pub fn home(&self, index: u16) -> PathBuf {
        self.directory.join(format!("v{index}"))
    }

    /// Process id of a running node.
    #[must_use]
    pub fn process(&self, index: u16) -> Option<u32> {
        self.nodes.get(usize::from(index))?.as_ref().map(Child::id)
    }

    fn log(&self, index: u16) -> PathBuf {
        self.home(index).join("node.log")
    }

    /// The last lines of a node's log.
    #[must_use]
    pub fn log_tail(&self, index: u16) -> String {
        let text = std::fs::read_to_string(self.log(index)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.split_at(lines.len().saturating_sub(12)).1.join("\n")
    }

    /// Leaves the processes running when this is dropped.
    pub fn leave_running(&mut self) {
        self.left_running = true;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.left_running {
            return;
        }
        for child in self.nodes.iter_mut().flatten() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn signal(child: &Child, name: &str) -> anyhow::Result<()> {
    // The shell's own: the smallest machines have no program of that name.
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status()?;
    ensure!(status.success(), "kill -{name} failed");
    Ok(())
}

/// A program of the workspace, built beside this one.
///
/// # Errors
/// If it has not been built.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    beside(Path::new(name))
}

/// A contract's module, as `make contracts` builds it.
///
/// # Errors
/// If it has not been built.
pub fn contract_module(name: &str) -> anyhow::Result<Vec<u8>> {
    let path = beside(&Path::new("contracts").join(format!("countersign_{name}.wasm")))?;
    Ok(std::fs::read(path)?)
}

/// Looks in the directories above this executable: programs are in the profile's directory,
/// modules in the target directory.
fn beside(name: &Path) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let found = own.ancestors().skip(1).take(4).map(|directory| directory.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("{} is not built; run `make build contracts`", name.display()))
}
