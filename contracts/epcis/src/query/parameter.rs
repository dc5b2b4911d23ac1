//! Parameters: their names and values, made into conditions.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::condition::{Comparison, Condition, Extension, Instant, Operand, Part, SensedTime, Word};
use super::pattern::Pattern;
use super::{Order, Place, Query, Refused};
use crate::decimal::Decimal;
use crate::event::Action;
use crate::identifier::Identifier;
use crate::term::{Term, Vocabulary};
use crate::time::Time;
use crate::value::Value;

/// The parameters with a name of their own.
const NAMES: [&str; 62] = [
    "eventType",
    "GE_eventTime",
    "LT_eventTime",
    "GE_recordTime",
    "LT_recordTime",
    "EQ_action",
    "EQ_bizStep",
    "EQ_disposition",
    "EQ_persistentDisposition_set",
    "EQ_persistentDisposition_unset",
    "EQ_readPoint",
    "WD_readPoint",
    "EQ_bizLocation",
    "WD_bizLocation",
    "EQ_bizTransaction_po",
    "EQ_source_owning_party",
    "EQ_destination_owning_party",
    "EQ_transformationID",
    "MATCH_epc",
    "MATCH_parentID",
    "MATCH_inputEPC",
    "MATCH_outputEPC",
    "MATCH_anyEPC",
    "MATCH_epcClass",
    "MATCH_inputEPCClass",
    "MATCH_outputEPCClass",
    "MATCH_anyEPCClass",
    "EQ_quantity",
    "GT_quantity",
    "GE_quantity",
    "LT_quantity",
    "LE_quantity",
    "EQ_eventID",
    "EXISTS_errorDeclaration",
    "GE_errorDeclaration_Time",
    "LT_errorDeclaration_Time",
    "EQ_errorReason",
    "EQ_correctiveEventID",
    "EXISTS_sensorElementList",
    "GE_time",
    "LT_time",
    "GE_startTime",
    "LT_startTime",
    "GE_endTime",
    "LT_endTime",
    "EQ_type",
    "EQ_deviceID",
    "EQ_dataProcessingMethod",
    "EQ_microorganism",
    "EQ_chemicalSubstance",
    "EQ_bizRules",
    "EQ_stringValue",
    "EQ_booleanValue",
    "EQ_hexBinaryValue",
    "EQ_uriValue",
    "GE_value_CEL",
    "LT_value_CEL",
    "GE_percRank",
    "orderBy",
    "orderDirection",
    "eventCountLimit",
    "maxEventCount",
];

/// Types of events.
const KINDS: [&str; 5] =
    ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"];
/// Numbers of a sensor report.
const READINGS: [&str; 7] = ["value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"];
/// Texts of a sensor report or its element's metadata.
const SENSED: [&str; 9] = [
    "deviceID",
    "dataProcessingMethod",
    "microorganism",
    "chemicalSubstance",
    "bizRules",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
];
/// Of `HASATTR_` and `EQ_ATTR_`: attributes of master data, which the registers do not keep.
const UNSUPPORTED: &str = "ATTR_";

/// Adds what the parameter `name` asks to `query`.
pub(super) fn read(name: &str, value: &Value, query: &mut Query) -> Result<(), Refused> {
    let given = Given { name, value };
    match name {
        "@context" => return Ok(()),
        "orderBy" => {
            query.order = given.one_of(&[("eventTime", Order::EventTime), ("recordTime", Order::RecordTime)])?
        }
        "orderDirection" => query.descending = given.one_of(&[("ASC", false), ("DESC", true)])?,
        "eventCountLimit" => query.first = Some(given.count()?),
        "maxEventCount" => query.most = Some(given.count()?),
        _ => query.conditions.push(condition(&given)?),
    }
    Ok(())
}

/// A parameter.
struct Given<'a> {
    name: &'a str,
    value: &'a Value,
}

fn condition(given: &Given<'_>) -> Result<Condition, Refused> {
    let at = |is_read_point, within| Ok(Condition::At { is_read_point, within, places: given.canonical()? });
    match given.name {
        "eventType" => {
            let kinds = given.texts()?;
            match kinds.iter().all(|kind| KINDS.contains(&kind.as_str())) {
                true => Ok(Condition::Kind(kinds)),
                false => Err(given.wrong("types of events, such as [\"ObjectEvent\"]")),
            }
        }
        "EQ_action" => {
            let action = |word: &String| {
                let all = [Action::Add, Action::Observe, Action::Delete];
                all.into_iter().find(|action| action.word() == word)
            };
            let actions: Option<Vec<Action>> = given.texts()?.iter().map(action).collect();
            actions.map(Condition::Action).ok_or_else(|| given.wrong("actions: ADD, OBSERVE, DELETE"))
        }
        "EQ_bizStep" => given.words(Word::Step),
        "EQ_disposition" => given.words(Word::Disposition),
        "EQ_persistentDisposition_set" => given.words(Word::Set),
        "EQ_persistentDisposition_unset" => given.words(Word::Unset),
        "EQ_errorReason" => given.words(Word::ErrorReason),
        "EQ_type" => given.words(Word::Measurement),
        "EQ_readPoint" => at(true, false),
        "WD_readPoint" => at(true, true),
        "EQ_bizLocation" => at(false, false),
        "WD_bizLocation" => at(false, true),
        "EQ_transformationID" => Ok(Condition::Transformation(given.identifiers()?)),
        "EQ_eventID" => Ok(Condition::EventId(given.texts()?)),
        "EQ_correctiveEventID" => Ok(Condition::CorrectedBy(given.texts()?)),
        "EXISTS_errorDeclaration" => Ok(Condition::IsErrorDeclaration),
        "EXISTS_sensorElementList" => Ok(Condition::HasSensors),
        _ => matched(given).or_else(|| family(given)).unwrap_or_else(|| Err(given.unknown())),
    }
}

/// A `MATCH_` parameter.
fn matched(given: &Given<'_>) -> Option<Result<Condition, Refused>> {
    let place = match given.name.strip_prefix("MATCH_")? {
        "epc" => Place::Epc,
        "parentID" => Place::Parent,
        "inputEPC" => Place::InputEpc,
        "outputEPC" => Place::OutputEpc,
        "anyEPC" => Place::AnyEpc,
        "epcClass" => Place::Class,
        "inputEPCClass" => Place::InputClass,
        "outputEPCClass" => Place::OutputClass,
        "anyEPCClass" => Place::AnyClass,
        _ => return None,
    };
    let patterns = given.texts().and_then(|texts| {
        let patterns: Option<Vec<Pattern>> = texts.iter().map(|text| Pattern::read(text)).collect();
        patterns.ok_or_else(|| {
            given.wrong("identifiers, or patterns of which only the serial, or all but the company prefix, is `*`")
        })
    });
    Some(patterns.map(|patterns| Condition::Names(place, patterns)))
}

/// A parameter whose name says a comparison and what is compared.
fn family(given: &Given<'_>) -> Option<Result<Condition, Refused>> {
    let (word, rest) = given.name.split_once('_')?;
    if given.name.contains(UNSUPPORTED) {
        return Some(Err(Refused::Unsupported { name: given.name.to_owned() }));
    }
    if word == "EXISTS" {
        return extension(rest).map(|extension| Ok(Condition::HasExtension(extension)));
    }
    let comparison = match word {
        "EQ" => Comparison::Equal,
        "GT" => Comparison::Greater,
        "GE" => Comparison::NotLess,
        "LT" => Comparison::Less,
        "LE" => Comparison::NotGreater,
        _ => return None,
    };
    of_event(given, comparison, rest).or_else(|| of_sensors(given, comparison, rest)).or_else(|| {
        let extension = extension(rest)?;
        Some(given.operands(comparison).map(|operands| Condition::Extension(extension, comparison, operands)))
    })
}

/// Times, amounts, documents and parties.
fn of_event(given: &Given<'_>, comparison: Comparison, rest: &str) -> Option<Result<Condition, Refused>> {
    let instant = match rest {
        "eventTime" => Some(Instant::Event),
        "recordTime" => Some(Instant::Record),
        "errorDeclaration_Time" => Some(Instant::Declaration),
        _ => None,
    };
    if let Some(instant) = instant {
        return is_range(comparison).then(|| Ok(Condition::Time(instant, comparison, given.time()?)));
    }
    if let Some(unit) = rest.strip_prefix("quantity") {
        let unit = unit_of(unit)?;
        return Some(given.numbers(comparison).map(|numbers| Condition::Amount(comparison, numbers, unit)));
    }
    if comparison != Comparison::Equal {
        return None;
    }
    let kind = |vocabulary, kind: &str| Term::new(vocabulary, kind).word().to_owned();
    if let Some(document) = rest.strip_prefix("bizTransaction") {
        let document = document.strip_prefix('_').map(|document| kind(Vocabulary::Transaction, document));
        return Some(given.identifiers().map(|ids| Condition::Document(document.filter(|word| !word.is_empty()), ids)));
    }
    if let Some(role) = rest.strip_prefix("source_") {
        return Some(given.canonical().map(|ids| Condition::Source(kind(Vocabulary::Party, role), ids)));
    }
    let role = rest.strip_prefix("destination_")?;
    Some(given.canonical().map(|ids| Condition::Destination(kind(Vocabulary::Party, role), ids)))
}

/// Numbers, texts and times of sensor reports.
fn of_sensors(given: &Given<'_>, comparison: Comparison, rest: &str) -> Option<Result<Condition, Refused>> {
    let time = match rest {
        "time" => Some(SensedTime::Time),
        "startTime" => Some(SensedTime::Start),
        "endTime" => Some(SensedTime::End),
        _ => None,
    };
    if let Some(time) = time {
        return is_range(comparison).then(|| Ok(Condition::SensedTime(time, comparison, given.time()?)));
    }
    if SENSED.contains(&rest) && comparison == Comparison::Equal {
        return Some(given.texts().map(|texts| Condition::Sensed(rest.to_owned(), texts)));
    }
    let (name, unit) = match rest.split_once('_') {
        Some((name, _)) => (name, unit_of(rest.get(name.len()..)?)?),
        None => (rest, None),
    };
    // Ranks have no unit; everything else has one, or comparing means nothing.
    if !READINGS.contains(&name) || (name == "percRank") != unit.is_none() {
        return None;
    }
    Some(given.numbers(comparison).map(|numbers| Condition::Reading(name.to_owned(), comparison, numbers, unit)))
}

/// The standard has only these two for times.
fn is_range(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::NotLess | Comparison::Less)
}

/// The unit after a name: `_CEL`; none where nothing follows.
fn unit_of(text: &str) -> Option<Option<String>> {
    match text.strip_prefix('_') {
        None if text.is_empty() => Some(None),
        Some(unit) if (2..=4).contains(&unit.len()) && unit.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Some(Some(unit.to_owned()))
        }
        _ => None,
    }
}

/// `[INNER_][ILMD_|ERROR_DECLARATION_|readPoint_|bizLocation_|SENSOR…_]prefix:name`.
fn extension(rest: &str) -> Option<Extension> {
    let (inner, rest) = rest.strip_prefix("INNER_").map_or((false, rest), |rest| (true, rest));
    let parts = [
        ("ILMD_", Part::Ilmd),
        ("ERROR_DECLARATION_", Part::ErrorDeclaration),
        ("readPoint_", Part::ReadPoint),
        ("bizLocation_", Part::Location),
        ("SENSORELEMENT_", Part::SensorElement),
        ("SENSORMETADATA_", Part::SensorMetadata),
        ("SENSORREPORT_", Part::SensorReport),
    ];
    let part = parts.into_iter().find_map(|(prefix, part)| Some((part, rest.strip_prefix(prefix)?)));
    let (part, name) = part.unwrap_or((Part::Event, rest));
    let (prefix, local) = name.split_once(':')?;
    (!prefix.is_empty() && !local.is_empty()).then(|| Extension { part, inner, name: name.to_owned() })
}

impl Given<'_> {
    fn wrong(&self, expected: &'static str) -> Refused {
        Refused::Value { name: self.name.to_owned(), expected }
    }

    fn unknown(&self) -> Refused {
        let distance = |name: &&&str| strsim::damerau_levenshtein(name, self.name);
        let nearest = NAMES.iter().min_by_key(distance).copied().unwrap_or("eventType");
        Refused::Unknown { name: self.name.to_owned(), nearest }
    }

    /// A text, or a list of texts.
    fn texts(&self) -> Result<Vec<String>, Refused> {
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        };
        let texts: Option<Vec<String>> = match self.value {
            Value::List(items) => items.iter().map(text).collect(),
            single => text(single).map(|text| Vec::from([text])),
        };
        texts.filter(|texts| !texts.is_empty()).ok_or_else(|| self.wrong("a text or a list of texts"))
    }

    fn words(&self, word: Word) -> Result<Condition, Refused> {
        let bare = |text: &String| Term::new(word.vocabulary(), text).word().to_owned();
        Ok(Condition::Word(word, self.texts()?.iter().map(bare).collect()))
    }

    fn identifiers(&self) -> Result<Vec<Identifier>, Refused> {
        let id = |text: &String| Identifier::parse(text).unwrap_or_else(|_| Identifier::as_written(text));
        Ok(self.texts()?.iter().map(id).collect())
    }

    fn canonical(&self) -> Result<Vec<String>, Refused> {
        Ok(self.identifiers()?.into_iter().map(Identifier::into_canonical).collect())
    }

    fn time(&self) -> Result<i64, Refused> {
        let read: Option<Time> = self.value.as_text().and_then(|text| text.parse().ok());
        read.map(|time| time.ms()).ok_or_else(|| self.wrong("a time with its time zone, such as 2026-05-01T08:00:00Z"))
    }

    /// Several numbers to be equal to, one to be compared with.
    fn numbers(&self, comparison: Comparison) -> Result<Vec<Decimal>, Refused> {
        let number = |value: &Value| match value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        let numbers: Option<Vec<Decimal>> = match self.value {
            Value::List(items) if comparison == Comparison::Equal => items.iter().map(number).collect(),
            single => number(single).map(|number| Vec::from([number])),
        };
        numbers
            .filter(|numbers| !numbers.is_empty())
            .ok_or_else(|| self.wrong("a number; with EQ, or a list of numbers"))
    }

    fn operands(&self, comparison: Comparison) -> Result<Vec<Operand>, Refused> {
        let operand = |value: &Value| match value {
            Value::Number(number) => Some(Operand::Number(*number)),
            Value::Text(text) => Some(Operand::Text(text.clone())),
            _ => None,
        };
        let operands: Option<Vec<Operand>> = match self.value {
            Value::List(items) if comparison == Comparison::Equal => items.iter().map(operand).collect(),
            single => operand(single).map(|operand| Vec::from([operand])),
        };
        operands
            .filter(|found| !found.is_empty())
            .ok_or_else(|| self.wrong("a number, a time or a text; with EQ, or a list"))
    }

    fn count(&self) -> Result<u64, Refused> {
        let count = match self.value {
            Value::Number(number) => number.to_string().parse().ok(),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        count.filter(|count| *count > 0).ok_or_else(|| self.wrong("a whole number greater than 0"))
    }

    fn one_of<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, Refused> {
        let found = words.iter().find(|(word, _)| self.value.as_text() == Some(word)).map(|(_, means)| *means);
        found.ok_or_else(|| match words {
            [("eventTime", _), ..] => self.wrong("eventTime or recordTime"),
            _ => self.wrong("ASC or DESC"),
        })
    }
}
