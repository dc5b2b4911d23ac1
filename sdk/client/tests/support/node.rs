//! A node that answers as a test wants: a chain made by hand behind the real interface, over HTTP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code)]

use crate::sample::{Sample, TIP};
use countersign_api::method::proof::{
    GetLogParams, GetStateParams, GetTraceParams, GetValidatorChainParams, LogProofFile, LogRef, ProofFile,
    ProofGetLog, ProofGetState, ProofGetTrace, ProofGetValidatorChain, ValidatorChain,
};
use countersign_api::{At, Code, Registry, RpcError};
use countersign_client::Client;
use countersign_client::verify::Question;
use countersign_types::Height;
use countersign_types::proof::{HistoryPart, Proof, Subject};
use countersign_types::state::Witness;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the node is.
pub struct Node {
    pub chain: Sample,
    /// Its newest certified block.
    pub height: u64,
    /// Most ends of epochs in an answer.
    pub ends_max: usize,
    /// What it does to each chain of validators before it answers.
    pub lie: fn(&mut ValidatorChain),
    /// What it does to each proof before it answers.
    pub forge: fn(&mut Proof),
    /// The block that it shows the state of.
    pub shown: u64,
    /// The item that it traces, whatever is asked.
    pub item: Option<&'static str>,
    /// Whether it gives the first page in the place of later ones.
    pub starts_over: bool,
    /// The record at which it says that logs end.
    pub log_ends: u64,
}

impl Default for Node {
    fn default() -> Self {
        let chain = Sample::default();
        let (lie, forge) = (|_: &mut _| {}, |_: &mut _| {});
        Self { chain, height: TIP, ends_max: 64, lie, forge, shown: TIP, item: None, starts_over: false, log_ends: 3 }
    }
}

/// A node that runs, and can be changed.
pub struct Running {
    pub node: Arc<Mutex<Node>>,
    pub client: Client,
}

impl Node {
    /// Serves it on a port of its own until the test ends.
    pub async fn run(self) -> Running {
        let node = Arc::new(Mutex::new(self));
        let mut registry = Registry::new("A node", "1");
        registry.on::<ProofGetValidatorChain, _, _>(|node: Arc<Mutex<Self>>, params| async move {
            Ok(node.lock().unwrap().validators(params))
        });
        registry.on::<ProofGetState, _, _>(|node, params| async move { node.lock().unwrap().state(&params) });
        registry.on::<ProofGetTrace, _, _>(|node, params| async move { node.lock().unwrap().trace(&params) });
        registry.on::<ProofGetLog, _, _>(|node, params| async move { node.lock().unwrap().log(&params) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (registry, shared) = (Arc::new(registry), Arc::clone(&node));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (registry, shared) = (Arc::clone(&registry), Arc::clone(&shared));
                tokio::spawn(async move { answer(stream, &registry, shared).await });
            }
        });
        Running { node, client }
    }

    fn validators(&self, GetValidatorChainParams { epoch, height: known }: GetValidatorChainParams) -> ValidatorChain {
        let nothing = || Subject::State { entries: vec![], witness: Witness(vec![]) };
        let at = |height: u64| {
            let shown = if (1..height).contains(&known.0) { known.0 } else { height };
            self.chain.proof_under(nothing(), shown, height)
        };
        let mut ends = at(self.height).epochs;
        ends.retain(|end| end.certificate.epoch >= epoch);
        let left = ends.get(self.ends_max).map(|end| end.result.height);
        ends.truncate(self.ends_max);
        let proof = at(left.map_or(self.height, |height| height.0));
        let mut said =
            ValidatorChain { epochs: ends, anchor: proof.anchor, earlier: proof.earlier, more: left.is_some() };
        (self.lie)(&mut said);
        said
    }

    fn state(&self, params: &GetStateParams) -> Result<ProofFile, RpcError> {
        let keys: Vec<Vec<u8>> = params.keys.iter().map(|key| key.to_bytes()).collect();
        let shown = self.shown_at(params.at)?;
        let mut proof = self.chain.state(&keys, shown);
        (self.forge)(&mut proof);
        Ok(ProofFile { proof })
    }

    fn trace(&self, params: &GetTraceParams) -> Result<ProofFile, RpcError> {
        let shown = self.shown_at(params.at)?;
        let item = self.item.unwrap_or(&params.item);
        let part = params.limit.and_then(NonZeroU32::new).map(|limit| HistoryPart { after: params.after, limit });
        let part = part.map(|part| HistoryPart { after: part.after.filter(|_| !self.starts_over), ..part });
        let mut proof = match part {
            Some(_) => self.chain.trace_part(params.query.word(), item, shown, None, part),
            None => {
                let question = Question::read(params.query.word(), item, None, &params.arguments);
                let question = question.map_err(|cause| RpcError::new(Code::InvalidParams, cause))?;
                self.chain.answer(&question, shown, None)
            }
        };
        (self.forge)(&mut proof);
        Ok(ProofFile { proof })
    }

    /// Pages of a record each.
    fn log(&self, params: &GetLogParams) -> Result<LogProofFile, RpcError> {
        let LogRef::Key(key) = &params.log else { return Err(RpcError::new(Code::InvalidParams, "a key")) };
        assert!(params.cursor.is_none() || params.limit == Some(1));
        let start = params.cursor.as_ref().map_or(0, |cursor| cursor.parse().unwrap());
        let start = if self.starts_over { 0 } else { start };
        let proof = self.chain.log(&key.0, start, start + 1, None);
        let next_cursor = (start + 1 < self.log_ends).then(|| (start + 1).to_string());
        Ok(LogProofFile { proof, next_cursor })
    }

    fn shown_at(&self, at: At) -> Result<u64, RpcError> {
        match at {
            At::Final => Ok(self.shown),
            At::Height(Height(height)) if height <= TIP => Ok(height),
            _ => Err(RpcError::new(Code::BlockUnknown, "not here")),
        }
    }
}

/// Answers the requests of one connection.
async fn answer(mut stream: TcpStream, registry: &Registry<Arc<Mutex<Node>>>, node: Arc<Mutex<Node>>) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let (head, length) = loop {
            if let Some(request) = request(&read) {
                break request;
            }
            if stream.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        };
        let body: Vec<u8> = read.drain(..head + length).skip(head).collect();
        let answer = registry.respond(Arc::clone(&node), &body).await?;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(&answer).await.ok()?;
    }
}

/// Bytes of a request's head and of its body, if all of it is here.
fn request(read: &[u8]) -> Option<(usize, usize)> {
    let head = read.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).ok()?.to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    (read.len() >= head + length).then_some((head, length))
}
