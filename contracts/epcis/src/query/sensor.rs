//! Conditions on sensor reports: all of them have to hold for one report, with its element's metadata.

use alloc::vec::Vec;

use super::condition::{Condition, SensedTime, Word, is_so};
use crate::decimal::Decimal;
use crate::event::Event;
use crate::sensor::{SensorMetadata, SensorReport};
use crate::value::{Field, Value};

/// Whether a report of the event is as asked; where nothing is asked of one, there need be none.
pub(super) fn hold(conditions: &[&Condition], event: &Event) -> bool {
    if conditions.is_empty() {
        return true;
    }
    let none = SensorReport::default();
    event.sensors.iter().any(|element| {
        let metadata = element.metadata.as_ref();
        let of_element = element.reports.is_empty().then_some(&none);
        let mut reports = element.reports.iter().chain(of_element);
        reports.any(|report| conditions.iter().all(|condition| holds(condition, metadata, report)))
    })
}

fn holds(condition: &Condition, metadata: Option<&SensorMetadata>, report: &SensorReport) -> bool {
    match condition {
        Condition::Word(Word::Measurement, wanted) => {
            report.kind.as_ref().is_some_and(|kind| wanted.iter().any(|wanted| wanted == kind.word()))
        }
        Condition::Reading(name, comparison, wanted, unit) => number(report, name)
            .is_some_and(|found| is_so(found, report.uom.as_deref(), *comparison, wanted, unit.as_deref())),
        Condition::Sensed(name, wanted) => {
            let device = [report.device_id.as_deref(), metadata.and_then(|metadata| metadata.device_id.as_deref())];
            let own: Vec<&str> = if name == "deviceID" {
                device.into_iter().flatten().collect()
            } else {
                let elsewhere = metadata.map_or(&[][..], |metadata| &metadata.fields);
                texts(&report.fields, name).chain(texts(elsewhere, name)).collect()
            };
            own.iter().any(|found| wanted.iter().any(|wanted| wanted == found))
        }
        Condition::SensedTime(which, comparison, ms) => {
            let of_metadata = metadata.and_then(|metadata| match which {
                SensedTime::Time => metadata.time.as_ref(),
                SensedTime::Start => metadata.start_time.as_ref(),
                SensedTime::End => metadata.end_time.as_ref(),
            });
            let own = report.time.as_ref().filter(|_| *which == SensedTime::Time);
            own.into_iter().chain(of_metadata).any(|found| comparison.holds(found.ms().cmp(ms)))
        }
        _ => false,
    }
}

fn number(report: &SensorReport, name: &str) -> Option<Decimal> {
    let typed = match name {
        "value" => report.value,
        "minValue" => report.min_value,
        "maxValue" => report.max_value,
        "meanValue" => report.mean_value,
        _ => None,
    };
    typed.or_else(|| {
        report.fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| match value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        })
    })
}

fn texts<'a>(fields: &'a [Field], name: &str) -> impl Iterator<Item = &'a str> {
    let own = fields.iter().filter(move |(key, _)| key == name);
    own.filter_map(|(_, value)| match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        value => value.as_text(),
    })
}
