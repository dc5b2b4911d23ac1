//! `make demo`: the whole system on this machine, in a few minutes and real processes.

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use countersign_api::At;
use countersign_api::NoParams;
use countersign_api::method::node::NodeStatus;
use countersign_api::method::trace::{HistoryParams, LineageParams, TraceForward, TraceHistory};
use countersign_tests::cluster::{Cluster, contract_module, program};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Four validators, real EPCIS documents, a recall, a proof checked offline, a crash survived.
#[derive(Debug, Parser)]
struct Flags {
    /// Leave the network running
    #[arg(long)]
    keep: bool,
    /// EPCIS documents of yours to capture as well
    files: Vec<PathBuf>,
}

const CONTRACT: &str = "org0/provenance";
const LOT: &str = "urn:epc:class:lgtin:9521321.000101.SPINACH-0901";
const BOWL: &str = "urn:epc:id:sgtin:9521322.000301.a1";
/// The shops that sold bowls of the contaminated lot, and the one that did not.
const SHOPS: [&str; 2] = ["https://id.gs1.org/414/9521324000015", "https://id.gs1.org/414/9521324000022"];
const CLEAN_SHOP: &str = "https://id.gs1.org/414/9521324000039";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let directory = tempfile::Builder::new().prefix("countersign-demo-").tempdir()?;
    let mut demo = Demo::start(directory.path()).await?;
    let told = demo.tell(&flags).await;
    if told.is_err() {
        println!("The demo failed; the nodes' logs are in {}/v*/node.log.", directory.keep().display());
        return told;
    }
    if flags.keep {
        let directory = directory.keep();
        demo.leave_running(&directory);
    }
    told
}

struct Demo {
    cluster: Cluster,
    began: Instant,
    step: u32,
}

impl Demo {
    async fn start(directory: &Path) -> anyhow::Result<Self> {
        let began = Instant::now();
        println!("Countersign demo: everything below is real processes on this machine.\n");
        println!("1. Four organisations that do not trust each other start a validator each.");
        let cluster = Cluster::start(directory, 4, &["--name", "demo", "--heartbeat-ms", "5000"]).await?;
        for index in 0..cluster.count() {
            let process = cluster.process(index).context("a node ended")?;
            println!("   v{index}  {}  process {process}", cluster.url(index));
        }
        let demo = Self { cluster, began, step: 1 };
        demo.done();
        Ok(demo)
    }

    async fn tell(&mut self, flags: &Flags) -> anyhow::Result<()> {
        self.deploy().await?;
        self.capture(&flags.files)?;
        self.recall().await?;
        self.prove()?;
        self.crash().await?;
        println!("Done in {:.1} s.", self.began.elapsed().as_secs_f64());
        Ok(())
    }

    fn begin(&mut self, text: &str) {
        self.step += 1;
        println!("{}. {text}", self.step);
    }

    fn done(&self) {
        println!("   ({:.1} s)\n", self.began.elapsed().as_secs_f64());
    }

    async fn deploy(&mut self) -> anyhow::Result<()> {
        self.begin("Organisation 0 deploys the provenance contract, a WebAssembly module, through the Rust SDK.");
        let code = contract_module("provenance")?;
        let bytes = code.len();
        let signer = self.cluster.signer("org0/admin", 0).await?;
        let (address, done) =
            countersign_client::contract::deploy(&signer, CONTRACT, code, &serde_json::Value::Null, None).await?;
        println!("   {CONTRACT} at {address}");
        println!("   {bytes} bytes, final in block {}, {} gas", done.receipt.height, done.receipt.gas_used.0);
        self.done();
        Ok(())
    }

    fn capture(&mut self, files: &[PathBuf]) -> anyhow::Result<()> {
        self.begin("A farm, a packer, a distributor and shops capture the EPCIS documents they have, each through its own node.");
        let documents = ["1-farm", "2-packer", "3-distribution", "4-shops"];
        for (index, document) in (0..).zip(documents) {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/demo/{document}.json"));
            self.countersign(index, &format!("org{index}/erp"), &["epcis", "capture", text(&path)?], true)?;
        }
        for file in files {
            self.countersign(0, "org0/erp", &["epcis", "capture", text(file)?], true)?;
        }
        self.done();
        Ok(())
    }

    async fn recall(&mut self) -> anyhow::Result<()> {
        self.begin("Spinach lot SPINACH-0901 is contaminated. Where did it go? Any node answers; v2 is asked.");
        println!("   trace_forward {LOT}");
        let client = self.cluster.client(2)?;
        let ask = |epc: &str| LineageParams::whole(epc, None, At::Final);
        let forward = client.unverified().call::<TraceForward>(&ask(LOT)).await?.into_said().data;
        ensure!(forward.complete, "the trace is cut short");
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for product in &forward.products {
            let history = client
                .unverified()
                .call::<TraceHistory>(&HistoryParams::first(product, None, At::Final))
                .await?
                .into_said()
                .data;
            ensure!(history.complete, "the history is cut short");
            let last = history.locations.last().cloned().unwrap_or_else(|| "nowhere seen".to_owned());
            places.entry(last).or_default().push(product.clone());
        }
        println!("   {} products, by where they were last seen:", forward.products.len());
        for (place, products) in &places {
            println!("     {place}");
            for product in products {
                println!("       {product}");
            }
        }
        for shop in SHOPS {
            ensure!(places.contains_key(shop), "shop {shop} is missing from the recall");
        }
        ensure!(!places.contains_key(CLEAN_SHOP), "a shop that sold nothing of the lot is in the recall");
        println!("   Shop {CLEAN_SHOP} sold bowls of the other lot only, and is not troubled.");
        self.done();
        Ok(())
    }

    fn prove(&mut self) -> anyhow::Result<()> {
        self.begin("An auditor takes one bowl's history home as a file and checks it without any network.");
        let file = self.cluster.home(0).with_file_name("bowl.proof.json");
        let forged = self.cluster.home(0).with_file_name("forged.proof.json");
        let genesis = self.cluster.genesis();
        self.countersign(1, "org1/auditor", &["proof", "export", BOWL, "--output", text(&file)?], true)?;
        self.countersign(1, "org1/auditor", &["proof", "verify", text(&file)?, "--genesis", text(&genesis)?], true)?;
        println!("   Somebody changes one digit of a recorded value in the file:");
        std::fs::write(&forged, forge(&std::fs::read_to_string(&file)?)?)?;
        self.countersign(1, "org1/auditor", &["proof", "verify", text(&forged)?, "--genesis", text(&genesis)?], false)?;
        self.done();
        Ok(())
    }

    async fn crash(&mut self) -> anyhow::Result<()> {
        self.begin("Validator v3 is killed with -9. The network goes on without noticing.");
        self.cluster.kill(3)?;
        let path = self.cluster.home(0).with_file_name("sale.json");
        std::fs::write(&path, SALE)?;
        let asked = Instant::now();
        self.countersign(0, "org0/erp", &["epcis", "capture", text(&path)?], true)?;
        println!("   captured and final in {:.2} s with three of four validators", asked.elapsed().as_secs_f64());
        let height = self.height(0).await?;
        println!("   v3 starts again");
        let asked = Instant::now();
        self.cluster.spawn(3)?;
        self.cluster.ready(3).await?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.height(3).await? < height {
            ensure!(Instant::now() < deadline, "v3 did not catch up: {}", self.cluster.log_tail(3));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!("   and has caught up with block {height} after {:.2} s", asked.elapsed().as_secs_f64());
        self.done();
        Ok(())
    }

    async fn height(&self, index: u16) -> anyhow::Result<u64> {
        Ok(self
            .cluster
            .client(index)?
            .unverified()
            .call::<NodeStatus>(&NoParams {})
            .await?
            .into_said()
            .certified_height
            .0)
    }

    /// Runs the user's command, shows it with its output, and checks whether it succeeds.
    fn countersign(&self, node: u16, account: &str, arguments: &[&str], succeeds: bool) -> anyhow::Result<()> {
        println!("   $ countersign {}", arguments.join(" "));
        let output = Command::new(program("countersign")?)
            .args(["--rpc", &self.cluster.url(node), "--key"])
            .arg(self.cluster.key(account))
            .args(arguments)
            .output()?;
        for line in
            String::from_utf8_lossy(&output.stdout).lines().chain(String::from_utf8_lossy(&output.stderr).lines())
        {
            println!("     {line}");
        }
        if output.status.success() != succeeds {
            bail!("the command ended with {}, which was not expected", output.status);
        }
        Ok(())
    }

    fn leave_running(&mut self, directory: &Path) {
        self.cluster.leave_running();
        println!("The network keeps running, with its files in {}.", directory.display());
        for index in 0..self.cluster.count() {
            println!("  v{index}  {}", self.cluster.url(index));
        }
        println!(
            "Try:   export COUNTERSIGN_RPC={} COUNTERSIGN_KEY={}",
            self.cluster.url(0),
            self.cluster.key("org0/admin").display()
        );
        println!("       countersign status");
        println!("Stop:  pkill -f {}", directory.display());
    }
}

/// Changes the last hexadecimal digit of the first recorded value.
fn forge(proof: &str) -> anyhow::Result<String> {
    let mut file: serde_json::Value = serde_json::from_str(proof)?;
    let entries = file.pointer_mut("/subject/trace/entries").and_then(serde_json::Value::as_array_mut);
    let entries = entries.context("a trace's proof has entries")?;
    let value = entries
        .iter_mut()
        .filter_map(|entry| entry.get_mut("value"))
        .find(|value| value.as_str().is_some_and(|text| text.len() > 2))
        .context("an entry has a value")?;
    let mut text = value.as_str().unwrap_or_default().to_owned();
    let last = text.pop().context("the value has digits")?;
    text.push(if last == '0' { '1' } else { '0' });
    *value = text.into();
    Ok(serde_json::to_string(&file)?)
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path is not Unicode")
}

/// One more event, for after the crash.
const SALE: &str = r#"{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-09-10T09:00:00+02:00",
  "epcisBody": { "eventList": [{
    "eventID": "urn:uuid:5a1ad000-0000-4000-8000-000000000999",
    "type": "ObjectEvent", "eventTime": "2026-09-03T12:00:00+02:00", "eventTimeZoneOffset": "+02:00",
    "action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:9521322.000301.a2"],
    "bizStep": "retail_selling", "disposition": "retail_sold",
    "readPoint": {"id": "urn:epc:id:sgln:9521324.00001.0"},
    "bizLocation": {"id": "urn:epc:id:sgln:9521324.00001.0"}
  }] }
}"#;
