//! The agent side: what nodes say of the claims of transactions that live here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent::{Agent, Manner, NodeClaim};
use super::fencing::Followers;
use super::message::{Message, Request};
use super::node::{NodeMachine, Output};
use crate::mutant::{self, Mutant};
use crate::{Deadlock, Millis, Mode, NodeId, Object, Standing, TxId, WayOut};

impl NodeMachine {
    /// Takes note of how claims stand on a node.
    pub(super) fn stands(
        &mut self,
        node: &NodeId,
        tx: TxId,
        ask: u64,
        claims: Vec<(Object, Standing)>,
        turned: bool,
        now: Millis,
    ) {
        let was_asked = ask <= self.numbers;
        if !was_asked || self.agents.get(&tx).is_none_or(|agent| agent.machine.running().is_err()) {
            return;
        }
        if let Some(agent) = self.agents.get_mut(&tx)
            && agent.letting_go.remove(&ask).is_some()
        {
            agent.stamp += 1;
        }
        for (object, standing) in claims {
            if self.agents.get(&tx).is_some_and(|agent| agent.lets_go_since(ask, node, &object)) {
                continue;
            }
            self.stands_now(node, tx, ask, &object, standing, now);
            self.stop_trying(tx, &object, now);
        }
        self.turn_answered(tx, ask, turned, now);
        self.stir(tx);
        self.look_if_needed(tx, now);
    }

    fn stands_now(&mut self, node: &NodeId, tx: TxId, ask: u64, object: &Object, standing: Standing, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some(part) = agent.part(object, node) else { return };
        // What was said before the last question was heard is out of date: the answer will say how it stands.
        if part.asked.is_some_and(|asked| ask < asked) && !mutant::is_on(Mutant::BelievesOldAnswers) {
            return;
        }
        let before = *part;
        part.stands(standing);
        let after = *part;
        let forgotten = before.hold_until.is_some() && before.granted.is_some() && after.granted.is_none();
        let me = (&self.me.node, self.me.newest);
        let lost = agent.take_stock(object, Followers { me, links: &self.links }) && forgotten;
        if after.wanted.is_none() {
            self.wants_nothing(tx, object, node, now);
        }
        if lost {
            self.lose(tx, object, now);
        }
        self.fence(tx, object, now);
        self.notice_crowd(tx, object);
        self.go_on_in_turn(tx, object, now);
    }

    /// What was tried for and could not be had at once on enough nodes is given back.
    pub(super) fn stop_trying(&mut self, tx: TxId, object: &Object, now: Millis) {
        let claim = self.agents.get_mut(&tx).and_then(|agent| agent.claims.get_mut(object));
        let Some(claim) = claim.filter(|claim| claim.manner == Manner::Tries && !claim.hopeless) else { return };
        if claim.nodes.values().all(|part| part.asked.is_none()) {
            claim.manner = Manner::Waits;
            if !claim.is_met() {
                self.stop_waiting(tx, object, now);
            }
        }
    }

    /// A node says that nothing is wanted there. If that is less than is claimed, it was refused, or another claim covers
    /// it. A claim that is simply on one node is given up then, down to what is granted; what is missing of one on many
    /// nodes is made again, on its own: it was covered there while it lay on one node only, or while it waited.
    fn wants_nothing(&mut self, tx: TxId, object: &Object, node: &NodeId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some(claim) = agent.claims.get_mut(object) else { return };
        let Some(part) = claim.nodes.get(node).filter(|part| !part.has(claim.mode)) else { return };
        // Its caller has yet to be told, and to end it; or it is given up soon, when all have answered.
        if claim.hopeless || (claim.manner == Manner::Tries && claim.nodes.len() > 1) {
            return;
        }
        if let (1, Some((granted, _))) = (claim.nodes.len(), part.granted) {
            claim.mode = granted;
            let me = (&self.me.node, self.me.newest);
            agent.take_stock(object, Followers { me, links: &self.links });
        } else if claim.nodes.len() == 1 {
            agent.claims.remove(object);
            agent.machine.gave_back(object);
        } else {
            self.claim_what_is_missing(tx, object, now);
        }
    }

    /// Claims an unmet claim on those of its nodes that are there and have less of it than is claimed and want no
    /// more: what it did without while it was met, or what a grant above covered.
    pub(super) fn claim_what_is_missing(&mut self, tx: TxId, object: &Object, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx).filter(|agent| agent.machine.running().is_ok()) else { return };
        let Some(claim) = agent.claims.get_mut(object) else { return };
        if claim.is_met() || claim.hopeless || claim.manner == Manner::Tries {
            return;
        }
        let is_under_way = |part: &NodeClaim| part.wanted.is_some() || part.asked.is_some();
        let under_way = claim.nodes.values().filter(|part| is_under_way(part)).count();
        let mut room = claim.manner.nodes_at_a_time().saturating_sub(under_way);
        let mut nodes = Vec::new();
        for (node, part) in &mut claim.nodes {
            let lacks = !part.has(claim.mode) && !is_under_way(part);
            if lacks && part.hold_until.is_none() && (!part.gone || part.left_out) && room > 0 {
                (part.gone, part.left_out) = (false, false);
                nodes.push(node.clone());
                room -= 1;
            }
        }
        let claims = [(object.clone(), claim.mode)];
        nodes.into_iter().for_each(|node| self.ask_again(tx, &node, &claims, now));
    }

    /// A lock that the transaction had is gone, and not by its own doing.
    pub(super) fn lose(&mut self, tx: TxId, object: &Object, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        agent.machine.lease_over([object.clone()]);
        self.outputs.push(Output::Lost { tx, object: object.clone() });
        self.give_up_if_hopeless(tx, object, now);
    }

    /// What can never be met is not waited for any longer. What was granted of it stays until it is given back.
    pub(super) fn give_up_if_hopeless(&mut self, tx: TxId, object: &Object, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        if !agent.claims.get(object).is_some_and(|claim| claim.hopeless) {
            return;
        }
        agent.machine.hopeless(object.clone());
        agent.stamp += 1;
        let Some(claim) = agent.claims.get(object) else { return };
        let waiting =
            claim.nodes.iter().filter(|(_, part)| !part.gone && (part.wanted.is_some() || part.asked.is_some()));
        let nodes: Vec<NodeId> = waiting.map(|(node, _)| node.clone()).collect();
        for node in nodes {
            self.release(tx, &node, Request::Withdraw(vec![object.clone()]), std::slice::from_ref(object), now);
        }
    }

    /// Claims again on a node, each on its own.
    pub(super) fn ask_again(&mut self, tx: TxId, node: &NodeId, claims: &[(Object, Mode)], now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let profile = agent.machine.profile();
        let (own, plain): (Vec<_>, Vec<_>) =
            claims.iter().cloned().partition(|(object, _)| agent.claims.get(object).is_some_and(is_spread));
        for (claims, own) in [(own, true), (plain, false)] {
            if !claims.is_empty() {
                let objects: Vec<Object> = claims.iter().map(|(object, _)| object.clone()).collect();
                self.request(tx, node, Request::Claim { profile, claims, wait: true, own }, &objects, now);
            }
        }
    }

    /// Asks a node to take something back. Until it has answered, the transaction is letting it go.
    ///
    /// A node that is not there is not asked: whatever the transaction had there, the node forgets or has forgotten.
    pub(super) fn release(&mut self, tx: TxId, node: &NodeId, request: Request, objects: &[Object], now: Millis) {
        if !self.is_alive(node) {
            return;
        }
        let ask = self.request(tx, node, request, objects, now);
        if let Some(agent) = self.agents.get_mut(&tx) {
            agent.letting_go.insert(ask, (node.clone(), objects.to_vec()));
        }
    }

    /// Asks a node something about claims; their parts there are open until it has answered. Gives the number
    /// of the question. Nobody waits for the answer of a node that is not there: it is asked anew on its return.
    pub(super) fn request(
        &mut self,
        tx: TxId,
        node: &NodeId,
        request: Request,
        objects: &[Object],
        now: Millis,
    ) -> u64 {
        let ask = self.next_number();
        let is_alive = self.is_alive(node);
        if let Some(agent) = self.agents.get_mut(&tx) {
            for object in objects {
                if let Some(part) = agent.part(object, node).filter(|_| is_alive) {
                    part.asked = Some(ask);
                }
            }
            agent.stamp += 1;
        }
        self.say(node, Message::Request { tx, ask, request }, now);
        ask
    }

    /// A node says that a deadlock was resolved. Who aborts is told at home, before anybody else.
    pub(super) fn noted(&mut self, deadlock: Deadlock, mut members: Vec<TxId>) {
        let aborted = match deadlock.way_out {
            WayOut::Abort { victim } => Some(victim),
            WayOut::Surrender { .. } | WayOut::Overtaking { .. } => None,
        };
        members.retain(|member| Some(*member) != aborted && deadlock.members().any(|other| other == *member));
        self.note(&Arc::new(deadlock), &members);
    }

    /// Tells the members of a deadlock that live here.
    pub(super) fn note(&mut self, deadlock: &Arc<Deadlock>, members: &[TxId]) {
        for member in members {
            if let Some(agent) = self.agents.get_mut(member) {
                agent.machine.resolved(deadlock);
                self.stir(*member);
            }
        }
    }

    /// Tells the homes of all members of a deadlock, but for one who knows already, and whoever watches this node.
    pub(super) fn announce(&mut self, deadlock: Deadlock, homes: &[NodeId], knows: Option<TxId>, now: Millis) {
        let mut by_home: BTreeMap<NodeId, Vec<TxId>> = BTreeMap::new();
        for (member, home) in deadlock.members().zip(homes).filter(|(member, _)| Some(*member) != knows) {
            by_home.entry(home.clone()).or_default().push(member);
        }
        for (home, members) in by_home {
            self.say(&home, Message::Note { deadlock: Box::new(deadlock.clone()), members }, now);
        }
        self.counters.ended(deadlock.circle.len());
        self.outputs.push(Output::Resolved(Arc::new(deadlock)));
    }
}

/// Whether a claim is more than one on the home node alone: each of its nodes is counted by itself.
pub(super) fn is_spread(claim: &super::agent::Spread) -> bool {
    claim.nodes.len() > 1
}

impl Agent {
    /// Whether it has asked a node to take something back after this answer was given: what was granted then may
    /// be another's by now. The answer that says so is still to come.
    fn lets_go_since(&self, ask: u64, node: &NodeId, object: &Object) -> bool {
        if mutant::is_on(Mutant::BelievesOldAnswers) {
            return false;
        }
        let mut later = self.letting_go.range(ask + 1..).map(|(_, what)| what);
        later.any(|(at, objects)| at == node && objects.contains(object))
    }

    /// The nodes that know something of the transaction, or will.
    pub(super) fn nodes(&self) -> std::collections::BTreeSet<NodeId> {
        let parts = self.claims.values().flat_map(|claim| &claim.nodes);
        parts.filter(|(_, part)| !part.gone).map(|(node, _)| node.clone()).collect()
    }
}
