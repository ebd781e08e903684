//! Who gives way, and how. All who see the same stuck transactions name the same way out.

use std::cmp::Reverse;

use petgraph::graph::{DiGraph, NodeIndex};

use super::circle::{canonical_circle, circle_over, knots};
use super::picture::{ClaimRef, Member, Picture, PictureBlock};
use super::sinks::sinks;
use super::stuck::serve;
use crate::ArrowKind::Hard;

/// The way out of one circle, by index of the members.
#[derive(Debug)]
pub(super) struct Decision {
    /// The members of the circle, in the order of the arrows, the oldest first.
    pub(super) circle: Vec<usize>,
    pub(super) step: Step,
}

/// What is done.
#[derive(Debug)]
pub(super) enum Step {
    /// The victim surrenders these grants, or aborts.
    GiveWay { victim: usize, grants: Vec<ClaimRef> },
    /// In every pair the first claim goes before the second from now on.
    Turn { first: usize, second: usize, pairs: Vec<(ClaimRef, ClaimRef)> },
}

/// The way out for the `stuck` members of a picture; somebody must be stuck.
///
/// It is computed on one sink of them, so that those who see different parts of the stuck agree.
pub(super) fn way_out(picture: &Picture, stuck: &[bool]) -> Decision {
    let first = ways_out(picture, stuck, 1).into_iter().next();
    first.expect("of the stuck, some wait on nobody else who is stuck").1
}

/// The sinks of the `stuck` members of a picture, so many at most, each with its way out; somebody must be stuck.
pub(super) fn ways_out(picture: &Picture, stuck: &[bool], most: usize) -> Vec<(Vec<bool>, Decision)> {
    let sinks = sinks(&arrows_among(picture, stuck, |_| true));
    let decided = |sink: Vec<usize>| {
        let mut among = vec![false; stuck.len()];
        sink.into_iter().for_each(|member| among[member] = true);
        let decision = way_out_of_sink(picture, &among);
        (among, decision)
    };
    sinks.into_iter().take(most).map(decided).collect()
}

fn way_out_of_sink(picture: &Picture, stuck: &[bool]) -> Decision {
    let hard = serve(picture, stuck, &[Hard]);
    if hard.somebody_is_left() {
        let graph = arrows_among(picture, &hard.left, |block| block.kind == Hard);
        return give_way(picture, circle_in(&graph));
    }
    let mut place = vec![0; picture.members.len()];
    for (index, member) in hard.line.iter().enumerate() {
        place[*member] = index;
    }
    turn(picture, stuck, &place)
}

/// The short way for the common case: each member waits for one claim of the next one, all round, and each of
/// these claims is granted. Such a ring is its own canonical circle.
pub(super) fn way_out_of_plain_ring(picture: &Picture) -> Option<Decision> {
    let size = picture.members.len();
    let plain = |member: &Member| member.blocks.len() == 1 && picture.blocks[member.blocks.start].kind == Hard;
    if picture.blocks.len() != size || picture.waits.len() != size || !picture.members.iter().all(plain) {
        return None;
    }
    let oldest = (0..size).min_by_key(|member| picture.members[*member].tx)?;
    let next = |member: &usize| picture.blocks[picture.members[*member].blocks.start].by;
    let circle: Vec<usize> = std::iter::successors(Some(oldest), |member| Some(next(member))).take(size).collect();
    (next(circle.last()?) == oldest).then(|| give_way(picture, circle))
}

/// Each member of the circle has what the one before it waits for; the victim lets that go.
fn give_way(picture: &Picture, circle: Vec<usize>) -> Decision {
    let rank = |member: usize| {
        let member = &picture.members[member];
        (member.priority, member.told, Reverse(member.tx))
    };
    let (at, victim) =
        circle.iter().copied().enumerate().min_by_key(|(_, member)| rank(*member)).expect("a circle has members");
    let before = circle[(at + circle.len() - 1) % circle.len()];
    let conflicting = picture.between(before, victim).filter(|block| block.kind == Hard);
    let mut grants: Vec<ClaimRef> = conflicting.map(|block| block.claim).collect();
    grants.sort_unstable();
    grants.dedup();
    Decision { circle, step: Step::GiveWay { victim, grants } }
}

/// Only order stands in the way: of all arrows that lie on a circle and point up the line, the one that starts
/// first in the line is turned; of several, the one at the oldest.
fn turn(picture: &Picture, stuck: &[bool], place: &[usize]) -> Decision {
    let mut left_out = vec![false; picture.waits.len()];
    for block in picture.blocks.iter().filter(|block| block.kind == Hard && stuck[block.by]) {
        let from = picture.from(block);
        left_out[block.wait] |= stuck[from] && place[block.by] > place[from];
    }
    let graph = arrows_among(picture, stuck, |block| !left_out[block.wait]);
    let knot = knots(&graph);
    let points_up = |arrow: &(usize, usize)| {
        let (from, to) = (graph[NodeIndex::new(arrow.0)], graph[NodeIndex::new(arrow.1)]);
        knot[arrow.0] == knot[arrow.1] && place[from] < place[to]
    };
    let arrows = graph.raw_edges().iter().map(|edge| (edge.source().index(), edge.target().index()));
    let first_in_line = arrows.filter(points_up).min_by_key(|(from, to)| (place[graph[NodeIndex::new(*from)]], *to));
    let (from, to) = first_in_line.expect("a circle points up the line somewhere, or it would be hard-stuck");
    let circle = circle_over(&graph, NodeIndex::new(from), NodeIndex::new(to));
    let (first, second) = (graph[NodeIndex::new(from)], graph[NodeIndex::new(to)]);
    let blocks = picture.between(first, second).filter(|block| !left_out[block.wait]);
    let pairs = blocks.map(|block| (picture.blocked(block), block.claim)).collect();
    Decision { circle: members(&graph, circle), step: Step::Turn { first, second, pairs } }
}

/// The arrows between some members, of the blocks that `count`. Nodes are in the order of age.
fn arrows_among(picture: &Picture, among: &[bool], count: impl Fn(&PictureBlock) -> bool) -> DiGraph<usize, ()> {
    let members = (0..among.len()).filter(|member| among[*member]);
    let mut graph = DiGraph::with_capacity(among.len(), picture.blocks.len());
    let mut node = vec![NodeIndex::end(); among.len()];
    members.for_each(|member| node[member] = graph.add_node(member));
    for block in picture.blocks.iter().filter(|block| among[block.by] && count(block)) {
        let from = picture.from(block);
        if among[from] && !joined_just_now(&graph, node[from], node[block.by]) {
            graph.add_edge(node[from], node[block.by], ());
        }
    }
    graph
}

/// Whether the newest arrow from a node goes where the next one would: claims with many blocks by the
/// same holder come in a row.
fn joined_just_now(graph: &DiGraph<usize, ()>, from: NodeIndex, to: NodeIndex) -> bool {
    graph.neighbors(from).next() == Some(to)
}

fn circle_in(graph: &DiGraph<usize, ()>) -> Vec<usize> {
    members(graph, canonical_circle(graph).expect("among the stuck there is a circle"))
}

fn members(graph: &DiGraph<usize, ()>, nodes: Vec<NodeIndex>) -> Vec<usize> {
    nodes.into_iter().map(|node| graph[node]).collect()
}
