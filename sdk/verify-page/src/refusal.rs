//! A refused file on the page.

use crate::link::Link;
use crate::view::{Fact, LinkState, Mark, Verdict, View};
use countersign_verify::BadFile;

/// What the page says of a refused file: nothing of what stands in it.
pub(crate) fn refused(cause: &BadFile) -> View {
    let broken = Link::of(cause);
    let state = |link: Link| {
        let (mark, says) = match link.cmp(&broken) {
            std::cmp::Ordering::Less => (Mark::Holds, link.claim()),
            std::cmp::Ordering::Equal => (Mark::Fails, link.broken()),
            std::cmp::Ordering::Greater => (Mark::Open, "Not checked, since a link before it fails."),
        };
        LinkState { name: link.name(), mark, says }
    };
    View {
        verdict: Verdict::Refused,
        title: format!("{}: {}", broken.name(), broken.broken()),
        warnings: Vec::new(),
        facts: vec![Fact { name: "in detail", value: cause.to_string() }],
        tables: Vec::new(),
        links: Link::ALL.into_iter().map(state).collect(),
        rests_on: Vec::new(),
        not_shown: vec!["Anything: do not rely on what stands in this file.".to_owned()],
    }
}
