//! Conditions: what must hold before a seller is paid, asked of the contracts that the terms name.

use countersign_contract::prelude::*;
use countersign_interfaces::certification::CertificationClient;
use countersign_interfaces::coldchain::ColdChainClient;
use countersign_interfaces::records::RecordsClient;

use crate::deal::{Certified, Deal, Unmet};
use crate::limits::{RECORDS_GAS, REGISTRY_GAS};

/// The business steps by which a buyer says that it has the item.
const RECEIPTS: [&str; 2] = ["receiving", "accepting"];

/// All conditions that do not hold, if the event of a name is to be the delivery.
pub(crate) fn unmet(ctx: &Context, deal: &Deal, event_id: &str) -> Vec<Unmet> {
    let lacking = deal.countersigners().filter(|organisation| !deal.countersigned.contains(organisation));
    let countersignatures = lacking.map(|organisation| Unmet::Countersignature { organisation: organisation.clone() });
    countersignatures
        .chain(delivery(ctx, deal, event_id))
        .chain(deal.terms.coldchain.and_then(|keeper| held(ctx, keeper, &deal.terms.item)))
        .chain(deal.terms.certified.as_ref().and_then(|certified| certificate(ctx, certified)))
        .collect()
}

fn delivery(ctx: &Context, deal: &Deal, event_id: &str) -> Option<Unmet> {
    let terms = &deal.terms;
    let records = RecordsClient::at(terms.records).gas(RECORDS_GAS);
    let sighting = match records.sighting(ctx, event_id.to_string(), terms.item.clone()) {
        Ok(Some(sighting)) => sighting,
        Ok(None) | Err(Refused::Error(_)) => return Some(differs("event")),
        Err(_) => return Some(Unmet::Unanswered { contract: terms.records }),
    };
    if sighting.organisation != terms.buyer {
        Some(differs("organisation"))
    } else if !RECEIPTS.contains(&sighting.step.as_str()) {
        Some(differs("step"))
    } else if sighting.place != terms.place {
        Some(differs("place"))
    } else if sighting.recorded_ms < deal.opened_ms {
        Some(differs("time"))
    } else {
        None
    }
}

fn differs(what: &str) -> Unmet {
    Unmet::Delivery { differs: what.to_string() }
}

fn held(ctx: &Context, keeper: Address, item: &str) -> Option<Unmet> {
    match ColdChainClient::at(keeper).gas(REGISTRY_GAS).hold(ctx, item.to_string()) {
        Ok(None) => None,
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
