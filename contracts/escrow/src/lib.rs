//! An escrow: it pays and releases documents when delivery, countersignatures, cold chain and certificates are in order.
//!
//! A bank, an organisation named at deployment, gives credit for money that it holds and takes it back. A buyer opens a
//! deal, which locks the price. All countersign, the buyer records the receipt of the item, and whoever names that
//! event has the conditions checked: each is asked of the contract that the terms name. If all hold, the seller is
//! paid. Past the deadline, or past the arbiter's time if there is a dispute, the buyer has the price back. Credit is
//! never made or lost on the way.
#![no_std]

mod condition;
mod deal;
mod error;
mod event;
mod limits;

pub use deal::{Arbiter, Certified, Deal, State, Terms, Unmet};
pub use error::Error;
pub use event::{Closed, Countersigned, Deposited, DisputeBegun, Opened, Redeemed};

use countersign_contract::prelude::*;
use countersign_contract::{borsh, check_length, checked_text, sha256, wide};
use countersign_epcis::Identifier;

use limits::{COUNTERSIGNERS_MAX, DISPUTE_MS_MAX, DISPUTE_MS_MIN, EXPIRE_GAS, ORGANISATION_BYTES_MAX, TEXT_BYTES_MAX};

countersign_contract::no_std_runtime!();

/// Deals between buyers and sellers, whose price is locked until all conditions hold or time is up.
#[contract]
pub struct Escrow {
    bank: Item<String>,
    deposited: Item<u64>,
    credit: Map<String, u64>,
    count: Item<u64>,
    deals: Map<u64, Deal>,
    /// Which deal a delivery settled.
    deliveries: Map<Hash, u64>,
}

#[contract]
impl Escrow {
    /// Names the organisation whose admins give credit.
    #[init]
    pub fn init(&mut self, bank: String) -> Result<(), Error> {
        let bank = checked_text("bank", bank, ORGANISATION_BYTES_MAX)?;
        self.bank.set(&bank);
        Ok(())
    }

    /// Gives credit for money that the bank has received. By admins of the bank.
    #[call]
    pub fn deposit(&mut self, ctx: &mut Context, organisation: String, amount: u64) -> Result<(), Error> {
        ctx.check_direct()?;
        if !ctx.has_role(Role::Admin) || ctx.organisation() != self.bank.get_or_default() {
            return Err(Error::NotPermitted);
        }
        let organisation = checked_text("organisation", organisation, ORGANISATION_BYTES_MAX)?;
        let deposited = self.deposited.get_or_default().checked_add(amount).ok_or(Error::TooMuch)?;
        self.deposited.set(&deposited);
        self.add_credit(&organisation, amount);
        ctx.emit(&Deposited { organisation, amount });
        Ok(())
    }

    /// Gives up credit for money that the bank pays. By admins of the organisation that has it.
    #[call]
    pub fn redeem(&mut self, ctx: &mut Context, amount: u64) -> Result<(), Error> {
        ctx.check_direct()?;
        if !ctx.has_role(Role::Admin) {
            return Err(Error::NotPermitted);
        }
        let organisation = ctx.organisation();
        self.take_credit(&organisation, amount)?;
        self.deposited.set(&(self.deposited.get_or_default() - amount));
        ctx.emit(&Redeemed { organisation, amount });
        Ok(())
    }

    /// Opens a deal and locks its price; answers its number. The chain refunds it at the deadline, unless that is further
    /// ahead than calls are scheduled: then somebody has to call `expire`. By submitters and admins of the buyer.
    #[call]
    pub fn open(&mut self, ctx: &mut Context, terms: Terms) -> Result<u64, Error> {
        let terms = checked_terms(terms)?;
        check_acts_for(ctx, [&terms.buyer])?;
        let opened_ms = ctx.time_ms();
        if terms.deadline_ms <= opened_ms {
            return Err(Error::Late { deadline_ms: terms.deadline_ms });
        }
        self.take_credit(&terms.buyer, terms.price)?;
        let id = self.count.get_or_default();
        self.count.set(&(id + 1));
        let Terms { buyer, seller, item, price, deadline_ms, .. } = terms.clone();
        self.deals.set(&id, &Deal { terms, opened_ms, countersigned: Vec::new(), state: State::Open });
        let refunds_itself = ctx.schedule(deadline_ms, "expire", &(id,), EXPIRE_GAS).is_ok();
        ctx.emit(&Opened { id, buyer, seller, item, price, deadline_ms, refunds_itself });
        Ok(id)
    }

    /// Countersigns a deal. By submitters and admins of the seller and of the other countersigners.
    #[call]
    pub fn countersign(&mut self, ctx: &mut Context, id: u64) -> Result<(), Error> {
        let mut deal = self.open_deal(ctx, id)?;
        check_acts_for(ctx, deal.countersigners())?;
        let organisation = ctx.organisation();
        if !deal.countersigned.contains(&organisation) {
            deal.countersigned.push(organisation.clone());
            self.deals.set(&id, &deal);
            ctx.emit(&Countersigned { id, organisation });
        }
        Ok(())
    }

    /// Pays the seller if all conditions hold. `event_id` names the event by which the buyer received the item. By
    /// anybody.
    #[call]
    pub fn settle(&mut self, ctx: &mut Context, id: u64, event_id: String) -> Result<(), Error> {
        let event_id = checked_text("event_id", event_id, TEXT_BYTES_MAX)?;
        let deal = self.open_deal(ctx, id)?;
        let delivery = delivery(&deal, &event_id);
        let unmet = condition::unmet(ctx, &deal, &event_id, self.deliveries.has(&delivery));
        if !unmet.is_empty() {
            return Err(Error::Conditions { unmet });
        }
        self.deliveries.set(&delivery, &id);
        self.close(ctx, id, deal, true, "conditions");
        Ok(())
    }

    /// Has the arbiter decide, which has the time that was agreed, and until the deadline if that is later. The chain refunds
    /// the price then. By submitters and admins of buyer and seller.
    #[call]
    pub fn dispute(&mut self, ctx: &mut Context, id: u64, reason: String) -> Result<(), Error> {
        let reason = checked_text("reason", reason, TEXT_BYTES_MAX)?;
        let mut deal = self.open_deal(ctx, id)?;
        check_acts_for(ctx, [&deal.terms.buyer, &deal.terms.seller])?;
        let Arbiter { dispute_ms, .. } = deal.terms.arbiter.as_ref().ok_or(Error::NoArbiter)?;
        let deadline_ms = deal.terms.deadline_ms;
        let until_ms = ctx.time_ms().saturating_add(*dispute_ms).max(deadline_ms);
        let by = ctx.organisation();
        deal.state = State::Disputed { by: by.clone(), reason: reason.clone(), until_ms };
        self.deals.set(&id, &deal);
        let is_later = until_ms > deadline_ms;
        let refunds_itself = is_later && ctx.schedule(until_ms, "expire", &(id,), EXPIRE_GAS).is_ok();
        ctx.emit(&DisputeBegun { id, by, reason, until_ms, refunds_itself });
        Ok(())
    }

    /// Decides a dispute: pays the seller, or the buyer back. By admins of the arbiter, until its time is up.
    #[call]
    pub fn decide(&mut self, ctx: &mut Context, id: u64, pay: bool) -> Result<(), Error> {
        let deal = self.locked_deal(id)?;
        if !matches!(deal.state, State::Disputed { .. }) {
            return Err(Error::NotDisputed);
        }
        ctx.check_direct()?;
        let own = ctx.organisation();
        let is_arbiter = deal.terms.arbiter.as_ref().is_some_and(|arbiter| arbiter.organisation == own);
        if !ctx.has_role(Role::Admin) || !is_arbiter {
            return Err(Error::NotPermitted);
        }
        check_in_time(ctx, &deal)?;
        self.close(ctx, id, deal, pay, "arbiter");
        Ok(())
    }

    /// Gives the buyer the price back once the deadline, or the arbiter's time for a deal in dispute, has passed. By the
    /// chain, and anybody.
    #[call]
    pub fn expire(&mut self, ctx: &mut Context, id: u64) -> Result<(), Error> {
        let deal = self.locked_deal(id)?;
        let deadline_ms = deal.until_ms();
        if ctx.time_ms() < deadline_ms {
            return Err(Error::Early { deadline_ms });
        }
        self.close(ctx, id, deal, false, "deadline");
        Ok(())
    }

    /// The deal of a number.
    #[view]
    pub fn deal(&self, id: u64) -> Option<Deal> {
        self.deals.get(&id)
    }

    /// What an organisation has, without what is locked.
    #[view]
    pub fn credit(&self, organisation: String) -> u64 {
        if organisation.len() > ORGANISATION_BYTES_MAX { 0 } else { self.credit.get(&organisation).unwrap_or_default() }
    }

    /// All credit, locked or not: what the bank owes.
    #[view]
    pub fn deposited(&self) -> u64 {
        self.deposited.get_or_default()
    }

    /// The conditions that do not hold now, if the event of a name is to be the delivery.
    #[view]
    pub fn unmet(&self, ctx: &Context, id: u64, event_id: String) -> Result<Vec<Unmet>, Error> {
        let deal = self.deals.get(&id).ok_or(Error::NotFound { id })?;
        let is_used = self.deliveries.get(&delivery(&deal, &event_id)).is_some_and(|settled| settled != id);
        Ok(condition::unmet(ctx, &deal, &event_id, is_used))
    }

    /// A deal that is neither closed nor disputed nor late.
    fn open_deal(&self, ctx: &Context, id: u64) -> Result<Deal, Error> {
        let deal = self.locked_deal(id)?;
        if deal.state != State::Open {
            return Err(Error::Disputed);
        }
        check_in_time(ctx, &deal)?;
        Ok(deal)
    }

    fn locked_deal(&self, id: u64) -> Result<Deal, Error> {
        let deal = self.deals.get(&id).ok_or(Error::NotFound { id })?;
        if deal.is_locked() { Ok(deal) } else { Err(Error::Closed) }
    }

    /// Gives the locked price to one of the parties.
    fn close(&mut self, ctx: &mut Context, id: u64, mut deal: Deal, paid: bool, because: &str) {
        let at_ms = ctx.time_ms();
        deal.state = if paid { State::Paid { at_ms } } else { State::Refunded { at_ms } };
        self.deals.set(&id, &deal);
        let Terms { buyer, seller, price, document, .. } = deal.terms;
        let to = if paid { seller } else { buyer };
        self.add_credit(&to, price);
        ctx.emit(&Closed { id, paid, to, price, document, because: because.to_string() });
    }

    /// The sum of all credit is below what was deposited, which fits.
    fn add_credit(&mut self, organisation: &str, amount: u64) {
        let credit = self.credit.get(organisation).unwrap_or_default() + amount;
        self.credit.set(organisation, &credit);
    }

    fn take_credit(&mut self, organisation: &str, needs: u64) -> Result<(), Error> {
        let has = self.credit.get(organisation).unwrap_or_default();
        let left = has.checked_sub(needs).ok_or(Error::Credit { has, needs })?;
        self.credit.set(organisation, &left);
        Ok(())
    }
}

/// What a deal is settled by: an event, as its keeper names it, and the item.
fn delivery(deal: &Deal, event_id: &str) -> Hash {
    let Terms { records, item, .. } = &deal.terms;
    sha256(&borsh::to_vec(&(records, event_id, item)).expect("writing to memory cannot fail"))
}

fn check_acts_for<'a>(ctx: &Context, organisations: impl IntoIterator<Item = &'a String>) -> Result<(), Error> {
    ctx.check_direct()?;
    let own = ctx.organisation();
    let acts = ctx.has_role(Role::Submitter) || ctx.has_role(Role::Admin);
    if acts && organisations.into_iter().any(|organisation| *organisation == own) {
        Ok(())
    } else {
        Err(Error::NotPermitted)
    }
}

fn check_in_time(ctx: &Context, deal: &Deal) -> Result<(), Error> {
    let deadline_ms = deal.until_ms();
    if ctx.time_ms() < deadline_ms { Ok(()) } else { Err(Error::Late { deadline_ms }) }
}

/// Terms with identifiers in canonical form, if they can be kept.
fn checked_terms(terms: Terms) -> Result<Terms, Error> {
    if terms.countersigners.len() > COUNTERSIGNERS_MAX {
        return Err(Error::TooMany { max: wide(COUNTERSIGNERS_MAX) });
    }
    let parties = [("buyer", &terms.buyer), ("seller", &terms.seller)].into_iter();
    let others = terms.countersigners.iter().map(|other| ("countersigners", other));
    let arbiter = terms.arbiter.iter().map(|arbiter| ("arbiter", &arbiter.organisation));
    for (field, organisation) in parties.chain(others).chain(arbiter) {
        check_length(field, organisation, ORGANISATION_BYTES_MAX)?;
    }
    if let Some(Arbiter { dispute_ms, .. }) = terms.arbiter
        && !(DISPUTE_MS_MIN..=DISPUTE_MS_MAX).contains(&dispute_ms)
    {
        return Err(Error::DisputeTime { dispute_ms, min_ms: DISPUTE_MS_MIN, max_ms: DISPUTE_MS_MAX });
    }
    let certified = terms.certified.map(checked_certificate).transpose()?;
    let (item, place) = (canonical("item", &terms.item)?, canonical("place", &terms.place)?);
    Ok(Terms { item, place, certified, ..terms })
}

fn checked_certificate(certified: Certified) -> Result<Certified, Error> {
    let scheme = checked_text("scheme", certified.scheme, TEXT_BYTES_MAX)?;
    Ok(Certified { subject: canonical("subject", &certified.subject)?, scheme, ..certified })
}

fn canonical(field: &str, text: &str) -> Result<String, Error> {
    let identifier = Identifier::parse(text);
    let identifier =
        identifier.map_err(|fault| Error::Identifier { field: field.to_string(), reason: fault.to_string() })?;
    Ok(checked_text(field, identifier.into_canonical(), TEXT_BYTES_MAX)?)
}
