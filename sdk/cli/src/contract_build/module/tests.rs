//! Modules put together by hand: one good, and one for each reason to refuse.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use super::check;

const ADD: &str = "{\"kind\":\"method\",\"name\":\"add\"}\n";

fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id, contents.len() as u8];
    bytes.extend_from_slice(contents);
    bytes
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = vec![text.len() as u8];
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn custom(title: &str, data: &str) -> Vec<u8> {
    section(0, &[name(title), data.as_bytes().to_vec()].concat())
}

/// A module that imports `host.fail`, and exports its memory and its one function as `method`.
fn module(host: &str, method: &str, sections: &[Vec<u8>]) -> Vec<u8> {
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(2, &[vec![1], name(host), name("fail"), vec![0, 0]].concat()),
        section(3, &[1, 0]),
        section(5, &[1, 0, 1]),
        section(7, &[vec![2], name("memory"), vec![2, 0], name(method), vec![0, 1]].concat()),
        section(10, &[1, 2, 0, 0x0b]),
        sections.concat(),
    ]
    .concat()
}

#[test]
fn a_contract_keeps_only_its_interface_and_its_layout() {
    let interface = custom("countersign.abi", ADD);
    let layout = custom("countersign.layout", "z");
    let with_names = [custom("name", "x"), layout.clone(), interface.clone(), custom("producers", "y")];
    let checked = check(&module("countersign", "add", &with_names), "1.95.0 (5 2026-04-14)").unwrap();
    let compiler = custom("producers", "\u{1}\u{c}processed-by\u{1}\u{5}rustc\u{15}1.95.0 (5 2026-04-14)");
    assert_eq!(checked.bytes, module("countersign", "add", &[layout, interface, compiler]));
    assert_eq!(checked.imports, ["fail"]);
}

#[test]
fn what_is_not_a_contract_is_refused_with_its_reason() {
    let interface = custom("countersign.abi", ADD);
    let plain = std::slice::from_ref(&interface);
    let both = [custom("countersign.abi", &ADD.replace("add", "sub")), interface.clone()];
    let cases = [
        (b"\0as".to_vec(), "something else than a module"),
        (b"\0asm\x07\0\0\0".to_vec(), "malformed module"),
        (module("env", "add", plain), "needs env.fail"),
        (module("countersign", "add", &[]), "describes no methods"),
        (module("countersign", "sub", plain), "add is described but not exported"),
        (module("countersign", "sub", &both), "add is described but not exported"),
        (module("countersign", "add", &[custom("countersign.abi", "{")]), "JSON object per line"),
    ];
    for (bytes, reason) in cases {
        let error = check(&bytes, "1.95.0").unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
