//! Changes to a file's JSON.

use serde_json::{Map, Value};

/// A change and the changed value.
type Changed = Vec<(String, Value)>;

/// Every value that differs by one field or one element.
pub fn structures(value: &Value) -> Changed {
    let mut all = Vec::new();
    match value {
        Value::Object(fields) => objects(fields, &mut all),
        Value::Array(items) => lists(items, &mut all),
        Value::Null => all.push(("null filled".into(), "0x00".into())),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let others = [Value::Null, Value::Bool(true), Value::from(-1), Value::from(""), Value::from(vec![0])];
            all.extend(others.into_iter().map(|other| (format!("{value} is {other}"), other)));
        }
    }
    all
}

fn objects(fields: &Map<String, Value>, all: &mut Changed) {
    for (name, field) in fields {
        for (what, other) in structures(field) {
            let mut fields = fields.clone();
            fields.insert(name.clone(), other);
            all.push((format!("{name}/{what}"), fields.into()));
        }
        let mut without = fields.clone();
        without.remove(name);
        all.push((format!("without {name}"), without.clone().into()));
        without.insert(format!("{name}x"), field.clone());
        all.push((format!("{name}x for {name}"), without.into()));
    }
}

fn lists(items: &[Value], all: &mut Changed) {
    for (at, item) in items.iter().enumerate() {
        for (what, other) in structures(item) {
            let mut items = items.to_vec();
            items[at] = other;
            all.push((format!("{at}/{what}"), items.into()));
        }
        let mut without = items.to_vec();
        without.remove(at);
        all.push((format!("without element {at}"), without.into()));
        let mut doubled = items.to_vec();
        doubled.insert(at, item.clone());
        all.push((format!("element {at} twice"), doubled.into()));
        if items.get(at + 1).is_some_and(|next| next != item) {
            let mut swapped = items.to_vec();
            swapped.swap(at, at + 1);
            all.push((format!("element {at} and the next swapped"), swapped.into()));
        }
    }
}

/// Places of paths and peaks in a file.
const PATHS: [&str; 10] = [
    "/earlier/proof/path",
    "/earlier/proof/range/peaks",
    "/subject/transaction/path",
    "/subject/transaction/receiptPath",
    "/subject/event/path",
    "/subject/state/witness",
    "/subject/trace/witness",
    "/subject/log/witness",
    "/subject/log/log/page/path",
    "/subject/log/log/page/range/peaks",
];

/// The file with each element of each path exchanged for each one of another file's, and with each path as a whole.
/// Exchanges that change nothing are left out.
pub fn paths(file: &Value, foreign: &Value) -> Changed {
    let mut all = Vec::new();
    for place in PATHS {
        let lists = file.pointer(place).and_then(Value::as_array).zip(foreign.pointer(place).and_then(Value::as_array));
        let Some((own, others)) = lists else { continue };
        let mut with = |what: String, list: Vec<Value>| {
            if list != *own {
                let mut changed = file.clone();
                *changed.pointer_mut(place).unwrap() = list.into();
                all.push((what, changed));
            }
        };
        with(place.to_owned(), others.clone());
        for at in 0..own.len() {
            for (from, other) in others.iter().enumerate() {
                let mut list = own.clone();
                list[at] = other.clone();
                with(format!("{place}/{at} from {from}"), list);
            }
        }
    }
    all
}
