//! Acting on evidence: the home of whoever is to give way checks it against what it knows itself, and acts once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::agent::{Agent, Turning};
use super::message::{Evidence, FarStep, Message, Request};
use super::node::NodeMachine;
use super::tables::Tables;
use super::timing::{Timing, after};
use crate::mutant::{self, Mutant};
use crate::{Deadlock, Millis, NodeId, Object, Token, TxId, WaitName, WayOut};

impl NodeMachine {
    /// How often, in so many milliseconds, a transaction overtakes at most. Homes that see different nodes, as some links are down,
    /// may have different lines in mind and turn the same pair to and fro, as fast as they can talk, until they see the same again.
    /// With this bound they rest, and look again when the time is over.
    const OVERTAKINGS: u32 = 100;
    const OVERTAKINGS_MS: u64 = 1_000;

    /// Evidence of a deadlock, for a transaction that lives here. It is good only for the state in which the
    /// transaction was read, so no evidence is acted upon twice.
    pub(super) fn judge(&mut self, tables: &mut dyn Tables, from: &NodeId, look: u64, evidence: Evidence, now: Millis) {
        let tx = evidence.tx;
        let agent = self.agents.get(&tx);
        let acted = agent.is_some_and(|agent| {
            agent.is_waiting()
                && (agent.stamp == evidence.stamp || mutant::is_on(Mutant::ActsTwice))
                && agent.turning.is_none()
                && evidence.step.is_of(agent)
                && !(matches!(evidence.step, FarStep::Turn(_)) && Self::overtakes_too_often(agent, now))
        });
        if agent.is_some_and(|agent| Self::overtakes_too_often(agent, now)) {
            self.look_when_it_may_overtake(tx);
        }
        if acted {
            tables.about_to_act(self, (from, look), &evidence);
            self.act_on(evidence, now);
        }
        self.say(from, Message::Resolved { look, tx, acted }, now);
    }

    fn overtakes_too_often(agent: &Agent, now: Millis) -> bool {
        Self::recent_overtakings(agent, now).is_some_and(|(_, count)| count >= Self::OVERTAKINGS)
    }

    fn recent_overtakings(agent: &Agent, now: Millis) -> Option<(Millis, u32)> {
        agent.overtakings.filter(|(since, _)| now < after(*since, Self::OVERTAKINGS_MS))
    }

    /// The slow timer must not be what ends this: its pause may be long by now.
    fn look_when_it_may_overtake(&mut self, tx: TxId) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some((since, _)) = agent.overtakings else { return };
        agent.look_again = Some((after(since, Self::OVERTAKINGS_MS), Timing::FIRST_LOOK_AGAIN));
        self.plan(tx);
    }

    fn act_on(&mut self, evidence: Evidence, now: Millis) {
        let Evidence { tx, deadlock, homes, step, .. } = evidence;
        match step {
            FarStep::GiveWay(grants) => self.give_way(tx, &grants, deadlock, &homes, now),
            FarStep::Turn(pairs) => self.ask_to_turn(tx, pairs, deadlock, homes, now),
        }
    }

    fn give_way(
        &mut self,
        tx: TxId,
        grants: &[(NodeId, Object, Token)],
        deadlock: Deadlock,
        homes: &[NodeId],
        now: Millis,
    ) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let told = |object: &Object| agent.claims.get(object).is_some_and(|claim| claim.told);
        let must_abort = agent.machine.options().abort_on_deadlock && grants.iter().any(|(_, object, _)| told(object));
        let deadlock =
            if must_abort { Deadlock { way_out: WayOut::Abort { victim: tx }, ..deadlock } } else { deadlock };
        if must_abort {
            self.note(&Arc::new(deadlock.clone()), &[tx]);
            self.let_go(tx, now);
        } else {
            self.requeue(tx, grants, now);
        }
        self.announce(deadlock, homes, must_abort.then_some(tx), now);
    }

    fn ask_to_turn(
        &mut self,
        tx: TxId,
        pairs: Vec<(NodeId, WaitName, WaitName)>,
        deadlock: Deadlock,
        homes: Vec<NodeId>,
        now: Millis,
    ) {
        let mut by_node: BTreeMap<NodeId, Vec<(WaitName, WaitName)>> = BTreeMap::new();
        for (node, first, second) in pairs {
            by_node.entry(node).or_default().push((first, second));
        }
        let mut asks = BTreeSet::new();
        for (node, pairs) in by_node {
            let objects: Vec<Object> = pairs.iter().map(|(first, _)| first.object.clone()).collect();
            asks.insert(self.request(tx, &node, Request::Turn(pairs), &objects, now));
        }
        if let Some(agent) = self.agents.get_mut(&tx) {
            let (since, count) = Self::recent_overtakings(agent, now).unwrap_or((now, 0));
            agent.overtakings = Some((since, count + 1));
            agent.turning = Some(Turning { asks, deadlock, homes });
        }
    }

    /// A node has answered whether it turned what it was asked to. One that did is enough: the arrow is another one now.
    pub(super) fn turn_answered(&mut self, tx: TxId, ask: u64, turned: bool, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some(turning) = &mut agent.turning else { return };
        if !turning.asks.remove(&ask) {
            return;
        }
        if turned {
            let Some(Turning { deadlock, homes, .. }) = agent.turning.take() else { return };
            self.announce(deadlock, &homes, None, now);
        } else if turning.asks.is_empty() {
            agent.turning = None;
        }
    }
}

impl FarStep {
    /// Whether all that it names are parts of claims of the one who is to act.
    fn is_of(&self, agent: &Agent) -> bool {
        let has = |node: &NodeId, object: &Object| {
            agent.claims.get(object).is_some_and(|claim| claim.nodes.contains_key(node))
        };
        match self {
            Self::GiveWay(grants) => grants.iter().all(|(node, object, _)| has(node, object)),
            Self::Turn(pairs) => {
                pairs.iter().all(|(node, first, _)| first.tx == agent.tx() && has(node, &first.object))
            }
        }
    }
}
