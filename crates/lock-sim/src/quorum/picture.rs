//! Who waits on whom: what a look reads from the tables.

use lock_core::TxId;

use super::QuorumWorld;
use super::claim::{Claim, ClaimId, NodeClaim, NodeClaimId};
use super::sets::TxSet;

/// The unmet claims, where they wait, and who is in their way there.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) unmet: Vec<Unmet>,
}

/// A claim that is not met; its transaction needs all of its claims.
#[derive(Clone, Debug)]
pub(super) struct Unmet {
    pub(super) claim: ClaimId,
    /// How many more nodes must grant. A request not yet answered counts as granted.
    pub(super) missing: usize,
    pub(super) waits: Vec<NodeWait>,
}

/// A claim that waits on one node.
#[derive(Clone, Debug)]
pub(super) struct NodeWait {
    pub(super) id: NodeClaimId,
    pub(super) arrival: u64,
    /// The claims that are in its way because they are granted, and those that wait ahead.
    pub(super) hard: Vec<NodeClaimId>,
    pub(super) soft: Vec<NodeClaimId>,
    /// Whose they are.
    pub(super) hard_by: TxSet,
    pub(super) soft_by: TxSet,
}

impl NodeWait {
    pub(super) fn by(&self) -> TxSet {
        self.hard_by.or(self.soft_by)
    }
}

impl QuorumWorld {
    /// All waits as they stand.
    pub(super) fn picture(&self) -> Picture {
        let unmet = self.claims.iter().filter_map(|claim| {
            let missing = self.missing(claim);
            (missing > 0).then(|| {
                let unanswered = self.unanswered.iter().filter(|id| id.claim == claim.id);
                let unanswered = unanswered.filter(|id| self.is_open(claim, **id)).count();
                let waits = self.node_claims_of(claim.id).filter_map(|here| self.node_wait(here)).collect();
                Unmet { claim: claim.id, missing: missing.saturating_sub(unanswered), waits }
            })
        });
        Picture { unmet: unmet.collect() }
    }

    /// Whether nothing is known of a claim on a node: it neither has it there nor stands in line.
    fn is_open(&self, claim: &Claim, here: NodeClaimId) -> bool {
        !self.is_had(claim, here.node) && self.arrival(here).is_none()
    }

    fn node_wait(&self, waiter: &NodeClaim) -> Option<NodeWait> {
        let arrival = waiter.waiting?.arrival;
        let ids = |blocks: &dyn Fn(&NodeClaim) -> bool| -> Vec<NodeClaimId> {
            self.node_claims.iter().filter(|one| blocks(one)).map(|one| one.id).collect()
        };
        let hard = ids(&|one| self.blocks_by_grant(one, waiter));
        let soft = ids(&|one| self.blocks_by_order(one, waiter));
        let owners = |ids: &[NodeClaimId]| ids.iter().map(|id| id.claim.tx).collect();
        Some(NodeWait { id: waiter.id, arrival, hard_by: owners(&hard), soft_by: owners(&soft), hard, soft })
    }
}

impl Picture {
    pub(super) fn waits_of(&self, tx: TxId) -> impl Iterator<Item = &NodeWait> {
        self.unmet.iter().filter(move |unmet| unmet.claim.tx == tx).flat_map(|unmet| &unmet.waits)
    }

    /// On whom a transaction waits.
    pub(super) fn blockers(&self, tx: TxId) -> TxSet {
        self.waits_of(tx).fold(TxSet::default(), |all, wait| all.or(wait.by()))
    }

    /// All that can be reached from a transaction along the arrows, itself included.
    pub(super) fn reachable(&self, from: TxId) -> TxSet {
        let mut reached = TxSet::of(from);
        loop {
            let further = reached.iter().fold(reached, |all, tx| all.or(self.blockers(tx)));
            if further == reached {
                return reached;
            }
            reached = further;
        }
    }
}
