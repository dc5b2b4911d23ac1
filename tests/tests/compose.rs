//! `docker-compose.yml` as a user runs it: up, capture, trace, a validator cut off and healed, down.
//!
//! Run by `make compose-test`, which builds the image. Works with compose 1.29 and 2.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_api::method::node::{NodeStatus, Status};
use countersign_api::method::trace::{HistoryParams, Trace, TraceHistory};
use countersign_api::{At, NoParams};
use countersign_client::Client;
use countersign_tests::ports;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const CONTRACT: &str = "org0/provenance";
const MODULE: &str = "/usr/local/share/countersign/countersign_provenance.wasm";
const LOT: &str = "urn:epc:class:lgtin:9521321.000101.SPINACH-0901";
const BOWL: &str = "urn:epc:id:sgtin:9521322.000301.a1";
const PATIENCE: Duration = Duration::from_secs(120);

/// The project under a name and on ports of its own. Dropping it removes containers and volumes.
struct Compose {
    program: Vec<&'static str>,
    project: String,
    first_port: u16,
}

impl Compose {
    fn new() -> Self {
        let plugin = run(Command::new("docker").args(["compose", "version"])).status.success();
        let program = if plugin { vec!["docker", "compose"] } else { vec!["docker-compose"] };
        let project = format!("countersign-test-{}", std::process::id());
        Self { program, project, first_port: ports::free_row(4).unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let (program, first) = self.program.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(first).args(["--project-name", &self.project]).args(arguments);
        command.current_dir(root()).stdin(Stdio::null());
        for (index, port) in (self.first_port..).take(4).enumerate() {
            command.env(format!("COUNTERSIGN_PORT_{index}"), port.to_string());
        }
        command
    }

    fn compose(&self, arguments: &[&str]) -> String {
        must(run(&mut self.command(arguments)), arguments)
    }

    /// Runs the user's command in a container beside the validators, as `docker compose run cli`.
    fn countersign(&self, node: u16, account: &str, arguments: &[&str]) -> String {
        let rpc = format!("COUNTERSIGN_RPC=http://v{node}:8645");
        let key = format!("COUNTERSIGN_KEY=/net/accounts/{account}.key");
        let documents = format!("{}:/documents:ro", root().join("tests/data/demo").display());
        let cli = ["run", "--rm", "-T", "-e", &rpc, "-e", &key, "-v", &documents, "cli"];
        self.compose(&[&cli[..], arguments].concat())
    }

    fn capture(&self, node: u16, document: &str) {
        let (account, path) = (format!("org{node}-erp"), format!("/documents/{document}.json"));
        self.countersign(node, &account, &["epcis", "capture", &path]);
    }

    fn container(&self, service: &str) -> String {
        self.compose(&["ps", "-q", service]).trim().to_owned()
    }

    fn client(&self, node: u16) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.first_port + node)).unwrap()
    }

    /// By the port that is published on this machine.
    async fn status(&self, node: u16) -> Status {
        self.client(node).unverified().call_again::<NodeStatus>(&NoParams {}).await.unwrap().into_said()
    }

    /// From inside the container, whatever its network.
    fn status_inside(&self, node: u16) -> Status {
        let status = docker(&["exec", &self.container(&format!("v{node}")), "countersign", "--json", "status"]);
        let mut status: Value = serde_json::from_str(&status).unwrap();
        serde_json::from_value(status["node"].take()).unwrap()
    }

    /// What one node says happened to a bowl.
    async fn history(&self, node: u16) -> Trace {
        let params = HistoryParams::first(BOWL, None, At::Final);
        let trace = self.client(node).unverified().call_again::<TraceHistory>(&params).await.unwrap().into_said().data;
        assert!(trace.complete);
        trace
    }

    async fn wait_health(&self, node: u16, health: &str) {
        let container = self.container(&format!("v{node}"));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = inspect(&container)["State"]["Health"].take();
            if seen["Status"] == health {
                return;
            }
            let log = || docker(&["logs", "--tail", "20", &container]);
            assert!(Instant::now() < deadline, "v{node} is not {health} but {seen}: {}", log());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // For whoever reads why the test failed.
            eprintln!("{}", String::from_utf8_lossy(&run(&mut self.command(&["logs", "--tail", "30"])).stdout));
        }
        run(&mut self.command(&["down", "-v", "--remove-orphans", "--timeout", "10"]));
    }
}

#[tokio::test]
#[ignore = "needs Docker and the image: make compose-test"]
async fn compose() {
    let compose = Compose::new();
    let began = Instant::now();
    let say = |text: &str| println!("{:6.1} s  {text}", began.elapsed().as_secs_f64());
    compose.compose(&["up", "-d", "--no-build"]);
    for node in 0..4 {
        compose.wait_health(node, "healthy").await;
        hardened(&compose, node);
    }
    say("four validators are healthy and confined");

    compose.countersign(0, "org0-admin", &["contract", "deploy", MODULE, "--name", CONTRACT]);
    for (node, document) in [(0, "1-farm"), (1, "2-packer"), (2, "3-distribution")] {
        compose.capture(node, document);
    }
    let traced = compose.countersign(2, "org2-auditor", &["--json", "trace", "forward", LOT]);
    let traced: Value = serde_json::from_str(&traced).unwrap();
    let before = compose.history(1).await;
    let products = traced["data"]["products"].as_array().unwrap();
    assert!(products.contains(&json!(before.canonical)), "the bowl is not traced to its lot: {traced}");
    say("captured and traced");

    let (network, cut) = (format!("{}_validators", compose.project), compose.container("v3"));
    docker(&["network", "disconnect", &network, &cut]);
    let stuck = compose.status_inside(3).executed_height;
    compose.capture(0, "4-shops");
    let reached = compose.status(0).await.certified_height;
    assert!(reached > stuck, "the other three went no further than {stuck}");
    compose.wait_health(3, "unhealthy").await;
    assert!(compose.status_inside(3).executed_height < reached, "v3 went on without a network");
    say("v3 is cut off, knows it, and the others went on");

    docker(&["network", "connect", "--alias", "v3", &network, &cut]);
    let asked = Instant::now();
    while compose.status_inside(3).certified_height < reached {
        assert!(asked.elapsed() < PATIENCE, "v3 did not catch up: {:?}", compose.status_inside(3));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    compose.wait_health(3, "healthy").await;
    let after = compose.history(0).await;
    assert!(after.events.len() > before.events.len(), "the shops' events are missing");
    assert_eq!(compose.history(3).await, after, "v3 answers otherwise than v0");
    say("v3 is back, at the same height and with the same answer");

    backed_up_and_restored(&compose, 1).await;
    assert_eq!(compose.history(1).await, after);
    say("v1 was stopped, backed up, restored and verified, and votes again");

    let chain = compose.status(0).await.chain;
    compose.compose(&["down"]);
    compose.compose(&["up", "-d", "--no-build"]);
    for node in 0..4 {
        compose.wait_health(node, "healthy").await;
    }
    assert_eq!(compose.status(1).await.chain, chain, "another network came up");
    assert_eq!(compose.history(1).await, after);
    say("down and up again: the same chain");

    compose.compose(&["down", "-v"]);
    let label = format!("label=com.docker.compose.project={}", compose.project);
    assert_eq!(docker(&["volume", "ls", "-q", "--filter", &label]), "", "volumes stayed behind");
}

/// As `node/docs/operate.md` tells operators to.
async fn backed_up_and_restored(compose: &Compose, node: u16) {
    let service = format!("v{node}");
    let container = compose.container(&service);
    compose.compose(&["stop", &service]);
    let state = inspect(&container)["State"].take();
    assert_eq!(state["ExitCode"], 0, "{service} did not stop on SIGTERM within its 10 s: {state}");

    let data = format!("/net/{service}/data");
    let once = ["run", "--rm", "--no-deps", "-T", "--entrypoint"];
    let backup = tempfile::NamedTempFile::new().unwrap();
    let save = [&once[..], &["tar", &service, "-C", &data, "-c", "ledger"]].concat();
    assert!(compose.command(&save).stdout(backup.reopen().unwrap()).output().unwrap().status.success());
    let script = format!("rm -rf {data}/* && tar -C {data} -x");
    let restore = [&once[..], &["sh", &service, "-c", &script]].concat();
    assert!(compose.command(&restore).stdin(backup.reopen().unwrap()).output().unwrap().status.success());
    let verified = compose.compose(&["run", "--rm", "--no-deps", "-T", &service, "verify"]);
    assert!(verified.contains("sound"), "{verified}");
    compose.compose(&["start", &service]);
    compose.wait_health(node, "healthy").await;
}

/// What a validator's container may do: as declared to the engine, and as the kernel has it.
fn hardened(compose: &Compose, node: u16) {
    let container = compose.container(&format!("v{node}"));
    let facts = inspect(&container);
    let host = &facts["HostConfig"];
    assert_eq!(facts["Config"]["User"], "10001:10001");
    assert_eq!(host["ReadonlyRootfs"], true);
    assert_eq!(host["CapDrop"], json!(["ALL"]));
    assert_eq!(host["Privileged"], false);
    assert!(host["Memory"].as_u64().is_some_and(|bytes| (1..=1 << 30).contains(&bytes)), "{}", host["Memory"]);
    assert!(host["PidsLimit"].as_u64().is_some_and(|pids| (1..=128).contains(&pids)), "{}", host["PidsLimit"]);
    let bindings = host["PortBindings"].as_object().unwrap();
    assert_eq!(bindings.len(), 1, "{bindings:?}");
    assert_eq!(bindings["8645/tcp"][0]["HostIp"], "127.0.0.1");
    let mut mounts: Vec<(String, bool)> = facts["Mounts"].as_array().unwrap().iter().map(mount).collect();
    mounts.sort();
    assert_eq!(mounts, [("/net".to_owned(), false), (format!("/net/v{node}"), true)]);

    let process = docker(&["exec", &container, "cat", "/proc/1/status"]);
    let field = |name: &str| process.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!(field("Uid:").split_whitespace().next(), Some("10001"));
    assert_eq!(field("CapBnd:"), "0000000000000000");
    assert_eq!(field("CapEff:"), "0000000000000000");
    assert_eq!(field("NoNewPrivs:"), "1");
    let may =
        |script: &str| run(Command::new("docker").args(["exec", &container, "sh", "-c", script])).status.success();
    assert!(may(&format!("touch /tmp/x && touch /net/v{node}/data/x && rm /net/v{node}/data/x")));
    for place in ["/x", "/usr/local/bin/x", "/net/x", "/net/genesis.json"] {
        assert!(!may(&format!("touch {place}")), "v{node} may write {place}");
    }
    let keys = docker(&["exec", &container, "find", "/net", "-name", "*.key"]);
    let own = format!("/net/v{node}/");
    assert!(keys.lines().count() == 2 && keys.lines().all(|key| key.starts_with(&own)), "v{node} sees keys: {keys}");
}

fn mount(mount: &Value) -> (String, bool) {
    (mount["Destination"].as_str().unwrap().to_owned(), mount["RW"].as_bool().unwrap())
}

fn inspect(container: &str) -> Value {
    let mut facts: Value = serde_json::from_str(&docker(&["inspect", container])).unwrap();
    facts[0].take()
}

fn docker(arguments: &[&str]) -> String {
    must(run(Command::new("docker").args(arguments)), arguments)
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn must(output: Output, arguments: &[&str]) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?} ended with {}: {out}{err}", output.status);
    out.into_owned()
}

/// The checkout.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
