//! What a node keeps, and what its transactions believe: for whoever checks it from outside.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::agent::NodeClaim;
use super::link::Link;
use super::node::NodeMachine;
use crate::{Millis, Mode, NodeId, Object, Require, TxId};

/// How much a node keeps for others. When nobody has or wants anything, all of it is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Transactions of other nodes that have claims here.
    pub guests: usize,
    /// Looks for deadlocks under way.
    pub looks: usize,
    /// Requests that wait for the end of the recovery.
    pub stashed: usize,
    /// Messages that a peer has not acknowledged.
    pub unheard: usize,
}

/// A grant that a transaction believes in, by the clock of its home.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Belief {
    /// Where it was granted.
    pub node: NodeId,
    /// What.
    pub object: Object,
    /// Who.
    pub tx: TxId,
    /// How.
    pub mode: Mode,
    /// Until when; `None`: until it is given back.
    pub until: Option<Millis>,
}

impl NodeMachine {
    /// How much is kept here.
    pub fn kept(&self) -> Kept {
        Kept {
            guests: self.guests.len(),
            looks: self.looks.len(),
            stashed: self.stash.len(),
            unheard: self.links.values().map(Link::unheard).sum(),
        }
    }

    /// The numbers of the looks under way.
    pub fn looks(&self) -> impl Iterator<Item = u64> {
        self.looks.keys().copied()
    }

    /// What a claim of a transaction that lives here requires, of which nodes, and how many have granted that mode of it.
    pub fn requirement(&self, tx: TxId, object: &Object, mode: Mode) -> Option<(Require, BTreeSet<NodeId>, usize)> {
        let claim = self.agents.get(&tx)?.claims.get(object)?;
        let granted = claim.nodes.values().filter(|part| part.has(mode)).count();
        Some((claim.require, claim.nodes.keys().cloned().collect(), granted))
    }

    /// The parts of a transaction's claims by node, as far as its home knows: object, node, the mode granted there and
    /// the mode that it still waits for there. Of nodes that are gone nothing is told.
    pub fn parts(&self, tx: TxId) -> Vec<(Object, NodeId, Option<Mode>, Option<Mode>)> {
        let mut parts = Vec::new();
        let claims = self.agents.get(&tx).into_iter().flat_map(|agent| &agent.claims);
        for (object, claim) in claims {
            for (node, part) in claim.nodes.iter().filter(|(_, part)| !part.gone) {
                let waits = !part.has(claim.mode) && (part.wanted.is_some() || part.asked.is_some());
                let granted = part.granted.map(|(mode, _)| mode);
                parts.push((object.clone(), node.clone(), granted, waits.then_some(claim.mode)));
            }
        }
        parts
    }

    /// The other nodes that have yet to say how a claim of a transaction that lives here stands with them.
    pub fn asked_elsewhere(&self, tx: TxId, object: &Object) -> Vec<NodeId> {
        let claim = self.agents.get(&tx).and_then(|agent| agent.claims.get(object));
        let parts = claim.into_iter().flat_map(|claim| &claim.nodes);
        let asked = parts.filter(|(node, part)| **node != self.me.node && !part.gone && part.asked.is_some());
        asked.map(|(node, _)| node.clone()).collect()
    }

    /// All that the transactions which live here believe to have, by transaction and object.
    pub fn beliefs(&self) -> Vec<Belief> {
        let mut beliefs = Vec::new();
        for (tx, agent) in self.agents.iter().filter(|(_, agent)| agent.machine.running().is_ok()) {
            for (object, claim) in &agent.claims {
                for (node, part) in &claim.nodes {
                    let Some((mode, until)) = self.belief_in(node, part) else { continue };
                    beliefs.push(Belief { node: node.clone(), object: object.clone(), tx: *tx, mode, until });
                }
            }
        }
        beliefs
    }

    /// Whether a transaction that lives here may believe, now, that a node's grant is its own.
    pub fn believes(&self, tx: TxId, object: &Object, node: &NodeId, now: Millis) -> Option<Mode> {
        let agent = self.agents.get(&tx).filter(|agent| agent.machine.running().is_ok())?;
        let (mode, until) = self.belief_in(node, agent.claims.get(object)?.nodes.get(node)?)?;
        until.is_none_or(|until| now < until).then_some(mode)
    }

    /// What is believed to be granted on a node, and until when.
    fn belief_in(&self, node: &NodeId, part: &NodeClaim) -> Option<(Mode, Option<Millis>)> {
        let (mode, _) = part.granted.filter(|_| !part.gone)?;
        if part.hold_until.is_some() {
            return Some((mode, part.hold_until));
        }
        if *node == self.me.node {
            return Some((mode, None));
        }
        let trusted = self.links.get(node).and_then(|link| link.trusted_until(self.me.timing))?;
        Some((mode, Some(trusted)))
    }
}
