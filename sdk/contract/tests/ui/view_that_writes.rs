use countersign_contract::prelude::*;

#[contract]
struct Shop {
    total: Item<u64>,
}

#[contract]
impl Shop {
    #[view]
    fn exclusive(&mut self) {}

    #[view]
    fn emitting(&self, ctx: &mut Context) {}
}

fn main() {}
