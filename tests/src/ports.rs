//! Finding ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Below what systems give to outgoing connections, which would otherwise take the port of a server that restarts.
const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;

/// Where the next search of this process begins, so that two of its networks do not find the same row.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The first of `count` neighbouring free ports. Another process may take them before they are
/// used; whoever starts servers on them tries again.
///
/// # Errors
/// If no such row is found.
pub fn free_row(count: u16) -> std::io::Result<u16> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
    let begin = clock.wrapping_mul(7_919).wrapping_add(std::process::id());
    for _ in 0..256 {
        let step = NEXT.fetch_add(u32::from(count), Ordering::Relaxed);
        let first = FIRST + begin.wrapping_add(step) % COUNT;
        let Ok(first) = u16::try_from(first) else { continue };
        let Some(last) = first.checked_add(count) else { continue };
        let row: Result<Vec<_>, _> = (first..last).map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).collect();
        if row.is_ok() {
            return Ok(first);
        }
    }
    Err(std::io::Error::other("no row of free ports"))
}
