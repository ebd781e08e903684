//! Nodes come and go: what that means for the transactions that live here.

use super::agent::NodeClaim;
use super::fencing::Followers;
use super::message::{Held, Message, Request};
use super::node::{NodeMachine, Output};
use super::tables::Tables;
use crate::{Millis, Mode, NodeId, Object, TxId};

impl NodeMachine {
    /// Of how many objects one message tells when a peer is back: less than 9 MiB, however long their names are.
    const IN_ONE_MESSAGE: usize = 2_048;

    /// A peer is there. It is told first what is held there, then asked again for what is still wanted.
    pub(super) fn peer_up(&mut self, peer: &NodeId, now: Millis) {
        self.outputs.push(Output::PeerUp(peer.clone()));
        // What is believed in no more is not told; and what is not told is not answered.
        let all: Vec<TxId> = self.agents.keys().copied().collect();
        for tx in &all {
            for (object, _) in self.held_too_long(*tx, now).into_iter().filter(|(_, node)| node == peer) {
                self.part_lost(*tx, &object, peer, None, now);
            }
        }
        let mut held = self.held_on(peer, now);
        while held.len() > Self::IN_ONE_MESSAGE {
            let rest = held.split_off(Self::IN_ONE_MESSAGE);
            self.say(peer, Message::Hold { held: std::mem::replace(&mut held, rest), more: true }, now);
        }
        self.say(peer, Message::Hold { held, more: false }, now);
        for tx in all {
            self.claim_on_return(tx, peer, now);
            // What that peer knows counted for the better until now.
            self.look_if_needed(tx, now);
        }
    }

    /// What transactions that live here hold on a node that has forgotten it.
    fn held_on(&mut self, peer: &NodeId, now: Millis) -> Vec<Held> {
        let mut held = Vec::new();
        for agent in self.agents.values_mut().filter(|agent| agent.machine.running().is_ok()) {
            let profile = agent.machine.profile();
            for (object, claim) in &mut agent.claims {
                let part = claim.nodes.get(peer).filter(|part| part.hold_until.is_some_and(|until| until > now));
                if let Some((mode, token)) = part.and_then(|part| part.granted) {
                    // Perhaps it was weakened while the node could not be told.
                    let mode = mode.min(claim.mode);
                    held.push(Held { profile, object: object.clone(), mode, token });
                }
            }
        }
        held
    }

    /// Claims on a node what is still wanted of it.
    fn claim_on_return(&mut self, tx: TxId, peer: &NodeId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx).filter(|agent| agent.machine.running().is_ok()) else { return };
        let await_nodes = agent.machine.options().await_nodes;
        let mut again: Vec<(Object, Mode)> = Vec::new();
        for (object, claim) in &mut agent.claims {
            let content = claim.is_met() && claim.require.counts_only_the_alive();
            let Some(part) = claim.nodes.get_mut(peer) else { continue };
            // Forgotten in a restart: a waiting claim, or the conversion of a grant.
            let forgotten = !part.gone && !part.has(claim.mode) && !claim.hopeless;
            if forgotten || (part.gone && await_nodes && !content) {
                (part.gone, part.left_out) = (false, false);
                again.push((object.clone(), claim.mode));
            } else {
                part.left_out = part.gone;
            }
        }
        agent.stamp += 1;
        again.chunks(Self::IN_ONE_MESSAGE).for_each(|again| self.ask_again(tx, peer, again, now));
    }

    /// The grants of a peer cannot be believed in any more; those that can be told to it, until then.
    pub(super) fn peer_down(&mut self, peer: &NodeId, hold_until: Option<Millis>, now: Millis) {
        self.outputs.push(Output::PeerDown(peer.clone()));
        let hold_until = hold_until.filter(|until| *until > now);
        let all: Vec<TxId> = self.agents.keys().copied().collect();
        for tx in all {
            let Some(agent) = self.agents.get_mut(&tx) else { continue };
            // Its answer may never come; if the arrow stands still, another look sees it.
            agent.turning = None;
            agent.letting_go.retain(|_, (node, _)| node != peer);
            let claims: Vec<Object> = agent.claims.keys().cloned().collect();
            for object in claims {
                self.part_lost(tx, &object, peer, hold_until, now);
            }
            self.look_if_needed(tx, now);
        }
        self.drop_searches_of(peer, now);
    }

    /// What a transaction has and wants of one object on a node that is down.
    fn part_lost(&mut self, tx: TxId, object: &Object, peer: &NodeId, hold_until: Option<Millis>, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some(part) = agent.part(object, peer) else { return };
        part.left_out = false;
        if part.gone {
            return;
        }
        let holds = hold_until.is_some();
        *part = match hold_until {
            Some(_) => NodeClaim { wanted: None, asked: None, hold_until, ..*part },
            None => NodeClaim { gone: true, ..NodeClaim::default() },
        };
        agent.may_hold |= holds;
        let me = (&self.me.node, self.me.newest);
        let lost = agent.take_stock(object, Followers { me, links: &self.links });
        self.stir(tx);
        if lost {
            self.lose(tx, object, now);
        } else {
            self.give_up_if_hopeless(tx, object, now);
        }
        // It was perhaps the last answer that a try waited for.
        self.stop_trying(tx, object, now);
        self.claim_what_is_missing(tx, object, now);
        self.fence(tx, object, now);
    }

    /// Grants that a node has forgotten and was not told of in time, or has not answered to in time.
    fn forget_what_is_held_no_more(&mut self, tx: TxId, now: Millis) {
        for (object, node) in self.held_too_long(tx, now) {
            if self.is_alive(&node) {
                self.stop_believing(tx, &object, &node, now);
            } else {
                self.part_lost(tx, &object, &node, None, now);
            }
        }
    }

    /// What a node forgot and was believed in until now.
    fn held_too_long(&self, tx: TxId, now: Millis) -> Vec<(Object, NodeId)> {
        let Some(agent) = self.agents.get(&tx).filter(|agent| agent.may_hold) else { return Vec::new() };
        let mut over = Vec::new();
        for (object, claim) in &agent.claims {
            let late = |part: &NodeClaim| part.hold_until.is_some_and(|until| until <= now);
            let late = claim.nodes.iter().filter(|(_, part)| late(part));
            over.extend(late.map(|(node, _)| (object.clone(), node.clone())));
        }
        over
    }

    /// A node is back and was told of a grant, or asked anew, but has not said in time how the claim stands. It will.
    fn stop_believing(&mut self, tx: TxId, object: &Object, node: &NodeId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let again = agent.machine.options().await_nodes;
        let Some(part) = agent.part(object, node) else { return };
        (part.granted, part.hold_until) = (None, None);
        let again = again && part.asked.is_none();
        let me = (&self.me.node, self.me.newest);
        let lost = agent.take_stock(object, Followers { me, links: &self.links });
        self.stir(tx);
        if lost {
            self.lose(tx, object, now);
        }
        let mode = self.agents.get(&tx).and_then(|agent| Some(agent.claims.get(object)?.mode));
        if let Some(mode) = mode.filter(|_| again) {
            self.ask_again(tx, node, &[(object.clone(), mode)], now);
        }
    }

    /// Does what is due: belief ends in what a node forgot, waiting at a deadline, holding at a lease, and whoever has
    /// waited long looks again.
    pub(super) fn do_what_is_due(&mut self, tables: &mut dyn Tables, now: Millis) {
        let due = self.take_due(now);
        for tx in &due {
            self.forget_what_is_held_no_more(*tx, now);
        }
        for tx in &due {
            self.end_waiting_if_late(tables, *tx, now);
            self.end_holding_if_over(*tx, now);
        }
        for tx in due {
            self.look_again(tx, now);
            self.plan(tx);
        }
    }

    fn end_waiting_if_late(&mut self, tables: &mut dyn Tables, tx: TxId, now: Millis) {
        let Some(agent) = self.agents.get(&tx) else { return };
        if !agent.is_waiting() || agent.machine.may_wait(now).is_ok() {
            return;
        }
        let unmet = agent.claims.iter().filter(|(_, claim)| !claim.is_met());
        let unmet: Vec<Object> = unmet.map(|(object, _)| object.clone()).collect();
        for object in unmet {
            self.stop_waiting(tx, &object, now);
        }
        self.work(tables, now);
    }

    /// Back to what it had of an object: to the weaker mode, or to nothing.
    pub(super) fn stop_waiting(&mut self, tx: TxId, object: &Object, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some(claim) = agent.claims.get_mut(object) else { return };
        let nodes: Vec<NodeId> =
            claim.nodes.iter().filter(|(_, part)| !part.gone).map(|(node, _)| node.clone()).collect();
        let kept = claim.had.filter(|had| claim.missing(*had) == 0);
        match kept {
            Some(had) => claim.keep(had),
            None => drop(agent.claims.remove(object)),
        }
        if kept.is_none() {
            agent.machine.gave_back(object);
        }
        agent.stamp += 1;
        self.stir(tx);
        for node in nodes {
            let request = match kept {
                // Some of the nodes may have granted the stronger mode, or be about to.
                Some(had) => Request::Keep(object.clone(), had),
                None => Request::Unlock(vec![object.clone()]),
            };
            self.release(tx, &node, request, std::slice::from_ref(object), now);
        }
    }

    /// At the end of its lease a transaction is ended, and told what it lost.
    fn end_holding_if_over(&mut self, tx: TxId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx).filter(|agent| agent.machine.running().is_ok()) else { return };
        if agent.machine.options().lease.is_none_or(|lease| lease > now) {
            return;
        }
        let had = agent.claims.iter().filter(|(_, claim)| claim.had.is_some());
        let had: Vec<Object> = had.map(|(object, _)| object.clone()).collect();
        agent.machine.lease_over(had.iter().cloned());
        self.outputs.extend(had.into_iter().map(|object| Output::Lost { tx, object }));
        // It runs, so it can be ended.
        let _ = self.end(tx, now);
    }
}
