//! `contracts/vm/GAS.md` says what the table says, number by number.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use countersign_abi::import;
use wasmparser::{BinaryReader, Operator, OperatorsReader};

use super::{Load, V3};
use crate::imports::IMPORTS;
use crate::limits::MEMORY_PAGES_MAX;

const GAS: &str = include_str!("../../../vm/GAS.md");

/// A row of a table: its words, the names in them, and the numbers of its last column.
struct Row {
    words: &'static str,
    names: Vec<&'static str>,
    numbers: Vec<u64>,
}

fn rows(heading: &str) -> Vec<Row> {
    let section = GAS.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = lines.filter(|line| *line != "what | gas").map(|line| {
        let (words, gas) = line.rsplit_once(" | ").unwrap();
        Row { words, names: words.split('`').skip(1).step_by(2).collect(), numbers: numbers(gas) }
    });
    rows.collect()
}

/// The numbers of a text, in order. `n` alone is once each byte.
fn numbers(text: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut after_number = false;
    for word in text.split([' ', ';']) {
        let word = word.trim_end_matches(',');
        let number = word.replace(',', "").parse().ok();
        let number = number.or((word == "n" && !after_number).then_some(1));
        after_number = number.is_some();
        numbers.extend(number);
    }
    numbers
}

/// Whether a name is of a pattern with at most two `*`.
fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((before, rest)) => name
            .strip_prefix(before)
            .is_some_and(|tail| (0..=tail.len()).any(|skipped| is_like(&tail[skipped..], rest))),
    }
}

/// Every instruction of one byte and of the group `0xfc`, with zeros for its operands.
fn each_operator(mut see: impl FnMut(&str, &Operator<'_>)) {
    let plain = (0x00..0xfb).map(|opcode| vec![opcode]);
    let grouped = (0x00..0x20).map(|opcode| vec![0xfc, opcode]);
    for opcode in plain.chain(grouped) {
        let mut bytes = match opcode.as_slice() {
            // An `else` is read within an `if` alone.
            [0x05] => vec![0x04, 0x40, 0x05],
            // With a type.
            [0x1c] => vec![0x1c, 1, 0x7f],
            _ => opcode.clone(),
        };
        let skipped = usize::from(opcode == [0x05]);
        bytes.extend([0; 16]);
        let operator = OperatorsReader::new(BinaryReader::new(&bytes, 0)).into_iter().nth(skipped);
        if let Some(Ok(operator)) = operator {
            see(&text_name(&operator), &operator);
        }
    }
}

/// `I64ExtendI32U` as `i64.extend_i32_u`.
fn text_name(operator: &Operator<'_>) -> String {
    let debug = format!("{operator:?}");
    let camel = debug.split([' ', '{', '(']).next().unwrap();
    let mut name = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    let of = ["i32", "i64", "f32", "f64", "memory", "table", "data", "elem", "local", "global"];
    match name.split_once('_') {
        Some((kind, rest)) if of.contains(&kind) => format!("{kind}.{rest}"),
        _ => name,
    }
}

#[test]
fn the_page_prices_every_instruction_as_the_table_does() {
    let rows = rows("Instructions");
    let Load { near_pages, .. } = V3.load;
    let (near, far) = (V3.prices(Some(near_pages)), V3.prices(Some(near_pages + 1)));
    let mut accepted = 0;
    let mut seen = BTreeSet::new();
    each_operator(|name, operator| {
        let of: Vec<&Row> = rows.iter().filter(|row| row.names.iter().any(|pattern| is_like(name, pattern))).collect();
        seen.extend(of.iter().flat_map(|row| &row.names).filter(|pattern| is_like(name, pattern)).copied());
        let priced = [near.operator(operator), far.operator(operator)];
        match (of.as_slice(), priced) {
            ([], [None, None]) => {}
            ([row], [Some(near), Some(far)]) => {
                accepted += 1;
                assert_eq!(row.numbers[0], near, "{name}: {}", row.words);
                if near != far {
                    assert_eq!(row.numbers[1], far, "{name}: {}", row.words);
                }
            }
            (of, priced) => panic!("{name}: {} rows, prices {priced:?}", of.len()),
        }
    });
    assert_eq!(accepted, 193);
    let written: BTreeSet<&str> = rows.iter().flat_map(|row| row.names.iter().copied()).collect();
    assert_eq!(written.difference(&seen).collect::<Vec<_>>(), Vec::<&&str>::new(), "these name nothing");
}

#[test]
fn the_page_says_what_the_table_says_of_lengths() {
    let rows = rows("Instructions");
    let of = |start: &str| rows.iter().find(|row| row.words.starts_with(start)).unwrap();
    assert_eq!(of("entering a basic block").numbers, [V3.block]);
    assert_eq!(of("entering a function").numbers, [V3.local]);
    assert_eq!(of("`memory.copy`").numbers[1..], [V3.bulk_word]);
    assert_eq!(of("`table.copy`").numbers[1..], [V3.bulk_element]);
    assert_eq!(of("`memory.grow`").numbers[1..], [V3.page]);
    assert_eq!(numbers(&of("`memory.grow`").words.replace(')', "")), [u64::from(MEMORY_PAGES_MAX)]);
    assert_eq!(numbers(of("`*.load*`").words), [V3.load.near_pages]);
    assert!(GAS.contains(&format!("Table version {},", V3.version)));
}

#[test]
fn the_page_prices_every_host_function_as_the_table_does() {
    let host = &V3.host;
    let (read, log_read) = (host.read, host.log_read);
    let mut named = Vec::new();
    for row in rows("Host functions") {
        for name in &row.names {
            let expected = match *name {
                import::INPUT_LEN | import::RETURNED_LEN | import::RETURNED_CODE | import::CONTEXT => {
                    vec![host.answer]
                }
                import::STORAGE_READ => vec![read.fixed, read.each, host.value.each],
                import::LOG_READ => vec![log_read.fixed, log_read.each, host.value.each],
                _ => {
                    let linear = match *name {
                        import::INPUT_READ | import::RETURNED_READ | import::OUTPUT | import::FAIL => host.copy,
                        import::STORAGE_WRITE => host.write,
                        import::STORAGE_REMOVE => host.remove,
                        import::LOG_APPEND => host.append,
                        import::LOG_LEN => host.log_len,
                        import::EMIT => host.emit,
                        import::CALL => host.call,
                        import::SCHEDULE => host.schedule,
                        import::SHA256 => host.sha256,
                        import::ED25519_VERIFY => host.ed25519_verify,
                        _ => panic!("{name} is no host function"),
                    };
                    vec![linear.fixed, linear.each]
                }
            };
            assert_eq!(row.numbers, expected, "{name}");
            named.push(*name);
        }
    }
    named.sort_unstable();
    let mut imports = IMPORTS.map(|import| import.name);
    imports.sort_unstable();
    assert_eq!(named, imports);
    assert_eq!(host.value.fixed, 0);
}

#[test]
fn the_page_says_what_calls_and_deployments_cost() {
    let rows = rows("Calls and deployment");
    let [call, instantiation, deployment] = rows.as_slice() else { panic!("{} rows", rows.len()) };
    assert_eq!(call.numbers, [V3.host.call.fixed, V3.host.call.each]);
    let linear = V3.instantiate;
    assert_eq!(instantiation.numbers, [linear.fixed, linear.each, V3.page, V3.data_word, 8, V3.element]);
    assert_eq!(deployment.numbers, [V3.deploy.fixed, V3.deploy.each]);
}
