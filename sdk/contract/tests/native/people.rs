//! What tests of contracts say about people, time and events.

use countersign_contract::prelude::*;
use countersign_contract::testing::{Account, Failure, Harness, Host};

#[contract]
pub struct Door;

#[derive(Debug, PartialEq, ContractEvent)]
pub struct Opened {
    #[indexed]
    pub by: String,
    pub at_ms: u64,
}

#[derive(Debug, PartialEq, ContractEvent)]
pub struct Knocked {
    pub key: PublicKey,
}

#[derive(Debug, PartialEq, ContractError)]
pub enum Closed {
    ToYou,
}

#[contract]
impl Door {
    #[call]
    pub fn open(ctx: &mut Context) -> Result<(), Closed> {
        ctx.emit(&Knocked { key: ctx.signer() });
        if !ctx.has_role(Role::Admin) {
            return Err(Closed::ToYou);
        }
        ctx.emit(&Opened { by: ctx.account(), at_ms: ctx.time_ms() });
        Ok(())
    }

    #[call]
    pub fn stands(ctx: &mut Context) -> (Option<String>, u64) {
        (ctx.attribute("site"), ctx.attributes().len() as u64)
    }
}

fn only_admins_open(host: &mut impl Harness) {
    let anna = Account::new("acme/anna", &[Role::Submitter, Role::Admin]);
    let scale = Account::new("acme/scale", &[Role::Device]);
    assert_ne!(anna.signer, scale.signer);
    let start = host.environment().time_ms;
    host.as_account(&anna).invoke::<()>("open", &()).unwrap();
    let mark = host.mark();
    let refused = host.as_account(&scale).invoke::<()>("open", &());
    assert_eq!(refused.as_ref().err().and_then(Failure::error), Some(Closed::ToYou));
    assert_eq!(host.events_since::<Knocked>(mark), []);
    host.travel(60_000);
    host.as_account(&anna).invoke::<()>("open", &()).unwrap();
    // Each call moves time by a second.
    let opened = |at_ms| Opened { by: "acme/anna".into(), at_ms };
    assert_eq!(host.events_of::<Opened>(), [opened(start), opened(start + 62_000)]);
    assert_eq!(host.events_since::<Opened>(mark).len(), 1);
    assert_eq!(host.events_since::<Knocked>(mark), [Knocked { key: anna.signer }]);
}

#[test]
fn contracts_read_what_an_organisation_says_of_its_accounts() {
    let mut host = Host::new::<Door>();
    let scale = Account::new("acme/scale", &[Role::Device]).with("site", "north").with("line", "2");
    let stands = |host: &mut Host| host.invoke::<(Option<String>, u64)>("stands", &()).unwrap();
    assert_eq!(stands(&mut host), (None, 0));
    host.as_account(&scale);
    assert_eq!(stands(&mut host), (Some("north".to_owned()), 2));
}

#[test]
fn accounts_time_and_events_have_types() {
    only_admins_open(&mut Host::new::<Door>());
}
