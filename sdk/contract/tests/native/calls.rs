//! Calls between contracts: results, failures that undo the callee alone, and what the host refuses.

use countersign_contract::abi::trap;
use countersign_contract::prelude::*;
use countersign_contract::testing::{Harness, Host};
use countersign_contract::{CallError, ed25519_verify, sha256};

const GAS: u64 = 1_000_000;

/// Keeps one number.
#[contract]
pub struct Till {
    amount: Item<u64>,
}

#[derive(Debug, PartialEq, ContractError)]
pub enum Refusal {
    TooMuch,
}

#[contract]
impl Till {
    #[call]
    pub fn pay(&mut self, ctx: &mut Context, amount: u64) -> Result<Option<Address>, Refusal> {
        self.amount.set(&(self.amount.get_or_default() + amount));
        if amount > 100 {
            return Err(Refusal::TooMuch);
        }
        Ok(ctx.caller_contract())
    }

    #[view]
    pub fn amount(&self) -> u64 {
        self.amount.get_or_default()
    }

    #[call]
    pub fn back(ctx: &mut Context, to: Address) -> u32 {
        match ctx.call::<u32>(&to, "paid", &(), GAS) {
            Err(CallError::Trapped(number)) => number,
            other => panic!("{other:?}"),
        }
    }
}

/// Pays into a till.
#[contract]
pub struct Customer {
    paid: Item<u64>,
}

#[contract]
impl Customer {
    #[call]
    pub fn pay(&mut self, ctx: &mut Context, till: Address, amount: u64) -> String {
        let result = ctx.call::<Option<Address>>(&till, "pay", &(amount,), GAS);
        match result {
            Ok(caller) => {
                assert_eq!(caller, Some(ctx.contract()));
                self.paid.set(&(self.paid.get_or_default() + amount));
                "paid".to_string()
            }
            Err(CallError::Failed { code, data }) => format!("{code} {data:?}"),
            Err(CallError::Trapped(number)) => format!("trap {number}"),
            Err(CallError::Undecodable) => "undecodable".to_string(),
        }
    }

    #[call]
    pub fn back_and_forth(ctx: &mut Context, till: Address) -> u32 {
        ctx.call(&till, "back", &(ctx.contract(),), GAS).expect("the till copes")
    }

    #[call]
    pub fn misread(ctx: &mut Context, till: Address) -> bool {
        ctx.call::<u8>(&till, "amount", &(), GAS) == Err(CallError::Undecodable)
    }

    #[view]
    pub fn asked(&self, ctx: &Context, till: Address) -> u64 {
        ctx.view(&till, "amount", &(), GAS).expect("it has one")
    }

    #[view]
    pub fn paid(&self) -> u64 {
        self.paid.get_or_default()
    }
}

#[test]
fn a_callee_that_fails_undoes_itself_alone() {
    let mut host = Host::new::<Customer>();
    let till = host.deploy::<Till>();
    let mut pay = |amount: u64| host.invoke::<String>("pay", &(till, amount)).unwrap();
    assert_eq!(pay(60), "paid");
    assert_eq!(pay(101), "1 [0]");
    assert_eq!(pay(u64::MAX), format!("trap {}", trap::UNREACHABLE));
    assert_eq!(pay(40), "paid");
    assert_eq!(host.query::<u64>("asked", &(till,)).unwrap(), 100);
    assert_eq!(host.query::<u64>("paid", &()).unwrap(), 100);
    host.select(till);
    assert_eq!(host.query::<u64>("amount", &()).unwrap(), 100);
}

#[test]
fn the_host_refuses_strange_calls() {
    let mut host = Host::new::<Customer>();
    let till = host.deploy::<Till>();
    let again: u32 = host.invoke("back_and_forth", &(till,)).unwrap();
    assert_eq!(again, trap::REENTRANCE);
    let nobody: String = host.invoke("pay", &([0u8; 32], 1u64)).unwrap();
    assert_eq!(nobody, format!("trap {}", trap::CONTRACT_NOT_FOUND));
    assert!(host.invoke::<bool>("misread", &(till,)).unwrap());
}

#[test]
fn hashes_and_signatures_are_the_standard_ones() {
    // FIPS 180-2, "abc"; RFC 8032, section 7.1, test 1 (an empty message).
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc").as_slice(), hex(abc));
    let key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let signature = hex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
    let key = key.try_into().unwrap();
    let signature = signature.try_into().unwrap();
    assert!(ed25519_verify(&key, b"", &signature));
    assert!(!ed25519_verify(&key, b"x", &signature));
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
