//! The fencing token of a claim on many nodes, of which more than half are enough.
//!
//! Each node counts tokens of its own, and the next holder may have other nodes: the largest token of this holder may come from
//! a node that the next one has not asked. So the largest is told to those who granted, and they give no smaller one from then
//! on. When more than half of all nodes are known to follow, the claim is had, with that token: whoever has it next has
//! one of these nodes, and a larger token of it. (So does the second phase of Lamport's Paxos: what is chosen is told to a
//! majority before it counts.)
//!
//! As a rule nobody has to be told. Each message says the newest token that its sender has heard of, and whoever hears it
//! gives larger ones only: nodes that are asked in turn give the same.

use std::collections::BTreeMap;

use super::agent::{Agent, Spread};
use super::link::Link;
use super::message::Message;
use super::node::NodeMachine;
use super::tables::Tables;
use crate::mutant::{self, Mutant};
use crate::{Millis, NodeId, Object, Require, Token, TxId};

/// What a node knows of the tokens of others: those up to this one they give no more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followers<'node> {
    pub(super) me: (&'node NodeId, Token),
    pub(super) links: &'node BTreeMap<NodeId, Link>,
}

impl Followers<'_> {
    fn follows(self, node: &NodeId, token: Token) -> bool {
        let newest =
            if node == self.me.0 { Some(self.me.1) } else { self.links.get(node).and_then(Link::newest_token) };
        newest.is_some_and(|newest| newest >= token)
    }
}

impl Spread {
    /// Whether the tokens of its nodes have to be brought together.
    pub(super) fn is_fenced(&self) -> bool {
        self.require == Require::Majority && self.nodes.len() > 1 && !mutant::is_on(Mutant::FencesNothing)
    }

    /// It is on more nodes than before: what was a fence for those is none for all, as somebody may have had them with a larger
    /// token. What enough of all still grant is had again with the next fence.
    pub(super) fn drop_fence(&mut self) {
        if !mutant::is_on(Mutant::KeepsAFenceForMore) {
            self.fence = None;
        }
    }

    /// Whether its token is to be a fence, and is none yet.
    pub(super) fn lacks_fence(&self) -> bool {
        self.is_fenced() && self.fence.is_none()
    }

    /// Whether it is granted, and its token is a fence: the caller has it.
    pub(super) fn is_had(&self) -> bool {
        self.is_met() && self.had == Some(self.mode) && !self.lacks_fence()
    }

    /// The largest token of those who granted what is wanted.
    fn largest(&self) -> Option<Token> {
        self.nodes.values().filter(|part| part.has(self.mode)).filter_map(|part| Some(part.granted?.1)).max()
    }

    /// The token of the claim as a whole.
    pub(super) fn token(&self) -> Option<Token> {
        if self.is_fenced() { self.fence } else { self.nodes.values().filter_map(|part| Some(part.granted?.1)).max() }
    }

    /// The token that it can be had with, if it is granted and enough nodes follow.
    pub(super) fn fence_with(&self, followers: Followers<'_>) -> Option<Token> {
        let token = self.largest().filter(|_| self.is_met())?;
        let granted = self.nodes.iter().filter(|(_, part)| part.has(self.mode));
        let follow = granted.filter(|(node, _)| followers.follows(node, token)).count();
        let all = self.nodes.len();
        (!self.is_fenced() || follow >= self.require.needed(all, all)).then_some(token)
    }
}

impl NodeMachine {
    /// Takes note of a token, of here or elsewhere: all tokens that are given here from now on are larger.
    pub(super) fn follow(&mut self, tables: &mut dyn Tables, token: Token) {
        if self.me.newest < token && !mutant::is_on(Mutant::TokensStartAnew) {
            self.me.newest = token;
            tables.each(&mut |table| table.follow(token));
        }
    }

    /// Takes note of a token that was given here.
    pub(super) fn gave(&mut self, token: Option<Token>) {
        self.me.newest = self.me.newest.max(token.unwrap_or_default());
    }

    /// Asks those who granted a claim to follow its largest token, if that is all that is missing.
    pub(super) fn fence(&mut self, tx: TxId, object: &Object, now: Millis) {
        let Some(claim) = self.agents.get(&tx).and_then(|agent| agent.claims.get(object)) else { return };
        let Some(token) = claim.largest().filter(|_| claim.is_met() && !claim.is_had()) else { return };
        let granted = claim.nodes.iter().filter(|(_, part)| part.has(claim.mode));
        let nodes: Vec<NodeId> = granted.map(|(node, _)| node.clone()).collect();
        self.to_fence.insert((tx, object.clone()));
        for node in nodes {
            if self.links.get_mut(&node).is_some_and(|link| link.is_to_follow(token)) {
                self.say(&node, Message::Fence { token }, now);
            }
        }
    }

    /// A node has told of a newer token than before: perhaps it was what some claims wait for.
    pub(super) fn fence_those_who_wait(&mut self, now: Millis) {
        for (tx, object) in std::mem::take(&mut self.to_fence) {
            let followers = Followers { me: (&self.me.node, self.me.newest), links: &self.links };
            let agent = self.agents.get_mut(&tx).filter(|agent| agent.machine.running().is_ok());
            let Some(agent) = agent.filter(|agent| agent.awaits_a_fence(&object)) else { continue };
            let claim = agent.claims.get(&object);
            if claim.is_some_and(|claim| claim.fence_with(followers).is_some()) {
                agent.take_stock(&object, followers);
                self.stir(tx);
            } else {
                self.fence(tx, &object, now);
            }
        }
    }
}

impl Agent {
    fn awaits_a_fence(&self, object: &Object) -> bool {
        self.claims.get(object).is_some_and(|claim| claim.is_met() && !claim.is_had())
    }
}
