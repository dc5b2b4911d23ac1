//! A node whose ledger is suspect mends the state before anything else uses it: [`Heal`] says whom to ask for what, and here are
//! its network, its clock and the ledger. What no peer has any more is made anew from the node's own blocks, if it has all.

use crate::config::Config;
use crate::limits::{HEAL_ROUNDS_MAX, JOIN_REPORT_INTERVAL};
use crate::members::Members;
use crate::network::{Class, NetworkEvent, NetworkEvents, NetworkHandle, Verdict};
use crate::node::{REPLICA_STACK_BYTES, open_ledger};
use crate::renew::renew;
use crate::replica_thread::now;
use crate::suspect::{self, Suspects};
use anyhow::{Context as _, bail};
use countersign_ledger::snapshot::{Place, StatePiece};
use countersign_ledger::{Ledger, LedgerError, LogRun, LogSurvey, LostRun, RocksStore};
use countersign_replica::heal::{Heal, HealFact, HealOrder, Lost, StatePlace};
use countersign_replica::wire::{self, Wire};
use countersign_types::{Genesis, Height};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// Mends the state of a suspect ledger, from peers or else from its own blocks, and opens what came of it. What cannot be mended now is
/// tried again at the next start. `None` if the node is to stop.
///
/// # Errors
/// If the ledger cannot be read or written, apart from what is damaged.
pub async fn mend(
    healer: Healer<'_>,
    ledger: Ledger<RocksStore>,
    (config, genesis): (&Config, &Genesis),
    suspects: &mut Suspects,
    stop: Pin<&mut impl Future<Output = ()>>,
) -> anyhow::Result<Option<Ledger<RocksStore>>> {
    let data = &config.data_dir;
    match healer.run(ledger, suspect::names_logs(data), stop).await? {
        Healed::Stopped => Ok(None),
        Healed::Whole { ledger, places } => {
            tracing::warn!(
                places,
                "the state of the ledger was looked through and is whole; parts of it were stored anew from what peers sent"
            );
            suspects.mended = suspects.mended.saturating_add(places);
            suspect::clear(data)?;
            Ok(Some(ledger))
        }
        Healed::Partly { ledger, places } => {
            tracing::warn!(
                places,
                "parts of the state are not to be had from peers: making the ledger anew from its own blocks"
            );
            match from_own_blocks(ledger, genesis, data).await {
                Ok(()) => {
                    tracing::warn!("the ledger was made anew from its own blocks; the one before is `ledger.damaged`");
                    suspect::clear(data)?;
                }
                Err(cause) => tracing::error!(
                    cause = format!("{cause:#}"),
                    "the state cannot be mended; the node goes on as far as it can: see `Damage on the disk` in operate.md"
                ),
            }
            open_ledger(config, genesis).map(Some)
        }
    }
}

/// How it ended.
#[derive(Debug)]
enum Healed {
    /// The state is whole.
    Whole {
        /// The ledger.
        ledger: Ledger<RocksStore>,
        /// Places that were stored anew.
        places: u64,
    },
    /// Some of it is not to be had from anybody.
    Partly {
        /// The ledger.
        ledger: Ledger<RocksStore>,
        /// Places that are missing.
        places: usize,
    },
    /// The node is to stop.
    Stopped,
}

/// What healing needs.
pub struct Healer<'a> {
    /// Peers by the ledger and the configuration.
    pub members: &'a Members,
    /// To them.
    pub network: &'a NetworkHandle,
    /// From them.
    pub events: &'a mut NetworkEvents,
}

/// How a round of questions ended.
enum Round {
    Done,
    GivenUp(usize),
    Stopped,
}

impl Healer<'_> {
    /// Looks through the state, and the logs if they are suspect too, and mends them.
    async fn run(
        mut self,
        mut ledger: Ledger<RocksStore>,
        logs: bool,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> anyhow::Result<Healed> {
        let mut mended = 0u64;
        for _ in 0..HEAL_ROUNDS_MAX {
            tracing::info!(height = ledger.tip().height.0, "looking through the state for damage");
            let found;
            (ledger, found) = with(ledger, |ledger| ledger.survey()).await?;
            let Some(survey) = unless_damaged(found)? else { return Ok(Healed::Partly { ledger, places: 0 }) };
            let round;
            if !survey.lost.is_empty() {
                (ledger, round) = self.fetch(ledger, survey.lost, &mut mended, stop.as_mut()).await?;
                match round {
                    Round::Done => continue,
                    Round::GivenUp(places) => return Ok(Healed::Partly { ledger, places }),
                    Round::Stopped => return Ok(Healed::Stopped),
                }
            }
            if !survey.is_sound() {
                let done;
                (ledger, done) = with(ledger, move |ledger| ledger.mend_rows(&survey)).await?;
                done.context(MENDING)?;
                continue;
            }
            let found;
            (ledger, found) =
                with(ledger, move |ledger| if logs { ledger.survey_logs() } else { Ok(LogSurvey::default()) }).await?;
            let Some(survey) = unless_damaged(found)? else { return Ok(Healed::Partly { ledger, places: 0 }) };
            if survey.is_sound() {
                // Earlier states may refer to what was lost.
                ledger = stored::<Place>(ledger, Vec::new()).await?;
                return Ok(Healed::Whole { ledger, places: mended });
            }
            let round;
            (ledger, round) = self.fetch(ledger, survey.lost.clone(), &mut mended, stop.as_mut()).await?;
            match round {
                Round::Done => {}
                Round::GivenUp(places) => return Ok(Healed::Partly { ledger, places }),
                Round::Stopped => return Ok(Healed::Stopped),
            }
            let done;
            (ledger, done) = with(ledger, move |ledger| ledger.mend_trees(&survey)).await?;
            if matches!(done, Err(LedgerError::Repair { .. })) {
                return Ok(Healed::Partly { ledger, places: 0 });
            }
            done.context(MENDING)?;
        }
        Ok(Healed::Partly { ledger, places: 0 })
    }

    /// Asks peers for what a survey found lost, and stores what comes.
    async fn fetch<L>(
        &mut self,
        mut ledger: Ledger<RocksStore>,
        lost: Vec<L>,
        mended: &mut u64,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> anyhow::Result<(Ledger<RocksStore>, Round)>
    where
        L: Fetched + Send + 'static,
        L::Found: Send + 'static,
    {
        let peers = self.members.validators.count().saturating_add(self.members.guests());
        let others = usize::from(peers.saturating_sub(u16::from(self.members.own.is_some())));
        tracing::warn!(
            places = lost.len(),
            peers = others,
            "parts of the {} are damaged; asking peers for them",
            L::NAME
        );
        let height = ledger.tip().height;
        let mut heal = Heal::new(lost, others);
        let mut wake = now();
        // Who is connected already is not announced again.
        let connected = self.network.peers().into_iter().filter(|peer| peer.is_connected);
        let mut facts: Vec<HealFact<L>> = connected
            .filter_map(|peer| self.members.index_of(&peer.key))
            .map(|peer| HealFact::Connected { peer })
            .collect();
        facts.push(HealFact::Tick);
        loop {
            for fact in facts.drain(..) {
                for order in heal.handle(now(), fact) {
                    match order {
                        HealOrder::Ask { peer, lost } => {
                            if let Some(question) = L::question(height, &lost) {
                                self.send(peer, &question);
                            }
                        }
                        HealOrder::Mend(found) => {
                            *mended = mended.saturating_add(u64::try_from(found.len()).unwrap_or(u64::MAX));
                            ledger = stored(ledger, found).await?;
                        }
                        HealOrder::Done => return Ok((ledger, Round::Done)),
                        HealOrder::GiveUp { left } => return Ok((ledger, Round::GivenUp(left))),
                        HealOrder::WakeAt(at) => wake = at,
                    }
                }
            }
            let wait = Duration::from_millis(wake.since(now()).max(1)).min(JOIN_REPORT_INTERVAL);
            tokio::select! {
                () = &mut stop => return Ok((ledger, Round::Stopped)),
                event = self.events.recv() => match event {
                    // The share goes back once the fact is handled.
                    Some((event, share)) => {
                        facts.extend(self.fact(event));
                        drop(share);
                    }
                    None => bail!("the network has stopped"),
                },
                () = tokio::time::sleep(wait) => facts.push(HealFact::Tick),
            }
        }
    }

    fn send(&self, peer: u16, message: &Wire) {
        let Some(key) = self.members.peer(peer) else { return };
        if let Err(cause) = self.network.send(&key, Class::Sync, message.to_bytes()) {
            tracing::debug!(%cause, "a question about the state was not sent");
        }
    }

    /// What the healer hears of an event. Nothing else matters yet: who says it says it again.
    fn fact<L: Fetched>(&self, event: NetworkEvent) -> Option<HealFact<L>> {
        match event {
            NetworkEvent::Connected { peer } => Some(HealFact::Connected { peer: self.members.index_of(&peer)? }),
            NetworkEvent::Disconnected { peer } => Some(HealFact::Disconnected { peer: self.members.index_of(&peer)? }),
            NetworkEvent::Message { peer, class: Class::Sync, bytes } => {
                let peer = self.members.index_of(&peer)?;
                let found = L::answer(Wire::from_bytes(&bytes, wire::Class::Sync).ok()?)?;
                Some(HealFact::Found { peer, found })
            }
            NetworkEvent::Message { .. } => None,
            NetworkEvent::Transactions { message_id, .. } => {
                if let Err(cause) = self.network.report(message_id, Verdict::Ignore) {
                    tracing::debug!(%cause, "a gossiped batch was not judged in time");
                }
                None
            }
        }
    }
}

/// What is fetched from peers: how it is asked for and stored.
trait Fetched: Lost {
    /// What it is a part of.
    const NAME: &'static str;
    /// The question for some of it.
    fn question(height: Height, lost: &[Self]) -> Option<Wire>;
    /// What an answer holds.
    fn answer(message: Wire) -> Option<Vec<Option<Self::Found>>>;
    /// Stores it.
    fn store(ledger: &mut Ledger<RocksStore>, found: &[(Self, Self::Found)]) -> Result<(), LedgerError>;
}

impl Fetched for Place {
    const NAME: &'static str = "state";

    fn question(height: Height, lost: &[Self]) -> Option<Wire> {
        Some(Wire::StateWanted { height, places: lost.iter().map(StatePlace::of).collect() })
    }

    fn answer(message: Wire) -> Option<Vec<Option<StatePiece>>> {
        if let Wire::State { pieces } = message { Some(pieces) } else { None }
    }

    fn store(ledger: &mut Ledger<RocksStore>, found: &[(Self, StatePiece)]) -> Result<(), LedgerError> {
        ledger.mend(found)
    }
}

impl Fetched for LostRun {
    const NAME: &'static str = "logs";

    fn question(_: Height, lost: &[Self]) -> Option<Wire> {
        let LostRun { contract, key, range, start } = lost.first()?;
        Some(Wire::LogWanted { contract: *contract, key: key.clone(), count: range.count(), start: *start })
    }

    fn answer(message: Wire) -> Option<Vec<Option<LogRun>>> {
        if let Wire::Log(run) = message { Some(vec![run]) } else { None }
    }

    fn store(ledger: &mut Ledger<RocksStore>, found: &[(Self, LogRun)]) -> Result<(), LedgerError> {
        found.iter().try_for_each(|(lost, run)| ledger.mend_run(lost, run))
    }
}

/// What a look found; none if it met damage of another kind.
fn unless_damaged<T>(found: Result<T, LedgerError>) -> anyhow::Result<Option<T>> {
    match found {
        Err(cause) if cause.damaged_row().is_some() => {
            tracing::warn!(%cause, "the damage is not of state and logs alone");
            Ok(None)
        }
        found => found.context(MENDING).map(Some),
    }
}

async fn stored<L>(ledger: Ledger<RocksStore>, found: Vec<(L, L::Found)>) -> anyhow::Result<Ledger<RocksStore>>
where
    L: Fetched + Send + 'static,
    L::Found: Send + 'static,
{
    let (ledger, done) = with(ledger, move |ledger| L::store(ledger, &found)).await?;
    done.context(MENDING).map(|()| ledger)
}

const MENDING: &str = "the damaged ledger cannot be mended";

/// Does something with the ledger that takes long.
async fn with<T: Send + 'static>(
    mut ledger: Ledger<RocksStore>,
    work: impl FnOnce(&mut Ledger<RocksStore>) -> Result<T, LedgerError> + Send + 'static,
) -> anyhow::Result<(Ledger<RocksStore>, Result<T, LedgerError>)> {
    let worked = spawn_blocking(move || {
        let done = work(&mut ledger);
        (ledger, done)
    });
    Ok(worked.await?)
}

/// Makes the ledger anew from its own blocks.
async fn from_own_blocks(ledger: Ledger<RocksStore>, genesis: &Genesis, data: &Path) -> anyhow::Result<()> {
    let (genesis, data, stored) = (genesis.clone(), data.to_owned(), ledger.reader());
    drop(ledger);
    let (sender, done) = oneshot::channel();
    let work = move || {
        // Nobody listens once the node is gone.
        let _ = sender.send(renew(stored, &genesis, &data));
    };
    std::thread::Builder::new().name("renew".into()).stack_size(REPLICA_STACK_BYTES).spawn(work)?;
    done.await.context("its thread panicked")?
}
