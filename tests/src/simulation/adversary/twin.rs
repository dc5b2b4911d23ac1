//! The twin: two instances of the shipped replica under one key, each heard by a part of the others. All that they do
//! wrong is not to know of each other (Bano et al., *Twins: BFT Systems Made Robust*, OPODIS 2021). The world runs the
//! second instance and splits the audience.

use super::Wrong;

#[derive(Debug)]
pub(super) struct Twin;

impl Wrong for Twin {}
