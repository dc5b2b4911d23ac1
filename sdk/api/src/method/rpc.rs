//! `rpc.*`: the interface about itself.

use super::{NoParams, methods};

methods! {
    RpcDiscover = "rpc.discover", "The OpenRPC document of this node.": NoParams => serde_json::Value;
}
