//! Natively and as a module at once.

use std::collections::BTreeMap;

use borsh::BorshSerialize;
use countersign_contract::testing::{Environment, Event, Failure, Harness, Host, Made};
use countersign_contract::{Address, Contract};

use crate::{Error, WasmHost, machine};

/// Both hosts, asked the same. Whatever differs, in answers, failures, events or any contract's storage, byte by
/// byte, is a panic that names it.
pub struct Both {
    native: Host,
    wasm: WasmHost,
    /// Contracts by the names that the test gave them.
    named: BTreeMap<String, Address>,
    contracts: Vec<Address>,
}

impl Both {
    /// Both with a contract deployed, its `init` not run.
    ///
    /// # Errors
    /// If the module may not be deployed.
    pub fn new<C: Contract>(module: &[u8]) -> Result<Self, Error> {
        Ok(Self::of(Host::new::<C>(), WasmHost::new(machine()?, module)?))
    }

    /// Both with a contract deployed as by a transaction: its `init` has run with `arguments`.
    ///
    /// # Errors
    /// If the module may not be deployed, or `init` fails or traps.
    ///
    /// # Panics
    /// If `init` does something else as a module.
    pub fn with_init<C: Contract>(module: &[u8], arguments: &impl BorshSerialize) -> Result<Self, Error> {
        let input = borsh::to_vec(arguments).expect("arguments are written to memory");
        let native = Host::with_init::<C>(arguments);
        let wasm = WasmHost::with_init(machine()?, module, &input);
        match (native, wasm) {
            (Ok(native), Ok(wasm)) => {
                let mut both = Self::of(native, wasm);
                both.agree("init");
                Ok(both)
            }
            (Err(native), Err(Error::Init(wasm))) => {
                assert_eq!(wasm, native, "init fails in another way as a module");
                Err(Error::Init(native))
            }
            (Ok(_), Err(Error::Init(failure))) => panic!("init fails as a module only: {failure}"),
            (Err(failure), Ok(_)) => panic!("init fails natively only: {failure}"),
            (_, Err(error)) => Err(error),
        }
    }

    /// Two hosts that have the same contracts deployed.
    ///
    /// # Panics
    /// If their selected contracts have other addresses.
    #[must_use]
    pub fn of(native: Host, wasm: WasmHost) -> Self {
        assert_eq!(wasm.contract(), native.contract(), "the hosts have other contracts selected");
        let contracts = vec![native.contract()];
        Self { native, wasm, named: BTreeMap::new(), contracts }
    }

    /// Deploys another contract under a name, its `init` not run; answers its address.
    ///
    /// # Errors
    /// If the module may not be deployed.
    ///
    /// # Panics
    /// If the hosts give it other addresses, having had other contracts before.
    pub fn deploy<C: Contract>(&mut self, name: &str, module: &[u8]) -> Result<Address, Error> {
        let address = self.wasm.deploy(module)?;
        assert_eq!(address, self.native.deploy::<C>(), "the hosts have other contracts");
        self.contracts.push(address);
        self.named.insert(name.to_owned(), address);
        Ok(address)
    }

    /// Deploys another contract under a name as by a transaction: its `init` has run with `arguments`. Answers its
    /// address.
    ///
    /// # Errors
    /// If the module may not be deployed, or `init` fails or traps.
    ///
    /// # Panics
    /// If `init` does something else as a module, or the hosts had other contracts before.
    pub fn deploy_with<C: Contract>(
        &mut self,
        name: &str,
        module: &[u8],
        arguments: &impl BorshSerialize,
    ) -> Result<Address, Error> {
        self.wasm.environment().clone_from(self.native.environment());
        let input = borsh::to_vec(arguments).expect("arguments are written to memory");
        let address = self.wasm.deploy_with(module, &input)?;
        let native = self.native.deploy_with::<C>(arguments);
        assert_eq!(native, Ok(address), "init fails natively only, or the hosts have other contracts");
        self.contracts.push(address);
        self.named.insert(name.to_owned(), address);
        self.agree("init");
        Ok(address)
    }

    /// Replaces the code of the selected contract as by a transaction, by `C` and its module: `migrate`, if there is one,
    /// has run with `arguments`. If anything is refused or fails, the old code goes on.
    ///
    /// # Errors
    /// If the module may not be deployed, or not in the place of what is there, or `migrate` fails or traps.
    ///
    /// # Panics
    /// If `migrate` does something else as a module.
    pub fn upgrade<C: Contract>(&mut self, module: &[u8], arguments: &impl BorshSerialize) -> Result<(), Error> {
        self.wasm.environment().clone_from(self.native.environment());
        let input = borsh::to_vec(arguments).expect("arguments are written to memory");
        let wasm = match self.wasm.upgrade(module, &input) {
            Ok(()) => Ok(()),
            Err(Error::Migrate(failure)) => Err(failure),
            // Nothing ran, and natively nothing is asked: it knows no modules.
            Err(refused) => return Err(refused),
        };
        assert_eq!(wasm, self.native.upgrade::<C>(arguments), "migrate comes to something else as a module");
        self.agree("migrate");
        wasm.map_err(Error::Migrate)
    }

    /// The address of the contract that was deployed under a name.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<Address> {
        self.named.get(name).copied()
    }

    /// Gas that the latest call or view used.
    #[must_use]
    pub fn gas_used(&self) -> u64 {
        self.wasm.gas_used()
    }

    /// Asks both the same and compares what it left.
    fn ask(
        &mut self,
        method: &str,
        native: impl FnOnce(&mut Host) -> Result<Vec<u8>, Failure>,
        wasm: impl FnOnce(&mut WasmHost) -> Result<Vec<u8>, Failure>,
    ) -> Result<Vec<u8>, Failure> {
        self.wasm.environment().clone_from(self.native.environment());
        let (native, wasm) = (native(&mut self.native), wasm(&mut self.wasm));
        assert_eq!(wasm, native, "{method} comes to something else as a module");
        self.agree(method);
        native
    }

    fn agree(&mut self, method: &str) {
        assert_eq!(self.wasm.made(), self.native.made(), "{method}: scheduled calls");
        assert_eq!(self.wasm.environment(), self.native.environment(), "{method}: the block after it");
        assert_eq!(self.wasm.events(), self.native.events(), "{method}: events");
        let selected = self.native.contract();
        for contract in self.contracts.clone() {
            self.select(contract);
            assert_eq!(&self.wasm.storage(), self.native.storage(), "{method}: storage of {contract:02x?}");
        }
        self.select(selected);
    }
}

impl Harness for Both {
    /// The native host's; the other one is given the same before each call.
    fn environment(&mut self) -> &mut Environment {
        self.native.environment()
    }

    fn contract(&self) -> Address {
        self.native.contract()
    }

    fn select(&mut self, contract: Address) {
        self.native.select(contract);
        self.wasm.select(contract);
    }

    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        self.ask(method, |host| host.call(method, input), |host| host.call(method, input))
    }

    fn view(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        self.ask(method, |host| host.view(method, input), |host| host.view(method, input))
    }

    fn events(&self) -> &[Event] {
        self.native.events()
    }

    fn freeze(&mut self, frozen: bool) {
        self.native.freeze(frozen);
        self.wasm.freeze(frozen);
    }

    fn made(&self) -> &[Made] {
        self.native.made()
    }

    fn travel(&mut self, ms: u64) {
        self.wasm.environment().clone_from(self.native.environment());
        self.native.travel(ms);
        self.wasm.travel(ms);
        self.agree("travel");
    }
}
