//! Conditions: what must hold before a seller is paid, asked of the contracts that the terms name.

use countersign_contract::prelude::*;
use countersign_interfaces::certification::CertificationClient;
use countersign_interfaces::coldchain::ColdChainClient;
use countersign_interfaces::records::RecordsClient;

use crate::deal::{Certified, Deal, Unmet};
use crate::limits::{RECORDS_GAS, REGISTRY_GAS};

/// The business steps by which a buyer says that it has the item.
const RECEIPTS: [&str; 2] = ["receiving", "accepting"];

/// All conditions that do not hold, if the event of a name is to be the delivery. `is_used` says that another deal was
/// settled by it.
pub(crate) fn unmet(ctx: &Context, deal: &Deal, event_id: &str, is_used: bool) -> Vec<Unmet> {
    let lacking = deal.countersigners().filter(|organisation| !deal.countersigned.contains(organisation));
    let countersignatures = lacking.map(|organisation| Unmet::Countersignature { organisation: organisation.clone() });
    let delivery = delivery(ctx, deal, event_id, is_used);
    let received_ms = delivery.as_ref().ok().copied();
    countersignatures
        .chain(delivery.err())
        .chain(deal.terms.coldchain.and_then(|keeper| held(ctx, keeper, deal, received_ms)))
        .chain(deal.terms.certified.as_ref().and_then(|certified| certificate(ctx, certified)))
        .collect()
}

/// When the delivery was recorded.
fn delivery(ctx: &Context, deal: &Deal, event_id: &str, is_used: bool) -> Result<u64, Unmet> {
    let terms = &deal.terms;
    let records = RecordsClient::at(terms.records).gas(RECORDS_GAS);
    let sighting = match records.sighting(ctx, event_id.to_string(), terms.item.clone()) {
        Ok(Some(sighting)) => sighting,
        Ok(None) | Err(Refused::Error(_)) => return Err(differs("event")),
        Err(_) => return Err(Unmet::Unanswered { contract: terms.records }),
    };
    if sighting.organisation != terms.buyer {
        Err(differs("organisation"))
    } else if !RECEIPTS.contains(&sighting.step.as_str()) {
        Err(differs("step"))
    } else if sighting.place != terms.place {
        Err(differs("place"))
    } else if sighting.recorded_ms < deal.opened_ms {
        Err(differs("time"))
    } else if is_used {
        Err(differs("deal"))
    } else {
        Ok(sighting.recorded_ms)
    }
}

fn differs(what: &str) -> Unmet {
    Unmet::Delivery { differs: what.to_string() }
}

/// A hold that a buyer could bring about is none of the seller's: one by the buyer's own devices, and one after the receipt.
fn held(ctx: &Context, keeper: Address, deal: &Deal, received_ms: Option<u64>) -> Option<Unmet> {
    match ColdChainClient::at(keeper).gas(REGISTRY_GAS).hold(ctx, deal.terms.item.clone()) {
        Ok(None) => None,
        Ok(Some(hold)) if hold.reported_by == deal.terms.buyer => None,
        Ok(Some(hold)) if received_ms.is_some_and(|received_ms| received_ms < hold.since_ms) => None,
        Ok(Some(hold)) => Some(Unmet::Held { since_ms: hold.since_ms }),
        Err(_) => Some(Unmet::Unanswered { contract: keeper }),
    }
}

fn certificate(ctx: &Context, certified: &Certified) -> Option<Unmet> {
    let Certified { registry, subject, scheme } = certified;
    let client = CertificationClient::at(*registry).gas(REGISTRY_GAS);
    match client.valid(ctx, subject.clone(), scheme.clone(), ctx.time_ms()) {
        Ok(_) => None,
        Err(Refused::Error(_)) => Some(Unmet::Certificate { subject: subject.clone(), scheme: scheme.clone() }),
        Err(_) => Some(Unmet::Unanswered { contract: *registry }),
    }
}
