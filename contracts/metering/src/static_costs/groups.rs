//! Functions that can come to run within themselves, by way of each other.

use std::collections::BTreeSet;

/// The places of a graph of calls in groups that can all reach each other, so that every group comes after
/// those that it calls: Kosaraju's two searches (Sharir, Computers & Mathematics with Applications 7, 1981).
pub(super) fn callees_first(calls: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut callers = vec![BTreeSet::new(); calls.len()];
    for (caller, callees) in calls.iter().enumerate() {
        for callee in callees {
            if let Some(callers) = callers.get_mut(*callee) {
                callers.insert(caller);
            }
        }
    }
    let finished: Vec<usize> = trees(calls, 0..calls.len()).into_iter().flatten().collect();
    let mut groups = trees(&callers, finished.into_iter().rev());
    groups.reverse();
    groups
}

/// Searches in depth from each start that was not reached before; what each reached, in the order in which it
/// was left.
fn trees(edges: &[BTreeSet<usize>], starts: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let next = |at: usize| edges.get(at).into_iter().flatten().copied();
    let mut seen = BTreeSet::new();
    let mut trees = Vec::new();
    for start in starts {
        if !seen.insert(start) {
            continue;
        }
        let (mut tree, mut way) = (Vec::new(), vec![(start, next(start))]);
        while let Some((at, ahead)) = way.last_mut() {
            match ahead.find(|place| seen.insert(*place)) {
                Some(place) => way.push((place, next(place))),
                None => {
                    tree.push(*at);
                    way.pop();
                }
            }
        }
        trees.push(tree);
    }
    trees
}
