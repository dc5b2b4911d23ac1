//! What can go wrong, as data: a run's faults are all decided before it begins, so that any of them can be left out.

use super::adversary::Kind;
use super::random::Random;
use std::fmt;

/// Something that goes wrong between two times, in milliseconds since the story began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// When it begins.
    pub from_ms: u64,
    /// When it is over.
    pub until_ms: u64,
    /// What it is.
    pub what: What,
}

/// Some of the nodes, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(pub u32);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Messages are lost.
    Loss {
        /// Of a thousand.
        per_mille: u64,
    },
    /// Messages arrive twice.
    Duplication {
        /// Of a thousand.
        per_mille: u64,
    },
    /// Messages take any time up to this, so they overtake each other.
    Delay {
        /// The longest.
        max_ms: u64,
    },
    /// Two sides do not hear each other.
    Split {
        /// One of them.
        side: Group,
    },
    /// What one side says does not reach the other.
    OneWay {
        /// The side that is not heard.
        side: Group,
    },
    /// Two sides hear each other through one node alone.
    Bridge {
        /// One side.
        side: Group,
        /// Whom all hear.
        by: u16,
    },
    /// A split that comes and goes.
    Flap {
        /// One side.
        side: Group,
        /// Half a turn.
        period_ms: u64,
    },
    /// Links deliver nothing, and in the end all at once.
    Clog {
        /// Who is not heard.
        from: Group,
        /// By whom.
        to: Group,
    },
    /// A clock is wrong.
    Skew {
        /// Whose.
        node: u16,
        /// By so much.
        ms: i64,
    },
    /// The power fails and comes back; the disk suffers.
    Crash {
        /// Whose.
        node: u16,
        /// How the disk suffers.
        harm: Harm,
    },
    /// The power fails when so many journal records were written from now on, before the next one.
    Cut {
        /// Whose.
        node: u16,
        /// Records.
        records: usize,
    },
    /// The database refuses a write, and all after it.
    StoreFails {
        /// Whose.
        node: u16,
        /// Writes that still succeed.
        writes: u64,
        /// Whether the disk has the failed one all the same.
        kept: bool,
    },
    /// A turn takes long, since the disk does.
    SlowDisk {
        /// Whose.
        node: u16,
        /// So long.
        ms: u64,
    },
    /// The disk is nearly full.
    FullDisk {
        /// Whose.
        node: u16,
    },
    /// The power fails everywhere at once.
    Blackout,
    /// The process stands still and then goes on.
    Pause {
        /// Whose.
        node: u16,
    },
    /// Organisations decide on other validators.
    Change,
    /// A validator does wrong.
    Wrong {
        /// Which.
        node: u16,
        /// How.
        kind: Kind,
    },
}

/// What a crash does to a node's disk, beyond losing what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// Nothing: of what was not synced a part is there, perhaps torn.
    Unsynced,
    /// A bit of one copy of a journal record is flipped.
    FlippedCopy,
    /// Both copies of a record within the journal are flipped.
    FlippedRecord,
    /// A record was written where others stood.
    MisdirectedRecord,
    /// The newest records, which were synced, are gone: nobody can tell.
    LostTail,
    /// The journal is gone.
    WipedJournal,
    /// The ledger is gone.
    WipedLedger,
    /// Both are gone.
    WipedDirectory,
    /// Both are as they were when the fault began.
    RolledBack,
    /// A bit in the database is flipped.
    FlippedValue,
    /// A value in the database is gone.
    LostValue,
    /// A value of the database stands under another's key.
    MisdirectedValue,
}

impl Harm {
    /// What breaks no promise of a disk that was synced, so any number of nodes may suffer it.
    pub const BEARABLE: [Self; 2] = [Self::Unsynced, Self::FlippedCopy];
    /// What the node notices: it counts as faulty until it has recovered.
    pub const NOTICED: [Self; 8] = [
        Self::FlippedRecord,
        Self::MisdirectedRecord,
        Self::WipedJournal,
        Self::WipedLedger,
        Self::WipedDirectory,
        Self::FlippedValue,
        Self::LostValue,
        Self::MisdirectedValue,
    ];
    /// What it cannot notice: its votes may contradict those that it forgot.
    pub const UNNOTICED: [Self; 2] = [Self::LostTail, Self::RolledBack];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsynced => "crash",
            Self::FlippedCopy => "journal: flipped copy",
            Self::FlippedRecord => "journal: flipped record",
            Self::MisdirectedRecord => "journal: misdirected write",
            Self::LostTail => "journal: lost tail",
            Self::WipedJournal => "journal: wiped",
            Self::WipedLedger => "ledger: wiped",
            Self::WipedDirectory => "directory: wiped",
            Self::RolledBack => "directory: rolled back",
            Self::FlippedValue => "ledger: flipped bit",
            Self::LostValue => "ledger: lost value",
            Self::MisdirectedValue => "ledger: misdirected write",
        }
    }
}

impl What {
    /// Its name in the table of what was exercised.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Loss { .. } => "net: loss",
            Self::Duplication { .. } => "net: duplication",
            Self::Delay { .. } => "net: delay and reordering",
            Self::Split { .. } => "net: split",
            Self::OneWay { .. } => "net: one-way partition",
            Self::Bridge { .. } => "net: bridged partition",
            Self::Flap { .. } => "net: flapping",
            Self::Clog { .. } => "net: clogged link",
            Self::Skew { ms, .. } if ms.unsigned_abs() > HOUR_MS / 2 => "clock: an hour off",
            Self::Skew { .. } => "clock: skew",
            Self::Crash { harm, .. } => harm.name(),
            Self::Cut { .. } => "crash: at a persist point",
            Self::StoreFails { .. } => "ledger: write fails",
            Self::SlowDisk { .. } => "disk: slow",
            Self::FullDisk { .. } => "disk: full",
            Self::Blackout => "crash: all at once",
            Self::Pause { .. } => "process: paused",
            Self::Change => "epochs: set change voted",
            Self::Wrong { kind, .. } => kind.name(),
        }
    }

    /// Whom it makes one of the f validators that may be faulty.
    #[must_use]
    pub fn weakens(&self) -> Option<u16> {
        match self {
            Self::Wrong { node, .. } => Some(*node),
            Self::Crash { node, harm } if !Harm::BEARABLE.contains(harm) => Some(*node),
            Self::Skew { node, ms } if ms.unsigned_abs() > HOUR_MS / 2 => Some(*node),
            _ => None,
        }
    }

    /// Whose execution may give something else because of it: rows that name expired ids can be lost unnoticed, and
    /// what a node then signs of a result differs from what it signs with its ledger replaced.
    #[must_use]
    pub fn confuses(&self) -> Option<u16> {
        match self {
            Self::Crash { node, harm: Harm::FlippedValue | Harm::LostValue | Harm::MisdirectedValue } => Some(*node),
            _ => None,
        }
    }

    /// Whose votes mean nothing because of it.
    #[must_use]
    pub fn corrupts(&self) -> Option<u16> {
        match self {
            Self::Wrong { node, .. } => Some(*node),
            Self::Crash { node, harm } if Harm::UNNOTICED.contains(harm) => Some(*node),
            _ => None,
        }
    }
}

/// An hour.
pub const HOUR_MS: u64 = 3_600_000;

impl Group {
    /// Whether a node is one of them.
    #[must_use]
    pub fn has(self, node: u16) -> bool {
        self.0.checked_shr(u32::from(node)).is_some_and(|bits| bits & 1 == 1)
    }
    /// Just one.
    #[must_use]
    pub fn one(node: u16) -> Self {
        Self(1u32.checked_shl(u32::from(node)).unwrap_or(0))
    }
    /// Some of `count` nodes, neither none nor all.
    pub fn some(random: &mut Random, count: u16) -> Self {
        if random.chance(400) {
            return Self::one(random.node(count));
        }
        let all = 1u32.checked_shl(u32::from(count)).map_or(u32::MAX, |above| above - 1);
        match u32::try_from(random.below(u64::from(all))).unwrap_or(1) {
            0 => Self::one(random.node(count)),
            side => Self(side),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = (0..32).filter(|node| self.has(*node)).map(|node| format!("v{node}"));
        f.write_str(&nodes.collect::<Vec<_>>().join("+"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from_ms, until_ms, what } = self;
        write!(f, "{from_ms:>6}..{until_ms:<6} {}", what.name())?;
        match what {
            What::Loss { per_mille } | What::Duplication { per_mille } => write!(f, ", {per_mille} ‰"),
            What::Delay { max_ms } => write!(f, " up to {max_ms} ms"),
            What::Split { side } | What::OneWay { side } => write!(f, " of {side}"),
            What::Bridge { side, by } => write!(f, " of {side} by v{by}"),
            What::Flap { side, period_ms } => write!(f, " of {side} each {period_ms} ms"),
            What::Clog { from, to } => write!(f, " from {from} to {to}"),
            What::Skew { node, ms } => write!(f, " of v{node} by {ms} ms"),
            What::Cut { node, records } => write!(f, " of v{node} after {records} records"),
            What::StoreFails { node, writes, kept } => {
                write!(f, " of v{node} after {writes} writes, {}", if *kept { "kept" } else { "lost" })
            }
            What::SlowDisk { node, ms } => write!(f, " of v{node}, {ms} ms"),
            What::Crash { node, .. } | What::Pause { node } | What::FullDisk { node } | What::Wrong { node, .. } => {
                write!(f, " of v{node}")
            }
            What::Change | What::Blackout => Ok(()),
        }
    }
}
