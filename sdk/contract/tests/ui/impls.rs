use countersign_contract::prelude::*;

#[contract]
struct Shop;

#[contract]
impl Shop {
    fn private() {}
}

#[contract]
impl Clone for Shop {
    fn clone(&self) -> Self {
        Self
    }
}

#[contract(name = "shop")]
impl Shop {
    #[call]
    fn buy() {}
}

fn main() {}
