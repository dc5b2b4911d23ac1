//! The provenance contract: captures EPCIS events and answers traces.
//!
//! All of its logic and state layout is [`countersign_epcis::register`] and [`countersign_epcis::walk`]; this
//! crate is the line to the ledger: who may capture, what a caller is answered, which events are emitted.
#![no_std]

extern crate alloc;

mod capture;
mod consult;
mod limits;
mod registers;
mod sighting;

pub use capture::Captured;
pub use consult::{ItemHeld, Registries, RegistriesConsulted, RegistryUnavailable, Uncertified};

use alloc::string::String;
use alloc::vec::Vec;

use countersign_contract::{Address, ByContract, Context, ContractError, Item, Role, contract};
use countersign_epcis::Identifier;
use countersign_epcis::answer::{
    After, Anomalies, Contents, EventReceipt, History, HistoryPage, Lineage, Mode, ObjectState, Recall, Recorded,
};
use countersign_epcis::register::{self, Pos};
use countersign_epcis::walk::{self, Unanswered};
use countersign_interfaces::records::{Sighting, Unreadable};

use consult::Consulted;
use registers::Registers;

countersign_contract::no_std_runtime!();

/// Captures EPCIS 2.0 events and answers where things come from, where they went and what happened to them.
#[contract(name = "provenance")]
pub struct Provenance {
    /// Who may say which registries are asked, and what was said. No register: no trace rests on it.
    consulted: Item<Consulted>,
}

/// Why a method fails.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum Error {
    /// Capturing needs the role of submitter or device; saying which registries are asked takes an admin of the
    /// organisation that deployed the contract.
    NotPermitted,
    /// More events than one call takes.
    TooMany {
        /// How many there are.
        count: u32,
        /// How many there may be.
        max: u32,
    },
    /// An event is refused, and with it, in mode rollback, all others.
    Refused {
        /// Its place among the events, from 0.
        index: u32,
        /// Name of the rule that it breaks.
        rule: String,
        /// Where in the event, as a JSON path.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An identifier that is none.
    Identifier {
        /// What is wrong with it.
        reason: String,
    },
    /// A register does not hold what this contract writes.
    Damaged {
        /// What cannot be read.
        what: String,
    },
    /// Another contract calls, and capturing and consulting take a signature of their own: sign a transaction that calls
    /// this contract.
    ByContract {
        /// The contract that calls.
        contract: Address,
    },
}

#[contract(interface = countersign_interfaces::records::Records)]
impl Provenance {
    /// Remembers the organisation that deploys the contract.
    #[init]
    pub fn init(&mut self, ctx: &mut Context) {
        self.consulted.set(&Consulted { owner: ctx.organisation(), registries: Registries::default() });
    }

    /// Says which registries are asked about captured events from now on. By admins of the organisation that deployed
    /// the contract.
    #[call]
    pub fn consult(&mut self, ctx: &mut Context, registries: Registries) -> Result<(), Error> {
        ctx.check_direct()?;
        let owner = self.consulted.get().map(|consulted| consulted.owner);
        if !ctx.has_role(Role::Admin) || owner.as_ref() != Some(&ctx.organisation()) {
            return Err(Error::NotPermitted);
        }
        let owner = owner.unwrap_or_default();
        self.consulted.set(&Consulted { owner, registries });
        ctx.emit(&RegistriesConsulted { certification: registries.certification, coldchain: registries.coldchain });
        Ok(())
    }

    /// Which registries are asked about captured events.
    #[view]
    pub fn registries(&self) -> Registries {
        self.consulted.get().map(|consulted| consulted.registries).unwrap_or_default()
    }

    /// Captures events, each the borsh encoding of the typed event, in their order. In mode rollback one
    /// refused event refuses all; in mode proceed each stands for itself. An event that stands on the ledger
    /// already is a duplicate and no fault.
    #[call]
    pub fn capture(&mut self, ctx: &mut Context, events: Vec<Vec<u8>>, mode: Mode) -> Result<Vec<EventReceipt>, Error> {
        ctx.check_direct()?;
        capture::capture(ctx, &events, mode, self.registries())
    }

    /// Number of records. A record's sequence number is below it, and traces can be asked as of it.
    #[view]
    pub fn count(&self) -> Result<u64, Error> {
        Ok(register::count(&mut Registers)?)
    }

    /// Number of records at the end of the block at `height`: what to give as `at` of a trace to have it as of
    /// that block.
    #[view]
    pub fn position_at(&self, height: u64) -> Result<u64, Error> {
        Ok(register::position_at(&mut Registers, height)?)
    }

    /// What happened to an item: the events that name it, or a container while it was in it. `at` is a number of
    /// records; later ones are not looked at.
    #[view]
    pub fn history(&self, id: String, at: Option<u64>) -> Result<History, Error> {
        Ok(walk::history(&mut Registers, &item(&id)?, at, limits::HISTORY)?)
    }

    /// A part of what happened to an item: at most `count` events after `after`. Parts with the same `at` make up the
    /// history, whatever is captured meanwhile.
    #[view]
    pub fn history_page(
        &self,
        id: String,
        at: Option<u64>,
        after: Option<After>,
        count: u32,
    ) -> Result<HistoryPage, Error> {
        let after = after.map(|After { time_ms, sequence }| Pos { time_ms, sequence });
        Ok(walk::history_page(&mut Registers, &item(&id)?, at, after, limits::history_page(count))?)
    }

    /// What an item comes from: its lot, what it was made of, what is in it, and so on back.
    #[view]
    pub fn back(&self, id: String, at: Option<u64>) -> Result<Lineage, Error> {
        Ok(walk::back(&mut Registers, &item(&id)?, at, limits::LINEAGE)?)
    }

    /// What an item went into: instances of the lot, what was made of it, what is in it, and so on forward.
    #[view]
    pub fn forward(&self, id: String, at: Option<u64>) -> Result<Lineage, Error> {
        Ok(walk::forward(&mut Registers, &item(&id)?, at, limits::LINEAGE)?)
    }

    /// What is in a container after all that happened up to `time_ms` (milliseconds since 1970 UTC).
    #[view]
    pub fn contents(&self, id: String, time_ms: i64, at: Option<u64>) -> Result<Contents, Error> {
        Ok(walk::contents(&mut Registers, &item(&id)?, time_ms, at, limits::LINEAGE)?)
    }

    /// All that an item went into, every container of these, and where they were last.
    #[view]
    pub fn recall(&self, id: String, at: Option<u64>) -> Result<Recall, Error> {
        Ok(walk::recall(&mut Registers, &item(&id)?, at, limits::RECALL)?)
    }

    /// All records under an eventID: the event and its error declarations. Empty if it was never seen.
    #[view]
    pub fn event(&self, event_id: String) -> Result<Vec<Recorded>, Error> {
        let audit = register::audit(&mut Registers, &event_id)?;
        let records = audit.into_iter().flat_map(|audit| audit.records);
        records.map(|(sequence, record)| recorded(sequence, record)).collect()
    }

    /// The record of a sequence number.
    #[view]
    pub fn event_by_seq(&self, sequence: u64) -> Result<Option<Recorded>, Error> {
        let record = register::record(&mut Registers, sequence)?;
        record.map(|record| recorded(sequence, record)).transpose()
    }

    /// What the event of a name says of a thing that it names. None if no such event stands, if it is void, or if it
    /// does not name the thing.
    #[view]
    pub fn sighting(&self, event_id: String, item: String) -> Result<Option<Sighting>, Unreadable> {
        sighting::sighting(&event_id, &item)
    }

    /// What is known of an instance, container or asset.
    #[view]
    pub fn object(&self, id: String) -> Result<Option<ObjectState>, Error> {
        Ok(register::object(&mut Registers, item(&id)?.canonical())?.map(Into::into))
    }

    /// Anomalies from number `from` on: rules of the registers that events broke and capture let pass, such as an
    /// instance put into a second container.
    #[view]
    pub fn anomalies(&self, from: u64) -> Result<Anomalies, Error> {
        Ok(register::anomalies(&mut Registers, from, limits::ANOMALIES)?)
    }

    /// Sequence numbers of the events that name a business document, its type in the standard's word (`po`) or
    /// empty.
    #[view]
    pub fn document(&self, kind: String, id: String) -> Result<Vec<u64>, Error> {
        let named = register::document(&mut Registers, &kind, &item(&id)?)?;
        Ok(named.into_iter().map(|Pos { sequence, .. }| sequence).collect())
    }
}

fn recorded(sequence: u64, record: register::Record) -> Result<Recorded, Error> {
    Ok(Recorded::of(&mut Registers, sequence, record)?)
}

fn item(text: &str) -> Result<Identifier, Error> {
    Identifier::parse(text).map_err(|fault| Error::Identifier { reason: alloc::format!("{fault}") })
}

impl From<Unanswered<core::convert::Infallible>> for Error {
    fn from(unanswered: Unanswered<core::convert::Infallible>) -> Self {
        match unanswered {
            Unanswered::Damaged(damaged) => damaged.into(),
            Unanswered::Read(never) => match never {},
        }
    }
}

impl From<ByContract> for Error {
    fn from(ByContract { contract }: ByContract) -> Self {
        Self::ByContract { contract }
    }
}

impl From<register::Damaged> for Error {
    fn from(damaged: register::Damaged) -> Self {
        Self::Damaged { what: damaged.0.into() }
    }
}
