use countersign_contract::prelude::*;

#[contract]
struct Shop {
    total: u64,
}

#[contract]
struct Tuple(Item<u64>);

#[contract]
struct Generic<T> {
    item: Item<T>,
}

#[contract(title = "shop")]
struct Named;

#[contract]
fn function() {}

fn main() {}
