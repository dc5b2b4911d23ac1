//! The escrow against plain sums, over random steps: credit is never made or lost, and each deal ends once.

use std::collections::BTreeMap;

use countersign_contract::testing::Harness;
use countersign_escrow::Terms;
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{HOUR, World, admin, clerk};

/// What somebody tries. Deals are named by their order.
#[derive(Clone, Debug)]
pub enum Step {
    Deposit(u64),
    Redeem(bool, u64),
    Open { price: u64, hours: u64 },
    Countersign(u64),
    Receive,
    Settle(u64),
    Dispute(u64),
    Decide(u64, bool),
    Expire(u64),
    Wait(u64),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let deal = 0..4u64;
    let step = prop_oneof![
        1 => (0..500u64).prop_map(Step::Deposit),
        1 => (any::<bool>(), 0..700u64).prop_map(|(seller, amount)| Step::Redeem(seller, amount)),
        4 => (0..600u64, 1..30u64).prop_map(|(price, hours)| Step::Open { price, hours }),
        4 => deal.clone().prop_map(Step::Countersign),
        3 => Just(Step::Receive),
        4 => deal.clone().prop_map(Step::Settle),
        1 => deal.clone().prop_map(Step::Dispute),
        1 => (deal.clone(), any::<bool>()).prop_map(|(deal, pay)| Step::Decide(deal, pay)),
        2 => deal.prop_map(Step::Expire),
        2 => (0..10u64).prop_map(Step::Wait),
    ];
    vec(step, 1..30)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Disputed,
    Closed,
}

struct Deal {
    price: u64,
    opened_ms: u64,
    /// When the price goes back: the deadline, or the end of the arbiter's time.
    until_ms: u64,
    countersigned: bool,
    state: State,
}

struct Model {
    shop: u64,
    farm: u64,
    deals: BTreeMap<u64, Deal>,
    /// When the last receipt was recorded.
    received_ms: Option<u64>,
    /// Whether a deal was settled by it.
    used: bool,
}

impl Model {
    fn owed(&self) -> u64 {
        let locked = self.deals.values().filter(|deal| deal.state != State::Closed).map(|deal| deal.price);
        self.shop + self.farm + locked.sum::<u64>()
    }

    /// The chain refunds what is past its deadline.
    fn pass(&mut self, now_ms: u64) {
        let late = |deal: &Deal| deal.state != State::Closed && deal.until_ms <= now_ms;
        let ids: Vec<u64> = self.deals.iter().filter(|(_, deal)| late(deal)).map(|(id, _)| *id).collect();
        ids.into_iter().for_each(|id| self.close(id, false));
    }

    fn close(&mut self, id: u64, pay: bool) {
        let deal = self.deals.get_mut(&id).unwrap();
        assert!(deal.state != State::Closed, "a deal ends once");
        deal.state = State::Closed;
        *(if pay { &mut self.farm } else { &mut self.shop }) += deal.price;
    }
}

pub fn runs_alike<H: Harness>(world: &mut World<'_, H>, steps: &[Step]) {
    let mut model = Model { shop: 1_000, farm: 0, deals: BTreeMap::new(), received_ms: None, used: false };
    for step in steps {
        run(world, &mut model, step);
        assert_eq!((world.credit("shop"), world.credit("farm")), (model.shop, model.farm), "{step:?}");
        let escrow = world.escrow;
        let deposited: u64 = world.at(escrow, &clerk("shop")).query("deposited", &()).unwrap();
        assert_eq!(deposited, model.owed(), "{step:?}");
    }
}

fn run<H: Harness>(world: &mut World<'_, H>, model: &mut Model, step: &Step) {
    match *step {
        Step::Deposit(amount) => {
            world.call(&admin("bank"), "deposit", &("shop", amount)).unwrap();
            model.shop += amount;
        }
        Step::Redeem(seller, amount) => {
            let done = world.call(&admin(if seller { "farm" } else { "shop" }), "redeem", &(amount,));
            let credit = if seller { &mut model.farm } else { &mut model.shop };
            assert_eq!(done.is_ok(), amount <= *credit);
            if done.is_ok() {
                *credit -= amount;
            }
        }
        Step::Open { price, hours } => {
            let opened_ms = world.now_ms();
            let deadline_ms = opened_ms + hours * HOUR;
            let terms = Terms { price, deadline_ms, coldchain: None, certified: None, ..world.terms() };
            let done = world.open(&terms);
            assert_eq!(done.is_ok(), price <= model.shop);
            if let Ok(id) = done {
                model.shop -= price;
                let deal = Deal { price, opened_ms, until_ms: deadline_ms, countersigned: false, state: State::Open };
                model.deals.insert(id, deal);
            }
        }
        Step::Receive => {
            let now_ms = world.now_ms();
            world.receive(&format!("urn:e:{now_ms}"));
            (model.received_ms, model.used) = (Some(now_ms), false);
        }
        Step::Wait(hours) => {
            world.host.travel(hours * HOUR);
            model.pass(world.now_ms());
        }
        Step::Countersign(id) | Step::Settle(id) | Step::Dispute(id) | Step::Decide(id, _) | Step::Expire(id) => {
            act(world, model, step, id);
        }
    }
}

/// What is done to a deal, whether it may be or not.
fn act<H: Harness>(world: &mut World<'_, H>, model: &mut Model, step: &Step, id: u64) {
    let deal = model.deals.get(&id);
    let in_state = |state: State| deal.is_some_and(|deal| deal.state == state);
    let may = match step {
        Step::Countersign(_) | Step::Dispute(_) => in_state(State::Open),
        Step::Settle(_) => {
            let received = deal.zip(model.received_ms).is_some_and(|(deal, received)| received >= deal.opened_ms);
            in_state(State::Open) && received && !model.used && deal.is_some_and(|deal| deal.countersigned)
        }
        Step::Decide(..) => in_state(State::Disputed),
        // Too early or, by the chain's own refund, too late.
        _ => false,
    };
    let event_id = format!("urn:e:{}", model.received_ms.unwrap_or_default());
    let now_ms = world.now_ms();
    let done = match step {
        Step::Countersign(_) => world
            .call(&clerk("carrier"), "countersign", &(id,))
            .and_then(|()| world.call(&clerk("farm"), "countersign", &(id,))),
        Step::Dispute(_) => world.call(&clerk("shop"), "dispute", &(id, "x")),
        Step::Settle(_) => world.settle(id, &event_id),
        Step::Decide(_, pay) => world.call(&admin("court"), "decide", &(id, *pay)),
        _ => world.call(&clerk("shop"), "expire", &(id,)),
    };
    assert_eq!(done.is_ok(), may, "{step:?} {done:?}");
    if done.is_err() {
        return;
    }
    match step {
        Step::Countersign(_) => model.deals.get_mut(&id).unwrap().countersigned = true,
        Step::Dispute(_) => {
            let deal = model.deals.get_mut(&id).unwrap();
            (deal.state, deal.until_ms) = (State::Disputed, deal.until_ms.max(now_ms + 12 * HOUR));
        }
        Step::Settle(_) => {
            model.close(id, true);
            model.used = true;
        }
        Step::Decide(_, pay) => model.close(id, *pay),
        _ => unreachable!("nobody expires a deal before the chain does"),
    }
}
