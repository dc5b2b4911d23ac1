//! Several contracts natively and as Wasm, asked the same; whatever differs is a failure of the test.

use std::sync::LazyLock;

use countersign_contract::borsh::{self, BorshSerialize};
use countersign_contract::testing::{Environment, Event, Failure, Harness, Host};
use countersign_contract::{Address, Contract};
use countersign_tests::cluster::contract_module;
use countersign_tests::wasm_host::WasmHost;
use countersign_vm::{Vm, VmConfig};

/// One machine for all tests, so that each module is compiled once.
pub static VM: LazyLock<Vm> = LazyLock::new(|| Vm::new(VmConfig::default()).unwrap());

type Answer = Result<Vec<u8>, Failure>;

pub struct Both {
    native: Host,
    pub wasm: WasmHost,
    contracts: Vec<Address>,
    selected: Address,
}

impl Both {
    /// Both hosts with a contract whose `init` has run.
    pub fn with_init<C: Contract>(module: &str, arguments: &impl BorshSerialize) -> Self {
        let input = borsh::to_vec(arguments).unwrap();
        let native = Host::with_init::<C>(arguments).unwrap();
        let wasm = WasmHost::with_init(VM.clone(), &contract_module(module).unwrap(), &input).unwrap();
        Self::of(native, wasm)
    }

    /// Both hosts with a contract that has no `init`.
    pub fn new<C: Contract>(module: &str) -> Self {
        Self::of(Host::new::<C>(), WasmHost::new(VM.clone(), &contract_module(module).unwrap()).unwrap())
    }

    fn of(native: Host, wasm: WasmHost) -> Self {
        let selected = native.contract();
        Self { native, wasm, contracts: vec![selected], selected }
    }

    /// Deploys another contract, its `init` run.
    pub fn deploy_with<C: Contract>(&mut self, module: &str, arguments: &impl BorshSerialize) -> Address {
        *self.wasm.environment() = self.native.environment().clone();
        let address = self.native.deploy_with::<C>(arguments).unwrap();
        let input = borsh::to_vec(arguments).unwrap();
        assert_eq!(self.wasm.deploy_with(&contract_module(module).unwrap(), &input).unwrap(), address);
        self.contracts.push(address);
        address
    }

    pub fn select(&mut self, contract: Address) {
        self.selected = contract;
        self.native.select(contract);
        self.wasm.select(contract);
    }

    fn agree(&mut self, method: &str, native: Answer, wasm: Answer) -> Answer {
        assert_eq!(wasm, native, "{method}");
        assert_eq!(self.wasm.events(), self.native.events(), "{method}");
        let selected = self.selected;
        for contract in self.contracts.clone() {
            self.select(contract);
            assert_eq!(&self.wasm.storage(), self.native.storage(), "{method}");
        }
        self.select(selected);
        native
    }
}

impl Harness for Both {
    /// The native host's; the other one is given the same before each call.
    fn environment(&mut self) -> &mut Environment {
        self.native.environment()
    }
    fn contract(&self) -> Address {
        self.selected
    }
    fn call(&mut self, method: &str, input: &[u8]) -> Answer {
        *self.wasm.environment() = self.native.environment().clone();
        let (native, wasm) = (self.native.call(method, input), self.wasm.call(method, input));
        assert_eq!(self.wasm.environment(), self.native.environment());
        self.agree(method, native, wasm)
    }
    fn view(&mut self, method: &str, input: &[u8]) -> Answer {
        *self.wasm.environment() = self.native.environment().clone();
        let (native, wasm) = (self.native.view(method, input), self.wasm.view(method, input));
        self.agree(method, native, wasm)
    }
    fn events(&self) -> &[Event] {
        self.native.events()
    }
}
