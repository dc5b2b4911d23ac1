use countersign_contract::prelude::*;

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[call]
    fn init() {}

    #[init]
    fn start() {}

    #[call]
    fn memory() {}

    #[call]
    #[view]
    fn both() {}

    #[call]
    async fn later() {}

    #[call]
    fn any<T>(value: T) {}

    #[call]
    fn late(n: u8, ctx: &Context) {}

    #[call]
    fn consumes(self) {}
}

fn main() {}
