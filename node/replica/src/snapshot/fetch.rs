//! Which pieces of a snapshot are here, on the way, and to be asked for next.

use crate::limits::{OPEN_CUTS_MAX, PIECE_RETRY_MS};
use countersign_ledger::snapshot::{BadPiece, LogHead, Piece, Snapshot};
use countersign_types::TimestampMs;
use std::collections::{BTreeMap, BTreeSet};

/// The pieces of a snapshot whose manifest holds.
#[derive(Debug)]
pub(super) struct Fetch {
    snapshot: Snapshot,
    /// Kept pieces of subtrees that are not whole.
    kept: BTreeSet<Piece>,
    /// Subtrees whose entries are kept and whose logs are not.
    open: BTreeMap<u32, Open>,
    /// Subtrees that are whole.
    whole: BTreeSet<u32>,
    /// Subtrees before this one were asked for.
    next_cut: u32,
    wanted: BTreeMap<Piece, Wanted>,
    /// Number of pieces kept, and their bytes.
    pub(super) pieces: u64,
    pub(super) bytes: u64,
}

/// A subtree whose logs are fetched.
#[derive(Debug)]
struct Open {
    logs: Vec<LogHead>,
    next_part: u32,
    left: usize,
}

/// A piece that is asked for.
#[derive(Debug, Default)]
struct Wanted {
    /// Who was asked last, and when; nobody if it is to be asked for again.
    of: Option<(u16, TimestampMs)>,
    /// Who was asked before and may still answer.
    before: BTreeSet<u16>,
}

impl Fetch {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            kept: BTreeSet::new(),
            open: BTreeMap::new(),
            whole: BTreeSet::new(),
            next_cut: 0,
            wanted: BTreeMap::new(),
            pieces: 0,
            bytes: 0,
        }
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    pub(super) fn is_whole(&self) -> bool {
        u32::try_from(self.whole.len()) == Ok(self.snapshot.cuts())
    }

    /// Number of pieces on the way.
    pub(super) fn flying(&self) -> usize {
        self.wanted.values().filter(|wanted| wanted.of.is_some()).count()
    }

    /// The piece to ask for next.
    pub(super) fn next(&mut self) -> Option<Piece> {
        if let Some((piece, _)) = self.wanted.iter().find(|(_, wanted)| wanted.of.is_none()) {
            return Some(*piece);
        }
        for (cut, open) in &mut self.open {
            let parts = u32::try_from(self.snapshot.starts(*cut).len()).unwrap_or(u32::MAX);
            while open.next_part < parts {
                let piece = Piece::Logs { cut: *cut, part: open.next_part };
                open.next_part = open.next_part.saturating_add(1);
                if !self.kept.contains(&piece) {
                    self.wanted.insert(piece, Wanted::default());
                    return Some(piece);
                }
            }
        }
        let cuts = self.wanted.keys().filter(|piece| matches!(piece, Piece::State { .. })).count();
        while self.next_cut < self.snapshot.cuts() && self.open.len().saturating_add(cuts) < OPEN_CUTS_MAX {
            let cut = self.next_cut;
            self.next_cut = cut.saturating_add(1);
            if !self.whole.contains(&cut) && !self.open.contains_key(&cut) {
                let piece = Piece::State { cut };
                self.wanted.insert(piece, Wanted::default());
                return Some(piece);
            }
        }
        None
    }

    /// A peer is asked for a piece.
    pub(super) fn asked(&mut self, piece: Piece, peer: u16, now: TimestampMs) {
        if let Some(wanted) = self.wanted.get_mut(&piece) {
            wanted.of = Some((peer, now));
        }
    }

    /// Whether a peer may answer with a piece; whether in time.
    pub(super) fn awaits(&self, piece: Piece, peer: u16) -> Option<bool> {
        let wanted = self.wanted.get(&piece)?;
        let in_time = wanted.of.is_some_and(|(of, _)| of == peer);
        (in_time || wanted.before.contains(&peer)).then_some(in_time)
    }

    /// Who has the piece asked of them now.
    pub(super) fn asked_of(&self, piece: Piece) -> Option<u16> {
        self.wanted.get(&piece)?.of.map(|(peer, _)| peer)
    }

    /// A piece is to be asked of somebody else.
    pub(super) fn again(&mut self, piece: Piece, peer: u16) {
        if let Some(wanted) = self.wanted.get_mut(&piece) {
            wanted.of.take_if(|(of, _)| *of == peer);
            wanted.before.remove(&peer);
        }
    }

    /// Everything asked of a peer is to be asked of others; it is expected to answer no more.
    pub(super) fn forget(&mut self, peer: u16) {
        for wanted in self.wanted.values_mut() {
            wanted.of.take_if(|(of, _)| *of == peer);
            wanted.before.remove(&peer);
        }
    }

    /// Pieces that were not answered in time, each with who was asked. They may still come.
    pub(super) fn late(&mut self, now: TimestampMs) -> Vec<u16> {
        let mut late = Vec::new();
        for wanted in self.wanted.values_mut() {
            if let Some((peer, _)) = wanted.of.take_if(|(_, asked)| now.since(*asked) >= PIECE_RETRY_MS) {
                wanted.before.insert(peer);
                late.push(peer);
            }
        }
        late
    }

    /// When the first of the pieces on the way is late.
    pub(super) fn late_at(&self) -> Option<TimestampMs> {
        self.wanted.values().filter_map(|wanted| wanted.of).map(|(_, asked)| asked.plus(PIECE_RETRY_MS)).min()
    }

    /// Checks a piece and counts it as kept.
    ///
    /// # Errors
    /// [`BadPiece`]; then it is still wanted.
    pub(super) fn take(&mut self, piece: Piece, bytes: &[u8]) -> Result<(), BadPiece> {
        let cut = match piece {
            Piece::State { cut } => {
                let (_, logs) = self.snapshot.check_state(cut, bytes)?;
                let left = self.snapshot.starts(cut).len();
                self.open.insert(cut, Open { logs, next_part: 0, left });
                cut
            }
            Piece::Logs { cut, part } => {
                let open = self.open.get_mut(&cut).ok_or(BadPiece::Unknown)?;
                self.snapshot.check_logs(cut, part, &open.logs, bytes).map(drop)?;
                open.left = open.left.saturating_sub(1);
                cut
            }
            Piece::Manifest { .. } => return Err(BadPiece::Unknown),
        };
        self.wanted.remove(&piece);
        self.kept.insert(piece);
        self.pieces = self.pieces.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.open.get(&cut).is_some_and(|open| open.left == 0) {
            self.open.remove(&cut);
            self.whole.insert(cut);
            self.kept
                .retain(|kept| !matches!(kept, Piece::State { cut: of } | Piece::Logs { cut: of, .. } if *of == cut));
        }
        Ok(())
    }
}
