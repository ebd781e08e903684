//! The part of the stuck that is stuck by itself.

use petgraph::graph::DiGraph;

use super::circle::knots;

/// Narrows `stuck` to one *sink*: a set of stuck members that all wait on each other and on nobody else who is
/// stuck. Of several, the one with the oldest member.
///
/// The graph has the arrows between the stuck, with its nodes in the order of age. Whoever sees one member of a
/// sink sees all of it, so all who look from within name the same way out, whatever else each of them can see.
pub(super) fn sink(arrows: &DiGraph<usize, ()>, stuck: &[bool]) -> Vec<bool> {
    let knot = knots(arrows);
    let mut is_sink = vec![true; arrows.node_count()];
    for arrow in arrows.raw_edges() {
        let (from, to) = (knot[arrow.source().index()], knot[arrow.target().index()]);
        is_sink[from] &= from == to;
    }
    let Some(chosen) = knot.iter().copied().find(|knot| is_sink[*knot]) else {
        return stuck.to_vec();
    };
    let mut narrowed = vec![false; stuck.len()];
    for node in arrows.node_indices().filter(|node| knot[node.index()] == chosen) {
        narrowed[arrows[node]] = true;
    }
    narrowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink_of(members: usize, arrows: &[(u32, u32)]) -> Vec<usize> {
        let mut graph = DiGraph::new();
        for member in 0..members {
            graph.add_node(member);
        }
        graph.extend_with_edges(arrows);
        let narrowed = sink(&graph, &vec![true; members]);
        (0..members).filter(|member| narrowed[*member]).collect()
    }

    #[test]
    fn who_waits_on_a_circle_without_being_on_it_is_left_out() {
        assert_eq!(sink_of(3, &[(0, 1), (1, 2), (2, 1)]), [1, 2]);
        assert_eq!(sink_of(4, &[(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)]), [2, 3]);
    }

    #[test]
    fn of_several_sinks_the_one_with_the_oldest_member_is_taken() {
        assert_eq!(sink_of(5, &[(0, 2), (0, 1), (1, 4), (4, 1), (2, 3), (3, 2)]), [1, 4]);
        assert_eq!(sink_of(2, &[(0, 1), (1, 0)]), [0, 1]);
    }
}
