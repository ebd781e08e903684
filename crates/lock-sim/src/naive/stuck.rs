//! Who can never go on, whatever the others do.

use std::collections::BTreeSet;

use lock_core::TxId;

use super::NaiveWorld;
use super::arrows::Arrows;

/// What becomes of waiters when everybody else finishes and lets go.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// Those who finish too, in the order in which they are served.
    pub(super) line: Vec<TxId>,
    /// Those who never do.
    pub(super) left: BTreeSet<TxId>,
}

impl Arrows {
    /// Serves waiters one after the other, each time the oldest of those that wait on nobody who is left.
    pub(super) fn serve(&self, waiters: BTreeSet<TxId>) -> Served {
        let mut served = Served { line: Vec::new(), left: waiters };
        let is_served = |tx: TxId, left: &BTreeSet<TxId>| !self.blockers(tx).any(|blocker| left.contains(&blocker));
        while let Some(next) = served.left.iter().copied().find(|tx| is_served(*tx, &served.left)) {
            served.left.remove(&next);
            served.line.push(next);
        }
        served
    }
}

impl NaiveWorld {
    /// The deadlocked transactions, all over the node.
    pub(super) fn stuck(&self, arrows: &Arrows) -> BTreeSet<TxId> {
        let waiters = self.waiters().iter().map(|waiter| waiter.id.tx).collect();
        arrows.serve(waiters).left
    }
}
