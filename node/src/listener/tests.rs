//! Slow, idle, greedy and oversize clients on loopback, with short timers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Instant;

use axum::{
    Extension,
    extract::WebSocketUpgrade,
    routing::{any, get, post},
};
use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

struct Server {
    address: SocketAddr,
    counters: Arc<ListenerCounters>,
    gate: SocketGate,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

fn quick() -> ListenerConfig {
    ListenerConfig {
        body_bytes_max: 1_000,
        header_timeout: Duration::from_millis(300),
        body_timeout: Duration::from_millis(400),
        request_timeout: Duration::from_millis(500),
        idle_timeout: Duration::from_millis(600),
        write_timeout: Duration::from_millis(500),
        drain_timeout: Duration::from_millis(1_000),
        ..ListenerConfig::new(([127, 0, 0, 1], 0).into())
    }
}

fn quick_sockets() -> SocketConfig {
    SocketConfig {
        clients_max: 2,
        message_bytes_max: 1_000,
        queue_messages_max: 8,
        ping_interval: Duration::from_millis(50),
        silence_max: Duration::from_millis(300),
        write_timeout: Duration::from_millis(300),
    }
}

async fn serve(config: ListenerConfig) -> Server {
    let gate = SocketGate::new(quick_sockets());
    let echo = |gate: SocketGate| {
        any(move |upgrade: WebSocketUpgrade| {
            let gate = gate.clone();
            async move {
                gate.accept(upgrade, |mut socket| async move {
                    while let Some(text) = socket.recv().await {
                        let copies = if text == "flood" { usize::MAX } else { 1 };
                        for _ in 0..copies {
                            if socket.send(text.clone()).is_err() {
                                return;
                            }
                        }
                    }
                })
            }
        })
    };
    let router = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/echo", post(|body: String| async { body }))
        .route("/who", get(|Extension(client): Extension<ClientAddress>| async move { client.0.ip().to_string() }))
        .route("/never", get(std::future::pending::<()>))
        .route("/slow", get(|| async { sleep(Duration::from_millis(300)).await }))
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/ws", echo(gate.clone()));
    let listener = Listener::bind(config).await.unwrap();
    let (address, counters) = (listener.address().unwrap(), listener.counters());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(listener.serve(router, async {
        let _ = stopped.await;
    }));
    Server { address, counters, gate, stop, task }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends the bytes and reads until the server closes.
    async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }

    async fn hello(&self) -> String {
        self.exchange("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is a close as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// How long the server takes to close the connection.
async fn time_to_close(stream: &mut TcpStream) -> (String, Duration) {
    let begin = Instant::now();
    let answer = read_all(stream).await;
    (answer, begin.elapsed())
}

fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "expected {status}: {answer:?}");
}

#[tokio::test]
async fn an_honest_request_is_answered_and_the_client_known() {
    let server = serve(quick()).await;
    let answer = server.hello().await;
    assert_status(&answer, 200);
    assert!(answer.ends_with("hello"));
    let answer = server.exchange("GET /who HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("127.0.0.1"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    assert_eq!(server.counters.total(ListenerEvent::Request), 2);
}

#[tokio::test]
async fn headers_that_trickle_are_cut_off() {
    let server = serve(quick()).await;
    let mut stream = server.connect().await;
    let begin = Instant::now();
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        for byte in
            b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".iter().cycle()
        {
            if writer.write_all(&[*byte]).await.is_err() {
                std::future::pending::<()>().await;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        () = trickle => {}
        closed = timeout(PATIENCE, reader.read_to_end(&mut rest)) => { let _ = closed.expect("closed in time"); }
    }
    assert!(begin.elapsed() >= Duration::from_millis(250), "{:?}", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_millis(1_500), "{:?}", begin.elapsed());
    assert_eq!(server.counters.total(ListenerEvent::Request), 0);
}

#[tokio::test]
async fn a_silent_connection_is_cut_off() {
    let server = serve(quick()).await;
    let (answer, time) = time_to_close(&mut server.connect().await).await;
    assert_eq!(answer, "");
    assert!(time >= Duration::from_millis(250) && time < Duration::from_millis(1_500), "{time:?}");
    assert_eq!(server.counters.total(ListenerEvent::TimedOut), 1);
}

#[tokio::test]
async fn a_slow_body_is_answered_408() {
    let server = serve(quick()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    let (answer, time) = time_to_close(&mut stream).await;
    assert_status(&answer, 408);
    assert!(time >= Duration::from_millis(350) && time < Duration::from_millis(1_500), "{time:?}");
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_a_while_and_then_closed() {
    let server = serve(quick()).await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = [0; 1_024];
        let read = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
        assert_status(std::str::from_utf8(&answer[..read]).unwrap(), 200);
        // Longer than a header may take: hyper's own timer would have closed it.
        sleep(Duration::from_millis(400)).await;
    }
    let (answer, time) = time_to_close(&mut stream).await;
    assert_eq!(answer, "");
    assert!(time < Duration::from_millis(1_000), "{time:?}");
}

#[tokio::test]
async fn a_handler_that_hangs_is_answered_503() {
    let server = serve(quick()).await;
    assert_status(&server.exchange("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n").await, 503);
    assert_eq!(server.counters.total(ListenerEvent::Overdue), 1);
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_cut_off() {
    let server = serve(quick()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(1_500)).await;
    let answer = read_all(&mut stream).await;
    assert!(answer.len() < 64 << 20, "the whole answer was kept for a client that did not read");
    assert_eq!(server.counters.total(ListenerEvent::TimedOut), 1);
}

#[tokio::test]
async fn oversize_bodies_are_answered_413() {
    let server = serve(quick()).await;
    let fits = format!(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n{}",
        "x".repeat(1_000)
    );
    assert_status(&server.exchange(&fits).await, 200);
    let announced = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n";
    assert_status(&server.exchange(announced).await, 413);
    let chunk = format!("{:x}\r\n{}\r\n", 600, "x".repeat(600));
    let chunked =
        format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    assert_status(&server.exchange(&chunked).await, 413);
    // An upgrade that is none does not get a body past the limit.
    for upgrade in ["foo", "websocket"] {
        let request = format!(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: {upgrade}\r\nConnection: upgrade\r\nContent-Length: 1001\r\n\r\n"
        );
        assert_status(&server.exchange(&request).await, 413);
    }
    assert_eq!(server.counters.total(ListenerEvent::TooLarge), 4);
}

#[tokio::test]
async fn all_bodies_together_are_bounded() {
    let server = serve(ListenerConfig { bodies_bytes_max: 1_000, ..quick() }).await;
    let mut slow = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n";
    slow.write_all(format!("{head}{}", "x".repeat(800)).as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_status(&server.exchange(&format!("{head}{}", "x".repeat(900))).await, 503);
    assert_status(&read_all(&mut slow).await, 408);
    assert_status(
        &server
            .exchange(&format!("{}{}", head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), "x".repeat(900)))
            .await,
        200,
    );
}

#[tokio::test]
async fn oversize_headers_are_refused() {
    let server = serve(quick()).await;
    let request = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: {}\r\n\r\n", "a".repeat(20_000));
    assert_status(&server.exchange(&request).await, 431);
    let request = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-A: a\r\n".repeat(80));
    assert_status(&server.exchange(&request).await, 431);
}

#[tokio::test]
async fn foreign_hosts_are_refused() {
    let server = serve(ListenerConfig { hosts: vec!["validator-0".into()], ..quick() }).await;
    let ask = |host: &str| format!("GET /hello HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    for host in ["Host: LOCALHOST:99\r\n", "Host: 10.1.2.3\r\n", "Host: [fe80::1]:1\r\n", "Host: Validator-0:8645\r\n"]
    {
        assert_status(&server.exchange(&ask(host)).await, 200);
    }
    for host in ["Host: evil.example\r\n", "Host: localhost.evil.example\r\n"] {
        assert_status(&server.exchange(&ask(host)).await, 403);
    }
    assert_status(&server.exchange(&ask("")).await, 400);
    assert_status(&server.exchange("GET http://evil.example/hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_sockets_and_two_hundred_slow_bodies_block_nobody() {
    // The shipped limits, all from one address; long timers, so that nothing but eviction helps.
    let server =
        serve(ListenerConfig { request_timeout: PATIENCE, ..ListenerConfig::new(([127, 0, 0, 1], 0).into()) }).await;
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = server.connect().await;
        stream.write_all(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nslow").await.unwrap();
        held.push(stream);
    }
    for _ in 0..1_000 {
        held.push(server.connect().await);
    }
    for _ in 0..50 {
        let begin = Instant::now();
        assert_status(&server.hello().await, 200);
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }
    assert!(server.counters.total(ListenerEvent::Evicted) >= 900);
    assert_eq!(server.counters.total(ListenerEvent::Refused), 0);
}

#[tokio::test]
async fn stopping_finishes_what_was_begun() {
    let server = serve(quick()).await;
    let mut open = server.connect().await;
    let mut idle = server.connect().await;
    open.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    idle.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    assert_status(&read_all(&mut open).await, 200);
    assert_status(&read_all(&mut idle).await, 200);
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

type Client = tokio_tungstenite::WebSocketStream<TcpStream>;

async fn open_socket(server: &Server) -> Result<Client, tokio_tungstenite::tungstenite::Error> {
    let stream = server.connect().await;
    let request = format!("ws://{}/ws", server.address).into_client_request().unwrap();
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}

async fn next_text(client: &mut Client) -> String {
    loop {
        match timeout(PATIENCE, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return text.as_str().to_owned(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn sockets_echo_outlive_the_idle_timer_and_are_limited() {
    let server = serve(quick()).await;
    let mut first = open_socket(&server).await.unwrap();
    let mut second = open_socket(&server).await.unwrap();
    assert!(open_socket(&server).await.is_err(), "a third client was let in");
    // Reading answers the pings.
    let quiet = timeout(Duration::from_millis(1_000), async { while first.next().await.is_some() {} });
    let quiet_too = timeout(Duration::from_millis(1_000), async { while second.next().await.is_some() {} });
    let (first_closed, second_closed) = tokio::join!(quiet, quiet_too);
    assert!(first_closed.is_err() && second_closed.is_err(), "a client that answers pings was closed");
    first.send(Message::text("hello")).await.unwrap();
    assert_eq!(next_text(&mut first).await, "hello");
    drop(first);
    drop(second);
    let begin = Instant::now();
    while server.gate.clients() > 0 {
        assert!(begin.elapsed() < PATIENCE, "the places were never given back");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn silent_greedy_and_oversize_socket_clients_are_closed() {
    let server = serve(quick()).await;
    // Never reads, so never answers a ping.
    let silent = open_socket(&server).await.unwrap();
    // Asks for more than it takes.
    let mut greedy = open_socket(&server).await.unwrap();
    greedy.send(Message::text("flood")).await.unwrap();
    let begin = Instant::now();
    while server.gate.clients() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(3), "still {} clients", server.gate.clients());
        sleep(Duration::from_millis(10)).await;
    }
    drop(silent);
    let mut oversize = open_socket(&server).await.unwrap();
    oversize.send(Message::text("x".repeat(1_001))).await.unwrap();
    let closed = timeout(PATIENCE, async { while let Some(Ok(_)) = oversize.next().await {} });
    closed.await.expect("closed in time");
}

#[tokio::test]
async fn a_socket_from_another_site_is_refused() {
    let server = serve(quick()).await;
    let ask = |origin: &str| {
        format!(
            "GET /ws HTTP/1.1\r\nHost: localhost:1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {origin}\r\n\r\n"
        )
    };
    assert_status(&server.exchange(&ask("http://evil.example")).await, 403);
    assert_status(&server.exchange(&ask("null")).await, 403);
    assert_status(&server.exchange(&ask("http://localhost:1")).await, 101);
}
