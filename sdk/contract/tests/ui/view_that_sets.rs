use countersign_contract::prelude::*;

#[contract]
struct Shop {
    total: Item<u64>,
}

#[contract]
impl Shop {
    #[view]
    fn total(&self) -> u64 {
        self.total.set(&1);
        1
    }
}

fn main() {}
