use countersign_contract::prelude::*;

#[derive(ContractEvent)]
struct Listed {
    #[indexed]
    names: Vec<String>,
}

#[derive(ContractEvent)]
struct Busy {
    #[indexed]
    a: u8,
    #[indexed]
    b: u8,
    #[indexed]
    c: u8,
    #[indexed]
    d: u8,
    #[indexed]
    e: u8,
    #[indexed]
    f: u8,
    #[indexed]
    g: u8,
    #[indexed]
    h: u8,
    #[indexed]
    i: u8,
}

#[derive(ContractEvent)]
struct Tuple(u8);

#[derive(ContractEvent)]
enum Choice {
    A,
}

fn main() {}
