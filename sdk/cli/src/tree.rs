//! Trees in a terminal: a chain from its item on, and a history by the containers that events name.

use crate::chart::{Branch, Chart, records};
use crate::output::{clean, or_dash};
use countersign_api::method::trace::{Trace, TraceEvent};

/// Deepest level that is drawn: beyond it, lines would leave any screen.
const LEVELS_MAX: usize = 60;

/// A chain. Circles and things that several lead to end in a reference.
pub fn of_chart(chart: &Chart<'_>) -> String {
    let mut tree = Tree::default();
    if let Some(root) = chart.nodes.first() {
        tree.root(root.id);
        tree.branches(chart, 0, &mut Vec::new());
    }
    if tree.has_references {
        tree.lines.push("(*) is drawn elsewhere in the tree".to_owned());
    }
    tree.lines.join("\n")
}

/// A history: the item's own events, and those of each container it was in, where the first of these stands.
pub fn of_history(trace: &Trace) -> String {
    let mut groups: Vec<(Option<&str>, Vec<&TraceEvent>)> = Vec::new();
    for event in &trace.events {
        let through = event.through.as_deref();
        match groups.iter_mut().find(|(group, _)| through.is_some() && *group == through) {
            Some((_, events)) => events.push(event),
            None => groups.push((through, vec![event])),
        }
    }
    let mut tree = Tree::default();
    tree.root(&trace.canonical);
    let last = groups.len();
    for (at, (through, events)) in (1..).zip(groups) {
        let sides = [at == last];
        let Some(container) = through else {
            events.into_iter().for_each(|event| tree.line(&sides, &told(event)));
            continue;
        };
        tree.line(&sides, &format!("in {container}"));
        let count = events.len();
        for (number, event) in (1..).zip(events) {
            tree.line(&[at == last, number == count], &told(event));
        }
    }
    tree.lines.join("\n")
}

fn told(event: &TraceEvent) -> String {
    let kind = event.kind.strip_suffix("Event").unwrap_or(&event.kind);
    let action = event.action.as_ref().map_or_else(String::new, |action| format!(" {action}"));
    let step = event.biz_step.as_ref().map_or_else(String::new, |step| format!(" {step}"));
    let place = or_dash(event.biz_location.as_deref().or(event.read_point.as_deref()));
    format!("#{} {} {kind}{action}{step} at {place}, by {}", event.sequence, event.event_time, event.submitter)
}

/// Lines of a tree as they are drawn.
#[derive(Default)]
struct Tree {
    lines: Vec<String>,
    has_references: bool,
}

impl Tree {
    fn root(&mut self, text: &str) {
        self.lines.push(clean(text));
    }

    /// A line under as many others as there are `sides`, each of which is the last one there or not.
    fn line(&mut self, sides: &[bool], text: &str) {
        let Some((own, above)) = sides.split_last() else { return };
        let mut line: String = above.iter().map(|is_last| if *is_last { "   " } else { "│  " }).collect();
        line.push_str(if *own { "└─ " } else { "├─ " });
        line.push_str(&clean(text));
        self.lines.push(line);
    }

    /// What leads on from a node. Each is placed once, so this ends.
    fn branches(&mut self, chart: &Chart<'_>, node: usize, sides: &mut Vec<bool>) {
        let Some(node) = chart.nodes.get(node) else { return };
        if sides.len() >= LEVELS_MAX && !node.branches.is_empty() {
            sides.push(true);
            self.line(sides, "… goes on: ask about this thing, or draw a picture with --graph");
            sides.pop();
            return;
        }
        let count = node.branches.len();
        for (number, branch) in (1..).zip(&node.branches) {
            sides.push(number == count && node.hidden == 0);
            let told = self.told(branch);
            self.line(sides, &told);
            if branch.is_placed {
                self.branches(chart, branch.to, sides);
            }
            sides.pop();
        }
        if node.hidden > 0 {
            sides.push(true);
            self.line(sides, &format!("… {} more", node.hidden));
            sides.pop();
        }
    }

    fn told(&mut self, Branch { link, is_placed, .. }: &Branch<'_>) -> String {
        let through = link.through.as_ref().map_or_else(String::new, |container| format!(" in {container}"));
        let reference = if *is_placed { "" } else { " (*)" };
        self.has_references |= !is_placed;
        format!("{} {}{through} {}{reference}", link.kind.word(), link.to, records(link))
    }
}

#[cfg(test)]
mod tests;
