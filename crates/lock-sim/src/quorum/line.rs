//! Who is ahead of whom on a node, and who is granted.

use lock_core::{Mode, Token};

use super::QuorumWorld;
use super::claim::{Grant, NodeClaim, NodeClaimId};
use super::rules::Surplus;

impl QuorumWorld {
    /// Whether two claims of different transactions, with these modes, exclude each other.
    pub(super) fn conflict(&self, one: (&NodeClaim, Mode), other: (&NodeClaim, Mode)) -> bool {
        one.0.id.node == other.0.id.node
            && one.0.tx() != other.0.tx()
            && one.1.conflicts(other.1)
            && self.objects.are_related(one.0.object(), other.0.object())
    }

    /// Whether the grant of one is in the way of the waiting other.
    pub(super) fn blocks_by_grant(&self, one: &NodeClaim, waiter: &NodeClaim) -> bool {
        let (Some(grant), Some(wait)) = (one.granted, waiter.waiting) else {
            return false;
        };
        self.conflict((one, grant.mode), (waiter, wait.mode))
    }

    /// Whether one waits ahead of the waiting other, and is in its way.
    pub(super) fn blocks_by_order(&self, one: &NodeClaim, waiter: &NodeClaim) -> bool {
        let (Some(ahead), Some(wait)) = (one.waiting, waiter.waiting) else {
            return false;
        };
        self.conflict((one, ahead.mode), (waiter, wait.mode)) && self.is_ahead(one, waiter)
    }

    /// Whether one waiting claim goes before another: by its place, unless the pair was turned.
    pub(super) fn is_ahead(&self, one: &NodeClaim, other: &NodeClaim) -> bool {
        let is_turned = |first: &NodeClaim, second: &NodeClaim| self.turned.contains(&(first.id, second.id));
        is_turned(one, other) || (one.place() < other.place() && !is_turned(other, one))
    }

    /// A waiting claim that may be granted: nobody has what conflicts, nor waits for it ahead. Of several the first in line.
    pub(super) fn grantable(&self) -> Option<NodeClaimId> {
        let free = self.node_claims.iter().filter(|claim| claim.waiting.is_some() && self.is_free(claim));
        free.min_by_key(|claim| claim.place()).map(|claim| claim.id)
    }

    pub(super) fn is_free(&self, waiter: &NodeClaim) -> bool {
        !self.node_claims.iter().any(|one| self.blocks_by_grant(one, waiter) || self.blocks_by_order(one, waiter))
    }

    /// Grants what may be granted, until nothing more can be. What a transaction covers by now it does not wait for
    /// any longer; what a claim needs and has not asked for, it asks for.
    pub(super) fn settle(&mut self) {
        loop {
            self.withdraw_waits_that_are_pointless();
            if let Some(id) = self.grantable() {
                self.grant(id);
            } else if !self.ask_where_it_is_missing() {
                return;
            }
        }
    }

    pub(super) fn grant(&mut self, id: NodeClaimId) {
        self.tokens += 1;
        let token = Token(self.tokens);
        let here = self.node_claims.iter_mut().find(|claim| claim.id == id).expect("it waits");
        let wait = here.waiting.take().expect("it waits");
        let told = here.granted.is_some_and(|weaker| weaker.told);
        here.granted = Some(Grant { mode: wait.mode, token, told });
        self.forget_turns(id);
    }

    /// Covered by the transaction's own grants or, if surplus is withdrawn, of a claim that is met.
    fn withdraw_waits_that_are_pointless(&mut self) {
        let waits = self.node_claims.iter().filter_map(|claim| Some((claim, claim.waiting?)));
        let pointless = waits.filter(|(claim, wait)| {
            self.has(claim.tx(), claim.id.node, claim.object(), wait.mode) || self.is_surplus(claim)
        });
        for id in pointless.map(|(claim, _)| claim.id).collect::<Vec<_>>() {
            self.withdraw_wait(id);
        }
    }

    fn is_surplus(&self, waiter: &NodeClaim) -> bool {
        self.rules.surplus == Surplus::Withdrawn && self.claim(waiter.id.claim).is_some_and(|claim| self.is_met(claim))
    }

    /// Takes a claim out of the line; a grant stays.
    pub(super) fn withdraw_wait(&mut self, id: NodeClaimId) {
        for claim in self.node_claims.iter_mut().filter(|claim| claim.id == id) {
            claim.waiting = None;
        }
        self.node_claims.retain(|claim| claim.granted.is_some() || claim.waiting.is_some());
        self.forget_turns(id);
    }

    /// Takes grant and waiting claim away, wherever the condition holds.
    pub(super) fn withdraw(&mut self, which: impl Fn(NodeClaimId) -> bool) {
        self.node_claims.retain(|claim| !which(claim.id));
        self.unanswered.retain(|id| !which(*id));
        self.turned.retain(|(first, second)| !which(*first) && !which(*second));
    }

    /// Lets the first of two waiting claims go ahead of the second.
    pub(super) fn turn(&mut self, first: NodeClaimId, second: NodeClaimId) {
        self.turned.retain(|pair| *pair != (second, first));
        self.turned.push((first, second));
    }

    pub(super) fn forget_turns(&mut self, id: NodeClaimId) {
        self.turned.retain(|(first, second)| *first != id && *second != id);
    }
}
