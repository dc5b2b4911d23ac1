//! What stands in the way of the next block, in words.

use countersign_api::method::consensus::Status;
use countersign_ledger::Damaged;
use countersign_types::Height;

/// A stall is worth words once so many views in a row came to nothing.
const FAILED_VIEWS: u64 = 3;
/// Or once a due block has not become final for so many milliseconds.
const SLOW_MS: u64 = 10_000;

/// Looks at a status and says what is wrong and what to do, the likeliest cause first.
pub(super) fn advice(status: &Status) -> Vec<String> {
    let mut advice = Vec::new();
    let quorum = usize::from(status.quorum);
    if let Some(height) = status.halted_height {
        advice.push(format!(
            "block {height} stopped this node twice and is not executed: see \"A block that no node survives\" in operate.md"
        ));
    }
    if status.rejoining {
        advice.push(format!(
            "this validator has just started and votes once {} others have told what it said before: start them",
            quorum.saturating_sub(1)
        ));
    } else if status.own.is_some() && !status.voting {
        advice.push(format!(
            "this validator lost its vote journal and stays silent until {} others tell it their views; \
             if they are up, wait; if more than {} have lost theirs, see \"Validators that are lost for good\" in operate.md",
            quorum.saturating_sub(1),
            status.faulty_max
        ));
    }
    let stalled = status.block_due && (status.failed_views >= FAILED_VIEWS || status.since_final_ms >= SLOW_MS);
    if status.active.len() < quorum {
        advice.push(format!(
            "{} of {} validators are heard of, {quorum} are needed: start or reconnect {}",
            status.active.len(),
            status.validators,
            missing(status)
        ));
    } else if stalled && status.window_closed {
        advice.push(format!(
            "blocks wait for the results of heights {} to {} to be signed by {quorum} validators: some execute slowly or \
             stopped; compare `certified` in their `countersign status`",
            status.certified_height.next(),
            status.final_height
        ));
    } else if stalled && !status.proposed {
        advice.push(format!(
            "the leader, validator {}, has proposed nothing in view {}; {}",
            status.leader,
            status.view,
            give_up(status)
        ));
    } else if stalled && status.prepared.len() < quorum {
        advice.push(format!(
            "the proposal of view {} is here, but only {} of {quorum} needed validators prepared it: the others lack \
             its transactions or refuse it, mostly because clocks differ; {}",
            status.view,
            status.prepared.len(),
            give_up(status)
        ));
    }
    if let Some(untimely) = status.counters.get("untimely").filter(|untimely| **untimely > 0 && stalled) {
        advice.push(format!(
            "{untimely} proposals were refused since the start because their time is far from this node's clock: \
             compare the clocks of all validators"
        ));
    }
    if status.counters.get("equivocations").is_some_and(|cases| *cases > 0) {
        advice.push("a validator contradicted itself: see `consensus_evidence` and vote it out".to_owned());
    }
    advice
}

/// What to do if peers no longer keep the block that this node needs next; 0 if they do.
pub(super) fn of_retention(needs: Height, oldest: Height) -> Option<String> {
    (oldest > needs).then(|| {
        format!(
            "this node needs block {needs}, and its peers keep blocks only from {oldest} on: stop it, set `sync.mode = \"snapshot\"`, \
             remove data/ledger and start it again, see \"A node that was away too long\" in operate.md"
        )
    })
}

/// What to do about damage on the disk.
pub(super) fn of_damage(damaged: &Damaged) -> Vec<String> {
    let mut advice = Vec::new();
    if let Some(what) = &damaged.lasting {
        advice.push(format!(
            "the disk has damaged what peers cannot send row by row ({what}): see \"Damage on the disk\" in operate.md"
        ));
    } else if let Some(cause) = &damaged.file {
        advice.push(format!(
            "a file of the database is damaged, and the node stops when it comes to merge it ({cause}): while the others are up, \
             restore a backup or sync anew, see \"Damage on the disk\" in operate.md"
        ));
    }
    if let Some(first) = damaged.heights.first() {
        advice.push(format!(
            "the disk has damaged {} blocks, the first at height {first}: they are not served and are being fetched from \
             peers; check the disk",
            damaged.heights.len()
        ));
    }
    advice
}

fn give_up(status: &Status) -> String {
    match status.next_timeout_ms {
        Some(milliseconds) => format!("this node gives the view up in {milliseconds} ms"),
        None => "this node waits".to_owned(),
    }
}

/// The missing validators, for people.
fn missing(status: &Status) -> String {
    let each = status.missing.iter().map(|one| {
        let connection = if one.connected { "connected" } else { "not connected" };
        let since = match one.silent_ms {
            Some(milliseconds) => format!("silent for {} s", milliseconds / 1000),
            None => "silent since this node started".to_owned(),
        };
        format!("{} (validator {}, {connection}, {since})", one.organisation, one.validator)
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_api::method::consensus::Missing;
    use countersign_types::{Epoch, Hash, View};
    use std::collections::BTreeMap;

    /// Four validators, all well, a block due for a moment.
    fn well() -> Status {
        Status {
            epoch: Epoch::ZERO,
            view: View(9),
            leader: 1,
            validators: 4,
            quorum: 3,
            faulty_max: 1,
            own: Some(0),
            voting: true,
            rejoining: false,
            prepared_height: Height(7),
            final_height: Height(7),
            final_block: Hash::ZERO,
            certified_height: Height(7),
            halted_height: None,
            block_due: true,
            failed_views: 0,
            active: vec![0, 1, 2, 3],
            view_ms: 40,
            since_final_ms: 40,
            proposed: false,
            prepared: Vec::new(),
            giving_up: Vec::new(),
            next_timeout_ms: Some(960),
            missing: Vec::new(),
            window_closed: false,
            advice: Vec::new(),
            counters: BTreeMap::new(),
        }
    }

    #[test]
    fn nothing_is_said_of_a_network_that_is_well() {
        assert_eq!(advice(&well()), Vec::<String>::new());
        // An idle network makes no blocks for long, and nothing is due.
        assert_eq!(advice(&Status { block_due: false, since_final_ms: 60_000, ..well() }), Vec::<String>::new());
    }

    #[test]
    fn damage_is_named_with_what_to_do() {
        assert!(of_damage(&Damaged::default()).is_empty());
        let blocks = Damaged { met: 2, heights: [Height(4), Height(9)].into(), ..Damaged::default() };
        assert!(of_damage(&blocks).concat().contains("2 blocks, the first at height 4"));
        let file = Damaged { file: Some("checksum mismatch in 000071.sst".to_owned()), ..blocks };
        let said = of_damage(&file);
        assert!(said.len() == 2 && said.concat().contains("000071.sst"), "{said:?}");
        let lasting = Damaged { lasting: Some("a page".to_owned()), ..file };
        assert!(of_damage(&lasting).concat().contains("(a page)"));
    }

    #[test]
    fn who_was_away_too_long_is_told_how_to_come_back() {
        assert_eq!(of_retention(Height(7), Height(0)), None);
        let said = of_retention(Height(7), Height(700)).unwrap_or_default();
        assert!(said.contains("needs block 7") && said.contains("from 700 on") && said.contains("snapshot"), "{said}");
    }

    #[test]
    fn each_stall_is_named_with_what_to_do() {
        let gone = |validator: u16, silent_ms| Missing {
            validator,
            organisation: format!("org{validator}"),
            silent_ms,
            connected: false,
        };
        let stalled = || Status { failed_views: 5, since_final_ms: 30_000, ..well() };
        let untimely = BTreeMap::from([("untimely".to_owned(), 4), ("equivocations".to_owned(), 1)]);
        for (status, parts) in [
            (
                Status { active: vec![0, 1], missing: vec![gone(2, Some(65_000)), gone(3, None)], ..stalled() },
                vec![
                    "2 of 4 validators are heard of, 3 are needed",
                    "org2 (validator 2, not connected, silent for 65 s)",
                    "org3 (validator 3, not connected, silent since this node started)",
                ],
            ),
            (stalled(), vec!["the leader, validator 1, has proposed nothing in view 9", "in 960 ms"]),
            (
                Status { proposed: true, prepared: vec![0, 1], ..stalled() },
                vec!["only 2 of 3 needed validators prepared it"],
            ),
            (
                Status { window_closed: true, final_height: Height(15), ..stalled() },
                vec!["results of heights 8 to 15 to be signed by 3 validators"],
            ),
            (Status { halted_height: Some(Height(8)), ..well() }, vec!["block 8 stopped this node twice"]),
            (Status { voting: false, rejoining: true, ..well() }, vec!["just started", "2 others"]),
            (Status { voting: false, ..well() }, vec!["lost its vote journal", "until 2 others", "more than 1"]),
            (
                Status { counters: untimely, ..stalled() },
                vec!["4 proposals were refused", "compare the clocks", "consensus_evidence"],
            ),
        ] {
            let text = advice(&status).join("\n");
            for part in parts {
                assert!(text.contains(part), "{part} is missing in: {text}");
            }
        }
    }
}
