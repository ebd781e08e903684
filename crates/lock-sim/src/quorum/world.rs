//! What is kept, and the questions that can be asked about it.

use lock_core::TxId;

use super::claim::{Claim, ClaimId, NodeClaim, NodeClaimId};
use super::evidence::Evidence;
use super::objects::Objects;
use super::rules::Rules;
use super::sets::{NodeSet, TxSet};
use crate::TxOptions;

/// A few nodes, each with its own table, and the transactions that claim on them, worked out from the rules with
/// no regard for speed.
///
/// Either messages take no time: a request stands in line on all its nodes at once, and whoever has to look does
/// so at once. Or each request, each look and each act is a step of its own, and others come in between.
#[derive(Clone, Debug, Default)]
pub struct QuorumWorld {
    pub(super) rules: Rules,
    pub(super) objects: Objects,
    pub(super) alive: NodeSet,
    /// The transaction `t1` is the first.
    pub(super) transactions: Vec<Transaction>,
    pub(super) claims: Vec<Claim>,
    /// What the tables of all nodes say.
    pub(super) node_claims: Vec<NodeClaim>,
    /// Pairs of waiting claims of which the first goes ahead, though its place is behind.
    pub(super) turned: Vec<(NodeClaimId, NodeClaimId)>,
    /// Whether a request takes time to its node.
    pub(super) requests_take_time: bool,
    /// Requests that their node has not answered yet.
    pub(super) unanswered: Vec<NodeClaimId>,
    /// Who has to look, because of new arrows or of a lost node; in the order in which they came to know.
    pub(super) lookers: Vec<TxId>,
    /// What lookers saw, on its way to those who are to give way or to overtake.
    pub(super) evidence: Vec<Evidence>,
    pub(super) arrivals: u64,
    pub(super) tokens: u64,
}

/// What is kept of a transaction, besides its claims.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) options: TxOptions,
    pub(super) is_over: bool,
}

impl QuorumWorld {
    pub(crate) fn new(
        rules: Rules,
        objects: Objects,
        nodes: usize,
        options: &[TxOptions],
        requests_take_time: bool,
    ) -> Self {
        let begun = |options: &TxOptions| Transaction { options: options.clone(), is_over: false };
        Self {
            rules,
            objects,
            alive: NodeSet::first(nodes),
            transactions: options.iter().map(begun).collect(),
            requests_take_time,
            ..Self::default()
        }
    }

    pub(super) fn transaction(&self, tx: TxId) -> &Transaction {
        &self.transactions[usize::try_from(tx.0 - 1).expect("a world has few transactions")]
    }

    /// All transactions, the oldest first.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = TxId> + use<> {
        (1..=self.transactions.len() as u64).map(TxId)
    }

    pub(super) fn claim(&self, id: ClaimId) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.id == id)
    }

    pub(super) fn claims_of(&self, tx: TxId) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.id.tx == tx)
    }

    pub(super) fn node_claim(&self, id: NodeClaimId) -> Option<&NodeClaim> {
        self.node_claims.iter().find(|claim| claim.id == id)
    }

    pub(super) fn node_claims_of(&self, id: ClaimId) -> impl Iterator<Item = &NodeClaim> {
        self.node_claims.iter().filter(move |claim| claim.id.claim == id)
    }

    /// A transaction waits while one of its claims is not met.
    pub(crate) fn is_waiting(&self, tx: TxId) -> bool {
        self.claims_of(tx).any(|claim| !self.is_met(claim))
    }

    pub(crate) fn has_all(&self, tx: TxId) -> bool {
        self.claims_of(tx).next().is_some() && !self.is_waiting(tx)
    }

    /// Whoever gets new arrows looks; once is enough.
    pub(super) fn has_to_look(&mut self, tx: TxId) {
        if !self.lookers.contains(&tx) {
            self.lookers.push(tx);
        }
    }

    pub(super) fn take_lookers(&mut self) -> Vec<TxId> {
        std::mem::take(&mut self.lookers)
    }

    /// Everybody who waits, stuck or not.
    pub(super) fn waiters(&self) -> TxSet {
        self.everybody().filter(|tx| self.is_waiting(*tx)).collect()
    }
}
