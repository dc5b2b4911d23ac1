//! A file that holds, on the page.

use crate::limits::AHEAD_MS_MAX;
use crate::link::Link;
use crate::shown::{facts_of, tables_of, title_of};
use crate::view::{Fact, LinkState, Verdict, View};
use countersign_epcis::time::utc;
use countersign_types::TimestampMs;
use countersign_verify::{NotShown, Report};

/// What the page says of a file that holds.
pub(crate) fn verified(report: &Report, now: TimestampMs, stale_s: u64) -> View {
    let finding = report.verified.data();
    let mut facts = facts_of(finding);
    facts.extend(of_basis(report));
    View {
        verdict: Verdict::Verified,
        title: title_of(finding),
        warnings: warnings(report, now, stale_s),
        facts,
        tables: tables_of(finding),
        links: Link::ALL.into_iter().map(LinkState::holding).collect(),
        rests_on: report.rests_on.clone(),
        not_shown: report.not_shown.iter().map(ToString::to_string).collect(),
    }
}

/// As of which block and when, and on whose word.
fn of_basis(report: &Report) -> Vec<Fact> {
    let basis = &report.basis;
    let (shown, certified) = (&basis.shown_at, &basis.certified);
    let age = report.age_seconds.map_or_else(String::new, |age_s| format!(", {} ago", duration(age_s)));
    let lasting = report.verified.data().is_lasting();
    let name = if lasting { "in block" } else { "as of block" };
    let mut facts = Vec::new();
    match report.as_of {
        Some(height) => {
            facts.push(fact("as of block", format!("{height}, which is in the past of what shows it")));
            facts.push(fact("shown by block", format!("{} of {}{age}", shown.height, moment(shown.time))));
        }
        None if lasting => facts.push(fact(name, format!("{} of {}", shown.height, moment(shown.time)))),
        None => facts.push(fact(name, format!("{} of {}{age}", shown.height, moment(shown.time)))),
    }
    if certified != shown {
        let age = if lasting { age } else { String::new() };
        facts.push(fact("signed block", format!("{} of {}{age}", certified.height, moment(certified.time))));
    }
    facts.push(fact(
        "signatures",
        format!("{} of {} validators, {} needed", basis.signatures, basis.validators, basis.quorum),
    ));
    facts.push(fact("network", basis.network.clone()));
    facts.push(fact("chain", basis.chain.to_string()));
    facts.push(fact("block hash", shown.block.to_string()));
    facts
}

fn warnings(report: &Report, now: TimestampMs, stale_s: u64) -> Vec<String> {
    let finding = report.verified.data();
    let mut warnings = Vec::new();
    let age_s = report.age_seconds.unwrap_or_default();
    if !finding.is_lasting() && report.as_of.is_none() && age_s > stale_s {
        warnings.push(format!(
            "STALE: it tells how things stood {} ago. What happened since is not in it; ask for a newer proof.",
            duration(age_s)
        ));
    }
    if let Some(height) = report.as_of {
        warnings.push(format!(
            "It tells how things stood at block {height}, because that is what was asked. It says nothing of today."
        ));
    }
    let ahead_ms = report.basis.certified.time.0.saturating_sub(now.0);
    if ahead_ms > AHEAD_MS_MAX {
        warnings.push(format!(
            "The signed block is {} ahead of this computer's clock. If the clock is wrong, so is the age.",
            duration(ahead_ms / 1_000)
        ));
    }
    if report.not_shown.contains(&NotShown::Truncated) {
        warnings.push("The answer is longer than one answer may be: this is a part of it.".to_owned());
    }
    if report.not_shown.contains(&NotShown::OtherParts) {
        warnings.push("This is a part of the answer: what comes before or after it is not in this file.".to_owned());
    }
    if report.not_shown.contains(&NotShown::Deeper) {
        warnings.push("The answer goes only as many links far as were asked for: more may lie beyond.".to_owned());
    }
    warnings
}

/// Milliseconds since 1970 as date and time in UTC.
pub(crate) fn moment(time: TimestampMs) -> String {
    utc(i64::try_from(time.0).unwrap_or(i64::MAX))
}

/// Seconds in the two largest units.
fn duration(seconds: u64) -> String {
    let unit = |count: u64, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    let two = |first: String, (count, name): (u64, &str)| match count {
        0 => first,
        count => format!("{first} {}", unit(count, name)),
    };
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => unit(seconds, "second"),
        (0, 0, minutes) => unit(minutes, "minute"),
        (0, hours, minutes) => two(unit(hours, "hour"), (minutes % 60, "minute")),
        (days, hours, _) => two(unit(days, "day"), (hours % 24, "hour")),
    }
}

fn fact(name: &'static str, value: String) -> Fact {
    Fact { name, value }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_two_units() {
        let seconds = [0, 1, 59, 60, 3_599, 3_600, 7_260, 86_400, 90_000, 864_000];
        let said = [
            "0 seconds",
            "1 second",
            "59 seconds",
            "1 minute",
            "59 minutes",
            "1 hour",
            "2 hours 1 minute",
            "1 day",
            "1 day 1 hour",
            "10 days",
        ];
        assert_eq!(seconds.map(duration), said);
    }
}
