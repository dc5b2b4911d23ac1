use super::*;
use crate::chart::Bounds;
use crate::chart::samples::{bakery, chain};
use std::time::Instant;

const ALL: Bounds = Bounds { branches: 20, things: 100, links: 100 };

#[test]
fn a_picture_names_each_thing_and_each_link() {
    let chain = bakery();
    let svg = svg(&Chart::of(&chain, ALL), "forward from <urn:lot>");
    for name in ["urn:lot", "urn:piece:1", "urn:piece:2", "urn:piece:3", "urn:piece:4", "urn:piece:5", "urn:pie"] {
        assert!(svg.contains(&format!("<title>{name}</title>")), "{name}");
        assert!(svg.contains(&format!(">{name}</text>")), "{name}");
    }
    for said in ["instance #0", "instance #4", "into #5", "into #6", "in urn:tray", "into #10 #11 #12 #13 … 2 more"] {
        assert!(svg.contains(&format!(">{said}</text>")), "{said}");
    }
    // Five pieces, two into the pie, and the pie into the lot.
    let ends = |name: &str| svg.matches(name).count();
    assert_eq!((ends("marker-end=") + ends("marker-start="), ends("marker-start=")), (8, 1), "one closes the circle");
    assert!(svg.contains("forward from &lt;urn:lot&gt;") && !svg.contains("<urn"));
    let narrow = super::svg(&Chart::of(&chain, Bounds { branches: 2, ..ALL }), "");
    assert!(narrow.contains(">… 3 more</text>"));
}

#[test]
fn a_graph_for_graphviz_has_all_and_escapes_it() {
    let chain = chain("urn:a\"\\", &[("urn:a\"\\", LinkKind::Lot, "urn:b\n", 1)]);
    let text = dot(&chain);
    assert!(text.contains(r#""urn:a\"\\" [label="urn:a\"\\""#), "{text}");
    assert!(text.contains(r#""urn:b\n" -> "urn:a\"\\" [label="instance #0", style=dashed];"#), "{text}");
    assert_eq!(dot(&bakery()).matches(" -> ").count(), 8);
}

#[test]
fn keys_are_labelled_as_they_are_printed_and_long_names_are_cut() {
    let lines = |id: &str| label(id);
    assert_eq!(lines("https://id.gs1.org/01/09521321000315/10/L1"), ["(01) 09521321000315", "(10) L1"]);
    assert_eq!(lines("https://id.gs1.org/00/095213210000000001"), ["(00) 095213210000000001"]);
    let long = lines(&"x".repeat(1_000));
    assert_eq!((long.len(), long.last().map(String::as_str)), (4, Some("…")));
}

#[test]
fn any_chain_can_be_drawn() {
    let names: Vec<String> = (0..61).map(|n| format!("https://id.gs1.org/01/09521321000315/21/s{n}")).collect();
    let kinds = [LinkKind::Input, LinkKind::Output, LinkKind::Lot, LinkKind::Contents, LinkKind::Container];
    let mut seed = 7_usize;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for size in [0, 1, 2, 5, 9, 20, 60] {
        for _ in 0..6 {
            // Circles, links of a thing to itself, and several between two things.
            let things = random(size + 1) + 1;
            let links: Vec<_> = (0..size)
                .map(|_| (names[random(things)].as_str(), kinds[random(5)], names[random(things)].as_str(), 1))
                .collect();
            let chain = chain(&names[0], &links);
            let chart = Chart::of(&chain, ALL);
            let svg = svg(&chart, "a caption");
            assert_eq!(svg.matches("<title>https").count(), chart.nodes.len());
        }
    }
}

/// Each box stands apart from every other.
#[test]
fn boxes_do_not_overlap() {
    let chain = bakery();
    let svg = svg(&Chart::of(&chain, ALL), "");
    let number = |line: &str, name: &str| -> f64 {
        let start = line.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        line[start..].split('"').next().unwrap().parse().unwrap()
    };
    let boxes: Vec<[f64; 4]> = svg
        .lines()
        .filter(|line| line.starts_with("<rect") && line.contains("<title>"))
        .map(|line| ["x", "y", "width", "height"].map(|name| number(line, name)))
        .collect();
    assert_eq!(boxes.len(), 7);
    for (at, [x, y, wide, high]) in boxes.iter().enumerate() {
        for [other_x, other_y, other_wide, other_high] in &boxes[at + 1..] {
            let is_apart =
                x + wide < *other_x || other_x + other_wide < *x || y + high < *other_y || other_y + other_high < *y;
            assert!(is_apart, "{boxes:?}");
        }
    }
}

/// The largest picture that the command draws, for whoever changes its bounds: it prints how long it took.
#[test]
fn a_picture_as_large_as_they_get_is_drawn() {
    let names: Vec<String> = (0..80).map(|n| format!("https://id.gs1.org/01/09521321000315/21/s{n}")).collect();
    let links: Vec<_> = (1..80)
        .flat_map(|n| [(n / 4, n), (n / 7, n), (n / 2, n)])
        .map(|(from, to): (usize, usize)| (names[from].as_str(), LinkKind::Output, names[to].as_str(), 1))
        .collect();
    let chain = chain(&names[0], &links);
    let begun = Instant::now();
    let svg = svg(&Chart::of(&chain, Bounds { branches: 20, things: 80, links: 160 }), "large");
    eprintln!("{} bytes in {:?}", svg.len(), begun.elapsed());
    assert_eq!(svg.matches("<title>https").count(), 80);
}
