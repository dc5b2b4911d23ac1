//! `countersignd health`: asks the running node of this configuration whether it is ready, for the
//! health checks of container engines and service managers.

use crate::config::{Config, ConfigFlags};
use anyhow::{Context as _, bail};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

pub(super) fn run(flags: &ConfigFlags) -> anyhow::Result<()> {
    let address = reachable(Config::load(flags)?.rpc.listener.address);
    println!("{}", ask(address)?);
    Ok(())
}

const TIMEOUT: Duration = Duration::from_secs(3);
/// A status line, a few headers and one sentence.
const ANSWER_BYTES_MAX: u64 = 4_096;

/// Where a node that listens at `address` is reached from this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// What `GET /readyz` says, if the node is ready.
fn ask(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream =
        TcpStream::connect_timeout(&address, TIMEOUT).with_context(|| format!("no node answers at {address}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    let (head, said) = answer.split_once("\r\n\r\n").with_context(|| format!("{address} does not speak HTTP"))?;
    match head.split_whitespace().nth(1) {
        Some("200") => Ok(said.trim_end().to_owned()),
        Some("503") => bail!("not ready: {}", said.trim_end()),
        _ => bail!("{address} is no node: {}", head.lines().next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::net::TcpListener;

    /// What is made of one answer.
    fn of(answer: &'static str) -> Result<String, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let node = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1_024];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(request.get(..length).unwrap()).into_owned()
        });
        let said = ask(address).map_err(|error| error.to_string());
        assert!(node.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\n"));
        said
    }

    #[test]
    fn only_a_ready_node_is_healthy() {
        assert_eq!(of("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nready\n"), Ok("ready".to_owned()));
        let refused = of("HTTP/1.1 503 Service Unavailable\r\n\r\ncatching up: at height 3 of 9\n");
        assert_eq!(refused, Err("not ready: catching up: at height 3 of 9".to_owned()));
        assert!(of("HTTP/1.1 404 Not Found\r\n\r\n").unwrap_err().contains("is no node: HTTP/1.1 404"));
        assert!(of("SSH-2.0\r\n").unwrap_err().contains("does not speak HTTP"));
    }

    #[test]
    fn a_node_that_listens_everywhere_is_reached_by_loopback() {
        for (listens, reached) in [
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::]:2", "[::1]:2"),
            ("10.0.0.1:3", "10.0.0.1:3"),
            ("127.0.0.1:4", "127.0.0.1:4"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
