//! The harness that runs contracts on the test's own thread.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::BorshSerialize;
use countersign_abi::trap;

use super::run::{self, Deployed, Frame, World};
use super::{Environment, Event, Failure, Harness, Made};
use crate::item::encode;
use crate::{Address, Contract, Mode, sha256};

/// Runs contracts natively, with the rules of the node: views write nothing, calls do not read
/// logs, sizes are limited, and a call that does not return leaves nothing behind. It does not
/// count gas.
pub struct Host {
    world: World,
    contract: Address,
}

impl Host {
    /// A host with `C` deployed, its `init` not run.
    #[must_use]
    pub fn new<C: Contract>() -> Self {
        let mut host = Self { world: World::default(), contract: [0; 32] };
        host.contract = host.deploy::<C>();
        host
    }

    /// A host with `C` deployed as by a transaction: its `init` has run with `arguments`.
    ///
    /// # Errors
    ///
    /// If `init` fails or traps.
    pub fn with_init<C: Contract>(arguments: &impl BorshSerialize) -> Result<Self, Failure> {
        let mut host = Self::new::<C>();
        host.run("init", &encode(arguments), false)?;
        host.world.environment.advance();
        Ok(host)
    }

    /// Deploys another contract, for calls between contracts, and answers its address. Its `init`
    /// is not run.
    pub fn deploy<C: Contract>(&mut self) -> Address {
        let address = address(self.world.contracts.len());
        let (storage, logs) = (BTreeMap::new(), BTreeMap::new());
        self.world.contracts.insert(address, Deployed { methods: C::METHODS, is_frozen: false, storage, logs });
        address
    }

    /// Replaces the code of the selected contract by `C` as by a transaction: its `migrate`, if it has one, has run over
    /// the old storage with `arguments`. If that fails, the old code goes on. The layouts of both are not compared here:
    /// modules say them.
    ///
    /// # Errors
    ///
    /// If `migrate` fails or traps.
    ///
    /// # Panics
    ///
    /// If [`Harness::select`] was given the address of no contract.
    pub fn upgrade<C: Contract>(&mut self, arguments: &impl BorshSerialize) -> Result<(), Failure> {
        self.run_due();
        let before = core::mem::replace(&mut self.selected().methods, C::METHODS);
        let migrates = C::METHODS.iter().any(|method| matches!(method.mode, Mode::Migrate));
        let ended = if migrates { self.run("migrate", &encode(arguments), false).map(drop) } else { Ok(()) };
        if ended.is_err() {
            self.selected().methods = before;
        }
        self.world.environment.advance();
        ended
    }

    /// Deploys another contract as by a transaction: its `init` has run with `arguments`. Answers its address.
    ///
    /// # Errors
    ///
    /// If `init` fails or traps.
    pub fn deploy_with<C: Contract>(&mut self, arguments: &impl BorshSerialize) -> Result<Address, Failure> {
        let address = self.deploy::<C>();
        let frame = Frame { contract: address, input: encode(arguments), output: Vec::new(), view: false };
        run::enter(&mut self.world, || run::method(address, "init", frame))?;
        self.world.environment.advance();
        Ok(address)
    }

    /// Runs `body` as a call of the contract, for tests of its inner functions. If it panics, its
    /// changes are taken back.
    ///
    /// # Errors
    ///
    /// If `body` panics or the host refuses something that it does.
    pub fn within<R>(&mut self, body: impl FnOnce() -> R) -> Result<R, Failure> {
        let frame = self.frame(&[], false);
        let result = run::enter(&mut self.world, || run::body(frame, body));
        result.map(|(value, _)| value)
    }

    /// Like [`Host::within`], as a view.
    ///
    /// # Errors
    ///
    /// If `body` panics or the host refuses something that it does.
    pub fn within_view<R>(&mut self, body: impl FnOnce() -> R) -> Result<R, Failure> {
        let frame = self.frame(&[], true);
        let result = run::enter(&mut self.world, || run::body(frame, body));
        result.map(|(value, _)| value)
    }

    /// All that the contract has stored.
    ///
    /// # Panics
    ///
    /// If [`Harness::select`] was given the address of no contract.
    #[must_use]
    pub fn storage(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        let deployed = self.world.contracts.get(&self.contract);
        &deployed.expect("the selected contract is deployed").storage
    }

    fn selected(&mut self) -> &mut Deployed {
        self.world.contracts.get_mut(&self.contract).expect("the selected contract is deployed")
    }

    fn frame(&self, input: &[u8], view: bool) -> Frame {
        Frame { contract: self.contract, input: input.to_vec(), output: Vec::new(), view }
    }

    fn run(&mut self, method: &str, input: &[u8], view: bool) -> Result<Vec<u8>, Failure> {
        let frame = self.frame(input, view);
        let contract = self.contract;
        run::enter(&mut self.world, || run::method(contract, method, frame))
    }

    /// Makes the scheduled calls that are due; whether there were any.
    fn run_due(&mut self) -> bool {
        let World { schedule, contracts, environment, .. } = &mut self.world;
        let due = schedule.take_due(environment.time_ms, |contract| {
            contracts.get(contract).is_some_and(|deployed| deployed.is_frozen)
        });
        let any = !due.is_empty();
        for (id, call) in due {
            let frame = Frame { contract: call.contract, input: call.input.clone(), output: Vec::new(), view: false };
            let own = call.environment(id, &self.world.environment);
            let now = core::mem::replace(&mut self.world.environment, own);
            self.world.is_scheduled = true;
            let result = run::enter(&mut self.world, || run::method(call.contract, &call.method, frame));
            self.world.is_scheduled = false;
            self.world.environment = now;
            self.world.schedule.made(call, result);
        }
        any
    }

    /// `init` and `migrate` belong to deployment and upgrade.
    fn is_callable(&self, method: &str) -> bool {
        let deployed = self.world.contracts.get(&self.contract);
        let methods = deployed.map_or(&[][..], |deployed| deployed.methods);
        methods.iter().any(|m| m.name == method && matches!(m.mode, Mode::Call | Mode::View))
    }
}

impl Harness for Host {
    fn environment(&mut self) -> &mut Environment {
        &mut self.world.environment
    }

    fn contract(&self) -> Address {
        self.contract
    }

    fn select(&mut self, contract: Address) {
        self.contract = contract;
    }

    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        self.run_due();
        let result = if self.selected().is_frozen {
            Err(Failure::Trapped(trap::FROZEN))
        } else if self.is_callable(method) {
            self.run(method, input, false)
        } else {
            Err(Failure::Trapped(trap::METHOD_NOT_FOUND))
        };
        self.world.environment.advance();
        result
    }

    fn view(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        if self.is_callable(method) {
            self.run(method, input, true)
        } else {
            Err(Failure::Trapped(trap::METHOD_NOT_FOUND))
        }
    }

    fn events(&self) -> &[Event] {
        &self.world.events
    }

    fn freeze(&mut self, frozen: bool) {
        self.selected().is_frozen = frozen;
    }

    fn made(&self) -> &[Made] {
        self.world.schedule.all_made()
    }

    fn travel(&mut self, ms: u64) {
        self.world.environment.travel(ms);
        if self.run_due() {
            self.world.environment.advance();
        }
    }
}

/// Address of the contract that was deployed as the `index`-th.
fn address(index: usize) -> Address {
    sha256(&encode(&alloc::format!("contract {index}")))
}
