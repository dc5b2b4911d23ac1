//! The contract under test: a book of lots.

use countersign_contract::prelude::*;
use countersign_contract::{log, storage};

/// A book of lots.
#[contract]
pub struct Book {
    admin: Item<Address>,
    lots: Map<String, Lot>,
    changes: Log<Change>,
    by_lot: Logs<String, Change>,
}

#[derive(Clone, Debug, PartialEq, ContractType)]
pub struct Lot {
    pub id: String,
    pub stage: Stage,
    pub weights: Vec<(u8, Option<u32>)>,
}

#[derive(Clone, Debug, PartialEq, ContractType)]
pub enum Stage {
    Open,
    Held { by: String },
    Gone(u16, [u8; 4]),
}

#[derive(Clone, Debug, PartialEq, ContractType)]
pub struct Change(pub String, pub u8);

#[derive(Debug, PartialEq, ContractError)]
pub enum Error {
    NotFound,
    Held { by: String },
}

#[derive(ContractEvent)]
pub struct Opened<'a> {
    #[indexed]
    pub lot: &'a str,
    #[indexed]
    pub height: u64,
    #[indexed]
    pub r#final: bool,
    pub by: &'a str,
    pub delta: i128,
}

#[contract]
impl Book {
    #[init]
    pub fn init(&mut self, admin: Address) {
        self.admin.set(&admin);
    }

    #[call]
    pub fn open(&mut self, ctx: &mut Context, lot: Lot) -> Result<u64, Error> {
        let change = Change(lot.id.clone(), 1);
        self.by_lot.append(&lot.id, &change);
        let index = self.changes.append(&change);
        ctx.emit(&Opened {
            lot: &lot.id,
            height: ctx.height(),
            r#final: matches!(lot.stage, Stage::Gone(..)),
            by: &ctx.account(),
            delta: -5,
        });
        let before = self.lots.get(&lot.id);
        self.lots.set(&lot.id, &lot);
        match before.map(|lot| lot.stage) {
            Some(Stage::Held { by }) => Err(Error::Held { by }),
            _ => Ok(index),
        }
    }

    #[view]
    pub fn lot(&self, id: String) -> Result<Lot, Error> {
        self.lots.get(&id).ok_or(Error::NotFound)
    }

    #[view]
    pub fn page(&self, from: u64, limit: u32) -> Vec<Change> {
        self.changes.page(from, limit)
    }

    #[view]
    pub fn entries(&self) -> u64 {
        self.changes.len()
    }

    #[view]
    pub fn first_of(&self, id: String) -> (u64, u64, Hash, PublicKey) {
        let log = self.by_lot.of(&id);
        let record = log.record(0).expect("the test appended it");
        assert_eq!(log.get(0).expect("as the record").0, id);
        assert_eq!(log.record(1), None);
        (record.height, record.time_ms, record.transaction, record.signer)
    }

    #[call]
    pub fn who(ctx: &Context) -> (String, u8, PublicKey, bool) {
        assert_eq!(ctx.caller_contract(), None);
        assert_eq!(ctx.has_role(Role::Device), ctx.roles() & 8 != 0);
        (ctx.organisation(), ctx.roles(), ctx.signer(), ctx.is_view())
    }

    #[call]
    pub fn scribble_and_panic(&mut self, ctx: &mut Context) {
        self.changes.append(&Change("x".to_string(), 9));
        self.by_lot.append("x", &Change("x".to_string(), 9));
        self.admin.remove();
        storage::write(b"x", b"x");
        ctx.emit_raw("X", &[], &[]);
        self.unmarked();
    }

    #[call]
    pub fn write_raw() {
        storage::write(b"x", b"x");
    }

    #[call]
    pub fn append_raw() {
        log::append(b"x", b"x");
    }

    #[call]
    pub fn emit_raw(ctx: &mut Context) {
        ctx.emit_raw("X", &[], &[]);
    }

    #[call]
    pub fn read_log(&self) -> Option<Change> {
        self.changes.get(0)
    }

    #[call]
    pub fn long_key(&mut self) {
        storage::write(&[0; 513], &[]);
    }

    #[call]
    pub fn long_attribute(&mut self, ctx: &mut Context) {
        ctx.emit(&Opened { lot: &"x".repeat(257), height: 0, r#final: false, by: "", delta: 0 });
    }

    fn unmarked(&self) {
        panic!("as the test expects");
    }
}
