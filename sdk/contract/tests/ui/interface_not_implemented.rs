use countersign_contract::prelude::*;

#[interface]
pub trait Purse {
    #[call]
    fn pay(&mut self, amount: u64) -> u64;
}

#[contract]
struct OfOtherTypes;

#[contract(interface = Purse)]
impl OfOtherTypes {
    #[call]
    fn pay(&mut self, amount: u32) -> u64 {
        amount.into()
    }
}

mod view {
    use super::*;

    #[contract]
    struct OfAnotherMode;

    #[contract(interface = super::Purse)]
    impl OfAnotherMode {
        #[view]
        fn pay(&self, amount: u64) -> u64 {
            amount
        }
    }
}

fn main() {}
