use countersign_contract::prelude::*;

type Result<T> = core::result::Result<T, Error>;

#[derive(ContractError)]
enum Error {
    No,
}

#[contract]
struct Shop;

#[contract]
impl Shop {
    #[call]
    fn alias() -> Result<u8> {
        Err(Error::No)
    }

    #[call]
    fn text() -> core::result::Result<u8, &'static str> {
        Err("no")
    }
}

fn main() {}
