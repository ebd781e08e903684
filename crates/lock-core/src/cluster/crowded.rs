//! What many want of all of several nodes at once: asked for in turn, so that they form one line.
//!
//! A claim asks its nodes all at once, which is fastest where nobody is in the way. Where many claim the same, each is first
//! somewhere, and they form circles: each has to be found and resolved. So whoever claims what transactions of the same home had to wait for
//! of late asks the first of the nodes, by name, and the others when that one has granted it. All who do so wait in one line.

use std::collections::BTreeMap;

use super::agent::{Agent, Manner};
use super::node::NodeMachine;
use crate::mutant::{self, Mutant};
use crate::{Claim, Millis, Object, Require, TxId};

/// The objects that a claim of all of several nodes that was made from here had to wait for, until one did not have to.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowded {
    /// Each with the number of its entry.
    entries: BTreeMap<Object, u64>,
    /// The same, the oldest first.
    in_order: BTreeMap<u64, Object>,
    next: u64,
}

impl Crowded {
    /// How many are kept in mind. The oldest makes room.
    const MOST: usize = 1_024;

    /// How the nodes of these claims are asked: in turn, if it is a new claim of one of them, alone.
    pub(super) fn manner_of(&self, agent: &Agent, claims: &[Claim]) -> Manner {
        let [claim] = claims else { return Manner::Waits };
        let of_all = claim.require == Require::All && claim.nodes.len() > 1;
        let is_new = !agent.claims.contains_key(&claim.object);
        let in_turn = of_all && is_new && self.entries.contains_key(&claim.object);
        if in_turn { Manner::InTurn { waited: false } } else { Manner::Waits }
    }

    fn remember(&mut self, object: &Object) {
        if self.entries.contains_key(object) {
            return;
        }
        if self.entries.len() == Self::MOST
            && let Some((_, oldest)) = self.in_order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.next += 1;
        self.entries.insert(object.clone(), self.next);
        self.in_order.insert(self.next, object.clone());
    }

    fn forget(&mut self, object: &Object) {
        if let Some(entry) = self.entries.remove(object) {
            self.in_order.remove(&entry);
        }
    }

    /// They, the oldest first.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.in_order.values()
    }
}

impl NodeMachine {
    /// Keeps in mind that a claim of all of several nodes has to wait.
    pub(super) fn notice_crowd(&mut self, tx: TxId, object: &Object) {
        let Some(claim) = self.agents.get_mut(&tx).and_then(|agent| agent.claims.get_mut(object)) else { return };
        let waits = claim.nodes.values().any(|part| part.wanted.is_some());
        if waits && claim.require == Require::All && claim.nodes.len() > 1 {
            if let Manner::InTurn { waited } = &mut claim.manner {
                *waited = true;
            }
            self.crowded.remember(object);
        }
    }

    /// Asks the other nodes, when the first has granted a claim that asks in turn. If it did so at once, nobody is in the way
    /// any more.
    pub(super) fn go_on_in_turn(&mut self, tx: TxId, object: &Object, now: Millis) {
        let Some(claim) = self.agents.get_mut(&tx).and_then(|agent| agent.claims.get_mut(object)) else { return };
        let Manner::InTurn { waited } = claim.manner else { return };
        if !claim.nodes.values().any(|part| part.has(claim.mode)) {
            return;
        }
        claim.manner = Manner::Waits;
        if !waited {
            self.crowded.forget(object);
        }
        if !mutant::is_on(Mutant::StopsAtTheFirst) {
            self.claim_what_is_missing(tx, object, now);
        }
    }
}
