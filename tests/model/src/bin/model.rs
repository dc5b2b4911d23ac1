//! `make model`: searches the protocol for a state that breaks agreement.

use countersign_model::search::Search;
use stateright::{Checker as _, Model as _};
use std::time::Instant;

fn main() {
    let views: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let [byzantine, amnesia] = views.as_slice() else {
        eprintln!("model VIEWS VIEWS: with a faulty validator, with lost vote journals");
        std::process::exit(2);
    };
    let searches = [
        ("one faulty validator of four", *byzantine, Search::byzantine(*byzantine)),
        ("two of four lose their votes one after the other", *amnesia, Search::amnesia(*amnesia)),
    ];
    for (name, views, search) in searches {
        let begin = Instant::now();
        let checker = search.checker().spawn_bfs().join();
        checker.assert_properties();
        println!(
            "{name}, {views} views: {} states, {} moves, depth {}, {:.1} s",
            checker.unique_state_count(),
            checker.state_count(),
            checker.max_depth(),
            begin.elapsed().as_secs_f64(),
        );
    }
}
