use countersign_contract::borsh::{BorshDeserialize, BorshSerialize};
use countersign_contract::prelude::*;

#[derive(BorshSerialize, BorshDeserialize)]
#[borsh(crate = "countersign_contract::borsh")]
struct Lot {
    id: String,
}

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[call]
    fn open(lot: Lot) {
        drop(lot);
    }
}

fn main() {}
