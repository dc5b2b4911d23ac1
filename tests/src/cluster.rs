//! A network of real `countersignd` processes on this machine.

pub mod certificate;
pub mod check;
pub mod load;
pub mod settings;

use crate::ports;
use crate::proxy::Proxies;
use anyhow::{Context as _, bail, ensure};
use countersign_api::NoParams;
use countersign_api::method::node::{NodeStatus, State, Status};
use countersign_client::{Client, Signer, Unverified, contract, keyfile};
use serde_json::Value;
use settings::NodeKeys;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The contract that the load of tests uses.
pub const COUNTER: &str = "org0/counter";

/// Networks that run at once in one process: each has four nodes, and small machines have two cores.
static ROOM: Semaphore = Semaphore::const_new(2);

/// The processes and where their files are. Dropping it kills them.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    nodes: Vec<Option<Child>>,
    keys: Vec<NodeKeys>,
    founders: u16,
    rpc_port: u16,
    network_port: u16,
    left_running: bool,
    _room: Option<SemaphorePermit<'static>>,
}

/// How long a node may take to be ready: opening its ledger, connecting, catching up.
const READY: Duration = Duration::from_secs(120);

impl Cluster {
    /// Writes keys and genesis for `validators` into `directory` and starts them all.
    ///
    /// # Errors
    /// If the programs are missing or a node does not become ready.
    pub async fn start(directory: &Path, validators: u16, flags: &[&str]) -> anyhow::Result<Self> {
        let room = ROOM.acquire().await?;
        let mut cluster = Self::create(directory, validators, 0, flags)?;
        cluster._room = Some(room);
        cluster.start_all().await
    }

    /// As [`Cluster::start`], with a heartbeat of a second, the counter deployed, `spares` nodes more that may become
    /// validators and are not started yet, and all connections through proxies.
    ///
    /// # Errors
    /// As of [`Cluster::start`].
    pub async fn with_proxies(directory: &Path, validators: u16, spares: u16) -> anyhow::Result<(Self, Proxies)> {
        let room = ROOM.acquire().await?;
        let mut cluster = Self::create(directory, validators, spares, &["--heartbeat-ms", "1000"])?;
        cluster._room = Some(room);
        let listens: Vec<SocketAddr> = (0..cluster.count()).map(|index| cluster.listens(index)).collect();
        let proxies = Proxies::start(&listens).await?;
        for index in 0..cluster.count() {
            let port = |other| proxies.port(index, other).unwrap_or_default();
            cluster.write_config(index, |other| SocketAddr::from((Ipv4Addr::LOCALHOST, port(other))))?;
        }
        let mut cluster = cluster.start_all().await?;
        cluster.deploy_counter().await?;
        Ok((cluster, proxies))
    }

    /// Deploys the counter that load uses, and waits until every founder has it.
    ///
    /// # Errors
    /// If it is not built or not deployed.
    pub async fn deploy_counter(&mut self) -> anyhow::Result<()> {
        let signer = self.signer("org0/admin", 0).await?;
        let (_, done) = contract::deploy(&signer, COUNTER, contract_module("counter")?, &Value::Null, None).await?;
        ensure!(done.receipt.succeeded(), "the counter was not deployed");
        for index in 0..self.founders {
            self.until(index, |status| status.certified_height >= done.receipt.height).await?;
        }
        Ok(())
    }

    /// Writes keys and genesis without starting anything.
    ///
    /// # Errors
    /// If `countersignd testnet` fails.
    pub fn create(directory: &Path, validators: u16, spares: u16, flags: &[&str]) -> anyhow::Result<Self> {
        let count = validators + spares;
        let rpc_port = ports::free_row(2 * count)?;
        let network_port = rpc_port + count;
        let output = Command::new(program("countersignd")?)
            .args(["testnet", "--out"])
            .arg(directory)
            .args(["--validators", &validators.to_string()])
            .args(["--rpc-port", &rpc_port.to_string()])
            .args(["--network-port", &network_port.to_string()])
            .args(flags)
            .output()?;
        ensure!(output.status.success(), "testnet failed: {}", String::from_utf8_lossy(&output.stderr));
        let mut cluster = Self {
            directory: directory.to_owned(),
            nodes: (0..count).map(|_| None).collect(),
            keys: Vec::new(),
            founders: validators,
            rpc_port,
            network_port,
            left_running: false,
            _room: None,
        };
        cluster.keys = settings::founders(&cluster.genesis())?;
        for index in validators..count {
            cluster.write_config(index, |other| cluster.listens(other))?;
            cluster.keys.push(settings::init(&cluster.config(index), &[])?);
        }
        Ok(cluster)
    }

    /// A network that [`Cluster::create`] made without spares in an earlier run, on ports that are free now.
    ///
    /// # Errors
    /// If it is not there.
    pub fn again(directory: &Path, validators: u16) -> anyhow::Result<Self> {
        let rpc_port = ports::free_row(2 * validators)?;
        let mut cluster = Self {
            directory: directory.to_owned(),
            nodes: (0..validators).map(|_| None).collect(),
            keys: Vec::new(),
            founders: validators,
            rpc_port,
            network_port: rpc_port + validators,
            left_running: false,
            _room: None,
        };
        cluster.keys = settings::founders(&cluster.genesis())?;
        for index in 0..validators {
            cluster.write_config(index, |other| cluster.listens(other))?;
        }
        Ok(cluster)
    }

    async fn start_all(mut self) -> anyhow::Result<Self> {
        for index in 0..self.founders {
            self.spawn(index)?;
        }
        for index in 0..self.founders {
            self.ready(index).await?;
        }
        Ok(self)
    }

    /// Starts one node's process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&mut self, index: u16) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.log(index))?;
        let child = Command::new(program("countersignd")?)
            .args(["start", "--config"])
            .arg(self.config(index))
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
        let least = self.running_peers(index);
        self.until(index, |status| {
            status.state == State::Voting && usize::try_from(status.peers).is_ok_and(|peers| peers >= least)
        })
        .await
    }

    /// Waits until a node says something of itself.
    ///
    /// # Errors
    /// As of [`Cluster::ready`].
    pub async fn until(&mut self, index: u16, holds: impl Fn(&Status) -> bool) -> anyhow::Result<Status> {
        let client = self.client(index)?;
        let deadline = Instant::now() + READY;
        loop {
            if let Some(Some(child)) = self.nodes.get_mut(usize::from(index))
                && let Some(status) = child.try_wait()?
            {
                bail!("node {index} ended with {status}: {}", self.log_tail(index));
            }
            match client.unverified().call::<NodeStatus>(&NoParams {}).await.map(Unverified::into_said) {
                Ok(status) if holds(&status) => return Ok(status),
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

    /// Waits until a node's process ends by itself, and says how.
    ///
    /// # Errors
    /// If it does not run, or goes on.
    pub async fn ended(&mut self, index: u16) -> anyhow::Result<std::process::ExitStatus> {
        let mut child = self.take(index)?;
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if begun.elapsed() > READY {
                child.kill()?;
                child.wait()?;
                bail!("node {index} goes on: {}", self.log_tail(index));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Number of nodes that the network was founded by.
    #[must_use]
    pub fn founders(&self) -> u16 {
        self.founders
    }

    /// Keys of all nodes, as they were at first.
    #[must_use]
    pub fn keys(&self) -> &[NodeKeys] {
        &self.keys
    }

    /// Where a node's JSON-RPC is.
    #[must_use]
    pub fn rpc_port(&self, index: u16) -> u16 {
        self.rpc_port + index
    }

    /// Where a node listens for peers.
    #[must_use]
    pub fn listens(&self, index: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.network_port + index))
    }

    /// Number of nodes, running or not.
    #[must_use]
    pub fn count(&self) -> u16 {
        u16::try_from(self.nodes.len()).unwrap_or(u16::MAX)
    }

    /// Address of a node's JSON-RPC.
    #[must_use]
    pub fn url(&self, index: u16) -> String {
        format!("http://127.0.0.1:{}", self.rpc_port(index))
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

    /// Configuration file of a node.
    #[must_use]
    pub fn config(&self, index: u16) -> PathBuf {
        self.home(index).join("countersign.toml")
    }

    /// Process id of a running node.
    #[must_use]
    pub fn process(&self, index: u16) -> Option<u32> {
        self.nodes.get(usize::from(index))?.as_ref().map(Child::id)
    }

    /// The most resident memory that a running node has held, in MiB, by the kernel's account.
    #[must_use]
    pub fn peak_memory_mib(&self, index: u16) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process(index)?)).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(peak.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? / 1024)
    }

    fn log(&self, index: u16) -> PathBuf {
        self.home(index).join("node.log")
    }

    /// Whether a node's log has a line with these words.
    #[must_use]
    pub fn log_holds(&self, index: u16, words: &str) -> bool {
        std::fs::read_to_string(self.log(index)).unwrap_or_default().contains(words)
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
