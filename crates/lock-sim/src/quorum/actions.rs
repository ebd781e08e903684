//! What each action does.

use lock_core::{Mode, Require, TxId};

use super::QuorumWorld;
use super::claim::{Claim, ClaimId, NodeClaimId};
use super::objects::ObjectIndex;
use super::sets::NodeSet;

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QuorumAction {
    /// Claims these objects on these nodes.
    Lock(Vec<(ObjectIndex, Mode)>, NodeSet, Require),
    /// Claims what can be had at once.
    Try(ObjectIndex, Mode, NodeSet, Require),
    Unlock(ObjectIndex),
    Downgrade(ObjectIndex),
    /// Gives back what it has of an object, and wants it still.
    Surrender(ObjectIndex),
    /// The caller learns what it has.
    Saw,
    End,
}

impl QuorumWorld {
    /// Does what an action says and grants what can be granted, but resolves no deadlock.
    /// Says whether it was done; if it was refused nothing has changed.
    pub(crate) fn carry_out(&mut self, tx: TxId, action: &QuorumAction) -> bool {
        if self.transaction(tx).is_over {
            return false;
        }
        let done = match action {
            QuorumAction::Lock(claims, nodes, require) => self.lock(tx, claims, *nodes, *require),
            QuorumAction::Try(object, mode, nodes, require) => {
                self.try_lock(ClaimId { tx, object: *object }, *mode, *nodes, *require)
            }
            QuorumAction::Unlock(object) => self.unlock(ClaimId { tx, object: *object }),
            QuorumAction::Downgrade(object) => self.downgrade(ClaimId { tx, object: *object }),
            QuorumAction::Surrender(object) => self.surrender(ClaimId { tx, object: *object }),
            QuorumAction::Saw => self.tell(tx),
            QuorumAction::End => self.leave(tx),
        };
        self.settle();
        done
    }

    fn lock(&mut self, tx: TxId, claims: &[(ObjectIndex, Mode)], nodes: NodeSet, require: Require) -> bool {
        let before = self.clone();
        for (object, mode) in claims {
            if !self.claim_on(ClaimId { tx, object: *object }, *mode, nodes, require) {
                *self = before;
                return false;
            }
        }
        true
    }

    /// One claim: new, or stronger, or on more nodes. What requires something else than before is refused, and so is
    /// what cannot be met.
    fn claim_on(&mut self, id: ClaimId, mode: Mode, nodes: NodeSet, require: Require) -> bool {
        let had = self.claim(id).copied().unwrap_or(Claim { id, mode, nodes, require });
        let now = Claim { mode: had.mode.max(mode), nodes: had.nodes.or(nodes), ..had };
        if now.require != require || !self.can_be_met(&now) {
            return false;
        }
        let is_new = self.claim(id).is_none();
        if !is_new || !self.is_met(&now) {
            self.claims.retain(|claim| claim.id != id);
            self.claims.push(now);
            // It may need more nodes than before, without a new arrow.
            self.has_to_look(id.tx);
        }
        true
    }

    pub(super) fn can_be_met(&self, claim: &Claim) -> bool {
        claim.require.can_be_met(claim.nodes.len(), claim.nodes.and(self.alive).len())
    }

    /// All or nothing, at once; nobody waits.
    fn try_lock(&mut self, id: ClaimId, mode: Mode, nodes: NodeSet, require: Require) -> bool {
        let before = self.clone();
        let knew = self.lookers.clone();
        let waits = self.claim(id).is_some_and(|claim| !self.is_met(claim));
        if waits || !self.claim_on(id, mode, nodes, require) {
            *self = before;
            return false;
        }
        self.take_what_is_free(id, mode);
        if self.claim(id).is_some_and(|claim| !self.is_met(claim)) {
            *self = before;
            return false;
        }
        self.lookers = knew;
        // Who waits for something else and has more now may be waited for by more.
        self.has_to_look(id.tx);
        self.tell_of(id);
        true
    }

    fn take_what_is_free(&mut self, id: ClaimId, mode: Mode) {
        let Some(claim) = self.claim(id).copied() else { return };
        for node in claim.nodes.and(self.alive).iter() {
            let id = NodeClaimId { node, claim: id };
            if self.has(id.claim.tx, node, id.claim.object, mode) {
                continue;
            }
            let waited = self.node_claim(id).is_some_and(|here| here.waiting.is_some());
            self.line_up(id, mode);
            if self.node_claim(id).is_some_and(|here| self.is_free(here)) {
                self.grant(id);
            } else if !waited {
                self.withdraw_wait(id);
            }
        }
    }

    fn unlock(&mut self, id: ClaimId) -> bool {
        let had = self.claim(id).is_some();
        self.claims.retain(|claim| claim.id != id);
        self.withdraw(|node_claim| node_claim.claim == id);
        self.forget_claims_that_were_only_covered(id.tx);
        had
    }

    /// Write becomes read; of a read, whether or not it wants to be more, it changes nothing.
    fn downgrade(&mut self, id: ClaimId) -> bool {
        let converts = self.node_claims_of(id).any(|here| here.granted.is_some() && here.waiting.is_some());
        let Some(claim) = self.claims.iter_mut().find(|claim| claim.id == id) else {
            return false;
        };
        if !converts {
            claim.mode = Mode::Read;
            for here in self.node_claims.iter_mut().filter(|here| here.id.claim == id) {
                if let Some(grant) = &mut here.granted {
                    grant.mode = Mode::Read;
                }
                if let Some(wait) = &mut here.waiting {
                    wait.mode = Mode::Read;
                }
            }
            self.forget_claims_that_were_only_covered(id.tx);
        }
        true
    }

    fn surrender(&mut self, id: ClaimId) -> bool {
        let granted = self.node_claims_of(id).filter(|here| here.granted.is_some());
        let granted: Vec<NodeClaimId> = granted.map(|here| here.id).collect();
        self.requeue(&granted);
        !granted.is_empty()
    }

    /// Sends grants back to the end of their lines, each with the strongest mode had or wanted.
    /// Of a claim that is met without them, surplus is withdrawn or kept as the rules say.
    pub(super) fn requeue(&mut self, grants: &[NodeClaimId]) {
        let stand = |id: &NodeClaimId| self.node_claim(*id).copied();
        let again: Vec<_> = grants.iter().filter_map(stand).collect();
        self.withdraw(|id| grants.contains(&id));
        for claim in &again {
            let had = claim.granted.map(|grant| grant.mode);
            let wanted = claim.waiting.map(|wait| wait.mode);
            if let Some(mode) = had.max(wanted) {
                self.line_up(claim.id, mode);
            }
        }
        if let Some(claim) = again.first() {
            self.forget_claims_that_were_only_covered(claim.tx());
        }
    }

    /// What the transaction had only because it had something above is not claimed anew.
    fn forget_claims_that_were_only_covered(&mut self, tx: TxId) {
        let is_somewhere = |id: ClaimId| {
            self.node_claims_of(id).next().is_some() || self.unanswered.iter().any(|request| request.claim == id)
        };
        let forgotten: Vec<ClaimId> = self
            .claims_of(tx)
            .filter(|claim| !self.is_met(claim) && !is_somewhere(claim.id))
            .map(|claim| claim.id)
            .collect();
        self.claims.retain(|claim| !forgotten.contains(&claim.id));
    }

    /// A caller is told of what is granted to its claims that are met.
    fn tell(&mut self, tx: TxId) -> bool {
        let met: Vec<ClaimId> = self.claims_of(tx).filter(|claim| self.is_met(claim)).map(|claim| claim.id).collect();
        met.into_iter().for_each(|id| self.tell_of(id));
        true
    }

    fn tell_of(&mut self, id: ClaimId) {
        for here in self.node_claims.iter_mut().filter(|here| here.id.claim == id) {
            if let Some(grant) = &mut here.granted {
                grant.told = true;
            }
        }
    }

    /// Gives up all that a transaction has and wants.
    pub(super) fn leave(&mut self, tx: TxId) -> bool {
        self.claims.retain(|claim| claim.id.tx != tx);
        self.withdraw(|id| id.claim.tx == tx);
        self.lookers.retain(|looker| *looker != tx);
        let index = usize::try_from(tx.0 - 1).expect("a world has few transactions");
        self.transactions[index].is_over = true;
        true
    }
}
