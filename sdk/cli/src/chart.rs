//! Chart: a chain as it is drawn, in a tree or a picture. Each thing is placed once, under the nearest one that leads to
//! it; the number of branches and of things is bounded, and what is left out is counted.

use countersign_epcis::answer::{Chain, Link};
use std::collections::{BTreeMap, VecDeque};

/// Bounds of a drawing.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most branches of one thing.
    pub branches: usize,
    /// Most things.
    pub things: usize,
    /// Most links.
    pub links: usize,
}

/// A chain as it is drawn. The first node is the item.
#[derive(Debug)]
pub struct Chart<'a> {
    pub nodes: Vec<Node<'a>>,
}

/// A thing.
#[derive(Debug)]
pub struct Node<'a> {
    /// Its canonical identifier.
    pub id: &'a str,
    /// The links that lead on from it and are drawn.
    pub branches: Vec<Branch<'a>>,
    /// How many more there are.
    pub hidden: usize,
}

/// A link that is drawn.
#[derive(Debug)]
pub struct Branch<'a> {
    pub link: &'a Link,
    /// What it leads to.
    pub to: usize,
    /// Whether that is placed here, rather than referred to.
    pub is_placed: bool,
}

impl<'a> Chart<'a> {
    /// Places what the links of a chain lead to, the nearest first.
    pub fn of(chain: &'a Chain, bounds: Bounds) -> Self {
        let mut links: BTreeMap<&str, Vec<&Link>> = BTreeMap::new();
        for link in &chain.links {
            links.entry(&link.from).or_default().push(link);
        }
        let mut places: BTreeMap<&str, usize> = BTreeMap::from([(chain.item.as_str(), 0)]);
        let mut nodes: Vec<Node<'a>> = Vec::new();
        let mut open: VecDeque<&str> = VecDeque::from([chain.item.as_str()]);
        let mut drawn: usize = 0;
        // Things come out of the queue in the order of their places.
        while let Some(id) = open.pop_front() {
            let mut node = Node { id, branches: Vec::new(), hidden: 0 };
            for link in links.remove(id).unwrap_or_default() {
                let known = places.get(link.to.as_str()).copied();
                let has_room = known.is_some() || places.len() < bounds.things;
                if node.branches.len() >= bounds.branches || drawn >= bounds.links || !has_room {
                    node.hidden = node.hidden.saturating_add(1);
                    continue;
                }
                let to = known.unwrap_or(places.len());
                if known.is_none() {
                    places.insert(&link.to, to);
                    open.push_back(&link.to);
                }
                drawn = drawn.saturating_add(1);
                node.branches.push(Branch { link, to, is_placed: known.is_none() });
            }
            nodes.push(node);
        }
        Self { nodes }
    }
}

/// Numbers of records: `#3 #4`, and how many more of many.
pub fn records(link: &Link) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = link.records.iter().take(SHOWN).map(|record| format!("#{record}")).collect();
    match link.records.len().saturating_sub(SHOWN) {
        0 => shown.join(" "),
        more => format!("{} … {more} more", shown.join(" ")),
    }
}

/// Chains for tests of drawings.
#[cfg(test)]
pub mod samples {
    use countersign_epcis::answer::{Chain, Link, LinkKind, Way};

    /// A chain of links `(from, kind, to, away)`, link `n` by record `n`.
    pub fn chain(item: &str, links: &[(&str, LinkKind, &str, u32)]) -> Chain {
        let link = |(record, (from, kind, to, away)): (u64, &(&str, LinkKind, &str, u32))| Link {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            kind: *kind,
            through: None,
            records: vec![record],
            away: *away,
        };
        let count = u64::try_from(links.len()).unwrap();
        Chain {
            item: item.to_owned(),
            position: count,
            way: Way::Forward,
            depth: None,
            things_count: count,
            links_count: Some(count),
            things: Vec::new(),
            links: (0..).zip(links).map(link).collect(),
            next: None,
            complete: true,
            deeper: false,
            truncated: None,
        }
    }

    /// A lot of which five pieces come; two are made into a pie, which is made into the lot again.
    pub fn bakery() -> Chain {
        let pieces = ["urn:piece:1", "urn:piece:2", "urn:piece:3", "urn:piece:4", "urn:piece:5"];
        let mut links: Vec<_> = pieces.map(|piece| ("urn:lot", LinkKind::Instance, piece, 1)).to_vec();
        links.push(("urn:piece:1", LinkKind::Output, "urn:pie", 2));
        links.push(("urn:piece:2", LinkKind::Output, "urn:pie", 2));
        links.push(("urn:pie", LinkKind::Output, "urn:lot", 0));
        let mut chain = chain("urn:lot", &links);
        chain.links[6].through = Some("urn:tray".to_owned());
        chain.links[7].records = (10..16).collect();
        chain
    }
}
