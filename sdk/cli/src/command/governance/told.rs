//! Proposals and rules for people.

use crate::output::{facts, moment, or_dash, table};
use countersign_api::method::gov::{Proposal, ProposalState, RulesInForce, Simulation};
use countersign_types::governance::{Electorate, Threshold};

pub fn proposals(proposals: &[Proposal]) -> String {
    let rows = proposals.iter().map(|proposal| {
        let yes = proposal.votes.iter().filter(|vote| vote.approve).count();
        let no = proposal.votes.len().saturating_sub(yes);
        vec![
            proposal.number.0.to_string(),
            word(proposal.state).to_owned(),
            proposal.about.clone(),
            proposal.proposer.to_string(),
            format!("{yes} : {no}"),
            moment(proposal.expires.0),
        ]
    });
    table(&["proposal", "state", "about", "proposed by", "for : against", "open until"], rows)
}

pub fn proposal(proposal: &Proposal) -> String {
    let about = facts([
        ("proposal", proposal.number.0.to_string()),
        ("about", proposal.about.clone()),
        ("reason", or_dash(Some(&proposal.reason))),
        ("state", word(proposal.state).to_owned()),
        ("proposed by", format!("{} in block {}", proposal.proposer, proposal.height)),
        ("open until", moment(proposal.expires.0)),
        ("decided in block", proposal.decided_at.map_or("–".to_owned(), |height| height.to_string())),
        ("measure", serde_json::to_string(&proposal.measure).unwrap_or_default()),
    ]);
    let rows = proposal.votes.iter().map(|vote| {
        let side = if vote.approve { "for it" } else { "against it" };
        vec![vote.organisation.clone(), side.to_owned(), vote.by.to_string(), vote.height.to_string()]
    });
    format!("{about}\n{}", table(&["organisation", "votes", "by", "in block"], rows))
}

/// What a measure would do, in a sentence.
pub fn effect(judged: &Simulation) -> String {
    let (before, after) = (&judged.before, &judged.after);
    let votes = format!(
        "{}: {} of {} votes are needed, {} for it so far.",
        judged.about,
        judged.needed,
        judged.electorate.len(),
        judged.approve.len()
    );
    if before.validators == after.validators && before.reachable == after.reachable {
        return votes;
    }
    format!(
        "{votes} {} validators become {}, of which {} may be faulty; {} must be up for blocks to be final, and {} are reachable.",
        before.validators, after.validators, after.faulty_max, after.quorum, after.reachable
    )
}

pub fn simulation(judged: &Simulation) -> String {
    let row = |name: &str, before: u64, after: u64| vec![name.to_owned(), before.to_string(), after.to_string()];
    let (before, after) = (&judged.before, &judged.after);
    let rows = [
        row("validators", before.validators.into(), after.validators.into()),
        row("may be faulty", before.faulty_max.into(), after.faulty_max.into()),
        row("quorum", before.quorum.into(), after.quorum.into()),
        row("reachable", before.reachable.into(), after.reachable.into()),
        row("members that may act", before.members.into(), after.members.into()),
    ];
    let possible = judged.refused.as_ref().map_or("yes".to_owned(), |refused| format!("no: {refused}"));
    let about = facts([
        ("about", judged.about.clone()),
        ("possible", possible),
        ("votes", format!("{} of {} needed", judged.needed, judged.electorate.len())),
        ("for it", or_dash(Some(&judged.approve.join(", ")))),
        ("against it", or_dash(Some(&judged.reject.join(", ")))),
        ("halts the network", if judged.halts { "yes" } else { "no" }.to_owned()),
        ("warnings", or_dash(Some(&judged.warnings.join("; ")))),
    ]);
    format!("{about}\n{}", table(&["", "now", "then"], rows))
}

pub fn rules(in_force: &RulesInForce) -> String {
    let rules = &in_force.rules;
    let row = |name: &str, threshold: Threshold| {
        let who = match threshold.of {
            Electorate::Validators => "organisations that run validators",
            Electorate::Members => "all members",
        };
        vec![name.to_owned(), format!("more than {}", String::from(threshold.more_than)), who.to_owned()]
    };
    let rows = [
        row("members", rules.members),
        row("validators", rules.validators),
        row("deployment", rules.deployment),
        row("contracts", rules.contracts),
        row("rules", rules.rules),
    ];
    let about = facts([
        ("version", in_force.version.0.to_string()),
        ("proposals are open for at most", format!("{} s", rules.window_ms / 1_000)),
    ]);
    format!("{about}\n{}", table(&["decisions about", "take", "of"], rows))
}

fn word(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Open => "open",
        ProposalState::Adopted => "adopted",
        ProposalState::Rejected => "rejected",
        ProposalState::Expired => "expired",
    }
}
