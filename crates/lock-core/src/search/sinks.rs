//! The parts of the stuck that are stuck by themselves.

use petgraph::graph::DiGraph;

use super::circle::knots;

/// The *sinks* of the stuck: sets of them that all wait on each other and on nobody else who is stuck. The one with
/// the oldest member comes first, and there is one at least.
///
/// The graph has the arrows between the stuck, with its nodes in the order of age. Whoever sees one member of a
/// sink sees all of it, so all who look from within name the same way out, whatever else each of them can see. What
/// one is does not depend on the others: each has a way out of its own.
pub(super) fn sinks(arrows: &DiGraph<usize, ()>) -> Vec<Vec<usize>> {
    let knot = knots(arrows);
    let mut is_sink = vec![true; arrows.node_count()];
    for arrow in arrows.raw_edges() {
        let (from, to) = (knot[arrow.source().index()], knot[arrow.target().index()]);
        is_sink[from] &= from == to;
    }
    let mut place = vec![usize::MAX; arrows.node_count()];
    let mut sinks: Vec<Vec<usize>> = Vec::new();
    for node in arrows.node_indices().filter(|node| is_sink[knot[node.index()]]) {
        let place = &mut place[knot[node.index()]];
        if *place == usize::MAX {
            *place = sinks.len();
            sinks.push(Vec::new());
        }
        sinks[*place].push(arrows[node]);
    }
    sinks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sinks_of(members: usize, arrows: &[(u32, u32)]) -> Vec<Vec<usize>> {
        let mut graph = DiGraph::new();
        for member in 0..members {
            graph.add_node(member);
        }
        graph.extend_with_edges(arrows);
        sinks(&graph)
    }

    #[test]
    fn who_waits_on_a_circle_without_being_on_it_is_left_out() {
        assert_eq!(sinks_of(3, &[(0, 1), (1, 2), (2, 1)]), [[1, 2]]);
        assert_eq!(sinks_of(4, &[(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)]), [[2, 3]]);
    }

    #[test]
    fn of_several_sinks_the_one_with_the_oldest_member_comes_first() {
        assert_eq!(sinks_of(5, &[(0, 2), (0, 1), (1, 4), (4, 1), (2, 3), (3, 2)]), [[1, 4], [2, 3]]);
        assert_eq!(sinks_of(2, &[(0, 1), (1, 0)]), [[0, 1]]);
    }
}
