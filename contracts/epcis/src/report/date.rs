//! The date and the time of an event where it happened.

use alloc::format;
use alloc::string::String;

use crate::event::Event;
use crate::time::utc;

/// `YYYY-MM-DD` and `hh:mm:ss±hh:mm`, by the clock in force where the event happened.
pub(super) fn local(event: &Event) -> (String, String) {
    let local = utc(event.time.ms().saturating_add(i64::from(event.offset.minutes()) * 60_000));
    match local.split_once('T') {
        Some((date, time)) => (date.into(), format!("{}{}", time.get(..8).unwrap_or(time), event.offset)),
        None => (local, String::new()),
    }
}
