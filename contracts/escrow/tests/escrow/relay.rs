//! A contract that passes calls on: what it is called for by somebody does not let it act for that organisation, in any of
//! the contracts that ship.

use countersign_certification::{Certificate, Certification};
use countersign_coldchain::{ColdChain, Limits};
use countersign_contract::CallError;
use countersign_contract::borsh::{self, BorshSerialize};
use countersign_contract::prelude::*;
use countersign_contract::testing::{Account, Harness, Host};
use countersign_credentials::{Credential, Credentials};
use countersign_epcis::answer::Mode;
use countersign_escrow::{Escrow, Terms};
use countersign_provenance::{Provenance, Registries};

use super::world::{FARM, HOUR, MILK, PALLET, World, clerk};

const GAS: u64 = 50_000_000;

/// Passes calls on.
#[contract]
pub struct Relay {
    passed: Item<u64>,
}

#[contract]
impl Relay {
    /// Answers the error's bytes, if there is one.
    #[call]
    pub fn pass(&mut self, ctx: &mut Context, to: Address, method: String, input: Vec<u8>) -> Option<Vec<u8>> {
        self.passed.set(&(self.passed.get_or_default() + 1));
        match ctx.call_raw(&to, &method, &input, GAS) {
            Ok(_) => None,
            Err(CallError::Failed { data, .. }) => Some(data),
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Calls through the relay, and what has to come back.
struct Relayed<'a> {
    host: &'a mut Host,
    relay: Address,
}

impl Relayed<'_> {
    /// Passes a call on for somebody who has every role in an organisation.
    fn pass(&mut self, organisation: &str, to: Address, method: &str, input: &impl BorshSerialize) -> Option<Vec<u8>> {
        self.host.select(self.relay);
        let all = [Role::Admin, Role::Submitter, Role::Device];
        self.host.as_account(&Account::new(&format!("{organisation}/all"), &all));
        self.host.invoke("pass", &(to, method, borsh::to_vec(input).unwrap())).unwrap()
    }

    /// The same, which has to be refused with an error.
    fn refused(
        &mut self,
        organisation: &str,
        (to, error): (Address, &impl BorshSerialize),
        method: &str,
        input: &impl BorshSerialize,
    ) {
        let answer = self.pass(organisation, to, method, input);
        assert_eq!(answer, Some(borsh::to_vec(error).unwrap()), "{method} for {organisation}");
    }
}

#[test]
fn nobody_acts_for_an_organisation_through_another_contract() {
    let mut host = Host::with_init::<Escrow>(&("bank",)).unwrap();
    let records = host.deploy_with::<Provenance>(&()).unwrap();
    let certification = host.deploy_with::<Certification>(&("board",)).unwrap();
    let coldchain = host.deploy_with::<ColdChain>(&("board",)).unwrap();
    let credentials = host.deploy::<Credentials>();
    let relay = host.deploy::<Relay>();
    let mut world = World::new(&mut host, [records, certification, coldchain]);
    let (escrow, terms) = (world.escrow, Terms { price: 100, ..world.terms() });
    let [settled, disputed] = [(); 2].map(|()| world.open(&terms).unwrap());
    world.countersign(settled);
    world.receive("urn:e:received");
    world.call(&clerk("shop"), "dispute", &(disputed, "mouldy")).unwrap();
    world.host.travel(HOUR);
    world.measure_by("shop", "urn:e:warm", "20", HOUR);
    let now = world.now_ms();
    let mut relayed = Relayed { host: &mut host, relay };

    let by_relay = (escrow, &countersign_escrow::Error::ByContract { contract: relay });
    relayed.refused("bank", by_relay, "deposit", &("shop", 1u64));
    relayed.refused("shop", by_relay, "redeem", &(1u64,));
    relayed.refused("shop", by_relay, "open", &(&terms,));
    relayed.refused("farm", by_relay, "countersign", &(settled,));
    relayed.refused("shop", by_relay, "dispute", &(settled, "x"));
    relayed.refused("court", by_relay, "decide", &(disputed, false));
    assert_eq!(relayed.pass("passer", escrow, "settle", &(settled, "urn:e:received")), None, "anybody, by anything");

    let by_relay = (coldchain, &countersign_coldchain::Error::ByContract { contract: relay });
    let limits = Limits { least: 0, most: 1, excursion_ms: 0, reading_ms: 0 };
    relayed.refused("board", by_relay, "entrust", &(MILK, "relay"));
    relayed.refused("board", by_relay, "trust", &(relay, true));
    relayed.refused("farm", by_relay, "limit", &(MILK, limits));
    relayed.refused("farm", by_relay, "assign", &(PALLET, MILK));
    relayed.refused("farm", by_relay, "release", &(PALLET, "x"));

    let by_relay = (certification, &countersign_certification::Error::ByContract { contract: relay });
    let (subject, scheme) = (FARM.to_owned(), "organic".to_owned());
    let certificate = Certificate { subject, scheme, from_ms: now, to_ms: now + HOUR, document: [1; 32] };
    relayed.refused("board", by_relay, "accredit", &("relay", "organic"));
    relayed.refused("board", by_relay, "withdraw", &("tuv", "organic"));
    relayed.refused("tuv", by_relay, "grant", &(certificate,));
    relayed.refused("tuv", by_relay, "revoke", &(0u64, "x"));

    let by_relay = (credentials, &countersign_credentials::Error::ByContract { contract: relay });
    let (issuer, holder, kind) = ([1; 32], [2; 32], "yard access".to_owned());
    let credential = Credential { issuer, holder, kind, claims: [3; 32], from_ms: now, to_ms: now + 1, serial: 0 };
    relayed.refused("port", by_relay, "register", &(issuer, [0u8; 64]));
    relayed.refused("port", by_relay, "retire", &(issuer,));
    relayed.refused("port", by_relay, "issue", &(credential, [0u8; 64]));
    relayed.refused("port", by_relay, "revoke", &([0u8; 32], "x"));

    let by_relay = (records, &countersign_provenance::Error::ByContract { contract: relay });
    relayed.refused("test", by_relay, "consult", &(Registries::default(),));
    relayed.refused("farm", by_relay, "capture", &(Vec::<Vec<u8>>::new(), Mode::Rollback));
}
