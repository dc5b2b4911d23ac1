//! `countersign custody`: what is handed over, and what receivers say of it.

use super::at;
use clap::{Args, Subcommand, ValueEnum};
use countersign_api::At;
use countersign_api::method::epcis::HandoverState;
use std::num::NonZeroU32;

#[derive(Debug, Subcommand)]
pub enum Custody {
    /// List what waits for your organisation to accept or refuse it.
    Pending(Listed),
    /// List what was handed over to an organisation, or by it.
    List {
        #[command(flatten)]
        listed: Listed,
        /// What it gave, instead of what it received.
        #[arg(long)]
        given: bool,
        /// Only what stands like this.
        #[arg(long, value_enum)]
        state: Option<StateName>,
    },
    /// Accept what events hand over to your organisation: it has, or owns, the things from the time of each event on.
    Accept {
        /// Numbers of the events' records, as `pending` lists them.
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<u64>,
    },
    /// Refuse what an event hands over to your organisation: who had the things has them still.
    Refuse {
        /// Number of the event's record.
        record: u64,
        /// Why; the giver reads it.
        #[arg(long)]
        reason: String,
    },
    /// Let an organisation act for a party in events from now on. For admins of the organisation that deployed the contract.
    Entrust {
        /// The party, in any spelling: PGLN, SGLN, or another URI that events name.
        party: String,
        /// The organisation.
        #[arg(required_unless_present = "nobody")]
        organisation: Option<String>,
        /// No organisation any more.
        #[arg(long, conflicts_with = "organisation")]
        nobody: bool,
    },
    /// Show how your organisation receives, or, for its admins, set it for events from now on.
    Policy {
        /// From this organisation [default: from all that nothing is set for]
        #[arg(long, value_name = "ORGANISATION")]
        from: Option<String>,
        /// Hand-overs take effect by the giver's word alone.
        #[arg(long, conflicts_with = "within")]
        one_sided: bool,
        /// Hand-overs take effect once they are accepted within this time: 30m, 12h, 7d.
        #[arg(long, value_name = "TIME", value_parser = window)]
        within: Option<u64>,
    },
}

/// What is listed.
#[derive(Debug, Args)]
pub struct Listed {
    /// The organisation [default: that of --key]
    #[arg(long, value_name = "ORGANISATION")]
    pub organisation: Option<String>,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
    /// Most hand-overs to list.
    #[arg(long, default_value = "1000")]
    pub limit: NonZeroU32,
    /// Go on where an earlier answer ended, with the same settings.
    #[arg(long)]
    pub cursor: Option<String>,
}

/// How a hand-over stands.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum StateName {
    /// It waits for the receiver.
    Pending,
    /// The receiver accepted it.
    Accepted,
    /// The receiver refused it.
    Refused,
    /// The receiver said nothing in time.
    Expired,
    /// It took effect by the giver's word alone.
    OneSided,
    /// Its event was declared to be in error.
    Void,
}

impl From<StateName> for HandoverState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Pending => Self::Pending,
            StateName::Accepted => Self::Accepted,
            StateName::Refused => Self::Refused,
            StateName::Expired => Self::Expired,
            StateName::OneSided => Self::OneSided,
            StateName::Void => Self::Void,
        }
    }
}

/// A number and `s`, `m`, `h` or `d`, in milliseconds.
fn window(text: &str) -> Result<u64, String> {
    let wrong = || "must be a number and s, m, h or d, such as 12h".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let factor: u64 = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return Err(wrong()),
    };
    let number: u64 = text.strip_suffix(unit).unwrap_or_default().parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn windows_have_a_number_and_a_unit() {
        let table =
            [("1s", Some(1_000)), ("30m", Some(1_800_000)), ("12h", Some(43_200_000)), ("7d", Some(604_800_000))];
        for (text, expected) in table {
            assert_eq!(window(text).ok(), expected, "{text}");
        }
        for text in ["", "h", "12", "-1h", "1.5h", "1w", "1é", "99999999999999999999d", "9999999999999999d"] {
            assert!(window(text).is_err(), "{text}");
        }
    }
}
