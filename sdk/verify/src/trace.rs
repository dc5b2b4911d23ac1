//! An item's trace, found again over what a proof shows.

use crate::BadFile;
use crate::registers::Registers;
use countersign_epcis::answer::After;
use countersign_epcis::question::{Answer, Part, Question, ask};
use countersign_epcis::register;
use countersign_epcis::walk::{AsOf, Limits};
use countersign_types::proof::{HistoryPart, HistoryPlace, TraceAsOf};

/// Walks over the registers.
pub(crate) fn walk(
    registers: &mut Registers<'_>,
    question: &Question,
    as_of: Option<TraceAsOf>,
) -> Result<Answer, BadFile> {
    if let Some(as_of) = as_of {
        check_position(registers, as_of)?;
    }
    let as_of = as_of.map_or(AsOf::default(), |TraceAsOf { height, position }| AsOf {
        position: Some(position),
        height: Some(height.0),
    });
    ask(registers, question, as_of, Limits::default()).map_err(BadFile::Incomplete)
}

/// A file's part of a history, as it is asked for.
pub(crate) fn part(HistoryPart { after, limit }: HistoryPart) -> Part {
    Part { after: after.map(|HistoryPlace { time_ms, sequence }| After { time_ms, sequence }), limit }
}

/// Checks that the contract had as many records at the height: heights never fall from one record to the next, so the
/// two around the position settle it.
fn check_position(registers: &mut Registers<'_>, as_of: TraceAsOf) -> Result<(), BadFile> {
    let TraceAsOf { height, position } = as_of;
    let wrong = BadFile::Position { position, height };
    let count = register::count(registers).map_err(BadFile::Incomplete)?;
    let mut height_of = |sequence| -> Result<Option<u64>, BadFile> {
        let record = register::record(registers, sequence).map_err(BadFile::Incomplete)?;
        Ok(record.map(|record| record.height))
    };
    if position > count {
        return Err(wrong);
    }
    if let Some(last) = position.checked_sub(1)
        && height_of(last)?.is_none_or(|recorded| recorded > height.0)
    {
        return Err(wrong);
    }
    if position < count && height_of(position)?.is_none_or(|recorded| recorded <= height.0) {
        return Err(wrong);
    }
    Ok(())
}
