//! Which column each box stands in.

use std::collections::BTreeMap;

use super::Graph;

/// The columns of a connected part, counted from the left.
#[derive(Debug)]
pub(super) struct Ranks {
    pub(super) column: BTreeMap<usize, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Under,
    Over,
}

/// Who waits on nobody stands at the right, everybody else left of all that it waits on; but an arrow that closes a
/// circle runs the other way.
pub(super) fn ranks(graph: &Graph, members: &[usize]) -> Ranks {
    let mut targets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for arrow in &graph.arrows {
        targets.entry(arrow.from).or_default().push(arrow.to);
    }
    let mut visits = BTreeMap::new();
    let mut rank: BTreeMap<usize, usize> = BTreeMap::new();
    for member in members {
        visit(*member, &targets, &mut visits, &mut rank);
    }
    let last = rank.values().copied().max().unwrap_or(0);
    Ranks { column: rank.into_iter().map(|(member, rank)| (member, last - rank)).collect() }
}

/// Walks all that is reached from a box, without recursion: a line may be long.
fn visit(
    start: usize,
    targets: &BTreeMap<usize, Vec<usize>>,
    visits: &mut BTreeMap<usize, Visit>,
    rank: &mut BTreeMap<usize, usize>,
) {
    let mut stack = vec![start];
    while let Some(node) = stack.last().copied() {
        let next = targets.get(&node).map(Vec::as_slice).unwrap_or_default();
        match visits.get(&node) {
            None => {
                visits.insert(node, Visit::Under);
                stack.extend(next.iter().rev().filter(|target| !visits.contains_key(target)));
            }
            Some(Visit::Under) => {
                visits.insert(node, Visit::Over);
                // What is still under way is above: the arrow to it closes a circle.
                let over = next.iter().filter_map(|target| rank.get(target));
                rank.insert(node, over.map(|rank| rank + 1).max().unwrap_or(0));
                stack.pop();
            }
            Some(Visit::Over) => {
                stack.pop();
            }
        }
    }
}
