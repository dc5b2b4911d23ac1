//! The guest that called a host function: its memory, gas and frame.

use std::ops::Range;

use countersign_abi::{limits as abi, trap};
use countersign_metering::{HostCosts, Linear};
use wasmtime::{Caller, Val};

use crate::frame::{Frame, Stop, Stopped};

/// The guest that called.
pub(super) struct Guest<'a>(pub Caller<'a, Frame>);

/// Bytes that a guest points at, not yet checked.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// Pointer, unsigned.
    pub at: i32,
    /// Length, unsigned.
    pub len: i32,
    /// The longest that is accepted.
    pub max: usize,
}

impl Span {
    pub(super) fn key(at: i32, len: i32) -> Self {
        let max = abi::KEY_BYTES_MAX;
        Self { at, len, max }
    }

    pub(super) fn name(at: i32, len: i32) -> Self {
        let max = abi::NAME_BYTES_MAX;
        Self { at, len, max }
    }

    pub(super) fn fixed(at: i32, len: i32) -> Self {
        let max = usize::MAX;
        Self { at, len, max }
    }
}

impl Guest<'_> {
    pub(super) fn frame(&mut self) -> &mut Frame {
        self.0.data_mut()
    }

    pub(super) fn costs(&self) -> &'static HostCosts {
        self.0.data().costs
    }

    /// Gas left. Below zero if the guest has run past its end, which the next charge notices.
    pub(super) fn gas(&mut self) -> i64 {
        let gas = self.0.data().exports().gas;
        gas.get(&mut self.0).i64().expect("the counter is an i64")
    }

    /// Stack slots left.
    pub(super) fn stack(&mut self) -> i64 {
        let stack = self.0.data().exports().stack;
        stack.get(&mut self.0).i64().expect("the counter is an i64")
    }

    /// Takes gas, or ends the run.
    pub(super) fn charge(&mut self, cost: u64) -> wasmtime::Result<()> {
        let cost = i64::try_from(cost).unwrap_or(i64::MAX);
        let left = self.gas().saturating_sub(cost);
        let gas = self.0.data().exports().gas;
        gas.set(&mut self.0, Val::I64(left))?;
        if left < 0 {
            return Err(self.trap(trap::OUT_OF_GAS));
        }
        Ok(())
    }

    /// Checks spans against their limits and the memory, and charges for their bytes. Spans that
    /// are no good cost the fixed part.
    pub(super) fn admit<const N: usize>(
        &mut self,
        cost: Linear,
        spans: [Span; N],
    ) -> wasmtime::Result<[Range<usize>; N]> {
        let Some((ranges, bytes)) = self.ranges(spans) else {
            self.charge(cost.fixed)?;
            return Err(self.trap(trap::BAD_HOST_ARGUMENT));
        };
        self.charge(cost.of(bytes))?;
        Ok(ranges)
    }

    /// The same at the price of a copy.
    pub(super) fn admit_copy<const N: usize>(&mut self, spans: [Span; N]) -> wasmtime::Result<[Range<usize>; N]> {
        let copy = self.costs().copy;
        self.admit(copy, spans)
    }

    fn ranges<const N: usize>(&self, spans: [Span; N]) -> Option<([Range<usize>; N], usize)> {
        let size = self.0.data().exports().memory.data_size(&self.0);
        let mut bytes = 0usize;
        let ranges = spans.map(|span| {
            let range = range(span.at, span.len, size)?;
            bytes = bytes.checked_add(range.len())?;
            (range.len() <= span.max).then_some(range)
        });
        let mut whole = [const { 0..0 }; N];
        for (to, from) in whole.iter_mut().zip(ranges) {
            *to = from?;
        }
        Some((whole, bytes))
    }

    /// Bytes of the memory. The range comes from [`Self::admit`], and memories do not shrink.
    pub(super) fn slice(&self, range: &Range<usize>) -> &[u8] {
        let memory = self.0.data().exports().memory;
        memory.data(&self.0).get(range.clone()).expect("admitted ranges lie within the memory")
    }

    /// A copy of bytes of the memory.
    pub(super) fn bytes(&self, range: &Range<usize>) -> Vec<u8> {
        self.slice(range).to_vec()
    }

    /// A copy of so many bytes of the memory.
    pub(super) fn array<const N: usize>(&self, range: &Range<usize>) -> [u8; N] {
        self.slice(range).try_into().expect("the span was admitted with this length")
    }

    /// Charges for a copy and writes it to the memory.
    pub(super) fn copy_out(&mut self, at: i32, bytes: &[u8]) -> wasmtime::Result<()> {
        let cost = self.costs().copy.of(bytes.len());
        self.charge(cost)?;
        self.write(at, bytes)
    }

    /// Writes to the memory.
    pub(super) fn write(&mut self, at: i32, bytes: &[u8]) -> wasmtime::Result<()> {
        let memory = self.0.data().exports().memory;
        let start = usize::try_from(at.cast_unsigned()).unwrap_or(usize::MAX);
        let end = start.saturating_add(bytes.len());
        match memory.data_mut(&mut self.0).get_mut(start..end) {
            Some(to) => {
                to.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(self.trap(trap::BAD_HOST_ARGUMENT)),
        }
    }

    /// Ends the run with a trap.
    pub(super) fn trap(&mut self, cause: u32) -> wasmtime::Error {
        self.stop(Stop::Trapped(cause))
    }

    /// Ends the run.
    pub(super) fn stop(&mut self, stop: Stop) -> wasmtime::Error {
        self.frame().stop = Some(stop);
        wasmtime::Error::from(Stopped)
    }
}

fn range(at: i32, len: i32, size: usize) -> Option<Range<usize>> {
    let start = usize::try_from(at.cast_unsigned()).ok()?;
    let end = start.checked_add(usize::try_from(len.cast_unsigned()).ok()?)?;
    (end <= size).then_some(start..end)
}
