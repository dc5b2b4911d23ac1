//! Why agreement holds: `consensus/PROTOCOL.md` once more, as a state machine without messages.
//!
//! [`Protocol`] says which [`Step`] a [`State`] allows. Two things use it: [`search`] walks through
//! every state that a bounded number of views can reach and looks for one that breaks agreement,
//! and [`trace`] holds what real validators wrote in their vote journals against it, step by step.
//! Nothing here calls the engine or its types.
//!
//! # What is modelled
//!
//! P0.1 (quorums), P1.2 and P1.6 (where a block may stand, also again), P2.5 (PREPARE), P3.2
//! (COMMIT, and that it excludes VIEW-CHANGE), P4.1 (finality), P5.2 and P5.3 (VIEW-CHANGE and its
//! certificate), P7 (a lost journal and the silence after it). Payloads, time, results, catch-up
//! and everything about liveness are not.
//!
//! # What is left out, and why nothing is lost by it
//!
//! Agreement says that something never happens, so a reduction is sound if every behaviour of the
//! protocol remains one of the model.
//!
//! * *The network is the set of votes of correct validators.* A vote once said can reach anybody at
//!   any later time, or never. Steps rest on votes being there and never on votes being absent, so
//!   a validator that has not heard something is one that does not take the step yet.
//! * *Faulty validators have always signed everything.* Their votes can only make certificates
//!   possible, so they count as present in every one.
//! * *Leaders are the adversary's* ([`Leaders::Adversary`]). Every view may see any number of
//!   proposals, each with any parent that P1.2 allows. Correct leaders do less. No rule then names
//!   a leader, so correct validators are alike and states that differ by renaming them are one.
//! * *Two bodies for each view and parent.* A quorum of one body and votes for something else is
//!   all that a third could be used for. The second is used once the first has a vote.
//! * *A view is entered by voting in it.* A certificate lets a validator enter; one that has
//!   entered and not voted can do no more than one that may still enter. Its view is thus the
//!   highest that its votes, and what it was told when it recovered, show.
//! * *A crash is no step.* Votes are durable before they are said (P0.5), and a validator that
//!   restarts knows its votes; what it loses is what the previous point leaves out anyway.
//! * *Amnesia is one step.* The answers of P7.2 are given at the moment of the loss by those in the
//!   lowest views: later or higher ones only lengthen the silence.
//! * *Votes of views up to the last final one* may still be cast, although P0.4 forbids them.
//!
//! The search alone goes further, since steps rest on certificates and never on single votes:
//!
//! * *Votes that no certificate needs are not cast*, and those that one needs are cast when the last
//!   of them is ([`search`]). All that they do meanwhile is to bind their signer. So that each can be
//!   cast as late as that, PREPARE and VIEW-CHANGE of views that were left are allowed there
//!   ([`Rules::current_view`]), which the proof of agreement does not need. Who is going to lose its
//!   votes casts them one by one, since it cannot cast them later.

mod blocks;
mod protocol;
mod rules;
#[cfg(feature = "search")]
pub mod search;
mod state;
mod step;
pub mod trace;

pub use blocks::Blocks;
pub use protocol::Protocol;
pub use rules::{Leaders, Rules};
pub use state::{Cast, State, Validator};
pub use step::{Refused, Step};
