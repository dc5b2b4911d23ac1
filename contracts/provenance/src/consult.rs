//! Consulting: what registries say of captured events. It is announced and changes no register and no receipt: an event
//! is recorded as it is, and a registry that fails makes no capture fail (decision 0002), as long as the transaction has the
//! gas and the room for events that a registry may use up.

mod claims;
mod readings;

use alloc::string::String;

use countersign_contract::{Address, Context, ContractEvent, ContractType};
use countersign_epcis::Event;

pub use claims::Uncertified;
pub use readings::ItemHeld;

use claims::Claims;
use readings::Readings;

/// The registries that are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ContractType)]
pub struct Registries {
    /// Certificates: whether what events claim in `certificationInfo` holds.
    pub certification: Option<Address>,
    /// The cold chain: it is told the temperatures of sensor events, and whether what leaves is held.
    pub coldchain: Option<Address>,
}

/// What is stored of it.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Consulted {
    /// The organisation that deployed the contract.
    pub owner: String,
    /// The registries that are asked.
    pub registries: Registries,
}

/// Other registries are asked from now on.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct RegistriesConsulted {
    /// Certificates.
    pub certification: Option<Address>,
    /// The cold chain.
    pub coldchain: Option<Address>,
}

/// Questions about captured events were not answered: the registry failed, there were more than a call asks, or a reading
/// is of a time that it does not take.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct RegistryUnavailable {
    /// The registry.
    #[indexed]
    pub registry: Address,
    /// Claims or things that nothing was said about.
    pub unanswered: u32,
}

/// What the events of a call give to ask.
pub(crate) struct Noted {
    claims: Option<Claims>,
    readings: Option<Readings>,
}

impl Noted {
    pub(crate) fn of(registries: Registries) -> Self {
        let Registries { certification, coldchain } = registries;
        Self { claims: certification.map(Claims::of), readings: coldchain.map(Readings::of) }
    }

    /// Notes an event that was recorded. The declaration of an error says nothing of things.
    pub(crate) fn note(&mut self, event: &Event, sequence: u64, now_ms: u64) {
        if event.error.is_some() {
            return;
        }
        if let Some(claims) = &mut self.claims {
            claims.note(event, sequence);
        }
        if let Some(readings) = &mut self.readings {
            readings.note(event, sequence, now_ms);
        }
    }

    /// Asks and announces.
    pub(crate) fn consult(self, ctx: &mut Context) {
        if let Some(claims) = self.claims {
            claims.ask(ctx);
        }
        if let Some(readings) = self.readings {
            readings.tell(ctx);
        }
    }
}

/// A moment of an event as registries count it; what was before 1970 was at its beginning.
fn moment(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default()
}

fn unavailable(ctx: &mut Context, registry: Address, unanswered: u32) {
    if unanswered > 0 {
        ctx.emit(&RegistryUnavailable { registry, unanswered });
    }
}
