//! What a claim needs, and where it lines up for it.

use lock_core::{Mode, TxId};

use super::QuorumWorld;
use super::claim::{Claim, NodeClaim, NodeClaimId, Wait};
use super::objects::ObjectIndex;
use super::rules::Surplus;

impl QuorumWorld {
    /// How many more of its nodes must grant a claim.
    pub(super) fn missing(&self, claim: &Claim) -> usize {
        let alive = claim.nodes.and(self.alive);
        let needed = claim.require.needed(claim.nodes.len(), alive.len());
        let granted = alive.iter().filter(|node| self.is_had(claim, *node)).count();
        needed.saturating_sub(granted)
    }

    pub(super) fn is_met(&self, claim: &Claim) -> bool {
        self.missing(claim) == 0
    }

    /// Whether a claim's transaction has what it claims on this node.
    pub(super) fn is_had(&self, claim: &Claim, node: usize) -> bool {
        self.has(claim.id.tx, node, claim.id.object, claim.mode)
    }

    /// Whether a transaction's grants on a node give it that much of an object.
    pub(super) fn has(&self, tx: TxId, node: usize, object: ObjectIndex, mode: Mode) -> bool {
        self.node_claims.iter().any(|claim| {
            claim.tx() == tx
                && claim.id.node == node
                && claim.granted.is_some_and(|grant| grant.mode.covers(mode))
                && self.objects.covers(claim.object(), object)
        })
    }

    /// Every claim that is not met asks on each of its nodes, once. Tells whether some request stands in line by now.
    pub(super) fn ask_where_it_is_missing(&mut self) -> bool {
        let mut asked = false;
        for claim in self.claims.clone() {
            if self.is_met(&claim) {
                continue;
            }
            for node in claim.nodes.and(self.alive).iter() {
                let id = NodeClaimId { node, claim: claim.id };
                if self.is_wanted(&claim, id) {
                    asked |= self.ask(id, claim.mode);
                }
            }
        }
        asked
    }

    /// Whether a claim still has to ask on this node.
    fn is_wanted(&self, claim: &Claim, id: NodeClaimId) -> bool {
        let waits = self.node_claim(id).and_then(|here| here.waiting);
        !self.is_had(claim, id.node)
            && waits.is_none_or(|wait| !wait.mode.covers(claim.mode))
            && !self.unanswered.contains(&id)
    }

    fn ask(&mut self, id: NodeClaimId, mode: Mode) -> bool {
        if self.requests_take_time {
            self.unanswered.push(id);
        } else {
            self.line_up(id, mode);
        }
        !self.requests_take_time
    }

    /// Lines a claim up on a node, at the end; if it waits already, makes it stronger in its place.
    pub(super) fn line_up(&mut self, id: NodeClaimId, mode: Mode) {
        self.arrivals += 1;
        let new = Wait { mode, arrival: self.arrivals };
        if self.node_claim(id).is_none() {
            self.node_claims.push(NodeClaim { id, granted: None, waiting: None });
        }
        let here = self.node_claims.iter_mut().find(|claim| claim.id == id).expect("it was added");
        let wait = here.waiting.get_or_insert(new);
        wait.mode = wait.mode.max(mode);
        self.has_to_look(id.claim.tx);
    }

    /// The node receives all that this transaction has on the way to it, in one step.
    pub(crate) fn answer(&mut self, which: usize) {
        if self.unanswered.is_empty() {
            return;
        }
        let NodeClaimId { node, claim } = self.unanswered[which % self.unanswered.len()];
        let arrives = |id: &NodeClaimId| id.node == node && id.claim.tx == claim.tx;
        let (here, elsewhere) = self.unanswered.iter().partition(|id| arrives(id));
        self.unanswered = elsewhere;
        let here: Vec<NodeClaimId> = here;
        for id in here {
            let claim = *self.claim(id.claim).expect("a request goes when its claim does");
            let is_surplus = self.rules.surplus == Surplus::Withdrawn && self.is_met(&claim);
            if !is_surplus && !self.is_had(&claim, node) {
                self.line_up(id, claim.mode);
            }
        }
        self.settle();
    }

    pub(crate) fn has_unanswered(&self) -> bool {
        !self.unanswered.is_empty()
    }
}
