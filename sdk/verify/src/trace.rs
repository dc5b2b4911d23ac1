//! An item's trace, found again over what a proof shows.

use crate::BadFile;
use crate::finding::{Answer, Query};
use crate::registers::Registers;
use countersign_epcis::Identifier;
use countersign_epcis::register::{self, Pos};
use countersign_epcis::walk::{self, Limits};
use countersign_types::proof::{HistoryPart, HistoryPlace, TraceAsOf};

/// Walks over the registers.
pub(crate) fn walk(
    registers: &mut Registers<'_>,
    query: Query,
    item: &str,
    as_of: Option<TraceAsOf>,
    page: Option<HistoryPart>,
) -> Result<Answer, BadFile> {
    let id = Identifier::parse(item).map_err(|cause| BadFile::Item { item: item.to_owned(), cause })?;
    if let Some(as_of) = as_of {
        check_position(registers, as_of)?;
    }
    let position = as_of.map(|as_of| as_of.position);
    let limits = Limits::default();
    let answer = match (query, page) {
        (Query::History, Some(HistoryPart { after, limit })) => {
            let after = after.map(|HistoryPlace { time_ms, sequence }| Pos { time_ms, sequence });
            let limits = Limits { items: usize::try_from(limit.get()).unwrap_or(usize::MAX), ..limits };
            walk::history_page(registers, &id, position, after, limits).map(Answer::Page)
        }
        (Query::Back | Query::Forward, Some(_)) => return Err(BadFile::Part(query.word())),
        (Query::History, None) => walk::history(registers, &id, position, limits).map(Answer::History),
        (Query::Back, None) => walk::back(registers, &id, position, limits).map(Answer::Lineage),
        (Query::Forward, None) => walk::forward(registers, &id, position, limits).map(Answer::Lineage),
    };
    answer.map_err(BadFile::Incomplete)
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
