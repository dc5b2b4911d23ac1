//! Calls by the typed client of an interface.

use countersign_contract::abi::trap;
use countersign_contract::prelude::*;
use countersign_contract::testing::{Failure, Harness, Host};

/// A purse that others pay into.
#[interface]
pub trait Purse {
    /// Pays in; answers the sum.
    #[call]
    fn pay(&mut self, amount: u64, note: String) -> Result<u64, Full>;

    #[view]
    fn sum(&self) -> u64;
}

#[derive(Clone, Debug, PartialEq, ContractError)]
pub enum Full {
    Closed,
    Over { limit: u64 },
}

#[contract]
pub struct Box100 {
    sum: Item<u64>,
}

#[contract(interface = Purse)]
impl Box100 {
    #[call]
    pub fn pay(&mut self, ctx: &mut Context, amount: u64, note: String) -> Result<u64, Full> {
        assert!(note != "torn" && ctx.caller_contract().is_some(), "as the test expects");
        let sum = self.sum.get_or_default() + amount;
        self.sum.set(&sum);
        if sum > 100 { Err(Full::Over { limit: 100 }) } else { Ok(sum) }
    }

    #[view]
    pub fn sum(&self) -> u64 {
        self.sum.get_or_default()
    }

    #[call]
    pub fn beside_the_interface(&self) {}
}

/// Has methods of the same names, and other types.
#[contract]
pub struct Impostor;

#[contract]
impl Impostor {
    #[call]
    pub fn pay(&self, amount: u8) -> u8 {
        amount
    }

    #[view]
    pub fn sum(&self) -> bool {
        true
    }
}

#[contract]
pub struct Payer;

#[contract]
impl Payer {
    #[call]
    pub fn pay(&self, ctx: &mut Context, to: Address, amount: u64, note: String) -> String {
        match PurseClient::at(to).gas(1_000_000).pay(ctx, amount, note) {
            Ok(sum) => format!("{sum}"),
            Err(Refused::Error(Full::Over { limit })) => format!("over {limit}"),
            Err(Refused::Error(Full::Closed)) => "closed".to_string(),
            Err(Refused::Unknown { code, data }) => format!("{code} with {} bytes", data.len()),
            Err(Refused::Trapped(number)) => format!("trap {number}"),
            Err(Refused::Undecodable) => "undecodable".to_string(),
        }
    }

    #[view]
    pub fn seen(&self, ctx: &Context, of: Address) -> Option<u64> {
        PurseClient::at(of).sum(ctx).ok()
    }
}

#[test]
fn a_client_answers_results_errors_and_traps_by_type() {
    let mut host = Host::new::<Payer>();
    let (purse, impostor) = (host.deploy::<Box100>(), host.deploy::<Impostor>());
    let mut pay = |to: Address, amount: u64, note: &str| host.invoke::<String>("pay", &(to, amount, note)).unwrap();
    assert_eq!(pay(purse, 60, "first"), "60");
    assert_eq!(pay(purse, 41, "too much"), "over 100");
    assert_eq!(pay(purse, 1, "torn"), format!("trap {}", trap::UNREACHABLE));
    assert_eq!(pay(purse, 40, "undone ones do not count"), "100");
    assert_eq!(pay(impostor, 1, ""), format!("{} with 29 bytes", u32::MAX));
    assert_eq!(pay([9; 32], 1, ""), format!("trap {}", trap::CONTRACT_NOT_FOUND));
    let seen = |host: &mut Host, of: Address| host.query::<Option<u64>>("seen", &(of,));
    assert_eq!(seen(&mut host, purse), Ok(Some(100)));
    assert_eq!(seen(&mut host, impostor), Ok(None));
    host.select(purse);
    assert_eq!(host.invoke::<u64>("pay", &(1u64, "")), Err(Failure::Trapped(trap::UNREACHABLE)));
}
