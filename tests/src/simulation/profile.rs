//! What kinds of trouble a campaign's seeds may draw, and how long they last.

use clap::ValueEnum;

/// A kind of campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Everything, from four to sixteen validators
    Ci,
    /// Everything, short and small, for campaigns of many seeds
    Quick,
    /// The network and clocks alone
    Network,
    /// Disks and power alone
    Disk,
    /// As many validators as the protocol bears do wrong, on a bad network
    Byzantine,
    /// The validators change all the time
    Epochs,
    /// Nobody does wrong and no disk breaks its promise
    Honest,
    /// Directories are as they were before, and nothing else goes wrong
    Rollback,
    /// Everything, for a minute
    Long,
}

/// What a profile allows.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// Faults of the network.
    pub network: bool,
    /// Clocks that are off.
    pub clocks: bool,
    /// Crashes and failing disks.
    pub disk: bool,
    /// Of a thousand seeds, so many have disks that forget or garble what was synced.
    pub damage: u64,
    /// Of a thousand of these, so many forget unnoticed.
    pub unnoticed: u64,
    /// Of a thousand seeds, so many have validators that do wrong.
    pub wrong: u64,
    /// Of a thousand seeds, so many change their validators.
    pub changes: u64,
    /// Numbers of validators to choose from.
    pub validators: &'static [u16],
    /// Shortest and longest time under faults.
    pub faulty_ms: (u64, u64),
}

impl Profile {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it allows.
    #[must_use]
    pub const fn allowed(self) -> Allowed {
        const MIXED: &[u16] = &[4, 4, 4, 4, 5, 5, 6, 7, 7, 10, 16];
        let all = Allowed {
            network: true,
            clocks: true,
            disk: true,
            damage: 600,
            unnoticed: 250,
            wrong: 500,
            changes: 350,
            validators: MIXED,
            faulty_ms: (3_000, 8_000),
        };
        match self {
            Self::Ci => all,
            Self::Quick => Allowed { validators: &[4, 4, 4, 5, 6, 7], faulty_ms: (1_000, 3_000), ..all },
            Self::Network => Allowed { disk: false, damage: 0, wrong: 0, changes: 0, ..all },
            Self::Disk => Allowed { network: false, clocks: false, wrong: 0, changes: 150, ..all },
            Self::Byzantine => Allowed { clocks: false, disk: false, damage: 0, wrong: 1_000, ..all },
            Self::Epochs => Allowed { wrong: 250, changes: 1_000, ..all },
            Self::Honest => Allowed { damage: 0, wrong: 0, ..all },
            Self::Rollback => Allowed {
                network: false,
                clocks: false,
                disk: false,
                damage: 1_000,
                unnoticed: 1_000,
                wrong: 0,
                changes: 150,
                ..all
            },
            Self::Long => Allowed { faulty_ms: (60_000, 60_000), ..all },
        }
    }
}
