//! Who can never go on, whatever the others do.

use lock_core::TxId;

use super::picture::{NodeWait, Picture, Unmet};
use super::sets::TxSet;

/// What becomes of waiters when everybody else finishes and lets go.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// Those who finish too, in the order in which they are served.
    pub(super) line: Vec<TxId>,
    /// Those who never do.
    pub(super) left: TxSet,
}

impl Picture {
    /// Those who are left when everybody who can be served has been, order and grants considered.
    pub(super) fn stuck(&self, among: TxSet) -> TxSet {
        self.serve(among, NodeWait::by).left
    }

    /// Lays order aside: serves as if only grants stood in the way.
    pub(super) fn serve_over_grants(&self, among: TxSet) -> Served {
        self.serve(among, |wait| wait.hard_by)
    }

    /// Serves one after the other, each time the oldest whose claims have enough nodes on which nobody
    /// who is left stands in the way.
    fn serve(&self, among: TxSet, in_the_way: impl Fn(&NodeWait) -> TxSet) -> Served {
        let mut served = Served { line: Vec::new(), left: among };
        let is_met = |unmet: &Unmet, left: TxSet| {
            unmet.waits.iter().filter(|wait| !in_the_way(wait).meets(left)).count() >= unmet.missing
        };
        let is_served = |tx: TxId, left: TxSet| {
            self.unmet.iter().filter(|unmet| unmet.claim.tx == tx).all(|unmet| is_met(unmet, left))
        };
        while let Some(next) = served.left.iter().find(|tx| is_served(*tx, served.left)) {
            served.left.remove(next);
            served.line.push(next);
        }
        served
    }
}
