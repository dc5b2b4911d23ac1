//! Putting a node together: disk, network, threads, and taking it apart again.

use crate::admin::Admin;
use crate::attempt_file::AttemptFile;
use crate::compiler::{self, Compiler};
use crate::config::{Config, SyncMode};
use crate::context::Context;
use crate::fact::Fact;
use crate::heal::{self, Healer};
use crate::intake;
use crate::join::{self, Joined, Joiner};
use crate::journal_file::{self, JournalFile};
use crate::keystore::{self, Purpose};
use crate::limits::{LEDGER_FREE_WITHIN, LEDGER_LOOK_INTERVAL};
use crate::listener::{Listener, SocketGate};
use crate::members::{Members, Membership, Viewpoint};
use crate::network::{self, NetworkConfig};
use crate::override_files;
use crate::queue::queue;
use crate::replica_thread::{Ended, ReplicaThread};
use crate::rpc;
use crate::shared::{Progress, Shared};
use crate::snapshots::{Snapshots, start_maker, start_server};
use crate::space::Space;
use crate::suspect::{self, Suspects};
use crate::threads::Threads;
use crate::verifier::Verifier;
use anyhow::{Context as _, anyhow, bail};
use countersign_consensus::{Record, vote_journal};
use countersign_ledger::{Ledger, Reader, RocksStore};
use countersign_replica::journal::JournalRecord;
use countersign_replica::snapshot::JoinProgress;
use countersign_replica::{Guard, Replica, ReplicaConfig};
use countersign_types::{Epoch, Genesis, Hash, Height, PublicKey, SecretKey, ValidatorSet};
use countersign_vm::{DiskConfig, Vm, VmConfig};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{oneshot, watch};

/// Directory of the database in a node's data directory.
pub const LEDGER_DIRECTORY: &str = "ledger";
/// The vote journal in a node's data directory.
pub const JOURNAL_FILE: &str = "votes.journal";

/// Reads met damage to the state of the ledger: run the node again, which mends it first.
#[derive(Debug, thiserror::Error)]
#[error("the disk has damaged the state of the ledger; it is mended before the node goes on")]
pub struct StateDamaged;

/// Runs a node until `stop` completes or it must stop itself. Threads that may still read the ledger
/// when this returns are in `threads`; what reads found damaged is in `suspects`.
///
/// # Errors
/// Why it cannot start, or why it stopped itself; [`StateDamaged`] if it is to be run again.
pub async fn run(
    config: Config,
    threads: &mut Threads,
    suspects: &mut Suspects,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let genesis = read_genesis(&config.genesis)?;
    let chain = genesis.chain();
    let network_seed = keystore::load(&config.network_key, Purpose::Network)?;
    let validator_seed = validator_seed(&config)?;
    if let Some(seed) = &validator_seed {
        keystore::check_distinct((&config.validator_key, seed), (&config.network_key, &network_seed))?;
    }
    let salt = journal_file::salt(validator_seed.as_ref().unwrap_or(&network_seed).expose());
    let key = validator_seed.map(|seed| SecretKey::from_seed(seed.expose()));
    let public = key.as_ref().map(SecretKey::public);
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot create the data directory {}", config.data_dir.display()))?;
    check_origin(&config, salt, chain)?;
    tokio::pin!(stop);
    let network_key: PublicKey = SecretKey::from_seed(network_seed.expose()).public();
    let viewpoint = Viewpoint { key: public, network_key, settings: config.network.clone() };
    let network_config = |members: &Members, certified| NetworkConfig {
        key: network_seed.expose().clone(),
        listen: config.network.listen.clone(),
        peers: viewpoint.peers(members, certified),
        chain: chain.0,
    };
    let mut joined = None;
    if join::is_vacant(&config.data_dir)? {
        suspect::clear(&config.data_dir)?;
    }
    if config.sync.mode == SyncMode::Snapshot && join::is_vacant(&config.data_dir)? {
        let members = viewpoint.members(Epoch::ZERO, Height::ZERO, genesis.validators.clone(), None);
        let (network, mut events) = network::start(network_config(&members, Height::ZERO))?;
        let joiner = Joiner {
            genesis: &genesis,
            data: &config.data_dir,
            members: &members,
            network: &network,
            events: &mut events,
            least: Height(config.sync.snapshot_height_min),
            progress: watch::Sender::new(JoinProgress::default()),
        };
        tracing::info!(network = genesis.network, %chain, "joining: asking peers for a snapshot");
        if joiner.run_beside(bind(&config).await?, stop.as_mut()).await? == Joined::Stopped {
            network.stop().await;
            return Ok(());
        }
        joined = Some((network, events));
    }
    // The ledger's lock also guards the journal, which opening may repair.
    let mut ledger = open_when_free(&config, &genesis, suspects).await?;
    if suspect::is_suspect(&config.data_dir) {
        let reader = ledger.reader();
        let (epoch, origin, validators) = reader.newest_epoch()?;
        let before = before(&reader, epoch)?;
        let members = viewpoint.members(epoch, origin, validators, before.as_ref());
        let (network, mut events) = network::start(network_config(&members, reader.certified()))?;
        drop(reader);
        let healer = Healer { members: &members, network: &network, events: &mut events };
        match heal::mend(healer, ledger, (&config, &genesis), suspects, stop.as_mut()).await? {
            Some(healed) => ledger = healed,
            None => {
                network.stop().await;
                return Ok(());
            }
        }
        joined = Some((network, events));
    }
    let reader = ledger.reader();
    let snapshots = Arc::new(Snapshots::open(&config.data_dir, &genesis, config.snapshot_interval_blocks)?);
    let (journal, records, framer) = open_journal(&config.data_dir.join(JOURNAL_FILE), salt)?;
    let secret = compiler::secret(network_seed.expose());
    let disk = Some(DiskConfig::new(config.data_dir.join(compiler::DIRECTORY), secret));
    let vm = Arc::new(Vm::new(VmConfig { disk, clock: compiler::clock, ..VmConfig::default() })?);
    let guard = guard(&config.data_dir, ledger.tip().height)?;
    let replica_config = ReplicaConfig { genesis: genesis.clone(), key, journal: records, guard };
    let opened = Replica::open(replica_config, ledger, Arc::clone(&vm));
    if opened.is_err() && suspects.note(&config.data_dir, &reader.damaged())? {
        return Err(StateDamaged.into());
    }
    let replica = opened.context("the node cannot start from its data directory")?;
    let tip = reader.tip().height;
    let before = before(&reader, replica.epoch())?;
    let origin = reader.epoch(replica.epoch())?.map_or(Height::ZERO, |(origin, _)| origin);
    let members = viewpoint.members(replica.epoch(), origin, replica.validators().clone(), before.as_ref());
    tracing::info!(network = genesis.network, %chain, height = tip.0, validator = members.own, "starting");
    check_keys(&config, &viewpoint, &members)?;

    // Whatever can be in the way of starting is found before the first thread runs.
    let page = config.rpc.page.as_ref().map(|path| {
        rpc::Page::read(path).with_context(|| format!("cannot read the page {} (setting rpc.page)", path.display()))
    });
    let page = page.transpose()?;
    let listener = bind(&config).await?;
    let (network, events) = match joined {
        Some((network, events)) => {
            network.set_allowed(viewpoint.peers(&members, replica.certified()))?;
            (network, events)
        }
        None => network::start(network_config(&members, replica.certified()))?,
    };
    let connected = network.peers().into_iter().filter(|peer| peer.is_connected).map(|peer| peer.key);
    let connected: Vec<PublicKey> = connected.collect();
    let membership = Arc::new(Membership::new(members, viewpoint, network.clone()));
    let shared = Arc::new(Shared::new(Progress { committed: tip, certified: replica.certified() }));
    let (inputs_sender, inputs) = queue();
    let replica_inbox = inputs_sender.gauge();
    // Who connected while this node joined is not announced again.
    for peer in connected {
        let _ = inputs_sender.send(Fact::Connected { peer }, None);
    }
    reader.hold(snapshots.needed_from());
    let snapshot_server = start_server(Arc::clone(&snapshots), network.clone(), threads)?;
    start_maker(
        Arc::clone(&snapshots),
        (reader.clone(), genesis.clone()),
        config.snapshot_interval_blocks,
        Arc::clone(&shared),
        threads,
    )?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let compiler = {
        let (vm, inputs, network, shared) =
            (Arc::clone(&vm), inputs_sender.clone(), network.clone(), Arc::clone(&shared));
        Compiler::start(reader.clone(), vm, inputs, network, shared, threads)?
    };
    let verifier = Verifier::start(workers, chain, &inputs_sender, &compiler, &shared, threads)?;
    drop(compiler);

    let (ended_sender, ended) = oneshot::channel();
    let thread = ReplicaThread {
        replica,
        inputs,
        journal,
        framer,
        salt,
        network: network.clone(),
        verifier: verifier.clone(),
        shared: Arc::clone(&shared),
        membership: Arc::clone(&membership),
        space: Space::new(config.data_dir.clone()),
        suspects: suspects.clone(),
    };
    let replica_thread =
        std::thread::Builder::new().name("replica".into()).stack_size(REPLICA_STACK_BYTES).spawn(move || {
            // The node is gone if nobody listens.
            let _ = ended_sender.send(thread.run());
        })?;
    let intake_thread = {
        let (handle, network, verifier) = (tokio::runtime::Handle::current(), network.clone(), verifier.clone());
        let server = snapshot_server.clone();
        std::thread::Builder::new()
            .name("intake".into())
            .spawn(move || intake::run(&handle, events, &network, &verifier, &inputs_sender, &server))?
    };

    let context = Arc::new(Context {
        genesis,
        chain,
        membership,
        reader,
        vm,
        network: network.clone(),
        shared,
        verifier,
        snapshots,
        snapshot_server,
        replica_inbox,
        mended_places: suspects.mended,
        started: Instant::now(),
    });
    let admin = Admin::start(&config.data_dir, Arc::clone(&context))?;
    tracing::info!(address = %listener.address()?, "serving JSON-RPC");
    let router = rpc::router(Arc::clone(&context), SocketGate::new(config.rpc.sockets.clone()), &listener, page);
    let (stop_listening, listening_stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener.serve(router, async {
        let _ = listening_stopped.await;
    }));

    let outcome = tokio::select! {
        () = &mut stop => Ok(()),
        ended = ended => match ended {
            Ok(Ended::Stopping) => Ok(()),
            Ok(cause) => Err(cause),
            Err(_) => Err(Ended::Panicked),
        },
    };
    tracing::info!("stopping");
    drop(admin);
    let _ = stop_listening.send(());
    // Who stopped itself keeps nobody waiting for answers that will not come.
    if outcome.is_err() {
        serving.abort();
    }
    let _ = serving.await;
    network.stop().await;
    // The intake ends with the network. Open WebSockets may still hold the context.
    context.shared.stop();
    let is_damaged = suspects.note(&config.data_dir, &context.reader.damaged())?;
    // What the disk did is no block's fault.
    if outcome.is_ok() || is_damaged {
        let is_halted = context.shared.standing().is_some_and(|(_, counters)| counters.halted > 0);
        AttemptFile::forgive(&config.data_dir, is_halted);
    }
    drop(context);
    tokio::task::spawn_blocking(move || {
        let _ = intake_thread.join();
        let _ = replica_thread.join();
    })
    .await?;
    if outcome.is_err() && is_damaged {
        tracing::warn!("reads met damage to the state of the ledger: it is mended before the node goes on");
        return Err(StateDamaged.into());
    }
    if let Err(cause) = outcome {
        tracing::error!(%cause, "the node stopped itself");
        bail!("{cause}");
    }
    tracing::info!("stopped");
    Ok(())
}

/// The validators of the epoch before one.
fn before(reader: &Reader<RocksStore>, epoch: Epoch) -> anyhow::Result<Option<ValidatorSet>> {
    Ok(match epoch {
        Epoch::ZERO => None,
        epoch => reader.epoch(epoch.previous())?.map(|(_, validators)| validators),
    })
}

async fn bind(config: &Config) -> anyhow::Result<Listener> {
    Listener::bind(config.rpc.listener.clone()).await.with_context(|| {
        let address = config.rpc.listener.address;
        format!("cannot serve JSON-RPC at {address} (setting rpc.listen); is another node running?")
    })
}

/// Execution recurses through calls between contracts: 8 deep, each with its native stack.
pub(crate) const REPLICA_STACK_BYTES: usize = 64 << 20;

/// What execution is guarded by: the operators' overrides, and the block that ended this node before.
fn guard(data: &Path, tip: Height) -> anyhow::Result<Guard> {
    let overrides = override_files::read(data)?;
    let attempts = AttemptFile::open(data, tip);
    if let Some((attempt, stops)) = attempts.last() {
        tracing::warn!(height = attempt.height.0, block = %attempt.block, stops, "executing a block ended this node");
    }
    Ok(Guard { overrides, condemned: attempts.condemned(), watch: Some(Box::new(attempts)) })
}

/// Reads and checks a genesis file.
///
/// # Errors
/// If it cannot be read, is no genesis, or breaks a rule.
pub fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the genesis {}", path.display()))?;
    if text.len() > countersign_types::limits::GENESIS_BYTES_MAX {
        bail!("the genesis {} is too large", path.display());
    }
    let genesis: Genesis =
        serde_json::from_str(&text).with_context(|| format!("{} is not a genesis file", path.display()))?;
    genesis.check().with_context(|| format!("the genesis {} is not valid", path.display()))?;
    Ok(genesis)
}

fn validator_seed(config: &Config) -> anyhow::Result<Option<keystore::Seed>> {
    if !config.validator_key.exists() {
        tracing::warn!(path = %config.validator_key.display(), "no validator key: this node follows without voting");
        return Ok(None);
    }
    Ok(Some(keystore::load(&config.validator_key, Purpose::Validator)?))
}

/// No ledger is made from a genesis that is not the one of the journal beside it.
fn check_origin(config: &Config, salt: Hash, chain: Hash) -> anyhow::Result<()> {
    let path = config.data_dir.join(JOURNAL_FILE);
    if config.data_dir.join(LEDGER_DIRECTORY).exists() || !path.exists() {
        return Ok(());
    }
    let (_, bytes) = JournalFile::open(&path)?;
    let payloads = vote_journal::replay(&bytes, salt).map(|replayed| replayed.payloads).unwrap_or_default();
    let mut origins = payloads.iter().filter_map(|payload| match JournalRecord::from_bytes(payload) {
        Ok(JournalRecord::Engine(Record::Origin { chain, .. })) => Some(chain),
        _ => None,
    });
    match origins.next_back() {
        Some(own) if own != chain => bail!(
            "{} belongs to chain {own}, {} to chain {chain}: is this the genesis of another network?",
            path.display(),
            config.genesis.display(),
        ),
        _ => Ok(()),
    }
}

/// Who is no validator follows, be it one to be or one that was voted out. Whose network key is not the one that the
/// members expect is not heard: before it is admitted, or after it was replaced, that passes; as another member it
/// would speak in that one's name.
fn check_keys(config: &Config, viewpoint: &Viewpoint, members: &Members) -> anyhow::Result<()> {
    let path = config.network_key.display();
    let own = members.own();
    match members.validators.members().iter().find(|validator| validator.network_key == viewpoint.network_key) {
        Some(other) if viewpoint.key.is_some_and(|key| key != other.key) => {
            bail!("the network key {path} is that of another validator, which {} runs", other.organisation)
        }
        None if own.is_some() => {
            tracing::warn!(path = %path, "the network key is not the one that the network has for this validator now");
        }
        _ => {}
    }
    if let (Some(key), None) = (viewpoint.key, own) {
        tracing::warn!(%key, "the key is no validator's now: this node follows, and votes from the epoch that names it");
    }
    Ok(())
}

/// Opens the ledger, or makes it from the genesis where there is none.
///
/// # Errors
/// If it cannot be read, is in use, or is of another chain.
pub fn open_ledger(config: &Config, genesis: &Genesis) -> anyhow::Result<Ledger<RocksStore>> {
    let mut ledger = existing_or_new(config, genesis)?;
    ledger.retain(config.retention);
    Ok(ledger)
}

/// Opens the ledger; a process that had it open before waits for those who still read it.
async fn open_when_free(config: &Config, genesis: &Genesis, suspects: &Suspects) -> anyhow::Result<Ledger<RocksStore>> {
    let deadline = Instant::now().checked_add(LEDGER_FREE_WITHIN);
    loop {
        match open_ledger(config, genesis) {
            Err(cause)
                if !suspects.is_empty()
                    && cause.to_string().contains("/LOCK")
                    && deadline.is_some_and(|deadline| Instant::now() < deadline) =>
            {
                tokio::time::sleep(LEDGER_LOOK_INTERVAL).await;
            }
            opened => return opened,
        }
    }
}

fn existing_or_new(config: &Config, genesis: &Genesis) -> anyhow::Result<Ledger<RocksStore>> {
    let directory = config.data_dir.join(LEDGER_DIRECTORY);
    let missing = !directory.exists() || std::fs::read_dir(&directory)?.next().is_none();
    let at = || format!("the ledger in {}", directory.display());
    if missing {
        tracing::info!(directory = %directory.display(), "making a ledger from the genesis");
        let store = RocksStore::create_with(&directory, &config.database).with_context(at)?;
        return Ledger::create(store, genesis).with_context(at);
    }
    let store = RocksStore::open_with(&directory, &config.database).map_err(|cause| {
        let hint = if cause.to_string().contains("/LOCK") { " (another process uses it)" } else { "" };
        anyhow!("{}: {cause}{hint}", at())
    })?;
    Ledger::open(store, genesis).with_context(at)
}

/// Opens the vote journal. A missing or damaged one is begun anew without its origin record, which
/// makes consensus recover before it signs anything.
fn open_journal(path: &Path, salt: Hash) -> anyhow::Result<(JournalFile, Vec<Vec<u8>>, vote_journal::Framer)> {
    if !path.exists() {
        tracing::warn!(path = %path.display(), "there is no vote journal: recovering from peers before signing anything");
        return Ok((JournalFile::create(path)?, Vec::new(), vote_journal::Framer::new(salt)));
    }
    let (mut file, bytes) = JournalFile::open(path)?;
    match vote_journal::replay(&bytes, salt) {
        Ok(replayed) => {
            if let Some(repaired) = &replayed.repaired {
                tracing::warn!(path = %path.display(), "repaired a damaged copy in the vote journal");
                file.replace(repaired)?;
            } else if replayed.valid_len < bytes.len() {
                tracing::info!(
                    bytes = bytes.len() - replayed.valid_len,
                    "dropping a torn write at the end of the vote journal"
                );
                file.replace(bytes.get(..replayed.valid_len).unwrap_or_default())?;
            }
            Ok((file, replayed.payloads, replayed.framer))
        }
        Err(damage) => {
            tracing::error!(path = %path.display(), %damage, "recovering from peers before signing anything");
            std::fs::rename(path, path.with_extension("damaged"))?;
            Ok((JournalFile::create(path)?, Vec::new(), vote_journal::Framer::new(salt)))
        }
    }
}
