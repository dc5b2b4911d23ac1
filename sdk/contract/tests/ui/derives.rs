use countersign_contract::prelude::*;

#[derive(ContractType)]
struct Pair<T> {
    a: T,
}

#[derive(ContractType)]
enum Nothing {}

#[derive(ContractType)]
enum Numbered {
    A = 5,
}

#[derive(ContractType)]
union Either {
    a: u8,
    b: i8,
}

#[derive(ContractError)]
struct NotAnEnum;

fn main() {}
