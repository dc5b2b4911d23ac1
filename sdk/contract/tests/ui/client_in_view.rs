use countersign_contract::prelude::*;

#[interface]
pub trait Purse {
    #[call]
    fn pay(&mut self, amount: u64) -> u64;
}

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[view]
    fn look(&self, ctx: &Context, purse: Address) -> bool {
        PurseClient::at(purse).pay(ctx, 1).is_ok()
    }

    #[call]
    fn buy(&self, ctx: &mut Context, purse: Address) -> bool {
        PurseClient::at(purse).pay(ctx, "much").is_ok()
    }
}

#[contract(name = "shop")]
impl Other {}

fn main() {}
