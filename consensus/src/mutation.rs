//! Planted bugs, to show that the simulator finds them. They exist with the feature `mutations` only, which nothing
//! that is shipped turns on: without it [`planted`] is constantly false, and the compiler drops what it guards.

macro_rules! mutations {
    ($($name:ident = $text:literal, $doc:literal;)*) => {
        /// A planted bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Mutation {
            $(#[doc = $doc] $name,)*
        }

        impl Mutation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it does wrong.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $doc,)* }
            }
        }
    };
}
mutations! {
    QuorumLessOne = "quorum-less-one", "A quorum is one vote short.";
    OneIsEnough = "one-is-enough", "One validator's word counts as that of f+1.";
    SaidBeforeDurable = "said-before-durable", "Votes are sent before they are written.";
    VoteUnwritten = "vote-unwritten", "Votes are not written at all.";
    CommitAfterViewChange = "commit-after-view-change", "COMMIT although VIEW-CHANGE was signed.";
    ViewChangeAfterCommit = "view-change-after-commit", "Who gives a view up gives up the one before, also after COMMIT.";
    PrepareTwice = "prepare-twice", "A second proposal of a view is prepared as well.";
    GapUnproven = "gap-unproven", "Views between a block and its parent need no certificates.";
    VotesForgotten = "votes-forgotten", "A restart forgets own votes.";
    CertificatesForgotten = "certificates-forgotten", "A restart forgets certificates.";
    RotationDropsVotes = "rotation-drops-votes", "A journal written anew lacks own votes.";
    RotationDropsCertificates = "rotation-drops-certificates", "A journal written anew lacks certificates.";
    DamageTakenForTorn = "damage-taken-for-torn", "A journal is cut off where it is damaged.";
    AmnesiaIgnored = "amnesia-ignored", "A validator without journal votes at once.";
    RecoveryByOne = "recovery-by-one", "One answer ends a recovery, and nothing is skipped after it.";
    RecoverySkipsLess = "recovery-skips-less", "After a recovery the highest view proven may be signed in.";
    RollbackUnnoticed = "rollback-unnoticed", "A validator that starts does not ask what it said before.";
    CertificatesUnchecked = "certificates-unchecked", "Certificates of others are believed.";
    VotesUnchecked = "votes-unchecked", "Signatures of votes are believed.";
    FinalAtPrepare = "final-at-prepare", "A prepare certificate makes a block final.";
    NeverResends = "never-resends", "Nothing is ever sent again.";
    NoTimer = "no-timer", "No view is ever given up for time.";
    CertifiedOnce = "certified-once", "A certified block never stands again.";
    ForksFromFinal = "forks-from-final", "Leaders extend the final block instead of the certified one.";
    BeyondTheLast = "beyond-the-last", "An epoch goes on above its last height.";
    EpochsMixed = "epochs-mixed", "Messages of other epochs are taken as of this one.";
    ChangeAtOnce = "change-at-once", "A change of the validators takes effect in the next block.";
    UntimelyAccepted = "untimely-accepted", "Proposals of any time are agreed.";
    TimeStandsStill = "time-stands-still", "A block need not be later than its parent.";
    EvidenceBelieved = "evidence-believed", "Evidence is not checked.";
    EvidenceTwice = "evidence-twice", "Each report of a validator takes effect.";
    KeepsEverything = "keeps-everything", "Votes of views however far ahead are kept.";
    CatchUpUnproven = "catch-up-unproven", "Blocks of peers need no certificates.";
    ExecutedTwice = "executed-twice", "A transaction's id is not looked up before it is executed.";
    PayloadUnwritten = "payload-unwritten", "A vote does not wait for its block's transactions to be written.";
    OwnResult = "own-result", "What a validator says of a result depends on who it is.";
    TransactionsUnserved = "transactions-unserved", "Nobody is given transactions that it lacks.";
    AcknowledgedEarly = "acknowledged-early", "Receipts count as final before their result is certified.";
    EveryoneRests = "everyone-rests", "No leader is given any time.";
    WritesWithoutRoom = "writes-without-room", "A node whose disk is nearly full goes on.";
}

/// Whether bugs can be planted in this program: never in one that is shipped.
pub const ENABLED: bool = cfg!(feature = "mutations");

#[cfg(feature = "mutations")]
static PLANTED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(u8::MAX);

/// Plants one bug in this process, or none. Answers the one before.
#[cfg(feature = "mutations")]
pub fn plant(mutation: Option<Mutation>) -> Option<Mutation> {
    let number = mutation.map_or(u8::MAX, |mutation| mutation as u8);
    let before = PLANTED.swap(number, std::sync::atomic::Ordering::Relaxed);
    Mutation::ALL.iter().copied().find(|mutation| *mutation as u8 == before)
}

/// Whether a bug is planted.
#[cfg(feature = "mutations")]
#[must_use]
pub fn planted(mutation: Mutation) -> bool {
    PLANTED.load(std::sync::atomic::Ordering::Relaxed) == mutation as u8
}

/// Whether a bug is planted: never without the feature.
#[cfg(not(feature = "mutations"))]
#[must_use]
pub const fn planted(_: Mutation) -> bool {
    false
}
