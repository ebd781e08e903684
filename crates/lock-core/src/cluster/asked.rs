//! What a caller wants to know of its transaction: may it go on, and does it have what it thinks it has?

use super::agent::{Agent, Manner, Spread};
use super::calls::saw;
use super::node::NodeMachine;
use crate::{ClaimError, Millis, Mode, NodeId, Object, Over, TransactionOptions, TxId};

impl NodeMachine {
    /// Whether a caller may go on: all that its transaction claims is granted. It is told of all that by this.
    ///
    /// # Errors
    /// Why what it wanted will not be granted.
    pub fn settle(&mut self, tx: TxId, wanted: &[(Object, Mode)], now: Millis) -> Result<bool, ClaimError> {
        let there = self.there();
        let agent = self.agents.get_mut(&tx).ok_or(Over::Ended(tx))?;
        agent.machine.running()?;
        for (object, mode) in wanted {
            agent.may_come(object, *mode, &there, now)?;
        }
        // It waits for all that was claimed before as well: what was lost of that and cannot be had again ends the waiting.
        agent.may_all_come(&there)?;
        let settled = agent.claims.values().all(Spread::is_had);
        if settled {
            saw(agent);
        }
        Ok(settled)
    }

    /// Changes the options of a transaction that lives here, for what is decided from now on.
    pub fn change_options(&mut self, tx: TxId, change: impl FnOnce(&mut TransactionOptions)) {
        if let Some(agent) = self.agents.get_mut(&tx) {
            change(agent.machine.options_mut());
            agent.stamp += 1;
        }
        self.plan(tx);
    }

    /// Whether a try is still under way.
    pub fn is_trying(&self, tx: TxId, object: &Object) -> bool {
        let claim = self.agents.get(&tx).and_then(|agent| agent.claims.get(object));
        claim.is_some_and(|claim| claim.manner == Manner::Tries)
    }

    /// Whether a transaction that lives here goes on.
    ///
    /// # Errors
    /// How it came to be over.
    pub fn running(&self, tx: TxId) -> Result<(), Over> {
        self.agents.get(&tx).ok_or(Over::Ended(tx))?.machine.running()
    }

    /// The nodes that are there.
    pub fn there(&self) -> Vec<NodeId> {
        let peers = self.links.keys().filter(|peer| self.is_alive(peer)).cloned();
        std::iter::once(self.me.node.clone()).chain(peers).collect()
    }
}

impl Agent {
    /// Whether a claim is granted or may be.
    fn may_come(&self, object: &Object, mode: Mode, there: &[NodeId], now: Millis) -> Result<(), ClaimError> {
        let tx = self.tx();
        match self.claims.get(object) {
            Some(claim) if claim.hopeless => Err(claim.cannot_be_served(tx, object, there)),
            Some(claim) if claim.mode.covers(mode) => Ok(()),
            _ if self.has_above(object, mode) => Ok(()),
            // What is not wanted any more was given up, by time or by another call.
            _ => {
                self.machine.may_wait(now)?;
                Err(ClaimError::Withdrawn { tx, object: object.clone() })
            }
        }
    }

    fn may_all_come(&self, there: &[NodeId]) -> Result<(), ClaimError> {
        let hopeless = self.claims.iter().find(|(_, claim)| claim.hopeless);
        hopeless.map_or(Ok(()), |(object, claim)| Err(claim.cannot_be_served(self.tx(), object, there)))
    }

    fn has_above(&self, object: &Object, mode: Mode) -> bool {
        let has = |text: &str| {
            let claim = self.claims.get(&Object::trusted(text));
            claim.is_some_and(|claim| claim.is_had() && claim.mode.covers(mode))
        };
        object.ancestors().any(has)
    }
}

impl Spread {
    fn cannot_be_served(&self, tx: TxId, object: &Object, there: &[NodeId]) -> ClaimError {
        let (require, claimed) = (self.require, self.nodes.keys().cloned().collect());
        ClaimError::CannotServe { tx, object: object.clone(), require, claimed, there: there.to_vec() }
    }
}
