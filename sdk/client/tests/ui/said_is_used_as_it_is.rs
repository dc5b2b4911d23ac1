//! What a node said is used without a word about that.

use countersign_api::NoParams;
use countersign_api::method::node::NodeStatus;
use countersign_client::{Client, Error};

async fn height(client: &Client) -> Result<u64, Error> {
    Ok(client.unverified().call::<NodeStatus>(&NoParams {}).await?.final_height.0)
}

fn main() {}
