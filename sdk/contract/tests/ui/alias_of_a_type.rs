use countersign_contract::prelude::*;

#[derive(ContractType)]
struct Lot {
    id: String,
}

type Batch = Lot;

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[call]
    fn open(batch: Batch) {
        drop(batch);
    }
}

fn main() {}
