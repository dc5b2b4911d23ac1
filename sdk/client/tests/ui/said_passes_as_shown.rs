//! An answer that was not verified is given to a function that wants a verified one.

use countersign_api::method::proof::{GetTxParams, ProofFile, ProofGetTx};
use countersign_client::{Client, Error, Verified};

fn publish(_: Verified<ProofFile>) {}

async fn report(client: &Client, params: GetTxParams) -> Result<(), Error> {
    publish(client.unverified().call::<ProofGetTx>(&params).await?);
    Ok(())
}

fn main() {}
