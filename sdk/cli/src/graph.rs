//! Graphs: a chain as a picture (SVG) or for Graphviz (DOT). Arrows point the way that goods went: from what was used to
//! what was made, from a lot to what belongs to it, from a container to what it held.
//!
//! `layout-rs` places boxes and arrows; how they look is written here. Its own writer lets pictures grow with the length
//! of their texts and names nothing.

mod canvas;

use crate::chart::{Branch, Chart, records};
use crate::failure::Usage;
use crate::output::clean;
use canvas::Canvas;
use countersign_epcis::answer::{Chain, Link, LinkKind};
use countersign_epcis::identifier::{HOST, Kind as Sort, kind};
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Letters in a line of a label.
const LINE_LETTERS: usize = 30;
/// Lines of a label. A key of GS1 takes one for each of its parts.
const LINES: usize = 4;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Svg,
    /// A graph for Graphviz.
    Dot,
}

impl Kind {
    /// The kind that a file's name ends with.
    pub fn of(path: &Path) -> Result<Self, Usage> {
        match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("dot" | "gv") => Ok(Self::Dot),
            _ => Err(Usage(format!("{}: name a file that ends with .svg or .dot", path.display()))),
        }
    }
}

/// All things and links of a chain for Graphviz.
pub fn dot(chain: &Chain) -> String {
    let mut text = String::from(
        "digraph chain {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=Helvetica, fontsize=10];\n  edge [fontname=Helvetica, fontsize=9];\n",
    );
    let ends = chain.links.iter().flat_map(|link| [link.from.as_str(), link.to.as_str()]);
    for id in BTreeSet::from([chain.item.as_str()]).into_iter().chain(ends).collect::<BTreeSet<_>>() {
        let label = label(id).join("\n");
        let fill = fill(id, &chain.item);
        let _ = writeln!(text, "  {} [label={}, fillcolor=\"#{fill:06x}\"];", quoted(id), quoted(&label));
    }
    for link in &chain.links {
        let (from, to) = flow(link);
        let style = if is_made(link.kind) { "solid" } else { "dashed" };
        let _ = writeln!(
            text,
            "  {} -> {} [label={}, style={style}];",
            quoted(from),
            quoted(to),
            quoted(&said(link).join("\n"))
        );
    }
    text.push_str("}\n");
    text
}

/// A string of the DOT language.
fn quoted(text: &str) -> String {
    let escaped = clean(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// A picture of a chart, under a caption.
pub fn svg(chart: &Chart<'_>, caption: &str) -> String {
    let mut graph = VisualGraph::new(Orientation::LeftToRight);
    let item = chart.nodes.first().map_or("", |node| node.id);
    let boxes: Vec<_> = chart.nodes.iter().map(|node| graph.add_node(thing(node.id, item))).collect();
    for (arrow, from, to) in arrows(chart) {
        if let (Some(from), Some(to)) = (boxes.get(from), boxes.get(to)) {
            graph.add_edge(arrow, *from, *to);
        }
    }
    for (node, from) in chart.nodes.iter().zip(&boxes).filter(|(node, _)| node.hidden > 0) {
        let more = graph.add_node(element(&[format!("… {} more", node.hidden)], 0xff_ff_ff, "left out of the picture"));
        let look = look(canvas::SMALL, None);
        let line = Arrow::new(LineEndKind::None, LineEndKind::None, LineStyleKind::Dashed, "", &look, &None, &None);
        graph.add_edge(line, *from, more);
    }
    let mut canvas = Canvas::default();
    graph.do_it(false, false, false, &mut canvas);
    canvas.finish(caption)
}

/// One arrow for two things, whatever number of links say something of them: its direction is that of the goods.
fn arrows(chart: &Chart<'_>) -> Vec<(Arrow, usize, usize)> {
    #[derive(Default)]
    struct Between {
        labels: Vec<String>,
        forth: bool,
        back: bool,
        is_made: bool,
    }
    let mut all: BTreeMap<(usize, usize), Between> = BTreeMap::new();
    let mut order: Vec<(usize, usize)> = Vec::new();
    let branches = |is_placed: bool| {
        let nodes = chart.nodes.iter().enumerate();
        nodes.flat_map(move |(at, node)| {
            let branches = node.branches.iter().filter(move |branch| branch.is_placed == is_placed);
            branches.map(move |branch| (at, branch))
        })
    };
    // What is placed comes first, so that of a circle the arrow that closes it points against the others.
    for (at, Branch { link, to, .. }) in branches(true).chain(branches(false)) {
        // What is made of itself has no arrow.
        if at == *to {
            continue;
        }
        let (from, to) = if link.kind.is_upward() { (*to, at) } else { (at, *to) };
        let pair = (from.min(to), from.max(to));
        let between = all.entry(pair).or_default();
        if between.labels.is_empty() {
            order.push(pair);
        }
        between.forth |= from < to;
        between.back |= from > to;
        between.is_made |= is_made(link.kind);
        let label = said(link).join("\n");
        if !between.labels.contains(&label) {
            between.labels.push(label);
        }
    }
    let between = order.into_iter().filter_map(|pair| Some((pair, all.remove(&pair)?)));
    between
        .map(|((first, second), Between { labels, forth, back, is_made })| {
            let end = |is: bool| if is { LineEndKind::Arrow } else { LineEndKind::None };
            let style = if is_made { LineStyleKind::Normal } else { LineStyleKind::Dashed };
            let (from, to) = if forth { (first, second) } else { (second, first) };
            let (text, look) = (labels.join("\n"), look(canvas::SMALL, None));
            (Arrow::new(end(forth && back), end(true), style, &text, &look, &None, &None), from, to)
        })
        .collect()
}

fn thing(id: &str, item: &str) -> Element {
    element(&label(id), fill(id, item), id)
}

/// A box; its name stands beside its label for who points at it and for programs.
fn element(lines: &[String], fill: u32, name: &str) -> Element {
    let shape = ShapeKind::new_box(&lines.join("\n"));
    let size = Point::new(canvas::width(lines, canvas::LARGE) + 18., canvas::height(lines.len(), canvas::LARGE) + 12.);
    Element::create_with_properties(shape, look(canvas::LARGE, Some(fill)), Orientation::LeftToRight, size, name)
}

fn look(font_size: usize, fill: Option<u32>) -> StyleAttr {
    // The last two digits are how opaque it is.
    let color = |rgb: u32| Color::new(rgb << 8 | 0xff);
    StyleAttr::new(color(0x55_5f_6b), 1, fill.map(color), 6, font_size)
}

fn fill(id: &str, item: &str) -> u32 {
    match kind(id) {
        _ if id == item => 0xff_f0_b8,
        Sort::LogisticUnit | Sort::Asset | Sort::Location => 0xef_e6_da,
        Sort::Lot | Sort::Class => 0xdf_f0_df,
        _ => 0xe1_ec_f9,
    }
}

/// Whether a link is of making, and solid: belonging and holding are dashed.
const fn is_made(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Input | LinkKind::Output)
}

/// The ends of a link, the way that goods went.
fn flow(link: &Link) -> (&str, &str) {
    if link.kind.is_upward() { (&link.to, &link.from) } else { (&link.from, &link.to) }
}

/// What stands at an arrow.
fn said(link: &Link) -> Vec<String> {
    let word = match link.kind {
        LinkKind::Input | LinkKind::Output => "into",
        LinkKind::Lot | LinkKind::Instance => "instance",
        LinkKind::Contents | LinkKind::Container => "holds",
        LinkKind::Attached | LinkKind::Carrier => "carries",
    };
    let first = format!("{word} {}", records(link));
    core::iter::once(first)
        .chain(link.through.iter().map(|container| format!("in {}", label(container).join(" "))))
        .collect()
}

/// An identifier in a few lines: a key of GS1 as it is printed on packages, anything else as it is.
fn label(id: &str) -> Vec<String> {
    let id = clean(id);
    let parts: Vec<String> = match id.strip_prefix(HOST) {
        Some(path) => {
            let parts: Vec<&str> = path.split('/').collect();
            parts
                .chunks(2)
                .map(|pair| match pair {
                    [name, value] => format!("({name}) {value}"),
                    other => other.concat(),
                })
                .collect()
        }
        None => vec![id],
    };
    let letters: Vec<Vec<char>> = parts.iter().map(|part| part.chars().collect()).collect();
    let mut lines: Vec<String> =
        letters.iter().flat_map(|part| part.chunks(LINE_LETTERS)).map(|line| line.iter().collect()).collect();
    if lines.len() > LINES {
        lines.truncate(LINES.saturating_sub(1));
        lines.push("…".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests;
