//! What a finding rests on, and what it does not show.

use crate::finding::Finding;
use countersign_types::proof::{Point, Proven, Root};
use countersign_types::{Epoch, Hash, Height};
use serde::Serialize;

/// What a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// Name of the network, as the trusted root has it.
    pub network: String,
    /// The chain's id, which is the trusted root's.
    pub chain: Hash,
    /// What the reader trusted.
    pub root: Root,
    /// Changes of validators between the root and the certificate.
    pub changes: usize,
    /// The epoch whose validators signed.
    pub epoch: Epoch,
    /// How many they are.
    pub validators: u16,
    /// How many of them had to sign.
    pub quorum: u16,
    /// How many did.
    pub signatures: usize,
    /// The block whose result they signed.
    pub certified: Point,
    /// The block under which the finding is shown: that one, or one before it.
    pub shown_at: Point,
}

/// Something that a reader might take as shown, and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// Later blocks may have changed what stood.
    #[error("anything after block {0}: what stood then may have changed since")]
    Later(Height),
    /// Other entries.
    #[error("anything about other entries of the state")]
    OtherEntries,
    /// Records that the file leaves out.
    #[error("the other {} of the log's {count} records", count.saturating_sub(*shown))]
    OtherRecords {
        /// Records of the file.
        shown: u64,
        /// Records of the log.
        count: u64,
    },
    /// Whether the log went on.
    #[error("how many records the log had at height {0}: the file does not show where it ended then")]
    LengthThen(Height),
    /// The walk ended early.
    #[error("all of the answer: the trace is longer than one answer may be")]
    Truncated,
    /// What comes before or after a part of an answer.
    #[error("what comes before and after this part of the answer")]
    OtherParts,
    /// What is further away than was asked for.
    #[error("what lies more links away than were asked for")]
    Deeper,
    /// Who a key belonged to.
    #[error("whose the signer's key was at that time: the state entries of key and account show that")]
    Account,
    /// What the contract means by it.
    #[error("what the event means beyond the contract's word, and what other events there were")]
    OtherEvents,
    /// The world.
    #[error("that what was recorded is true of the goods, and complete: it shows who recorded what, and when")]
    World,
    /// Old keys.
    #[error(
        "that no key of the {0} earlier sets of validators was stolen after they left: \
         a checkpoint from a source that you trust makes them not matter"
    )]
    OldKeys(usize),
    /// The checkpoint itself.
    #[error("that the checkpoint is this network's: it is as good as the way it came to you")]
    Checkpoint,
}

impl Basis {
    pub(crate) fn of(proven: &Proven) -> Self {
        let validators = &proven.epoch.validators;
        Self {
            network: proven.network.clone(),
            chain: proven.chain,
            root: proven.root,
            changes: proven.changes,
            epoch: proven.epoch.epoch,
            validators: validators.count(),
            quorum: validators.quorum(),
            signatures: proven.signatures,
            certified: proven.certified,
            shown_at: proven.shown_at,
        }
    }

    /// What it rests on, in sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let root = match self.root {
            Root::Genesis => "the genesis that you gave".to_owned(),
            Root::Checkpoint { epoch, height } => {
                format!("the checkpoint that you gave, of epoch {epoch} at block {height}")
            }
        };
        let changes = match self.changes {
            0 => "its validators".to_owned(),
            1 => "the validators whom its validators handed over to".to_owned(),
            changes => format!("the validators whom its validators handed over to, in {changes} changes"),
        };
        let Self { signatures, validators, quorum, epoch, certified, .. } = self;
        let mut sentences = vec![
            root,
            format!(
                "{changes}: {signatures} of the {validators} of epoch {epoch} signed the result of block {}, \
                 {quorum} are a quorum; fewer than a third of them are taken to be dishonest",
                certified.height
            ),
        ];
        if self.shown_at.height != certified.height {
            sentences.push(format!(
                "block {} and its result, which the signed result names as one before it",
                self.shown_at.height
            ));
        }
        sentences
    }

    /// What a finding on this basis does not show.
    #[must_use]
    pub fn not_shown(&self, finding: &Finding) -> Vec<NotShown> {
        let shown_at = self.shown_at.height;
        let mut not = match finding {
            Finding::State { .. } => vec![NotShown::Later(shown_at), NotShown::OtherEntries],
            Finding::Transaction(_) => vec![NotShown::Account, NotShown::World],
            Finding::Event(_) => vec![NotShown::OtherEvents, NotShown::World],
            Finding::Log { as_of, log, .. } => {
                let until = as_of.unwrap_or(shown_at);
                let (then, shown) = log.as_of(*as_of);
                let mut not = vec![NotShown::Later(until)];
                let shown = u64::try_from(shown.len()).unwrap_or(u64::MAX);
                match then {
                    None => not.push(NotShown::LengthThen(until)),
                    Some(count) if count > shown => not.push(NotShown::OtherRecords { shown, count }),
                    Some(_) => {}
                }
                not.push(NotShown::World);
                not
            }
            Finding::Trace { question, answer, .. } => {
                let mut not = vec![NotShown::Later(finding.past().unwrap_or(shown_at)), NotShown::World];
                if answer.truncated().is_some() {
                    not.insert(0, NotShown::Truncated);
                }
                if answer.is_deeper() {
                    not.insert(0, NotShown::Deeper);
                }
                if answer.has_next() || question.is_later_part() {
                    not.insert(0, NotShown::OtherParts);
                }
                not
            }
        };
        match self.root {
            Root::Genesis if self.changes > 0 => not.push(NotShown::OldKeys(self.changes)),
            Root::Genesis => {}
            Root::Checkpoint { .. } => not.push(NotShown::Checkpoint),
        }
        not
    }
}

impl Serialize for NotShown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
