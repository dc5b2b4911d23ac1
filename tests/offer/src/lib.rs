//! A contract of the tests: offers that the chain itself ends when nobody accepts them in time.
#![no_std]
use countersign_contract::ScheduleError;
use countersign_contract::prelude::*;

countersign_contract::no_std_runtime!();

/// Gas that ending an offer is given.
const EXPIRE_GAS: u64 = 1_000_000;

/// Where an offer stands.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub enum State {
    /// Nobody has taken it.
    Open,
    /// This account has.
    Accepted(String),
    /// Its time has passed.
    Expired,
}

/// Why a method failed.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Error {
    /// There is no such offer, or it is not open.
    NotOpen,
    /// The time is not one that it can be held open to.
    Time,
    /// Only the contract itself ends offers.
    NotScheduled,
}

/// An offer ended without being accepted.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Expired {
    /// The offer.
    #[indexed]
    pub offer: u64,
    /// Who made it.
    pub by: String,
}

/// Offers by their number.
#[contract]
pub struct Offers {
    states: Map<u64, State>,
}

#[contract]
impl Offers {
    /// Holds an offer open until a time, milliseconds since 1970 UTC.
    #[call]
    pub fn offer(&mut self, ctx: &mut Context, offer: u64, until_ms: u64) -> Result<u32, Error> {
        self.states.set(&offer, &State::Open);
        ctx.schedule(until_ms, "expire", &(offer,), EXPIRE_GAS).map_err(|_: ScheduleError| Error::Time)
    }

    /// Takes an offer.
    #[call]
    pub fn accept(&mut self, ctx: &mut Context, offer: u64) -> Result<(), Error> {
        self.open(offer)?;
        self.states.set(&offer, &State::Accepted(ctx.account()));
        Ok(())
    }

    /// Ends an offer that nobody took. The chain calls it.
    #[call]
    pub fn expire(&mut self, ctx: &mut Context, offer: u64) -> Result<(), Error> {
        if !ctx.is_scheduled() {
            return Err(Error::NotScheduled);
        }
        self.open(offer)?;
        self.states.set(&offer, &State::Expired);
        ctx.emit(&Expired { offer, by: ctx.account() });
        Ok(())
    }

    /// Where an offer stands.
    #[view]
    pub fn state(&self, offer: u64) -> Option<State> {
        self.states.get(&offer)
    }

    fn open(&self, offer: u64) -> Result<(), Error> {
        if self.states.get(&offer) == Some(State::Open) { Ok(()) } else { Err(Error::NotOpen) }
    }
}
