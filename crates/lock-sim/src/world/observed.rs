//! What checkers see of a world: the last event, and what is really so after it.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Evidence, Incarnation, Message, NodeId, TxId};

use super::truth::Truth;
use super::view::{NodeView, Waits};
use super::watched::Acting;

/// What checkers see of a world.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The last event.
    pub event: Event,
    /// The nodes that run, as they are after it.
    pub nodes: BTreeMap<NodeId, NodeView>,
    /// What is really so after it.
    pub truth: Truth,
    /// Who is stuck then, and who would be if order were laid aside.
    pub stuck: BTreeSet<TxId>,
    /// Who is stuck by what others have, whatever the order.
    pub hard_stuck: BTreeSet<TxId>,
}

/// Something that happened to one node.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// How many there were, this one among them.
    pub number: u64,
    /// Where.
    pub node: Option<NodeId>,
    /// Nothing but a sign of life: what is known and what is granted is as it was.
    pub is_quiet: bool,
    /// The node as it was before, if it ran.
    pub before: Option<NodeView>,
    /// Who acted on evidence of a deadlock.
    pub acts: Vec<Act>,
    /// What was said to other nodes for the first time, of searches only.
    pub said: Vec<(NodeId, Message)>,
}

/// Somebody acted on evidence of a deadlock.
#[derive(Clone, Debug)]
pub struct Act {
    /// The node whose look it was.
    pub looker: NodeId,
    /// Which life of it: perhaps it has ended meanwhile.
    pub incarnation: Incarnation,
    /// The number of the look there.
    pub look: u64,
    /// The evidence.
    pub evidence: Evidence,
    /// What was really so just before.
    pub truth: Truth,
}

impl Event {
    /// The node as it is now, and as it was before, if its table has changed.
    pub fn changed_table<'a>(&'a self, observed: &'a Observed) -> Option<(&'a NodeId, &'a NodeView, &'a NodeView)> {
        let node = self.node.as_ref().filter(|_| !self.is_quiet)?;
        let (before, now) = (self.before.as_ref()?, observed.nodes.get(node)?);
        ((before.incarnation, before.version) != (now.incarnation, now.version)).then_some((node, before, now))
    }
}

impl Observed {
    /// A sign of life of a node: belief lasts longer.
    pub(super) fn heard_of(&mut self, number: u64, node: &NodeId, beliefs: Vec<lock_core::Belief>) {
        self.event = Event { number, node: Some(node.clone()), is_quiet: true, ..Event::default() };
        if let Some(view) = self.nodes.get_mut(node) {
            view.beliefs = beliefs;
        }
    }

    /// Something happened to a node; `None`: no process runs there now.
    pub(super) fn happened(&mut self, event: Event, acting: Vec<Acting>, view: Option<NodeView>) {
        self.event = event;
        let Some(node) = self.event.node.clone() else { return };
        self.event.acts = acting.into_iter().map(|acting| self.act(&node, acting)).collect();
        self.event.before = match view {
            Some(view) => self.nodes.insert(node.clone(), view),
            None => self.nodes.remove(&node),
        };
        self.know(&node);
    }

    fn act(&self, node: &NodeId, acting: Acting) -> Act {
        let mut truth = self.truth.clone();
        if let Some(before) = self.nodes.get(node) {
            truth.forget(node, &before.waits);
        }
        truth.learn(node, &acting.waits);
        let Acting { looker, incarnation, look, evidence, .. } = acting;
        Act { looker, incarnation, look, evidence, truth }
    }

    /// Works out what is so now, if anything has changed.
    fn know(&mut self, node: &NodeId) {
        let nothing = Waits::default();
        let before = self.event.before.as_ref().map_or(&nothing, |view| &view.waits);
        let now = self.nodes.get(node).map_or(&nothing, |view| &view.waits);
        if before == now {
            return;
        }
        self.truth.forget(node, before);
        self.truth.learn(node, now);
        self.stuck = self.truth.stuck();
        self.hard_stuck = if self.stuck.is_empty() { BTreeSet::new() } else { self.truth.hard_stuck() };
    }
}
