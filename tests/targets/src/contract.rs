//! What comes with a contract: its module and its interface.

use countersign_api::Abi;

const SECTION: &str = r#"{"kind":"contract","name":"sample","version":"0.1.0","abi":1,"docs":"A sample."}
{"kind":"method","name":"put","mode":"call","docs":"Puts.","args":[{"name":"lot","type":"Lot"}],"returns":"Vec<Lot>","error":"Error"}
{"kind":"struct","name":"Lot","docs":"","fields":[{"name":"id","type":"String","docs":""},{"name":"amount","type":"u128","docs":""},{"name":"names","type":"BTreeMap<String,u16>","docs":""},{"name":"below","type":"Vec<Lot>","docs":""},{"name":"state","type":"Option<State>","docs":""}]}
{"kind":"enum","name":"State","docs":"","variants":[{"name":"Open","docs":"","fields":[]},{"name":"Moved","docs":"","fields":[{"name":"0","type":"u8","docs":""},{"name":"1","type":"[u8;4]","docs":""}]}]}
{"kind":"event","name":"Added","docs":"","fields":[{"name":"id","type":"String","docs":"","indexed":true}]}
{"kind":"error","name":"Error","docs":"","variants":[{"name":"TooMuch","docs":"","code":2,"fields":[{"name":"most","type":"u64","docs":""}]}]}"#;

/// A section, then a zero byte, then what a contract answers. Without the section the sample's.
pub fn abi(data: &[u8]) {
    let (section, output) = match data.iter().position(|byte| *byte == 0) {
        Some(0) | None => (SECTION.as_bytes(), data),
        Some(end) => data.split_at(end),
    };
    let output = output.get(1..).unwrap_or_default();
    let Ok(abi) = Abi::from_section(section) else { return };
    let _ = abi.decode_error("put", output);
    let _ = abi.decode_event("Added", output);
    if let Ok(value) = abi.decode_returned("put", output) {
        let arguments = serde_json::json!({ "lot": value.get(0) });
        let _ = abi.encode_args("put", &arguments);
    }
}

/// The sample, an answer and both together.
pub fn abi_seeds() -> Vec<Vec<u8>> {
    let lot =
        |below: Vec<u8>| [b"\x03\0\0\0L-1".as_slice(), &[7; 16], &[0; 4], &below, &[1, 1, 9, 1, 2, 3, 4]].concat();
    let answer = [&[0, 1, 0, 0, 0], lot([vec![1, 0, 0, 0], lot(vec![0; 4])].concat()).as_slice()].concat();
    let both = [SECTION.as_bytes(), &answer].concat();
    vec![answer, both, SECTION.as_bytes().to_vec()]
}

/// The check never panics, and what passes it can be run: no fault is the host's.
#[cfg(feature = "machine")]
pub fn module(data: &[u8]) {
    use countersign_vm::{Vm, VmConfig};
    use std::sync::LazyLock;
    static MACHINE: LazyLock<Vm> = LazyLock::new(|| Vm::new(VmConfig::default()).expect("the machine starts"));
    if MACHINE.check(data).is_ok() {
        MACHINE.prepare(data).expect("a module that was checked compiles");
    }
}

/// Small modules with something of everything that a contract may hold.
#[cfg(feature = "machine")]
pub fn module_seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"(module (memory (export "memory") 1))"#,
        r#"(module
            (memory (export "memory") 1 4) (table 4 funcref) (global $g (mut i64) (i64.const 3))
            (elem (i32.const 0) $add) (data (i32.const 8) "words")
            (func $add (param i64 i64) (result i64) local.get 0 local.get 1 i64.add)
            (func (export "call") (local i64)
                (block $out (loop $again
                    local.get 0 i64.const 1 call $add local.tee 0 i64.const 9 i64.gt_u br_if $out br $again))
                (if (i32.eqz (memory.grow (i32.const 1))) (then (memory.fill (i32.const 0) (i32.const 7) (i32.const 64))))
                (global.set $g (local.get 0))
                (drop (call_indirect (param i64 i64) (result i64) (local.get 0) (i64.const 1) (i32.const 0)))))"#,
        r#"(module
            (memory (export "memory") 1)
            (func (export "call") (local f64)
                (drop (i64.trunc_sat_f64_u (f64.div (local.get 0) (f64.const 0))))
                (br_table 0 0 (i32.const 1))))"#,
    ];
    texts.iter().filter_map(|text| wat::parse_str(text).ok()).collect()
}
