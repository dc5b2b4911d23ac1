//! Something verified keeps its proof's word and gets another content.

use countersign_client::Verified;

fn change(shown: Verified<u64>) -> Verified<String> {
    shown.narrow(|_| Ok("another".to_owned())).unwrap()
}

fn main() {}
