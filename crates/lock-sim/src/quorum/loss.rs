//! A node is lost, with all that was granted and waited for there.

use lock_core::TxId;

use super::QuorumWorld;

impl QuorumWorld {
    /// Whoever can no longer be served ends. Whoever claimed there and waits still has fewer nodes to hope for: it has
    /// to look, though it got no new arrow.
    pub(crate) fn lose(&mut self, node: usize) {
        if !self.alive.contains(node) {
            return;
        }
        self.alive.remove(node);
        self.withdraw(|id| id.node == node);
        let hopeless: Vec<TxId> =
            self.claims.iter().filter(|claim| !self.can_be_met(claim)).map(|claim| claim.id.tx).collect();
        for tx in hopeless {
            self.leave(tx);
        }
        let claimed_there = self.claims.iter().filter(|claim| claim.nodes.contains(node));
        let concerned: Vec<TxId> = claimed_there.map(|claim| claim.id.tx).collect();
        self.settle();
        for tx in concerned {
            self.has_to_look(tx);
        }
    }
}
