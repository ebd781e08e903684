//! The circle that everybody names.

use std::collections::VecDeque;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The canonical circle of a graph whose nodes are in the order of age: the shortest; among those,
/// the one whose members, in order of the arrows and from the oldest on, are smallest.
///
/// A search backwards from each node in turn, the oldest first, among the nodes not older; what
/// can be on no further circle is dropped as it goes, so a single ring is walked once.
pub(super) fn canonical_circle<N, E>(graph: &DiGraph<N, E>) -> Option<Vec<NodeIndex>> {
    let mut alive = Alive::new(graph);
    let mut best: Option<Vec<NodeIndex>> = None;
    for start in graph.node_indices() {
        if alive.nodes[start.index()] {
            let shorter_than = best.as_ref().map_or(usize::MAX, Vec::len);
            if let Some(circle) = shortest_through(graph, start, &alive.nodes, shorter_than) {
                best = Some(circle);
            }
            alive.drop_node(start);
        }
    }
    best
}

/// The shortest circle that goes over one arrow, the oldest member first; of several the one that goes on from
/// there by the oldest. The arrow must lie on a circle.
pub(super) fn circle_over<N, E>(graph: &DiGraph<N, E>, from: NodeIndex, to: NodeIndex) -> Vec<NodeIndex> {
    let mut distance = vec![usize::MAX; graph.node_count()];
    distance[from.index()] = 0;
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for before in graph.neighbors_directed(at, Incoming) {
            if distance[before.index()] == usize::MAX {
                distance[before.index()] = distance[at.index()] + 1;
                open.push_back(before);
            }
        }
    }
    let alive = vec![true; graph.node_count()];
    let mut circle = walk_back(graph, to, &alive, &distance, distance[to.index()]);
    circle.push(from);
    let oldest = circle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
    circle.rotate_left(oldest);
    circle
}

/// For each node, the number of its knot: those that can reach each other along the arrows.
pub(super) fn knots<N, E>(graph: &DiGraph<N, E>) -> Vec<usize> {
    let mut knot = vec![0; graph.node_count()];
    for (number, nodes) in kosaraju_scc(graph).iter().enumerate() {
        nodes.iter().for_each(|node| knot[node.index()] = number);
    }
    knot
}

/// The shortest circle through `start`, if it is shorter than `shorter_than`; of several the smallest.
fn shortest_through<N, E>(
    graph: &DiGraph<N, E>,
    start: NodeIndex,
    alive: &[bool],
    shorter_than: usize,
) -> Option<Vec<NodeIndex>> {
    const FAR: usize = usize::MAX;
    let mut distance = vec![FAR; graph.node_count()];
    distance[start.index()] = 0;
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        let next = distance[at.index()] + 1;
        if next >= shorter_than {
            break;
        }
        for before in graph.neighbors_directed(at, Incoming) {
            if before == start {
                return Some(walk_back(graph, start, alive, &distance, next));
            }
            if alive[before.index()] && distance[before.index()] == FAR {
                distance[before.index()] = next;
                open.push_back(before);
            }
        }
    }
    None
}

/// From `start` round to it again in `length` arrows, always by the oldest on the way.
fn walk_back<N, E>(
    graph: &DiGraph<N, E>,
    start: NodeIndex,
    alive: &[bool],
    distance: &[usize],
    length: usize,
) -> Vec<NodeIndex> {
    let mut circle = vec![start];
    let mut at = start;
    for left in (1..length).rev() {
        let on_the_way = |next: &NodeIndex| alive[next.index()] && distance[next.index()] == left;
        at = graph.neighbors_directed(at, Outgoing).filter(on_the_way).min().expect("the distances lead back");
        circle.push(at);
    }
    circle
}

/// The nodes that can still be on a circle.
struct Alive<'a, N, E> {
    graph: &'a DiGraph<N, E>,
    nodes: Vec<bool>,
}

impl<'a, N, E> Alive<'a, N, E> {
    fn new(graph: &'a DiGraph<N, E>) -> Self {
        let mut alive = Self { graph, nodes: vec![true; graph.node_count()] };
        graph.node_indices().for_each(|node| alive.drop_if_idle(node));
        alive
    }

    fn drop_node(&mut self, node: NodeIndex) {
        let mut dropped = vec![node];
        self.nodes[node.index()] = false;
        while let Some(node) = dropped.pop() {
            for direction in [Incoming, Outgoing] {
                for next in self.graph.neighbors_directed(node, direction) {
                    if self.nodes[next.index()] && self.is_idle(next) {
                        self.nodes[next.index()] = false;
                        dropped.push(next);
                    }
                }
            }
        }
    }

    fn drop_if_idle(&mut self, node: NodeIndex) {
        if self.nodes[node.index()] && self.is_idle(node) {
            self.drop_node(node);
        }
    }

    fn is_idle(&self, node: NodeIndex) -> bool {
        [Incoming, Outgoing]
            .into_iter()
            .any(|direction| !self.graph.neighbors_directed(node, direction).any(|next| self.nodes[next.index()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(nodes: usize, arrows: &[(u32, u32)]) -> Option<Vec<usize>> {
        let mut graph = DiGraph::<(), ()>::new();
        for _ in 0..nodes {
            graph.add_node(());
        }
        graph.extend_with_edges(arrows);
        canonical_circle(&graph).map(|circle| circle.into_iter().map(NodeIndex::index).collect())
    }

    #[test]
    fn a_circle_over_an_arrow_is_the_shortest_and_begins_with_the_oldest() {
        let mut graph = DiGraph::<(), ()>::new();
        for _ in 0..5 {
            graph.add_node(());
        }
        graph.extend_with_edges([(3, 1), (1, 0), (1, 4), (0, 2), (4, 3), (2, 3), (1, 2)]);
        let over = |from, to| circle_over(&graph, NodeIndex::new(from), NodeIndex::new(to));
        assert_eq!(over(3, 1), [1, 2, 3].map(NodeIndex::new));
        assert_eq!(over(1, 0), [0, 2, 3, 1].map(NodeIndex::new));
    }

    #[test]
    fn the_shortest_circle_is_named_then_the_smallest() {
        assert_eq!(circle(3, &[(0, 1), (1, 2)]), None);
        assert_eq!(circle(4, &[(0, 1), (1, 2), (2, 0), (2, 3), (3, 2)]), Some(vec![2, 3]));
        assert_eq!(circle(4, &[(0, 3), (3, 0), (0, 2), (2, 0)]), Some(vec![0, 2]));
        assert_eq!(circle(5, &[(0, 4), (4, 1), (1, 0), (0, 2), (2, 3), (3, 0)]), Some(vec![0, 2, 3]));
    }
}
