//! Where a peer can be reached: `host:port`, resolved anew at each dial, so that a container which
//! came back under another address is found. libp2p's DNS transport is not compiled in.

use std::{fmt, net::SocketAddr, str::FromStr};

use libp2p::{Multiaddr, multiaddr::Protocol};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::{net::lookup_host, time::timeout};

use crate::limits::{PEER_ADDRESSES_MAX, RESOLVE_TIMEOUT};

/// A host name or IP address with a TCP port. Parses `host:port`, `1.2.3.4:port`, `[::1]:port`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerAddress {
    host: String,
    port: u16,
}

impl PeerAddress {
    /// The IP addresses the name stands for now; empty if it cannot be resolved in time.
    pub(super) async fn resolve(&self) -> Vec<SocketAddr> {
        match timeout(RESOLVE_TIMEOUT, lookup_host((self.host.as_str(), self.port))).await {
            Ok(Ok(found)) => found.take(PEER_ADDRESSES_MAX).collect(),
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }
}

impl From<SocketAddr> for PeerAddress {
    fn from(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), port: address.port() }
    }
}

impl FromStr for PeerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let bad = |cause| AddressError { text: text.to_owned(), cause };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| bad("no port"))?;
        let port = port.parse::<u16>().map_err(|_| bad("the port is not a number up to 65535"))?;
        if port == 0 {
            return Err(bad("port 0 cannot be dialled"));
        }
        let host = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            Some(inner) => {
                inner.parse::<std::net::Ipv6Addr>().map_err(|_| bad("not an IPv6 address"))?;
                inner
            }
            None => host,
        };
        let is_ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let is_name = !host.is_empty()
            && host.len() <= 253
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        if !is_ipv6 && !is_name {
            return Err(bad("the host is neither a name nor an IP address"));
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Serialize for PeerAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeerAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An address that is not `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("address `{text}`: {cause}; write host:port")]
pub struct AddressError {
    text: String,
    cause: &'static str,
}

/// `/ip4/…/tcp/…` or `/ip6/…/tcp/…`.
pub(super) fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::empty().with(Protocol::from(address.ip())).with(Protocol::Tcp(address.port()))
}

/// The reverse of [`multiaddr`]; nothing for any other shape.
pub(super) fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_parse_and_print() {
        for text in ["validator-0:26600", "127.0.0.1:1", "[::1]:65535", "a.b_c.example:443"] {
            assert_eq!(text.parse::<PeerAddress>().unwrap().to_string(), text);
        }
        for text in ["", "host", "host:", "host:0", "host:65536", ":1", "a b:1", "[zz]:1", "/ip4/1.2.3.4:1"] {
            assert!(text.parse::<PeerAddress>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn multiaddr_round_trip() {
        for text in ["127.0.0.1:26600", "[::1]:9"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(socket_address(&multiaddr(address)), Some(address));
        }
    }
}
