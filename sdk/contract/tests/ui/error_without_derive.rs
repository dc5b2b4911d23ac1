use countersign_contract::prelude::*;

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[call]
    fn buy() -> Result<u8, String> {
        Ok(1)
    }
}

fn main() {}
