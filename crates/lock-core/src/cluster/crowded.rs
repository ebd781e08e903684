//! What many want of all of several nodes at once: asked for in turn, so that they form one line.
//!
//! A claim asks its nodes all at once, which is fastest where nobody is in the way. Where many claim the same, each is first
//! somewhere, and they form circles: each has to be found and resolved. So whoever claims what transactions of the same home had to wait for
//! asks the first of the nodes, by name, and the others when that one has granted it. All who do so wait in one line.

use std::collections::BTreeSet;

use super::agent::{Agent, Manner};
use super::node::NodeMachine;
use crate::mutant::{self, Mutant};
use crate::{Claim, Millis, Object, Require, TxId};

/// The objects of which the last claim of all of several nodes that was made from here had to wait.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Crowded(BTreeSet<Object>);

impl Crowded {
    /// How many are kept in mind.
    const MOST: usize = 1_024;

    /// How the nodes of these claims are asked: in turn, if it is a new claim of one of them, alone.
    pub(super) fn manner_of(&self, agent: &Agent, claims: &[Claim]) -> Manner {
        let [claim] = claims else { return Manner::Waits };
        let of_all = claim.require == Require::All && claim.nodes.len() > 1;
        let is_new = !agent.claims.contains_key(&claim.object);
        if of_all && is_new && self.0.contains(&claim.object) { Manner::InTurn } else { Manner::Waits }
    }

    fn note(&mut self, object: &Object, waited: bool) {
        if !waited {
            self.0.remove(object);
        } else if self.0.len() < Self::MOST {
            self.0.insert(object.clone());
        }
    }
}

impl NodeMachine {
    /// Takes note of whether a claim of all of several nodes has to wait; asks the others when the first has granted it.
    pub(super) fn go_on_in_turn(&mut self, tx: TxId, object: &Object, ask: u64, now: Millis) {
        let Some(claim) = self.agents.get_mut(&tx).and_then(|agent| agent.claims.get_mut(object)) else { return };
        if claim.require != Require::All || claim.nodes.len() == 1 {
            return;
        }
        if claim.nodes.values().any(|part| part.wanted.is_some()) {
            return self.crowded.note(object, true);
        }
        if claim.manner == Manner::InTurn {
            claim.manner = Manner::Waits;
            // The first answer says that it is granted: nobody is in the way any more.
            let at_once = ask > 0;
            if at_once {
                self.crowded.note(object, false);
            }
            if !mutant::is_on(Mutant::StopsAtTheFirst) {
                self.claim_what_is_missing(tx, object, now);
            }
        }
    }
}
