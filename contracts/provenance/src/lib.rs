//! The provenance contract: captures EPCIS events and answers traces.
//!
//! All of its logic and state layout is [`countersign_epcis::register`] and [`countersign_epcis::walk`]; this
//! crate is the line to the ledger: who may capture, what a caller is answered, which events are emitted.
#![no_std]

extern crate alloc;

mod capture;
mod consult;
mod custody;
mod limits;
mod registers;
mod sighting;

pub use capture::Captured;
pub use consult::{ItemHeld, Registries, RegistriesConsulted, RegistryUnavailable, Uncertified};
pub use custody::{HandoverPolicySet, HandoverProposed, HandoverSettled, PartyEntrusted};

use alloc::string::String;
use alloc::vec::Vec;

use countersign_contract::{Address, ByContract, Context, ContractError, Item, Role, contract};
use countersign_epcis::Identifier;
use countersign_epcis::answer::{
    After, Anomalies, Contents, EventReceipt, HandedOver, HandedOverPage, HandoverPolicy, History, HistoryPage,
    Lineage, Mode, ObjectState, Recall, Recorded,
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
    /// Capturing needs the role of submitter or device, and accepting and refusing hand-overs that of submitter; an
    /// organisation's admins say how it receives; saying which registries are asked and who acts for a party takes an admin
    /// of the organisation that deployed the contract.
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
    /// The record hands nothing over, or there is none of this number.
    NoHandover {
        /// The number.
        sequence: u64,
    },
    /// The event was declared to be in error, and hands nothing over.
    HandoverVoid {
        /// Number of its record.
        sequence: u64,
    },
    /// The hand-over is for another organisation, or for a party that none acts for.
    NotReceiver {
        /// Number of the record.
        sequence: u64,
    },
    /// The hand-over took effect when the event was captured, as the receiver's policy was then: there is nothing to accept.
    HandoverOneSided {
        /// Number of the record.
        sequence: u64,
    },
    /// The hand-over was accepted or refused before, which cannot be changed; hand the things back by an event.
    HandoverSettled {
        /// Number of the record.
        sequence: u64,
    },
    /// The time to accept the hand-over is over; ask the giver for an event anew.
    HandoverExpired {
        /// Number of the record.
        sequence: u64,
        /// The last block time at which it could be accepted, milliseconds since 1970 UTC.
        until_ms: u64,
    },
    /// A hand-over may not wait that long, or has to wait longer.
    Window {
        /// How long it was to wait, milliseconds.
        window_ms: u64,
        /// The shortest.
        min_ms: u64,
        /// The longest.
        max_ms: u64,
    },
    /// A text that is empty or too long.
    Text {
        /// Which one.
        field: String,
        /// Its bytes.
        bytes: u64,
        /// How many there may be.
        max: u64,
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
        let owner = self.owner(ctx)?;
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

    /// Accepts what these records hand over to your organisation, all or none: it has, or owns, the things from the time of
    /// each event on. By submitters.
    #[call]
    pub fn accept(&mut self, ctx: &mut Context, sequences: Vec<u64>) -> Result<(), Error> {
        custody::accept(ctx, &sequences)
    }

    /// Refuses what a record hands over to your organisation, and says why. By submitters.
    #[call]
    pub fn refuse(&mut self, ctx: &mut Context, sequence: u64, reason: String) -> Result<(), Error> {
        custody::refuse(ctx, sequence, reason)
    }

    /// Lets an organisation act for a party, an identifier in any spelling, in events from now on; or none. By admins of
    /// the organisation that deployed the contract.
    #[call]
    pub fn entrust(&mut self, ctx: &mut Context, party: String, organisation: Option<String>) -> Result<(), Error> {
        let _owner = self.owner(ctx)?;
        custody::entrust(ctx, &party, organisation)
    }

    /// Says how your organisation receives from another in events from now on, or, if `giver` is none, from all that it
    /// has set nothing for. By admins.
    #[call]
    pub fn set_handover_policy(
        &mut self,
        ctx: &mut Context,
        giver: Option<String>,
        policy: HandoverPolicy,
    ) -> Result<(), Error> {
        custody::set_policy(ctx, giver, policy)
    }

    /// What a record hands over, and how that stands; empty if it hands nothing over. Contracts may ask it in calls.
    #[view]
    pub fn handover(&self, ctx: &Context, sequence: u64) -> Result<Vec<HandedOver>, Error> {
        custody::of_record(ctx, sequence)
    }

    /// What was handed over to an organisation, or, if `given`, by it, in the order of capture from number `from` on; at
    /// most 200 records.
    #[view]
    pub fn handovers(
        &self,
        ctx: &Context,
        organisation: String,
        given: bool,
        from: u64,
    ) -> Result<HandedOverPage, Error> {
        custody::page(ctx, &organisation, given, from)
    }

    /// The organisation that acts for a party.
    #[view]
    pub fn party(&self, id: String) -> Result<Option<String>, Error> {
        custody::party(&id)
    }

    /// How an organisation receives from another.
    #[view]
    pub fn handover_policy(&self, receiver: String, giver: String) -> Result<HandoverPolicy, Error> {
        custody::policy(&receiver, &giver)
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

impl Provenance {
    /// The organisation that deployed the contract, if one of its admins calls.
    fn owner(&self, ctx: &Context) -> Result<String, Error> {
        ctx.check_direct()?;
        let owner = self.consulted.get().map(|consulted| consulted.owner);
        owner.filter(|owner| ctx.has_role(Role::Admin) && *owner == ctx.organisation()).ok_or(Error::NotPermitted)
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
