//! What is known of the waits: each waiting transaction, its claims, and who is in their way.

use std::ops::Range;

use hashbrown::HashMap;

use crate::{ArrowKind, TxId};

/// Where a claim lies: in which table, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClaimRef {
    pub(super) table: u32,
    pub(super) claim: u32,
}

/// The waits of some transactions, in rows that point at each other by index.
///
/// Whoever has no unmet claims does not wait, as far as is known.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) members: Vec<Member>,
    pub(super) unmet: Vec<Unmet>,
    pub(super) waits: Vec<NodeWait>,
    pub(super) blocks: Vec<PictureBlock>,
    by_id: HashMap<TxId, usize, foldhash::fast::FixedState>,
}

/// A transaction that was met on the way.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) tx: TxId,
    /// The blocks of its waiting claims, which stand in a row.
    pub(super) blocks: Range<usize>,
    pub(super) priority: i32,
    /// Its caller was told of something that it holds.
    pub(super) told: bool,
}

/// A claim that is not met yet; its transaction needs all of its claims.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unmet {
    pub(super) member: usize,
    /// How many more of the nodes must grant.
    pub(super) missing: usize,
}

/// A claim waiting on one node; without blocks it may be granted any moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeWait {
    pub(super) unmet: usize,
    pub(super) claim: ClaimRef,
}

/// A claim of somebody else that is in the way of a waiting one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PictureBlock {
    pub(super) wait: usize,
    pub(super) by: usize,
    pub(super) claim: ClaimRef,
    pub(super) kind: ArrowKind,
}

impl Picture {
    /// A picture with room for a small deadlock.
    pub(super) fn new() -> Self {
        const ROOM: usize = 16;
        Self {
            members: Vec::with_capacity(ROOM),
            unmet: Vec::with_capacity(ROOM),
            waits: Vec::with_capacity(ROOM),
            blocks: Vec::with_capacity(ROOM),
            by_id: HashMap::default(),
        }
    }

    /// Where a transaction stands among the members; the newest member if it was not met before.
    pub(super) fn meet(&mut self, tx: TxId) -> usize {
        /// Up to here a look along the row is faster than a hash.
        const FEW: usize = 16;
        let next = self.members.len();
        let index = if next < FEW {
            self.members.iter().position(|member| member.tx == tx).unwrap_or(next)
        } else {
            if self.by_id.is_empty() {
                self.by_id.extend(self.members.iter().enumerate().map(|(index, member)| (member.tx, index)));
            }
            *self.by_id.entry(tx).or_insert(next)
        };
        if index == next {
            self.members.push(Member { tx, blocks: 0..0, priority: 0, told: false });
        }
        index
    }

    /// Whose waiting claim a block blocks.
    pub(super) fn from(&self, block: &PictureBlock) -> usize {
        self.unmet[self.waits[block.wait].unmet].member
    }

    /// The claim that a block blocks.
    pub(super) fn blocked(&self, block: &PictureBlock) -> ClaimRef {
        self.waits[block.wait].claim
    }

    /// The blocks from one member to another.
    pub(super) fn between(&self, from: usize, to: usize) -> impl Iterator<Item = &PictureBlock> {
        self.blocks[self.members[from].blocks.clone()].iter().filter(move |block| block.by == to)
    }

    /// Numbers the members by age, the oldest first, so that the order of indexes is that of age.
    pub(super) fn order_by_age(&mut self) {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_unstable_by_key(|member| self.members[*member].tx);
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, old)| place[*old] = new);
        self.members.sort_unstable_by_key(|member| member.tx);
        self.unmet.iter_mut().for_each(|unmet| unmet.member = place[unmet.member]);
        self.blocks.iter_mut().for_each(|block| block.by = place[block.by]);
        self.by_id.clear();
    }
}
