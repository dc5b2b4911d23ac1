//! A network of one validator in a process of its own, and the plainest of clients.

use countersign_types::{Genesis, SecretKey};
use countersignd::keystore::{self, Purpose};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersignd");
const PATIENCE: Duration = Duration::from_secs(30);

/// The validator. Dropping it kills it.
pub struct Node {
    directory: tempfile::TempDir,
    rpc_port: u16,
    network_port: u16,
    child: Option<Child>,
}

impl Node {
    /// Writes a network of one validator, without starting it.
    pub fn create() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (rpc_port, network_port) = (free_port(), free_port());
        let output = Command::new(PROGRAM)
            .args(["testnet", "--validators", "1", "--heartbeat-ms", "200", "--out"])
            .arg(directory.path())
            .args(["--rpc-port", &rpc_port.to_string(), "--network-port", &network_port.to_string()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { directory, rpc_port, network_port, child: None }
    }

    /// Adds a line to a section of its configuration, before it runs.
    pub fn set(&self, section: &str, line: &str) {
        let path = self.home().join("countersign.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(section), "{text}");
        std::fs::write(&path, text.replacen(section, &format!("{section}\n{line}"), 1)).unwrap();
    }

    /// A running validator that is ready.
    pub fn start() -> Self {
        let mut node = Self::create();
        node.run();
        node
    }

    /// Starts the process and waits until it is ready.
    pub fn run(&mut self) {
        let config = self.home().join("countersign.toml");
        let child = Command::new(PROGRAM).args(["start", "--config"]).arg(config).stderr(Stdio::null()).spawn();
        self.child = Some(child.unwrap());
        let started = Instant::now();
        while !self.is_ready() {
            assert!(started.elapsed() < PATIENCE, "the node is not ready");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_ready(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.rpc_port)).is_ok() && self.get("/readyz").0 == 200
    }

    /// Asks it to stop and waits; how it ended and how long it took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let mut child = self.child.take().unwrap();
        let asked = Instant::now();
        // The shell's own: the smallest machines have no program of that name.
        Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().unwrap();
        (child.wait().unwrap(), asked.elapsed())
    }

    /// Kills it.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Runs the program to its end with this node's configuration and more arguments.
    pub fn command(&self, command: &str, arguments: &[&str]) -> Output {
        let config = self.home().join("countersign.toml");
        Command::new(PROGRAM).arg(command).arg("--config").arg(config).args(arguments).output().unwrap()
    }

    /// The validator's directory.
    pub fn home(&self) -> PathBuf {
        self.directory.path().join("v0")
    }

    /// The network's directory.
    pub fn network(&self) -> &Path {
        self.directory.path()
    }

    /// Where it serves JSON-RPC.
    pub fn rpc_address(&self) -> String {
        format!("127.0.0.1:{}", self.rpc_port)
    }

    /// Where it listens for peers.
    pub fn network_address(&self) -> String {
        format!("127.0.0.1:{}", self.network_port)
    }

    /// The genesis.
    pub fn genesis(&self) -> Genesis {
        serde_json::from_slice(&std::fs::read(self.network().join("genesis.json")).unwrap()).unwrap()
    }

    /// The key of a member's account.
    pub fn account_key(&self, name: &str) -> SecretKey {
        let file = self.network().join(format!("accounts/{name}.key"));
        SecretKey::from_seed(keystore::load(&file, Purpose::Account).unwrap().expose())
    }

    /// The status and body of a GET.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.http(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    /// The status and body of a POST.
    pub fn post(&self, body: &str) -> (u16, String) {
        let length = body.len();
        self.http(&format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    fn http(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.rpc_port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// A method's result.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let response = self.respond(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    /// The code of the error that a method answers.
    pub fn error(&self, method: &str, params: Value) -> i64 {
        let response = self.respond(method, params);
        response["error"]["code"].as_i64().unwrap_or_else(|| panic!("{method}: {response}"))
    }

    fn respond(&self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (status, body) = self.post(&request.to_string());
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A WebSocket.
    pub fn socket(&self) -> Socket {
        let (socket, _) = connect(format!("ws://127.0.0.1:{}/ws", self.rpc_port)).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        Socket(socket)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A WebSocket that speaks JSON.
pub struct Socket(WebSocket<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Sends a call.
    pub fn send(&mut self, id: u64, method: &str, params: Value) {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.0.send(Message::text(request.to_string())).unwrap();
    }

    /// The next message.
    pub fn receive(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The height of the next block that a subscription tells.
    pub fn block(&mut self) -> u64 {
        let message = self.receive();
        assert_eq!(message["method"], "chain_block", "{message}");
        message["params"]["height"].as_u64().unwrap()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
