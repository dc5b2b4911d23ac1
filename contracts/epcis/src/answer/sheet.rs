//! Answers as facts and tables, the same on the command line, on a page and in a table file.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::{
    Affected, AnomalyReport, AuditTrail, Chain, Declared, Excursions, Handed, Held, LastSeen, MassBalance, Moment,
    Reading, RecallScope, Said, Truncated, Verification, Whereabouts,
};

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What its rows are.
    pub title: &'static str,
    /// The columns.
    pub head: &'static [&'static str],
    /// The rows, as wide as the head.
    pub rows: Vec<Vec<String>>,
}

/// What can be set out in facts and tables.
pub trait Sheets {
    /// What is to be said in a word or two.
    fn facts(&self) -> Vec<(&'static str, String)>;
    /// The tables, without empty ones.
    fn sheets(&self) -> Vec<Sheet>;
}

fn sheet(title: &'static str, head: &'static [&'static str], rows: impl Iterator<Item = Vec<String>>) -> Option<Sheet> {
    let rows: Vec<Vec<String>> = rows.collect();
    (!rows.is_empty()).then_some(Sheet { title, head, rows })
}

fn list(title: &'static str, items: &[String]) -> Option<Sheet> {
    let head = match title {
        "containers" => &["container"] as &[&str],
        _ => &["item"],
    };
    sheet(title, head, items.iter().map(|item| vec![item.clone()]))
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

fn amount(quantity: impl ToString, uom: &str) -> String {
    let unit = if uom.is_empty() { "pieces" } else { uom };
    format!("{} {unit}", quantity.to_string())
}

fn bound(truncated: Option<Truncated>) -> Option<(&'static str, String)> {
    let bound = match truncated? {
        Truncated::Reads => "more records would have to be read than one answer reads",
        Truncated::Items => "more would have to be listed than one answer lists",
    };
    Some(("CUT SHORT", bound.to_owned()))
}

fn about(item: &str, position: u64, truncated: Option<Truncated>) -> Vec<(&'static str, String)> {
    let mut facts = vec![("item", item.to_owned()), ("records", format!("the first {position} of the contract"))];
    facts.extend(bound(truncated));
    facts
}

fn seen(last: &LastSeen) -> String {
    let through = last.through.as_ref().map_or_else(String::new, |container| format!(" in {container}"));
    format!("{}{through}, {}, by {} in record {}", last.location, last.time, last.recorded_by, last.sequence)
}

fn holding(handed: Option<&Handed>) -> String {
    let Some(handed) = handed else { return "nobody by a hand-over: see who recorded it last".to_owned() };
    let through = handed.through.as_ref().map_or_else(String::new, |container| format!(" in {container}"));
    let how = match (&handed.organisation, &handed.settled) {
        (Some(organisation), Some(settled)) => {
            format!("for {organisation}, accepted by {} at {}", settled.by, settled.time)
        }
        (Some(organisation), None) => format!("for {organisation}, whose policy takes {}'s word", handed.given_by),
        (None, _) => format!("by {}'s word alone: no organisation acts for that party", handed.given_by),
    };
    format!("{}{through}, {}, {how}, record {}", handed.party, handed.time, handed.sequence)
}

fn said(said: &Said) -> String {
    format!("{}, by {} in record {}", said.time, said.recorded_by, said.sequence)
}

impl Sheets for Chain {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = about(&self.item, self.position, self.truncated);
        let listed = |count: u64, listed: usize| format!("{count}, of which {listed} are listed");
        match self.links_count {
            None => facts.push(("things", listed(self.things_count, self.things.len()))),
            Some(links) => {
                facts.push(("things", self.things_count.to_string()));
                facts.push(("links", listed(links, self.links.len())));
            }
        }
        if let Some(depth) = self.depth.filter(|_| self.deeper) {
            facts.push((
                "CUT SHORT",
                format!("more may lie beyond {depth} links, which is the depth that was asked for"),
            ));
        }
        facts.extend(self.next.map(|next| ("MORE FOLLOWS", format!("after the first {next}"))));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let things = self.things.iter().map(|one| vec![one.item.clone(), one.away.to_string()]);
        let links = self.links.iter().map(|one| {
            let records: Vec<String> = one.records.iter().map(ToString::to_string).collect();
            vec![
                one.from.clone(),
                one.kind.word().to_owned(),
                one.to.clone(),
                text(one.through.as_ref()),
                records.join(" "),
            ]
        });
        let head = &["from", "has as", "to", "in", "records"];
        [sheet("things", &["item", "links away"], things), sheet("links", head, links)].into_iter().flatten().collect()
    }
}

impl Sheets for MassBalance {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = about(&self.item, self.position, self.truncated);
        if let Some(instances) = &self.instances {
            let super::Instances { created, consumed, disposed } = instances;
            facts.push(("instances", format!("{created}, of which {consumed} consumed and {disposed} disposed of")));
        }
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let rows = self.amounts.iter().map(|row| {
            let all = [row.created, row.consumed, row.disposed, row.remaining, row.over_consumed];
            let unit = if row.uom.is_empty() { "pieces" } else { &row.uom };
            core::iter::once(unit.to_owned()).chain(all.iter().map(ToString::to_string)).collect()
        });
        let head = &["unit", "created", "consumed", "disposed", "remaining", "over-consumed"];
        let odd = self.incomparable.iter().map(|one| {
            let how_much = one.quantity.map_or_else(|| "–".to_owned(), |quantity| amount(quantity, &one.uom));
            vec![one.sequence.to_string(), text(one.event_id.as_ref()), one.flow.clone(), how_much, one.reason.clone()]
        });
        let odd = sheet("not counted", &["record", "event", "as", "amount", "why"], odd);
        sheet("amounts", head, rows).into_iter().chain(odd).collect()
    }
}

impl Sheets for Excursions {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("measured", self.kind.clone()),
            ("records", format!("the first {} of the contract", self.position)),
            ("out of bounds", format!("{} readings, and {} with nothing there", self.readings.len(), self.alone.len())),
            ("affected", format!("{} products", self.affected.len())),
        ];
        facts.extend(bound(self.truncated));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let readings = |title, all: &[Reading]| {
            let row = |one: &Reading| {
                let end = one.until.map_or_else(String::new, |until| format!(" to {until}"));
                vec![
                    one.sequence.to_string(),
                    text(one.event_id.as_ref()),
                    format!("{}{end}", one.time),
                    text(one.device.as_ref()),
                    format!("{} {}", one.measured, amount(one.value, &one.uom)),
                    one.products.to_string(),
                ]
            };
            let head = &["record", "event", "time", "device", "value", "products"];
            sheet(title, head, all.iter().map(row))
        };
        let affected = |title, all: &[Affected]| {
            let row = |one: &Affected| {
                vec![one.item.clone(), one.first.to_string(), one.last.to_string(), one.readings.to_string()]
            };
            sheet(title, &["item", "first", "last", "readings"], all.iter().map(row))
        };
        let unjudged = self.incomparable.iter().map(|one| {
            vec![one.sequence.to_string(), text(one.event_id.as_ref()), one.time.to_string(), one.uom.clone()]
        });
        [
            readings("readings out of bounds", &self.readings),
            readings("readings out of bounds with nothing there", &self.alone),
            affected("affected products", &self.affected),
            affected("affected containers", &self.containers),
            sheet("readings that cannot be compared", &["record", "event", "time", "unit"], unjudged),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Sheets for RecallScope {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = about(&self.item, self.position, self.truncated);
        facts.push(("products", format!("{}, of which {} are listed", self.count, self.products.len())));
        facts.push(("instances without a place", self.unplaced.to_string()));
        facts.push((
            "containers",
            format!("{}, of which {} are listed", self.containers_count, self.containers_ever.len()),
        ));
        facts.extend(self.next.iter().map(|next| ("MORE FOLLOWS", format!("go on with --after {next}"))));
        let containers = |next| ("MORE CONTAINERS", format!("go on with --containers-after {next}"));
        facts.extend(self.containers_next.iter().map(containers));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let products = self.products.iter().map(|one| {
            let last = one.last_known.as_ref();
            vec![
                one.item.clone(),
                one.state.clone(),
                text(last.map(|last| &last.location)),
                text(last.map(|last| last.time)),
                text(last.map(|last| &last.recorded_by)),
                text(one.holder.as_ref()),
            ]
        });
        let places = self.places.iter().map(|place| {
            let amounts: Vec<String> = place.amounts.iter().map(|one| amount(one.quantity, &one.uom)).collect();
            vec![
                text(place.location.as_ref()),
                text(place.recorded_by.as_ref()),
                text(place.holder.as_ref()),
                place.instances.to_string(),
                amounts.join(", "),
            ]
        });
        let nowhere = self.unaccounted.iter().map(|one| vec![one.item.clone(), amount(one.quantity, &one.uom)]);
        [
            sheet("where it is", &["place", "recorded by", "holder", "instances", "amounts"], places),
            sheet("unaccounted for", &["item", "amount"], nowhere),
            sheet("products", &["item", "state", "last place", "time", "recorded by", "holder"], products),
            list("containers", &self.containers_ever),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Sheets for Held {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = about(&self.item, self.position, self.truncated);
        facts.push(("at", self.time.to_string()));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        [list("inside", &self.contents), list("fixed to it", &self.fixed)].into_iter().flatten().collect()
    }
}

impl Sheets for Whereabouts {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = about(&self.item, self.position, self.truncated);
        facts.push(("at", self.time.to_string()));
        facts.push(("last known place", text(self.last_known.as_ref().map(seen))));
        facts.push(("holder", holding(self.holder.as_ref())));
        facts.push(("owner", holding(self.owner.as_ref())));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let row = |one: &Declared| {
            vec![
                one.role.clone(),
                one.party.clone(),
                one.time.to_string(),
                one.recorded_by.clone(),
                text(one.through.as_ref()),
            ]
        };
        let head = &["declared", "party", "time", "recorded by", "in"];
        let open = |one: &Handed| {
            vec![
                one.sequence.to_string(),
                one.role.clone(),
                one.state.clone(),
                one.party.clone(),
                text(one.organisation.as_ref()),
                one.given_by.clone(),
                one.time.to_string(),
                text(one.until),
                text(one.settled.as_ref().and_then(|settled| settled.reason.as_ref())),
            ]
        };
        let open_head = &["record", "as", "state", "to", "for", "given by", "time", "until", "why"];
        let open = sheet("hand-overs without effect", open_head, self.open.iter().map(open));
        open.into_iter().chain(sheet("declared parties", head, self.declared.iter().map(row))).collect()
    }
}

impl Sheets for Verification {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = about(&self.item, self.position, self.truncated);
        facts.push(("verified", if self.verified { "yes" } else { "NO" }.to_owned()));
        facts.push(("why", format!("{}: {}", self.reason, self.explanation)));
        facts.push(("commissioned", text(self.commissioned.as_ref().map(said))));
        facts.push(("ended", text(self.ended.as_ref().map(said))));
        facts.push(("lots", text(Some(self.lots.join(", ")).filter(|lots| !lots.is_empty()))));
        facts.push(("expiry", text(self.expiry.as_ref())));
        facts.push(("disposition", text(Some(&self.disposition).filter(|word| !word.is_empty()))));
        facts.push(("persistent", text(Some(self.persistent.join(", ")).filter(|words| !words.is_empty()))));
        facts.push(("last known place", text(self.last_known.as_ref().map(seen))));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        Vec::new()
    }
}

impl Sheets for AnomalyReport {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("records", format!("{} up to {} of the contract", self.since, self.position)),
            ("anomalies", self.anomalies.len().to_string()),
        ];
        facts.extend(bound(self.truncated));
        facts.extend(self.next.iter().map(|next| ("MORE FOLLOWS", format!("go on with --since {next}"))));
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let rows = self.anomalies.iter().map(|one| {
            let event = text(one.event_id.as_ref());
            vec![one.sequence.to_string(), event, one.rule.clone(), one.item.clone(), one.reason.clone()]
        });
        sheet("anomalies", &["record", "event", "rule", "item", "what is wrong"], rows).into_iter().collect()
    }
}

impl Sheets for AuditTrail {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let state = match (self.records.is_empty(), self.voided) {
            (true, _) => "no record has this name",
            (false, true) => "declared to be in error",
            (false, false) => "stands",
        };
        vec![
            ("event", self.event_id.clone()),
            ("records", format!("the first {} of the contract", self.position)),
            ("state", state.to_owned()),
            ("corrected by", text(Some(self.corrected_by.join(", ")).filter(|ids| !ids.is_empty()))),
        ]
    }

    fn sheets(&self) -> Vec<Sheet> {
        let rows = self.records.iter().map(|one| {
            let declares = one.declared.map(|at: Moment| match &one.reason {
                Some(reason) => format!("{at} {reason}"),
                None => at.to_string(),
            });
            vec![
                one.sequence.to_string(),
                one.kind.clone(),
                one.event_time.to_string(),
                text(declares),
                text(one.voided_by),
                one.submitter.clone(),
                one.record_time.to_string(),
                one.hash.to_string(),
            ]
        });
        let head =
            &["record", "event", "happened", "declares an error", "voided by", "submitted by", "recorded", "hash"];
        sheet("records", head, rows).into_iter().collect()
    }
}
