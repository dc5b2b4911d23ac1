//! What a node said is to be converted into something verified.

use countersign_client::{Unverified, Verified};

fn believe(said: Unverified<u64>) -> Verified<u64> {
    said.into()
}

fn main() {}
