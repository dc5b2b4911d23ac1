//! The sheet of a product: those of its lots, in one.
//!
//! Which lots a product has is found by a query, as the node says it: no proof shows that there are no others. What the sheet
//! says of each lot is proven as ever, by a file for each.

use super::{Made, make};
use crate::failure::Usage;
use crate::session::Session;
use countersign_api::At;
use countersign_api::method::epcis::{EpcisQuery, Form, QueryParams};
use countersign_api::method::report::Report;
use countersign_client::verify::Question;
use countersign_epcis::document::parse;
use countersign_epcis::identifier::Kind;
use countersign_epcis::register::{lot_of, lots};
use countersign_epcis::report::{Period, Report as Which};
use countersign_epcis::rule::Policy;
use countersign_epcis::{Event, Identifier};
use serde_json::json;
use std::collections::BTreeSet;

/// Most lots of one sheet: each is a walk of its own.
const LOTS_MAX: usize = 1_000;
/// Events of one page of the query.
const PAGE: u32 = 1_000;

/// A product, and the period that is asked for.
pub fn asked(question: &Question) -> Option<(&Identifier, Period)> {
    match question {
        Question::Report(item, Which::Fsma204(period)) if item.kind() == Kind::Class => Some((item, *period)),
        _ => None,
    }
}

/// The sheet, and the question for each of its lots.
pub async fn sheet(
    product: &Identifier,
    period: Period,
    at: At,
    session: &Session,
) -> anyhow::Result<(Made, Vec<Question>)> {
    let (lots, height) = found(product, at, session).await?;
    let mut questions = Vec::with_capacity(lots.len());
    let mut whole: Option<Made> = None;
    for lot in lots {
        let question = Question::Report(lot, Which::Fsma204(period));
        let made = make(&question, height, session).await?;
        whole = Some(match whole {
            None => made,
            Some(whole) => Made { report: joined(whole.report, made.report), ..whole },
        });
        questions.push(question);
    }
    let missing =
        || Usage(format!("no event names a lot of {product}; give a lot, if it is known under another identifier"));
    let mut made = whole.ok_or_else(missing)?;
    let report = &mut made.report;
    report.canonical = product.canonical().to_owned();
    // Date and time are the second and third column of the sheet.
    report.rows.sort_by(|one, other| {
        let key = |cells: &[String]| cells.get(1..3).map(<[String]>::to_vec).unwrap_or_default();
        (key(&one.cells), one.sequence).cmp(&(key(&other.cells), other.sequence))
    });
    report.notes.push(format!(
        "Of {} lots of the product, as the node finds them by a query: no proof shows that there are no others.",
        questions.len()
    ));
    Ok((made, questions))
}

fn joined(mut whole: Report, part: Report) -> Report {
    whole.rows.extend(part.rows);
    let notes: Vec<String> = part.notes.into_iter().filter(|note| !whole.notes.contains(note)).collect();
    whole.notes.extend(notes);
    whole.complete &= part.complete;
    whole.truncated = whole.truncated.or(part.truncated);
    whole
}

/// The lots of a product that events name, or say of its instances; and the block after which they were found.
async fn found(product: &Identifier, at: At, session: &Session) -> anyhow::Result<(Vec<Identifier>, At)> {
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let (mut lots, mut at) = (BTreeSet::new(), at);
    for parameter in ["MATCH_anyEPCClass", "MATCH_anyEPC"] {
        let parameters = json!({ parameter: [product.canonical()], "orderDirection": "ASC" });
        let params = serde_json::value::to_raw_value(&parameters)?;
        let form = Form::DigitalLink;
        let mut params = QueryParams { params, form, contract: contract.clone(), at, limit: Some(PAGE), cursor: None };
        loop {
            let page = client.unverified().call_again::<EpcisQuery>(&params).await?.into_said();
            for record in &page.items {
                let document = parse(record.event.get().as_bytes(), Policy::default()).ok();
                document
                    .iter()
                    .flat_map(|document| document.accepted())
                    .for_each(|event| named(event, product, &mut lots));
            }
            if lots.len() > LOTS_MAX {
                let cause = format!("{product} has more than {LOTS_MAX} lots: ask for lots, one by one");
                return Err(Usage(cause).into());
            }
            at = At::Height(page.height);
            params.cursor = page.next_cursor;
            if params.cursor.is_none() {
                break;
            }
        }
    }
    let lots = lots.iter().filter_map(|lot| Identifier::parse(lot).ok()).collect();
    Ok((lots, at))
}

/// Adds the lots of the product that an event names, canonical.
fn named(event: &Event, product: &Identifier, found: &mut BTreeSet<String>) {
    let is_own = |id: &&Identifier| id.gtin().is_some() && id.gtin() == product.gtin();
    let own = event.subjects().filter(is_own).filter(|id| id.kind() == Kind::Lot);
    found.extend(own.map(|id| id.canonical().to_owned()));
    for (epc, lot) in lots(event) {
        if let Some(gtin) = Some(epc).filter(is_own).and_then(Identifier::gtin) {
            found.insert(lot_of(gtin, &lot));
        }
    }
}
