//! A developer's loop with a stop-watch: from nothing to a call on a network of real processes, then a change, its
//! tests, and what the command tells of the network's code and events.
//!
//! The crate's own build goes to a directory beside the programs that stays, as a developer's would: the first time
//! it compiles the machine that tests run modules on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_tests::cluster::{Cluster, program};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// From `contract new` to a call.
const COMMANDS_MAX: usize = 8;
/// For a line that must come; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(120);

struct Developer {
    directory: PathBuf,
    /// Where crates are compiled to.
    target: PathBuf,
    /// Node and key, once there is a network.
    network: Option<(String, PathBuf)>,
    commands: usize,
    begun: Instant,
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Developer {
    fn new(directory: &Path) -> Self {
        let programs = program("countersign").unwrap();
        let target = programs.ancestors().nth(2).unwrap().join("developer");
        Self { directory: directory.to_owned(), target, network: None, commands: 0, begun: Instant::now() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("countersign").unwrap());
        command.args(arguments).arg("--json").current_dir(&self.directory).stdin(Stdio::null());
        // The template names nothing that is not in the checkout's lock file.
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_NET_OFFLINE", "true");
        if let Some((url, key)) = &self.network {
            command.args(["--rpc", url, "--key"]).arg(key);
        }
        command
    }

    fn ends(&mut self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        self.did(&format!("countersign {}", arguments.join(" ")));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn run(&mut self, arguments: &[&str]) -> Value {
        let Ran { code, out, err } = self.ends(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}\n{out}");
        serde_json::from_str(&out).unwrap()
    }

    /// One line that a developer has typed is done.
    fn did(&mut self, line: &str) {
        self.commands += 1;
        eprintln!("{:6.1} s  {}  {line}", self.begun.elapsed().as_secs_f64(), self.commands);
    }

    /// Changes a file of a crate.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.directory.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
}

/// The path of what was built.
fn module(built: &Value) -> PathBuf {
    built["file"].as_str().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_to_a_call_and_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut developer = Developer::new(directory.path());

    developer.run(&["contract", "new", "hello"]);
    let tested = developer.run(&["contract", "test", "hello"]);
    assert!(tested["gas"]["gas.txt"].as_str().unwrap().contains("add, first"), "{tested}");
    let mut cluster = Cluster::start(&directory.path().join("net"), 4, &[]).await.unwrap();
    developer.did("countersignd testnet --out net");
    developer.did("for i in 0 1 2 3; do countersignd start --config net/v$i/countersign.toml & done");
    developer.network = Some((cluster.url(0), cluster.key("org0/admin")));
    let built = developer.run(&["contract", "build", "hello"]);
    let hello = module(&built);
    developer.run(&["contract", "deploy", hello.to_str().unwrap(), "--name", "org0/hello"]);
    let called = developer.run(&["contract", "call", "org0/hello", "add", r#"{"n": 2}"#]);
    assert_eq!(called["value"], json!(2));
    let commands = developer.commands;
    eprintln!("a call after {commands} commands and {:.1} s", developer.begun.elapsed().as_secs_f64());
    assert!(commands <= COMMANDS_MAX, "{commands} commands");

    let code = fs::read(&hello).unwrap();
    a_change_is_tested(&mut developer);
    modules_are_told_apart(&mut developer, &hello, &code);
    events_are_followed(&mut developer, &mut cluster).await;
    code_is_replaced(&mut developer);
    a_contract_is_stopped(&mut developer);
}

/// A test that fails is exit code 1, and so is gas that nobody agreed to.
fn a_change_is_tested(developer: &mut Developer) {
    let begun = Instant::now();
    developer.edit("hello/src/lib.rs", "get_or_default() + n", "get_or_default() + n + 1");
    let failed = developer.ends(&["contract", "test", "hello"]);
    eprintln!("from an edit to the tests' result: {:.1} s", begun.elapsed().as_secs_f64());
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    assert!(failed.err.contains("adds_up"), "{}", failed.err);
    developer.edit("hello/src/lib.rs", "get_or_default() + n + 1", "get_or_default() + n");

    let baseline = "hello/tests/gas.txt";
    developer.edit(baseline, "  total", "0  total");
    let wrong = fs::read_to_string(developer.directory.join(baseline)).unwrap();
    let dearer = developer.ends(&["contract", "test", "hello"]);
    assert_eq!(dearer.code, Some(1), "{}", dearer.err);
    assert!(dearer.out.contains("-89.") || dearer.out.contains("-90."), "a tenth of it: {}", dearer.out);
    let updated = developer.run(&["contract", "test", "hello", "--update"]);
    assert_eq!(updated["passed"], json!(true));
    assert_ne!(fs::read_to_string(developer.directory.join(baseline)).unwrap(), wrong);
}

/// What the network says of a module, and what it runs beside what is built.
fn modules_are_told_apart(developer: &mut Developer, hello: &Path, code: &[u8]) {
    let checked = developer.run(&["contract", "check", hello.to_str().unwrap()]);
    assert_eq!(checked["refusals"], json!([]));
    developer.run(&["contract", "code", "org0/hello", "--output", "deployed.wasm"]);
    assert_eq!(fs::read(developer.directory.join("deployed.wasm")).unwrap(), code);

    let same = developer.run(&["contract", "verify-build", "org0/hello", "hello"]);
    assert_eq!(same["same"], json!(true));
    // As on another machine: nothing of what was compiled is used again.
    let elsewhere = developer.directory.join("elsewhere/target");
    let target = std::mem::replace(&mut developer.target, elsewhere);
    developer.run(&["contract", "new", "elsewhere/deep/hello"]);
    let built = developer.run(&["contract", "build", "elsewhere/deep/hello"]);
    assert!(fs::read(module(&built)).unwrap() == code, "the same sources give another module in another directory");
    let same = developer.run(&["contract", "verify-build", "org0/hello", "elsewhere/deep/hello"]);
    assert_eq!(same["same"], json!(true));
    developer.edit("elsewhere/deep/hello/src/lib.rs", "get_or_default() + n", "get_or_default() + n + 1");
    let other = developer.ends(&["contract", "verify-build", "org0/hello", "elsewhere/deep/hello"]);
    assert_eq!(other.code, Some(1), "{}", other.err);
    assert!(other.err.contains("from other sources"), "{}", other.err);
    developer.target = target;
}

/// Lines of a command that goes on. Dropping it ends the command.
struct Followed {
    child: Child,
    lines: Receiver<String>,
}

impl Followed {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // Ends with the command, or when nobody listens.
            out.lines().map_while(Result::ok).take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        Self { child, lines }
    }

    /// The number in the next event.
    fn next(&self) -> u64 {
        let line = self.lines.recv_timeout(PATIENCE).expect("an event comes");
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["event"]["name"], json!("Added"), "{line}");
        record["event"]["value"]["n"].as_u64().unwrap()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Events come in as they are emitted, and go on, none lost and none twice, when the node was away.
async fn events_are_followed(developer: &mut Developer, cluster: &mut Cluster) {
    let event = "/// Something was added.\n#[derive(ContractEvent)]\npub struct Added {\n    pub n: u64,\n}\n\n";
    developer.edit("hello/src/lib.rs", "#[contract]\npub struct", &format!("{event}#[contract]\npub struct"));
    developer.edit("hello/src/lib.rs", "&mut self, n: u64", "&mut self, ctx: &mut Context, n: u64");
    developer.edit(
        "hello/src/lib.rs",
        "self.total.set(&total);",
        "self.total.set(&total);\n        ctx.emit(&Added { n });",
    );
    let loud = module(&developer.run(&["contract", "build", "hello"]));
    developer.run(&["contract", "deploy", loud.to_str().unwrap(), "--name", "org0/loud"]);

    let call = |developer: &mut Developer, n: u64| {
        let arguments = json!({ "n": n }).to_string();
        developer.run(&["contract", "call", "org0/loud", "add", &arguments]);
    };
    call(developer, 1);
    let followed = Followed::start(developer.command(&["contract", "logs", "org0/loud", "--follow", "--from", "1"]));
    assert_eq!(followed.next(), 1, "what was before");
    call(developer, 2);
    assert_eq!(followed.next(), 2, "what comes");

    cluster.kill(0).unwrap();
    let (away, key) = developer.network.replace((cluster.url(1), cluster.key("org0/admin"))).unwrap();
    call(developer, 3);
    cluster.spawn(0).unwrap();
    cluster.ready(0).await.unwrap();
    developer.network = Some((away, key));
    call(developer, 4);
    assert_eq!([followed.next(), followed.next()], [3, 4], "what came meanwhile, once, and then what came");
    let more = followed.lines.try_recv();
    assert!(more.is_err(), "{more:?}");
}

/// Other code over the old state: refused under the same layout, tried out, and then in force with what `migrate` wrote.
fn code_is_replaced(developer: &mut Developer) {
    let total = developer.run(&["contract", "view", "org0/hello", "total"])["data"]["value"].clone();
    let migrate =
        "    #[migrate]\n    pub fn migrate(&mut self, most: u64) {\n        self.most.set(&most);\n    }\n\n";
    let most = "    /// The most.\n    #[view]\n    pub fn most(&self) -> u64 {\n        self.most.get_or_default()\n    }\n\n";
    developer.edit("hello/src/lib.rs", "    total: Item<u64>,", "    total: Item<u64>,\n    most: Item<u64>,");
    developer.edit("hello/src/lib.rs", "    /// Adds `n`", &format!("{migrate}{most}    /// Adds `n`"));
    let built = module(&developer.run(&["contract", "build", "hello"]));
    let upgrade = ["contract", "upgrade", "org0/hello", built.to_str().unwrap(), "--args", r#"{"most": 100}"#];
    let refused = developer.ends(&upgrade);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    let check = ["contract", "check", built.to_str().unwrap(), "--name", "org0/hello", "--upgrade"];
    let checked = developer.ends(&check);
    assert_eq!(checked.code, Some(1), "{}", checked.err);
    assert!(checked.err.contains("layout = 2"), "it says what to do: {}", checked.err);

    developer.edit("hello/src/lib.rs", "#[contract]\npub struct", "#[contract(layout = 2)]\npub struct");
    developer.run(&["contract", "build", "hello"]);
    assert_eq!(developer.run(&check)["refusals"], json!([]));
    let tried = developer.run(&[&upgrade[..], &["--dry-run"]].concat());
    assert_eq!(tried["trial"]["outcome"]["kind"], json!("succeeded"), "{tried}");
    assert_eq!(developer.run(&["contract", "revisions", "org0/hello"])["revisions"].as_array().unwrap().len(), 1);
    developer.run(&upgrade);
    let revisions = developer.run(&["contract", "revisions", "org0/hello"]);
    assert_eq!(revisions["revisions"].as_array().unwrap().len(), 2, "{revisions}");
    let view = |developer: &mut Developer, name| {
        developer.run(&["contract", "view", "org0/hello", name])["data"]["value"].clone()
    };
    assert_eq!((view(developer, "most"), view(developer, "total")), (json!(100), total));
}

/// A frozen contract answers views and refuses calls, until it is thawed.
fn a_contract_is_stopped(developer: &mut Developer) {
    let add = ["contract", "call", "org0/hello", "add", r#"{"n": 1}"#];
    let frozen = developer.run(&["contract", "freeze", "org0/hello"]);
    assert_eq!(frozen["frozenBy"], json!(["owner"]), "{frozen}");
    let refused = developer.ends(&add);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(refused.err.contains("frozen"), "{}", refused.err);
    developer.run(&["contract", "view", "org0/hello", "total"]);
    let thawed = developer.run(&["contract", "thaw", "org0/hello"]);
    assert_eq!(thawed["frozenBy"], json!([]), "{thawed}");
    developer.run(&add);
}
