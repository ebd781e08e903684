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
/// Whoever does not take part is taken for finished. `kinds` says which arrows count. The members
/// must be ordered by age.
pub(super) fn serve(picture: &Picture, take_part: &[bool], kinds: &[ArrowKind]) -> Served {
    let mut needs = Needs::new(picture, take_part, kinds);
    let mut line = Vec::new();
    let mut left = take_part.to_vec();
    while let Some(Reverse(member)) = needs.ready.pop() {
        left[member] = false;
        line.push(member);
        needs.finish(member);
    }
    Served { line, left }
}

const NONE: usize = usize::MAX;

/// What each claim still needs, counted down.
struct Needs<'a> {
    picture: &'a Picture,
    /// Per member: its unmet claims.
    unmet: Vec<usize>,
    /// Per unmet claim: how many nodes are missing.
    missing: Vec<usize>,
    /// Per wait: how many blocks stand.
    standing: Vec<usize>,
    /// Per member: the first block that it is; per block: the next one by the same member.
    first_block: Vec<usize>,
    next_block: Vec<usize>,
    ready: BinaryHeap<Reverse<usize>>,
}

impl<'a> Needs<'a> {
    fn new(picture: &'a Picture, take_part: &[bool], kinds: &[ArrowKind]) -> Self {
        let mut needs = Self {
            picture,
            unmet: vec![0; picture.members.len()],
            missing: picture.unmet.iter().map(|unmet| unmet.missing).collect(),
            standing: vec![0; picture.waits.len()],
            first_block: vec![NONE; picture.members.len()],
            next_block: vec![NONE; picture.blocks.len()],
            ready: BinaryHeap::new(),
        };
        for unmet in &picture.unmet {
            needs.unmet[unmet.member] += 1;
        }
        for (index, block) in picture.blocks.iter().enumerate() {
            if take_part[block.by] && kinds.contains(&block.kind) {
                needs.standing[block.wait] += 1;
                needs.next_block[index] = std::mem::replace(&mut needs.first_block[block.by], index);
            }
        }
        for member in (0..picture.members.len()).filter(|member| take_part[*member] && needs.unmet[*member] == 0) {
            needs.ready.push(Reverse(member));
        }
        for wait in 0..picture.waits.len() {
            if needs.standing[wait] == 0 && take_part[picture.unmet[picture.waits[wait].unmet].member] {
                needs.grant(picture.waits[wait].unmet);
            }
        }
        needs
    }

    fn finish(&mut self, member: usize) {
        let mut block = self.first_block[member];
        while block != NONE {
            let wait = self.picture.blocks[block].wait;
            self.standing[wait] -= 1;
            if self.standing[wait] == 0 {
                self.grant(self.picture.waits[wait].unmet);
            }
            block = self.next_block[block];
        }
    }

    /// One more node grants a claim.
    fn grant(&mut self, claim: usize) {
        if self.missing[claim] == 0 {
            return;
        }
        self.missing[claim] -= 1;
        if self.missing[claim] == 0 {
            let member = self.picture.unmet[claim].member;
            self.unmet[member] -= 1;
            // A member who takes no part is finished anyway.
            if self.unmet[member] == 0 {
                self.ready.push(Reverse(member));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TxId;
    use crate::search::picture::{ClaimRef, NodeWait, PictureBlock, Unmet};

    /// Each member has one claim that needs so many of its nodes, each blocked by one other member.
    fn stuck(claims: &[(usize, &[usize])]) -> Vec<bool> {
        let mut picture = Picture::new();
        let claim = ClaimRef { table: 0, claim: 0 };
        for member in 0..claims.len() {
            picture.meet(TxId(member as u64));
        }
        for (member, (missing, blockers)) in claims.iter().enumerate().filter(|(_, (missing, _))| *missing > 0) {
            let unmet = picture.unmet.len();
            picture.unmet.push(Unmet { member, missing: *missing });
            for by in *blockers {
                let wait = picture.waits.len();
                picture.waits.push(NodeWait { unmet, claim });
                picture.blocks.push(PictureBlock { wait, by: *by, claim, kind: ArrowKind::Hard });
            }
        }
        serve(&picture, &vec![true; claims.len()], &[ArrowKind::Hard, ArrowKind::Soft]).left
    }

    #[test]
    fn who_needs_all_is_stuck_in_a_circle() {
        assert_eq!(stuck(&[(1, &[1]), (1, &[0])]), [true, true]);
        assert_eq!(stuck(&[(1, &[1]), (0, &[])]), [false, false]);
        assert_eq!(stuck(&[(2, &[1, 2]), (1, &[0]), (0, &[])]), [true, true, false]);
    }

    #[test]
    fn a_circle_is_no_deadlock_for_who_needs_any() {
        assert_eq!(stuck(&[(1, &[1, 2]), (1, &[0]), (0, &[])]), [false, false, false]);
    }

    #[test]
    fn a_majority_is_stuck_when_too_few_nodes_are_left() {
        assert_eq!(stuck(&[(2, &[1, 2, 3]), (1, &[0]), (0, &[]), (0, &[])]), [false; 4]);
        assert_eq!(stuck(&[(2, &[1, 2, 3]), (1, &[0]), (1, &[0]), (0, &[])]), [true, true, true, false]);
    }
}
