//! Who can never go on, whatever the others do: the fixed point.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::picture::Picture;
use crate::ArrowKind;

/// What the fixed point came to, by index of the members.
#[derive(Debug)]
pub(super) struct Served {
    /// Those who can finish, in the order in which they are served, always the oldest that can be.
    pub(super) line: Vec<usize>,
    /// Whether a member is left over.
    pub(super) left: Vec<bool>,
}

impl Served {
    pub(super) fn somebody_is_left(&self) -> bool {
        self.left.contains(&true)
    }
}

/// Lets everybody finish whose needs are met, again and again, among those who `take_part`.
///
/// Whoever does not take part is taken for finished. `kinds` says which arrows count.
pub(super) fn serve(picture: &Picture, take_part: &[bool], kinds: &[ArrowKind]) -> Served {
    let mut rounds = Rounds::new(picture, take_part, kinds);
    let mut line = Vec::new();
    let mut left = take_part.to_vec();
    while let Some(Reverse(member)) = rounds.ready.pop() {
        left[member] = false;
        line.push(member);
        rounds.finish(member);
    }
    Served { line, left }
}

/// What each claim still needs, counted down.
struct Rounds {
    /// Per member: unmet claims.
    unmet: Vec<usize>,
    /// Per claim: its member and how many nodes are missing.
    claims: Vec<(usize, usize)>,
    /// Per wait: its claim and how many blocks stand.
    waits: Vec<(usize, usize)>,
    /// Per member: the waits that it blocks, once a block.
    blocked_by: Vec<Vec<usize>>,
    ready: BinaryHeap<Reverse<usize>>,
}

impl Rounds {
    fn new(picture: &Picture, take_part: &[bool], kinds: &[ArrowKind]) -> Self {
        let size = picture.members.len();
        let mut rounds = Self {
            unmet: vec![0; size],
            claims: Vec::new(),
            waits: Vec::new(),
            blocked_by: vec![Vec::new(); size],
            ready: BinaryHeap::new(),
        };
        let mut free = Vec::new();
        for (index, member) in picture.members.iter().enumerate().filter(|(index, _)| take_part[*index]) {
            for unmet in &member.unmet {
                rounds.unmet[index] += 1;
                let claim = rounds.claims.len();
                rounds.claims.push((index, unmet.missing.min(unmet.waits.len())));
                for wait in &unmet.waits {
                    let this = rounds.waits.len();
                    let counts = |by| picture.index_of(by).filter(|other| take_part[*other]);
                    let blocks = wait.blocks.iter().filter(|block| kinds.contains(&block.kind));
                    let blockers = blocks.filter_map(|block| counts(block.by));
                    let mut standing = 0;
                    for blocker in blockers {
                        rounds.blocked_by[blocker].push(this);
                        standing += 1;
                    }
                    rounds.waits.push((claim, standing));
                    if standing == 0 {
                        free.push(claim);
                    }
                }
            }
            if rounds.unmet[index] == 0 {
                rounds.ready.push(Reverse(index));
            }
        }
        free.into_iter().for_each(|claim| rounds.grant(claim));
        rounds
    }

    fn finish(&mut self, member: usize) {
        for wait in std::mem::take(&mut self.blocked_by[member]) {
            let (claim, standing) = &mut self.waits[wait];
            *standing -= 1;
            if *standing == 0 {
                let claim = *claim;
                self.grant(claim);
            }
        }
    }

    /// One more node grants a claim.
    fn grant(&mut self, claim: usize) {
        let (member, missing) = &mut self.claims[claim];
        if *missing == 0 {
            return;
        }
        *missing -= 1;
        if *missing == 0 {
            let member = *member;
            self.unmet[member] -= 1;
            if self.unmet[member] == 0 {
                self.ready.push(Reverse(member));
            }
        }
    }
}
