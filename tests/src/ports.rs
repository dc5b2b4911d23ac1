//! Finding ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

/// The first of `count` neighbouring free ports. Another process may take them before they are
/// used; whoever starts servers on them tries again.
///
/// # Errors
/// If no such row is found.
pub fn free_row(count: u16) -> std::io::Result<u16> {
    for _ in 0..64 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let Some(last) = first.checked_add(count) else { continue };
        let row: Result<Vec<_>, _> = (first..last).map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).collect();
        if row.is_ok() {
            return Ok(first);
        }
    }
    Err(std::io::Error::other("no row of free ports"))
}
