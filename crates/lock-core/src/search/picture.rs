//! What is known of the waits: each waiting transaction, its claims, and who is in their way.

use crate::{ArrowKind, TxId};

/// Where a claim lies: in which table, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClaimRef {
    pub(super) table: usize,
    pub(super) claim: u32,
}

/// The waits of some transactions. Whoever is not a member does not wait, as far as is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    /// Oldest first.
    pub(super) members: Vec<Member>,
}

/// A waiting transaction.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) tx: TxId,
    pub(super) priority: i32,
    /// Its caller was told of something that it holds.
    pub(super) told: bool,
    /// The claims that are not met yet; it needs them all.
    pub(super) unmet: Vec<Unmet>,
}

/// A claim that is not met yet.
#[derive(Clone, Debug)]
pub(super) struct Unmet {
    /// How many more of the nodes must grant.
    pub(super) missing: usize,
    /// The nodes that have not granted.
    pub(super) waits: Vec<NodeWait>,
}

/// A claim waiting on one node; without blocks it may be granted any moment.
#[derive(Clone, Debug)]
pub(super) struct NodeWait {
    pub(super) claim: ClaimRef,
    pub(super) blocks: Vec<PictureBlock>,
}

/// A claim of somebody else that is in the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct PictureBlock {
    pub(super) by: TxId,
    pub(super) claim: ClaimRef,
    pub(super) kind: ArrowKind,
}

impl Picture {
    /// Where a transaction stands among the members.
    pub(super) fn index_of(&self, tx: TxId) -> Option<usize> {
        self.members.binary_search_by_key(&tx, |member| member.tx).ok()
    }
}

impl Member {
    pub(super) fn waits(&self) -> impl Iterator<Item = &NodeWait> {
        self.unmet.iter().flat_map(|unmet| &unmet.waits)
    }

    /// Every block, with the waiting claim that it blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (ClaimRef, PictureBlock)> {
        self.waits().flat_map(|wait| wait.blocks.iter().map(|block| (wait.claim, *block)))
    }
}
