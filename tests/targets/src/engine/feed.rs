//! Bytes as decisions.

use countersign_types::Phase;

/// What is left of the input.
pub struct Feed<'a>(&'a [u8]);

impl<'a> Feed<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// The next byte, none at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// From 0 to 7; zero at the end.
    pub fn small(&mut self) -> u8 {
        self.byte().unwrap_or(0) % 8
    }

    /// A view or height: a low one nearly always.
    pub fn number(&mut self) -> u64 {
        match self.byte().unwrap_or(1) {
            254 => u64::MAX,
            255 => 1 << 63,
            low => u64::from(low % 12),
        }
    }

    pub fn phase(&mut self) -> Phase {
        match self.small() {
            0 => Phase::PrePrepare,
            1 | 5 => Phase::Prepare,
            2 | 6 => Phase::Commit,
            3 | 7 => Phase::ViewChange,
            _ => Phase::Checkpoint,
        }
    }

    /// At most so many bytes.
    pub fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
