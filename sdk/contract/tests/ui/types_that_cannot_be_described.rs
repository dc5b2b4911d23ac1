use countersign_contract::prelude::*;

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[call]
    fn float(price: f64) {}

    #[call]
    fn size(len: usize) {}

    #[call]
    fn borrowed(name: &str) {}

    #[call]
    fn hashed() -> std::collections::HashMap<u8, u8> {
        Default::default()
    }

    #[call]
    fn generic(boxed: Box<u8>) {}

    #[call]
    fn long(bytes: [u8; LEN]) {}

    #[call]
    fn pattern((a, b): (u8, u8)) {}
}

const LEN: usize = 3;

fn main() {}
