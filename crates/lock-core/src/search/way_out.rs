//! Who gives way, and how. All who see the same stuck transactions name the same way out.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use petgraph::graph::{DiGraph, NodeIndex};

use super::circle::canonical_circle;
use super::picture::{ClaimRef, Picture};
use super::stuck::serve;
use crate::ArrowKind::{self, Hard, Soft};

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
pub(super) fn way_out(picture: &Picture, stuck: &[bool]) -> Decision {
    let hard = serve(picture, stuck, &[Hard]);
    if hard.somebody_is_left() {
        let graph = arrows_among(picture, &hard.left, &[Hard], |_| true);
        return give_way(picture, &members_of(&graph));
    }
    let mut place = vec![0; picture.members.len()];
    for (index, member) in hard.line.iter().enumerate() {
        place[*member] = index;
    }
    turn(picture, stuck, &place)
}

/// Each member of the circle has what the one before it waits for; the victim lets that go.
fn give_way(picture: &Picture, circle: &[usize]) -> Decision {
    let rank = |member: usize| {
        let member = &picture.members[member];
        (member.priority, member.told, Reverse(member.tx))
    };
    let (at, victim) =
        circle.iter().copied().enumerate().min_by_key(|(_, member)| rank(*member)).expect("a circle has members");
    let before = circle[(at + circle.len() - 1) % circle.len()];
    let conflicting = picture.members[before].blocks();
    let conflicting = conflicting.filter(|(_, block)| block.kind == Hard && block.by == picture.members[victim].tx);
    let grants: BTreeSet<ClaimRef> = conflicting.map(|(_, block)| block.claim).collect();
    let step = Step::GiveWay { victim, grants: grants.into_iter().collect() };
    Decision { circle: circle.to_vec(), step }
}

/// Only order stands in the way: the first arrow of the circle that points up the line is turned.
fn turn(picture: &Picture, stuck: &[bool], place: &[usize]) -> Decision {
    let waits_up_the_line = |member: usize, claim: ClaimRef| {
        let blocks = picture.members[member].blocks().filter(|(waiting, _)| *waiting == claim);
        let hard = blocks.filter(|(_, block)| block.kind == Hard);
        hard.filter_map(|(_, block)| picture.index_of(block.by)).any(|by| stuck[by] && place[by] > place[member])
    };
    let stays = |(member, claim): (usize, ClaimRef)| !waits_up_the_line(member, claim);
    let graph = arrows_among(picture, stuck, &[Hard, Soft], stays);
    let circle = members_of(&graph);
    let arrows = circle.iter().copied().zip(circle.iter().copied().cycle().skip(1));
    for (from, to) in arrows {
        let blocks = picture.members[from].blocks().filter(|(claim, _)| stays((from, *claim)));
        let blocks: Vec<_> = blocks.filter(|(_, block)| block.by == picture.members[to].tx).collect();
        if place[from] < place[to] && blocks.iter().all(|(_, block)| block.kind == Soft) {
            let pairs = blocks.iter().map(|(claim, block)| (*claim, block.claim)).collect();
            return Decision { circle, step: Step::Turn { first: from, second: to, pairs } };
        }
    }
    unreachable!("a circle in which every arrow up the line is hard would be hard-stuck")
}

/// The arrows of some kinds between some members, from the waiting claims that `stay`.
fn arrows_among(
    picture: &Picture,
    among: &[bool],
    kinds: &[ArrowKind],
    stays: impl Fn((usize, ClaimRef)) -> bool,
) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::with_capacity(picture.members.len(), picture.members.len());
    for member in 0..picture.members.len() {
        graph.add_node(member);
    }
    for (index, member) in picture.members.iter().enumerate().filter(|(index, _)| among[*index]) {
        let blocks = member.blocks().filter(|(claim, block)| kinds.contains(&block.kind) && stays((index, *claim)));
        let mut to: Vec<usize> = blocks.filter_map(|(_, block)| picture.index_of(block.by)).collect();
        to.sort_unstable();
        to.dedup();
        for other in to.into_iter().filter(|other| among[*other]) {
            graph.add_edge(NodeIndex::new(index), NodeIndex::new(other), ());
        }
    }
    graph
}

fn members_of(graph: &DiGraph<usize, ()>) -> Vec<usize> {
    let circle = canonical_circle(graph).expect("among the stuck there is a circle");
    circle.into_iter().map(|node| graph[node]).collect()
}
