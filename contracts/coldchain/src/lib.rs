//! A keeper of the cold chain: limits of products, excursions from readings, and holds.
//!
//! A thing whose excursions add up to more than its class bears is held, and released by an admin of the organisation
//! that is responsible for the class. The registrar, an organisation named at deployment, says who that is, and which
//! contracts' readings are believed; those of devices are.
#![cfg_attr(not(test), no_std)]

mod error;
mod event;
mod excursions;
mod limits;
mod thing;

pub use error::Error;
pub use event::{Entrusted, Excursion, Limited, Released, Trusted};
pub use excursions::{Excursions, Interval};
pub use thing::{Limits, Thing};

use countersign_contract::prelude::*;
use countersign_contract::{check_length, checked_text};
use countersign_epcis::Identifier;
use countersign_interfaces::coldchain::{Held, Hold, ITEMS_MAX, NotObserved, Observation, READINGS_MAX, Reading};

use limits::{IDENTIFIER_BYTES_MAX, ORGANISATION_BYTES_MAX, REASON_BYTES_MAX};
use thing::Change;

countersign_contract::no_std_runtime!();

/// Limits of products, excursions from readings of temperature, and holds.
#[contract]
pub struct ColdChain {
    registrar: Item<String>,
    trusted: Set<Address>,
    responsible: Map<String, String>,
    limits: Map<String, Limits>,
    assigned: Map<String, String>,
    things: Map<String, Thing>,
}

#[contract(interface = countersign_interfaces::coldchain::ColdChain)]
impl ColdChain {
    /// Names the organisation whose admins say who is responsible for what.
    #[init]
    pub fn init(&mut self, registrar: String) -> Result<(), Error> {
        let registrar = checked_text("registrar", registrar, ORGANISATION_BYTES_MAX)?;
        self.registrar.set(&registrar);
        Ok(())
    }

    /// Makes an organisation responsible for a class of products: a GTIN in any spelling. By admins of the registrar.
    #[call]
    pub fn entrust(&mut self, ctx: &mut Context, class: String, organisation: String) -> Result<(), Error> {
        self.check_registrar(ctx)?;
        let class = canonical(&class)?.into_canonical();
        let organisation = checked_text("organisation", organisation, ORGANISATION_BYTES_MAX)?;
        self.responsible.set(&class, &organisation);
        ctx.emit(&Entrusted { class, organisation });
        Ok(())
    }

    /// Believes the readings that a contract hands over, such as those of captured events, or no longer. By admins of
    /// the registrar.
    #[call]
    pub fn trust(&mut self, ctx: &mut Context, contract: Address, believed: bool) -> Result<(), Error> {
        self.check_registrar(ctx)?;
        let changed = if believed { self.trusted.insert(&contract) } else { self.trusted.remove(&contract) };
        if changed {
            ctx.emit(&Trusted { contract, believed });
        }
        Ok(())
    }

    /// Sets what a class bears, for readings from now on. By submitters and admins of the organisation that is
    /// responsible for it.
    #[call]
    pub fn limit(&mut self, ctx: &mut Context, class: String, limits: Limits) -> Result<(), Error> {
        let class = canonical(&class)?.into_canonical();
        self.check_responsible(ctx, &class, &[Role::Submitter, Role::Admin])?;
        let Limits { least, most, excursion_ms, .. } = limits;
        if least > most {
            return Err(Error::NoRange { least, most });
        }
        self.limits.set(&class, &limits);
        ctx.emit(&Limited { class, least, most, excursion_ms });
        Ok(())
    }

    /// Judges a thing by the limits of a class that it does not name itself, such as a pallet by what stands on it. By
    /// submitters and admins of the organisation that is responsible for the class, for the one that the thing names if it
    /// names one, and for the one that it was assigned to before.
    #[call]
    pub fn assign(&mut self, ctx: &mut Context, item: String, class: String) -> Result<(), Error> {
        let (item, class) = (canonical(&item)?, canonical(&class)?.into_canonical());
        let roles = [Role::Submitter, Role::Admin];
        self.check_responsible(ctx, &class, &roles)?;
        // One of the two is what a thing with excursions is judged by.
        let named = item.class().map(Identifier::into_canonical);
        let item = item.into_canonical();
        for before in [named, self.assigned.get(&item)].into_iter().flatten() {
            match self.check_responsible(ctx, &before, &roles) {
                Err(Error::NotPermitted) => return Err(Error::Assigned { class: before }),
                checked => checked?,
            }
        }
        self.assigned.set(&item, &class);
        if let Some(mut thing) = self.things.get(&item) {
            thing.class = class;
            self.things.set(&item, &thing);
        }
        Ok(())
    }

    /// Takes readings; answers which of the things named are held now, each once. An observation without readings only
    /// asks. By devices and trusted contracts.
    #[call]
    pub fn observe(&mut self, ctx: &mut Context, observations: Vec<Observation>) -> Result<Vec<Held>, NotObserved> {
        let believed = match ctx.caller_contract() {
            Some(contract) => self.trusted.contains(&contract),
            None => ctx.has_role(Role::Device),
        };
        if !believed {
            return Err(NotObserved::NotPermitted);
        }
        check_counts(&observations)?;
        let now_ms = ctx.time_ms();
        observations
            .iter()
            .flat_map(|observation| &observation.readings)
            .try_for_each(|reading| reading.check(now_ms))?;
        let reported_by = ctx.organisation();
        let mut held: BTreeMap<String, Hold> = BTreeMap::new();
        for Observation { items, readings } in &observations {
            for item in items.iter().filter_map(|item| canonical(item).ok()) {
                if let Some(hold) = self.observed(ctx, &item, readings, &reported_by) {
                    held.insert(item.into_canonical(), hold);
                }
            }
        }
        Ok(held.into_iter().map(|(item, hold)| Held { item, hold }).collect())
    }

    /// Lets go of a thing that is held; what led to it is forgiven. By admins of the organisation that is responsible
    /// for its class, and of the registrar.
    #[call]
    pub fn release(&mut self, ctx: &mut Context, item: String, reason: String) -> Result<(), Error> {
        let item = canonical(&item)?.into_canonical();
        let reason = checked_text("reason", reason, REASON_BYTES_MAX)?;
        let mut thing = self.things.get(&item).filter(|thing| thing.hold.is_some()).ok_or(Error::NotHeld)?;
        if self.check_registrar(ctx).is_err() {
            self.check_responsible(ctx, &thing.class, &[Role::Admin])?;
        }
        thing.release();
        self.things.set(&item, &thing);
        ctx.emit(&Released { item, by: ctx.organisation(), reason });
        Ok(())
    }

    /// Why a thing is held, if it is.
    #[view]
    pub fn hold(&self, item: String) -> Option<Hold> {
        self.thing(item)?.hold
    }

    /// What is kept of a thing, if it ever was outside of its limits.
    #[view]
    pub fn thing(&self, item: String) -> Option<Thing> {
        self.things.get(canonical(&item).ok()?.canonical())
    }

    /// What a class bears, and which organisation is responsible for it.
    #[view]
    pub fn class(&self, class: String) -> Result<Option<(String, Option<Limits>)>, Error> {
        let class = canonical(&class)?.into_canonical();
        Ok(self.responsible.get(&class).map(|organisation| (organisation, self.limits.get(&class))))
    }

    /// Judges a thing by readings; answers why it is held, if it is then.
    fn observed(
        &mut self,
        ctx: &mut Context,
        item: &Identifier,
        readings: &[Reading],
        reported_by: &str,
    ) -> Option<Hold> {
        let name = item.canonical();
        let known = self.things.get(name);
        if readings.is_empty() {
            return known?.hold;
        }
        let mut thing = match known {
            Some(thing) => thing,
            None => Thing::new(self.class_of(item)?),
        };
        let limits = self.limits.get(thing.class.as_str())?;
        let change = thing.take(readings, &limits, reported_by, ctx.time_ms());
        if change != Change::None {
            self.things.set(name, &thing);
            let (class, excursion_ms) = (thing.class.clone(), thing.excursion_ms());
            ctx.emit(&Excursion { item: name.to_string(), class, excursion_ms, held: change == Change::Held });
        }
        thing.hold
    }

    /// The class whose limits a thing is judged by: the one assigned, or the one that its identifier names.
    fn class_of(&self, item: &Identifier) -> Option<String> {
        self.assigned.get(item.canonical()).or_else(|| item.class().map(Identifier::into_canonical))
    }

    fn check_registrar(&self, ctx: &Context) -> Result<(), Error> {
        ctx.check_direct()?;
        let registrar = self.registrar.get_or_default();
        if ctx.has_role(Role::Admin) && ctx.organisation() == registrar { Ok(()) } else { Err(Error::NotPermitted) }
    }

    fn check_responsible(&self, ctx: &Context, class: &str, roles: &[Role]) -> Result<(), Error> {
        ctx.check_direct()?;
        let responsible =
            self.responsible.get(class).ok_or_else(|| Error::NotEntrusted { class: class.to_string() })?;
        let permitted = ctx.organisation() == responsible && roles.iter().any(|role| ctx.has_role(*role));
        if permitted { Ok(()) } else { Err(Error::NotPermitted) }
    }
}

fn check_counts(observations: &[Observation]) -> Result<(), NotObserved> {
    let items = observations.iter().map(|observation| observation.items.len()).sum();
    let readings = observations.iter().map(|observation| observation.readings.len()).max();
    for (count, max) in [(items, ITEMS_MAX), (readings.unwrap_or_default(), READINGS_MAX)] {
        if count > max {
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            return Err(NotObserved::TooMany { count: number(count), max: number(max) });
        }
    }
    Ok(())
}

fn canonical(text: &str) -> Result<Identifier, Error> {
    let identifier = Identifier::parse(text).map_err(|fault| Error::Identifier { reason: fault.to_string() })?;
    check_length("identifier", identifier.canonical(), IDENTIFIER_BYTES_MAX)?;
    Ok(identifier)
}
