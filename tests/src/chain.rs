//! A chain without network: blocks are executed, stored and certified as a replica does it, by keys that the test holds.

use anyhow::Context as _;
use countersign_ledger::{AppendedRecord, ExecutedBlock, Ledger, MemoryStore, Reader, Store, StoredTransaction};
use countersign_replica::execute::Executor;
use countersign_replica::overlay::Appended;
use countersign_replica::query::View;
use countersign_replica::state_source::Latest;
use countersign_types::account::KeyEntry;
use countersign_types::hash::sha256;
use countersign_types::{
    Account, Address, Block, Certificate, DeployPolicy, Epoch, Gas, Genesis, Hash, Header, Height, Organisation,
    Outcome, Parameters, Payload, Phase, Receipt, Roles, Rules, SecretKey, TimestampMs, Transaction, Validator,
    ValidatorSet, VerifiedTransaction, VoteStatement, merkle,
};
use countersign_vm::{Vm, VmConfig};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Time of the genesis.
const START: TimestampMs = TimestampMs(1_780_000_000_000);
/// From one block to the next.
const BLOCK_MS: u64 = 1_000;
/// Four organisations: one faulty validator is tolerated.
const ORGANISATIONS: u8 = 4;

/// Organisations with their validators and accounts, and the ledger that these wrote.
pub struct Chain<S: Store = MemoryStore> {
    genesis: Genesis,
    keys: Keys,
    ledger: Ledger<S>,
    vm: Vm,
    nonce: u64,
}

/// The secret keys of a chain's validators and accounts.
#[derive(Debug)]
pub struct Keys {
    /// Of all validators, in any order.
    pub validators: Vec<SecretKey>,
    /// By `organisation/name`.
    pub accounts: BTreeMap<String, SecretKey>,
}

impl Chain {
    /// A chain in memory, of height 0: four organisations, `org0` to `org3`, each with a validator and the accounts
    /// `admin` (deployer, admin) and `erp` (submitter).
    ///
    /// # Errors
    /// If the machine cannot be built.
    pub fn new() -> anyhow::Result<Self> {
        let genesis = genesis()?;
        let validators = genesis.organisations.iter().map(|organisation| validator_key(&organisation.id)).collect();
        let accounts = genesis.accounts.iter().map(|account| account.id.to_string());
        let accounts = accounts.map(|id| (id.clone(), account_key(&id))).collect();
        Self::found(MemoryStore::new(), genesis, Keys { validators, accounts })
    }
}

impl<S: Store> Chain<S> {
    /// A chain of height 0 in an empty store.
    ///
    /// # Errors
    /// If the store is not empty or the machine cannot be built.
    pub fn found(store: S, genesis: Genesis, keys: Keys) -> anyhow::Result<Self> {
        let ledger = Ledger::create(store, &genesis)?;
        Ok(Self { genesis, keys, ledger, vm: Vm::new(VmConfig::default())?, nonce: 0 })
    }

    /// What the chain begins with.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The contract machine.
    #[must_use]
    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    /// Reads the ledger.
    #[must_use]
    pub fn reader(&self) -> Reader<S> {
        self.ledger.reader()
    }

    /// Height of the last block.
    #[must_use]
    pub fn height(&self) -> Height {
        self.ledger.tip().height
    }

    /// A transaction signed by `organisation/name`, with the most gas that the chain lets it have.
    ///
    /// # Errors
    /// If the transaction is malformed.
    pub fn sign(&mut self, account: &str, payload: Payload) -> anyhow::Result<VerifiedTransaction> {
        let most = self.genesis.parameters.transaction_gas_max;
        self.sign_with_gas(account, payload, most)
    }

    /// As [`Chain::sign`], with a gas limit.
    ///
    /// # Errors
    /// If the transaction is malformed.
    pub fn sign_with_gas(&mut self, account: &str, payload: Payload, gas: Gas) -> anyhow::Result<VerifiedTransaction> {
        // Who has no account can sign all the same.
        let stranger = account_key(account);
        let key = self.keys.accounts.get(account).unwrap_or(&stranger);
        self.nonce += 1;
        let body = Transaction {
            chain: self.genesis.chain(),
            signer: key.public(),
            nonce: self.nonce,
            expires: self.ledger.tip().time.plus(60 * BLOCK_MS),
            gas_limit: gas,
            payload,
        };
        Ok(body.sign(key).verify(&self.genesis.chain())?)
    }

    /// Executes a block of these transactions, stores it and certifies its result.
    ///
    /// # Errors
    /// Only faults of this machine; what transactions do wrong is in their receipts.
    pub fn block(&mut self, transactions: Vec<VerifiedTransaction>) -> anyhow::Result<Vec<Receipt>> {
        let transactions: Vec<Arc<VerifiedTransaction>> = transactions.into_iter().map(Arc::new).collect();
        let names: Vec<Hash> = transactions.iter().map(|transaction| transaction.hash()).collect();
        let header = self.header(&names)?;
        let block = Block { header: header.clone(), transactions: names };
        let certificate = self.certificate(Phase::Commit, header.view.0, block.hash())?;

        let reader = self.ledger.reader();
        let latest = Latest(&reader);
        let ripe = latest.ripe(header.time)?;
        let executor = Executor {
            vm: &self.vm,
            chain: self.genesis.chain(),
            parameters: &self.genesis.parameters,
            overrides: &[],
            is_trial: false,
        };
        let executed = executor.execute(&latest, &header, &transactions, ripe)?;
        let records = executed.changes.records.into_iter();
        let result = self.ledger.commit(ExecutedBlock {
            block,
            certificate,
            transactions: transactions.iter().map(|transaction| stored(transaction)).collect(),
            receipts: executed.receipts.clone(),
            writes: executed.changes.writes,
            log_records: records
                .map(|((contract, key, index), Appended { record, trees })| AppendedRecord {
                    contract,
                    key,
                    index,
                    record,
                    trees,
                })
                .collect(),
            overrides: Vec::new(),
            expected: None,
        })?;
        let certificate = self.certificate(Phase::Checkpoint, result.height.0, result.hash())?;
        self.ledger.put_result_certificate(&result, &certificate)?;
        Ok(executed.receipts)
    }

    /// A block of one transaction; answers its receipt.
    ///
    /// # Errors
    /// As of [`Chain::block`].
    pub fn run(&mut self, account: &str, payload: Payload) -> anyhow::Result<Receipt> {
        let transaction = self.sign(account, payload)?;
        let receipts = self.block(vec![transaction])?;
        receipts.into_iter().next().ok_or_else(|| anyhow::anyhow!("a transaction without a receipt"))
    }

    /// Deploys a contract as `org0/admin`; answers its address.
    ///
    /// # Errors
    /// If the deployment does not succeed.
    pub fn deploy(&mut self, name: &str, code: Vec<u8>) -> anyhow::Result<Address> {
        let name = format!("org0/{name}");
        let receipt = self.run("org0/admin", Payload::Deploy { name: name.clone(), code, input: Vec::new() })?;
        anyhow::ensure!(matches!(receipt.outcome, Outcome::Succeeded { .. }), "not deployed: {receipt:?}");
        Ok(Address::of(&name))
    }

    /// A view of a contract with the arguments' bytes.
    #[must_use]
    pub fn view(&self, contract: Address, method: &str, input: Vec<u8>) -> View {
        View { contract, method: method.into(), input, gas_limit: countersign_vm::limits::GAS_LIMIT_MAX }
    }

    fn header(&self, names: &[Hash]) -> anyhow::Result<Header> {
        let tip = self.ledger.tip();
        let height = tip.height.next();
        let earlier = height.0.checked_sub(self.genesis.parameters.run_ahead).filter(|earlier| *earlier > 0);
        let result = earlier.map(|earlier| self.reader().result(Height(earlier))).transpose()?.flatten();
        Ok(Header {
            chain: self.genesis.chain(),
            height,
            epoch: Epoch::ZERO,
            view: countersign_types::View(height.0),
            parent: tip.block,
            time: tip.time.plus(BLOCK_MS),
            proposer: 0,
            validators: self.genesis.validators.hash(),
            transactions_root: merkle::root(names),
            transactions: u32::try_from(names.len())?,
            result: result.map_or(Hash::ZERO, |result| result.hash()),
        })
    }

    fn certificate(&self, phase: Phase, number: u64, digest: Hash) -> anyhow::Result<Certificate> {
        let statement = statement(&self.genesis, phase, number, digest);
        let members = (0u16..).zip(self.genesis.validators.members());
        let signatures = members.map(|(index, member)| {
            let key = self.keys.validators.iter().find(|key| key.public() == member.key);
            Ok((index, statement.sign(key.with_context(|| format!("no key of validator {index}"))?)))
        });
        Ok(Certificate {
            phase,
            epoch: Epoch::ZERO,
            number,
            digest,
            signatures: signatures.collect::<anyhow::Result<_>>()?,
        })
    }
}

/// What a validator of the first epoch signs.
fn statement(genesis: &Genesis, phase: Phase, number: u64, digest: Hash) -> VoteStatement {
    VoteStatement {
        chain: genesis.chain(),
        epoch: Epoch::ZERO,
        validators: genesis.validators.hash(),
        phase,
        number,
        digest,
    }
}

fn stored(transaction: &VerifiedTransaction) -> StoredTransaction {
    StoredTransaction { id: transaction.id(), signed_hash: transaction.hash(), bytes: transaction.bytes().to_vec() }
}

fn genesis() -> anyhow::Result<Genesis> {
    let ids: Vec<String> = (0..ORGANISATIONS).map(|index| format!("org{index}")).collect();
    let validators = ids.iter().map(|id| Validator {
        organisation: id.clone(),
        key: validator_key(id).public(),
        network_key: key(&format!("network {id}")).public(),
    });
    let account = |id: String, roles| -> anyhow::Result<Account> {
        let keys = vec![KeyEntry { key: account_key(&id).public(), valid_from: Height::ZERO, valid_to: None }];
        Ok(Account::new(id.parse()?, roles, keys))
    };
    let mut accounts = Vec::new();
    for id in &ids {
        accounts.push(account(format!("{id}/admin"), Roles::ADMIN.with(Roles::DEPLOYER))?);
        accounts.push(account(format!("{id}/erp"), Roles::SUBMITTER)?);
    }
    let genesis = Genesis {
        network: "chain".into(),
        time: START,
        parameters: Parameters::default(),
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new(validators.collect())?,
        organisations: ids.iter().map(|id| Organisation::new(id.clone(), id.clone())).collect(),
        accounts,
    };
    genesis.check()?;
    Ok(genesis)
}

fn validator_key(organisation: &str) -> SecretKey {
    key(&format!("validator {organisation}"))
}

fn account_key(account: &str) -> SecretKey {
    key(&format!("account {account}"))
}

fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(&sha256(name.as_bytes()))
}
