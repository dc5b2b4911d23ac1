//! A farm that sells to a shop through a carrier, and all contracts between them.

use countersign_certification::Certificate;
use countersign_coldchain::Limits;
use countersign_contract::borsh::BorshSerialize;
use countersign_contract::testing::{Account, Failure, Harness};
use countersign_contract::{Address, Role};
use countersign_epcis::answer::{EventReceipt, Mode, Outcome};
use countersign_epcis::event::{Action, Event, Items, Place, Reference, What};
use countersign_epcis::sensor::{SensorElement, SensorMetadata, SensorReport};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::{Identifier, Offset, Time};
use countersign_escrow::{Arbiter, Certified, Error, Terms};
use countersign_provenance::Registries;

pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

pub const PALLET: &str = "urn:epc:id:sscc:9521321.0000000001";
const SHOP: &str = "urn:epc:id:sgln:9521324.00001.0";
pub const FARM: &str = "urn:epc:id:pgln:9521321.00001";
pub const MILK: &str = "https://id.gs1.org/01/09521321000315";

/// A host with the escrow deployed first, and the contracts that it asks.
pub struct World<'a, H> {
    pub host: &'a mut H,
    pub escrow: Address,
    pub records: Address,
    pub certification: Address,
    pub coldchain: Address,
}

pub fn admin(organisation: &str) -> Account {
    Account::new(&format!("{organisation}/anna"), &[Role::Admin])
}
pub fn clerk(organisation: &str) -> Account {
    Account::new(&format!("{organisation}/erp"), &[Role::Submitter])
}
pub fn device(organisation: &str) -> Account {
    Account::new(&format!("{organisation}/sensor"), &[Role::Device])
}

impl<'a, H: Harness> World<'a, H> {
    /// The world, with the escrow selected, the shop's credit of 1,000, the farm's certificate, limits for milk and for
    /// the pallet, and the keeper of records asking the others.
    pub fn new(host: &'a mut H, others: [Address; 3]) -> Self {
        let escrow = host.contract();
        let [records, certification, coldchain] = others;
        let mut world = Self { host, escrow, records, certification, coldchain };
        // `test` signed the deployments: harnesses begin with its account.
        let registries = Registries { certification: Some(certification), coldchain: Some(coldchain) };
        world.at(records, &admin("test")).invoke::<()>("consult", &(registries,)).unwrap();
        world.at(certification, &admin("board")).invoke::<()>("accredit", &("tuv", "organic")).unwrap();
        world.certify();
        world.at(coldchain, &admin("board")).invoke::<()>("entrust", &(MILK, "farm")).unwrap();
        world.at(coldchain, &admin("board")).invoke::<()>("trust", &(records, true)).unwrap();
        let limits = Limits { least: 2_000, most: 8_000, excursion_ms: HOUR / 2, reading_ms: 0 };
        world.at(coldchain, &clerk("farm")).invoke::<()>("limit", &(MILK, limits)).unwrap();
        world.at(coldchain, &clerk("farm")).invoke::<()>("assign", &(PALLET, MILK)).unwrap();
        world.call(&admin("bank"), "deposit", &("shop", 1_000u64)).unwrap();
        world
    }

    /// The host, with a contract selected and an account signing.
    pub fn at(&mut self, contract: Address, account: &Account) -> &mut H {
        self.host.select(contract);
        self.host.as_account(account)
    }

    /// A call of the escrow that answers nothing.
    pub fn call(&mut self, by: &Account, method: &str, arguments: &impl BorshSerialize) -> Result<(), Failure> {
        let escrow = self.escrow;
        self.at(escrow, by).invoke(method, arguments)
    }

    /// Gives the farm a certificate of ten days, as the inspector does.
    pub fn certify(&mut self) -> u64 {
        let from_ms = self.now_ms();
        let (subject, scheme) = (FARM.to_owned(), "organic".to_owned());
        let certificate = Certificate { subject, scheme, from_ms, to_ms: from_ms + 10 * DAY, document: [1; 32] };
        let certification = self.certification;
        self.at(certification, &clerk("tuv")).invoke("grant", &(certificate,)).unwrap()
    }

    pub fn now_ms(&mut self) -> u64 {
        self.host.environment().time_ms
    }

    /// What the shop offers: 600 for the pallet within three days.
    pub fn terms(&mut self) -> Terms {
        let certified =
            Certified { registry: self.certification, subject: FARM.to_owned(), scheme: "organic".to_owned() };
        Terms {
            buyer: "shop".to_owned(),
            seller: "farm".to_owned(),
            item: PALLET.to_owned(),
            place: SHOP.to_owned(),
            price: 600,
            document: [5; 32],
            countersigners: vec!["carrier".to_owned()],
            arbiter: Some(Arbiter { organisation: "court".to_owned(), dispute_ms: 12 * HOUR }),
            deadline_ms: self.now_ms() + 3 * DAY,
            records: self.records,
            coldchain: Some(self.coldchain),
            certified: Some(certified),
        }
    }

    pub fn open(&mut self, terms: &Terms) -> Result<u64, Failure> {
        let escrow = self.escrow;
        self.at(escrow, &clerk("shop")).invoke("open", &(terms,))
    }

    pub fn settle(&mut self, id: u64, event_id: &str) -> Result<(), Failure> {
        self.call(&Account::new("passer/by", &[]), "settle", &(id, event_id))
    }

    pub fn countersign(&mut self, id: u64) {
        self.call(&clerk("farm"), "countersign", &(id,)).unwrap();
        self.call(&admin("carrier"), "countersign", &(id,)).unwrap();
    }

    pub fn credit(&mut self, organisation: &str) -> u64 {
        let escrow = self.escrow;
        self.at(escrow, &clerk("shop")).query("credit", &(organisation,)).unwrap()
    }

    /// Captures an event.
    pub fn capture(&mut self, by: &Account, event: &Event) {
        let records = self.records;
        let arguments = (vec![event.canonical_bytes()], Mode::Rollback);
        let receipts: Vec<EventReceipt> = self.at(records, by).invoke("capture", &arguments).unwrap();
        assert!(matches!(receipts[0].outcome, Outcome::Accepted { .. }), "{receipts:?}");
    }

    /// An event that sees the pallet now, in the shop.
    pub fn seen(&mut self, name: &str, step: &str) -> Event {
        let items = Items { epcs: vec![identifier(PALLET)], quantities: Vec::new() };
        let time = Time::at(i64::try_from(self.now_ms()).unwrap());
        Event {
            event_id: Some(name.to_owned()),
            step: Some(Term::new(Vocabulary::BizStep, step)),
            location: Some(place(SHOP)),
            ..Event::new(What::Object { action: Action::Observe, items }, time, Offset::default())
        }
    }

    /// The shop receives the pallet.
    pub fn receive(&mut self, name: &str) {
        let event = self.seen(name, "receiving");
        self.capture(&clerk("shop"), &event);
    }

    /// The farm ships the pallet as organic.
    pub fn ship(&mut self, name: &str) {
        let party = Some(Term::new(Vocabulary::Party, "owning_party"));
        let event = Event {
            sources: vec![Reference { kind: party, id: identifier(FARM) }],
            certification: vec!["organic".to_owned()],
            ..self.seen(name, "shipping")
        };
        self.capture(&clerk("farm"), &event);
    }

    /// The carrier's sensor reports up to now that the pallet was at a temperature for some time.
    pub fn measure(&mut self, name: &str, celsius: &str, for_ms: u64) {
        self.measure_by("carrier", name, celsius, for_ms);
    }

    /// The same by a sensor of another.
    pub fn measure_by(&mut self, organisation: &str, name: &str, celsius: &str, for_ms: u64) {
        let event = self.seen(name, "transporting");
        let start = Time::at(event.time.ms() - i64::try_from(for_ms).unwrap());
        let metadata =
            SensorMetadata { start_time: Some(start), end_time: Some(event.time.clone()), ..SensorMetadata::default() };
        let report = SensorReport {
            kind: Some(Term::new(Vocabulary::Measurement, "gs1:Temperature")),
            value: Some(celsius.parse().unwrap()),
            uom: Some("CEL".to_owned()),
            ..SensorReport::default()
        };
        let sensors = vec![SensorElement { metadata: Some(metadata), reports: vec![report], extensions: Vec::new() }];
        self.capture(&device(organisation), &Event { sensors, ..event });
    }
}

pub fn identifier(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

pub fn place(text: &str) -> Place {
    Place { id: identifier(text), extensions: Vec::new() }
}

pub fn error<T: std::fmt::Debug>(result: Result<T, Failure>) -> Error {
    result.unwrap_err().error().expect("an error of the escrow")
}
