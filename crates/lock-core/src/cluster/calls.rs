//! What a transaction's caller asks of it.

use std::collections::BTreeMap;

use super::agent::{Agent, Manner, NodeClaim, Spread};
use super::fencing::Followers;
use super::link::Link;
use super::message::Request;
use super::node::{CallError, NodeMachine};
use super::standing::is_spread;
use super::tables::Tables;
use crate::{Claim, ClaimChange, ClaimError, Millis, Mode, NodeId, NotHeld, Object, Status, TransactionMachine, TxId};

/// What a transaction's caller asks of it. Nothing here waits: what comes of it is told later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Claims, on each node in one step.
    Lock(Vec<Claim>),
    /// Claims what can be granted at once: of those on one node all or none. Otherwise nothing is queued, and that is no error.
    Try(Vec<Claim>),
    /// Gives an object back, grants and wishes.
    Unlock(Object),
    /// From write to read.
    Downgrade(Object),
    /// Back to the end of the line, still wanting it.
    Surrender(Object),
    /// Nobody waits for an object any more: takes back what the request that was waited for had changed, unless the caller was told of the
    /// grant.
    TakeBack(Object, ClaimChange),
    /// The caller has been told of all that is granted so far.
    Saw,
    /// The transaction is over.
    End,
}

impl NodeMachine {
    /// Carries out a call of a transaction that lives here.
    ///
    /// # Errors
    /// [`CallError`]: nothing has changed then.
    pub fn call(&mut self, tables: &mut dyn Tables, tx: TxId, call: Call, now: Millis) -> Result<(), CallError> {
        let agent = self.agents.get_mut(&tx).ok_or(CallError::Unknown(tx))?;
        if call != Call::End {
            agent.machine.running()?;
        }
        let done = match call {
            Call::Lock(claims) => self.lock(tables, tx, claims, true, now),
            Call::Try(claims) => self.lock(tables, tx, claims, false, now),
            Call::Unlock(object) => self.unlock(tables, tx, &object, now),
            Call::Downgrade(object) => self.downgrade(tables, tx, &object, now),
            Call::Surrender(object) => self.surrender(tables, tx, &object, now),
            Call::TakeBack(object, change) => self.take_back_request(tables, tx, &object, change, now),
            Call::Saw => {
                saw(agent);
                Ok(())
            }
            Call::End => self.end(tx, now),
        };
        self.work(tables, now);
        self.stir(tx);
        done
    }

    /// How a transaction that lives here stands.
    pub fn status(&self, tx: TxId) -> Option<Status> {
        let agent = self.agents.get(&tx)?;
        Some(agent.machine.status(&agent.views()))
    }

    /// What is known of a transaction that lives here.
    pub fn transaction(&self, tx: TxId) -> Option<&TransactionMachine> {
        Some(&self.agents.get(&tx)?.machine)
    }

    /// The claims of a transaction that lives here, each as a whole.
    pub fn claims(&self, tx: TxId) -> Vec<crate::ClaimView> {
        self.agents.get(&tx).map(Agent::views).unwrap_or_default()
    }

    /// One of them.
    pub fn claim(&self, tx: TxId, object: &Object) -> Option<crate::ClaimView> {
        self.agents.get(&tx)?.view(object)
    }

    /// The transactions that live here, oldest first, those that are over but not forgotten among them.
    pub fn transactions(&self) -> impl Iterator<Item = TxId> {
        self.agents.keys().copied()
    }

    /// Forgets a transaction that is over.
    pub fn forget(&mut self, tx: TxId) {
        if self.agents.get(&tx).is_some_and(|agent| agent.machine.running().is_err())
            && let Some(agent) = self.agents.remove(&tx)
        {
            self.unplan(tx, agent.due);
        }
    }

    fn lock(
        &mut self,
        tables: &mut dyn Tables,
        tx: TxId,
        claims: Vec<Claim>,
        wait: bool,
        now: Millis,
    ) -> Result<(), CallError> {
        let claims = self.admit(tx, claims)?;
        let Some(agent) = self.agents.get_mut(&tx) else { return Err(CallError::Unknown(tx)) };
        // Whoever tries changes nothing for calls that wait already, and has all or nothing.
        if !wait && claims.iter().any(|claim| agent.waits_for(&claim.object)) {
            return Ok(());
        }
        agent.asked_at = now;
        let late = agent.machine.may_wait(now);
        let profile = agent.machine.profile();
        let wait = wait && late.is_ok();
        let manner = if wait { self.crowded.manner_of(agent, &claims) } else { Manner::Tries };
        let mut asks: BTreeMap<(NodeId, bool), Vec<(Object, Mode)>> = BTreeMap::new();
        let mut claimed = Vec::new();
        let alive = |node: &NodeId| *node == self.me.node || self.links.get(node).is_some_and(Link::is_up);
        for claim in &claims {
            if agent.has_covered(claim) {
                continue;
            }
            let spread = agent.claims.entry(claim.object.clone());
            let spread = spread.or_insert_with(|| Spread::new(claim.mode, claim.require));
            spread.mode = spread.mode.max(claim.mode);
            (spread.manner, spread.hopeless) = (manner, false);
            let nodes_before = spread.nodes.len();
            for node in &claim.nodes {
                let part = spread.nodes.entry(node.clone());
                let part = part.or_insert_with(|| NodeClaim { gone: true, ..NodeClaim::default() });
                // A node that was lost and is back can be asked once more.
                part.gone &= !alive(node);
            }
            if spread.nodes.len() > nodes_before {
                spread.drop_fence();
            }
            let own = is_spread(spread);
            let lacking = spread.nodes.iter().filter(|(_, part)| !part.gone && !part.has(spread.mode));
            for (node, _) in lacking.take(manner.nodes_at_a_time()) {
                asks.entry((node.clone(), own)).or_default().push((claim.object.clone(), spread.mode));
            }
            let me = (&self.me.node, self.me.newest);
            agent.take_stock(&claim.object, Followers { me, links: &self.links });
            agent.hope(&claim.object);
            claimed.push(claim.object.clone());
        }
        for ((node, own), claims) in asks {
            let objects: Vec<Object> = claims.iter().map(|(object, _)| object.clone()).collect();
            self.request(tx, &node, Request::Claim { profile, claims, wait, own }, &objects, now);
        }
        for object in &claimed {
            self.give_up_if_hopeless(tx, object, now);
            self.stop_trying(tx, object, now);
            self.fence(tx, object, now);
        }
        self.work(tables, now);
        // What could be had at once is had; whoever is late waits for nothing.
        let refused = claims.iter().any(|claim| self.is_refused(tx, claim));
        if refused { late.map_err(CallError::from) } else { Ok(()) }
    }

    /// Whether nothing has come of a claim, or less than it was for.
    fn is_refused(&self, tx: TxId, claim: &Claim) -> bool {
        let agent = self.agents.get(&tx);
        let covered = agent.is_some_and(|agent| agent.has_covered(claim));
        let spread = agent.and_then(|agent| agent.claims.get(&claim.object));
        !covered
            && spread
                .is_none_or(|spread| spread.nodes.values().all(|part| part.asked.is_none() && !part.has(claim.mode)))
    }

    /// The claims with their nodes, the same object twice joined; or why they are not taken.
    fn admit(&mut self, tx: TxId, claims: Vec<Claim>) -> Result<Vec<Claim>, CallError> {
        let mut joined: Vec<Claim> = Vec::new();
        let mut places: BTreeMap<Object, usize> = BTreeMap::new();
        let mut new = 0;
        for mut claim in claims {
            if claim.nodes.is_empty() {
                claim.nodes.push(self.me.node.clone());
            }
            self.check_room(&claim)?;
            let Some(agent) = self.agents.get_mut(&tx) else { return Err(CallError::Unknown(tx)) };
            let place = places.get(&claim.object).copied();
            let is_claimed = place.is_some() || agent.claims.contains_key(&claim.object);
            if !is_claimed {
                if agent.claims.len() + new >= self.max_claims {
                    let limit = u32::try_from(self.max_claims).unwrap_or(u32::MAX);
                    return Err(ClaimError::TooManyClaims { tx, limit }.into());
                }
                new += 1;
                agent.machine.gave_back(&claim.object);
            }
            agent.machine.admit(&claim, &self.me.node, &claim.nodes, is_claimed)?;
            if let Some(other) = place.and_then(|place| joined.get_mut(place)) {
                other.mode = other.mode.max(claim.mode);
                other.nodes.extend(claim.nodes);
            } else {
                places.insert(claim.object.clone(), joined.len());
                joined.push(claim);
            }
        }
        Ok(joined)
    }

    fn check_room(&self, claim: &Claim) -> Result<(), CallError> {
        let is_busy = |node: &NodeId| match self.links.get(node) {
            Some(link) => link.is_busy(),
            None => *node == self.me.node && self.stashes_enough_of(node),
        };
        let busy = claim.nodes.iter().find(|node| is_busy(node));
        if let Some(node) = busy {
            return Err(CallError::Busy { node: node.clone(), limit: Link::ROOM });
        }
        Ok(())
    }

    fn unlock(&mut self, tables: &mut dyn Tables, tx: TxId, object: &Object, now: Millis) -> Result<(), CallError> {
        let nodes = self.nodes_of(tables, tx, object)?;
        if let Some(agent) = self.agents.get_mut(&tx) {
            agent.claims.remove(object);
            agent.machine.gave_back(object);
        }
        for node in nodes {
            self.release(tx, &node, Request::Unlock(vec![object.clone()]), std::slice::from_ref(object), now);
        }
        // Without a claim that could not be served, it waits for the others again.
        self.look_if_needed(tx, now);
        Ok(())
    }

    /// Whoever waited for a claim does so no longer.
    fn take_back_request(
        &mut self,
        tables: &mut dyn Tables,
        tx: TxId,
        object: &Object,
        change: ClaimChange,
        now: Millis,
    ) -> Result<(), CallError> {
        let claim = self.agents.get(&tx).and_then(|agent| agent.claims.get(object));
        let Some(claim) = claim else { return Ok(()) };
        match change {
            ClaimChange::New | ClaimChange::Strengthened if claim.told && claim.is_had() => Ok(()),
            ClaimChange::New => self.unlock(tables, tx, object, now),
            ClaimChange::Conversion if !claim.is_had() && claim.had.is_some() => {
                self.stop_waiting(tx, object, now);
                self.look_if_needed(tx, now);
                Ok(())
            }
            ClaimChange::Conversion | ClaimChange::Strengthened => self.downgrade(tables, tx, object, now),
            ClaimChange::Nothing => Ok(()),
        }
    }

    fn downgrade(&mut self, tables: &mut dyn Tables, tx: TxId, object: &Object, now: Millis) -> Result<(), CallError> {
        let nodes = self.nodes_of(tables, tx, object)?;
        let Some(claim) = self.agents.get_mut(&tx).and_then(|agent| agent.claims.get_mut(object)) else {
            return Ok(());
        };
        let converts = claim.nodes.values().any(|part| part.wanted.is_some() && part.granted.is_some());
        if claim.mode == Mode::Read || (converts && claim.had == Some(Mode::Read)) {
            return Ok(());
        }
        claim.keep(Mode::Read);
        claim.had = claim.had.map(|_| Mode::Read);
        for node in nodes {
            self.release(tx, &node, Request::Downgrade(object.clone()), std::slice::from_ref(object), now);
        }
        Ok(())
    }

    /// The caller gives way by itself.
    fn surrender(&mut self, tables: &mut dyn Tables, tx: TxId, object: &Object, now: Millis) -> Result<(), CallError> {
        self.nodes_of(tables, tx, object)?;
        let Some(agent) = self.agents.get_mut(&tx) else { return Err(CallError::Unknown(tx)) };
        let parts = agent.claims.get(object).into_iter().flat_map(|claim| &claim.nodes);
        let grants: Vec<_> =
            parts.filter_map(|(node, part)| Some((node.clone(), object.clone(), part.granted?.1))).collect();
        if grants.is_empty() {
            return Err(NotHeld { tx, object: object.clone(), holders: Vec::new() }.into());
        }
        if let Err(late) = agent.machine.may_wait(now)
            && grants.iter().any(|(_, object, _)| !tables.table_of(object).would_keep(tx, object))
        {
            return Err(late.into());
        }
        self.requeue(tx, &grants, now);
        Ok(())
    }

    /// Puts grants back to the end of their lines.
    pub(super) fn requeue(&mut self, tx: TxId, grants: &[(NodeId, Object, crate::Token)], now: Millis) {
        if let Some(agent) = self.agents.get_mut(&tx) {
            agent.asked_at = now;
        }
        let mut by_node: BTreeMap<NodeId, Vec<(Object, crate::Token)>> = BTreeMap::new();
        for (node, object, token) in grants {
            by_node.entry(node.clone()).or_default().push((object.clone(), *token));
        }
        for (node, grants) in by_node {
            let objects: Vec<Object> = grants.iter().map(|(object, _)| object.clone()).collect();
            for object in &objects {
                let Some(agent) = self.agents.get_mut(&tx) else { continue };
                if let Some(part) = agent.part(object, &node) {
                    part.granted = None;
                }
                let me = (&self.me.node, self.me.newest);
                agent.take_stock(object, Followers { me, links: &self.links });
            }
            self.release(tx, &node, Request::Surrender(grants), &objects, now);
        }
        grants.iter().for_each(|(_, object, _)| self.claim_what_is_missing(tx, object, now));
    }

    pub(super) fn end(&mut self, tx: TxId, now: Millis) -> Result<(), CallError> {
        let Some(agent) = self.agents.get_mut(&tx) else { return Err(CallError::Unknown(tx)) };
        let aborted = agent.machine.running().is_err();
        agent.machine.end()?;
        if !aborted {
            self.let_go(tx, now);
        }
        Ok(())
    }

    /// Gives up all that a transaction has and wants, everywhere.
    pub(super) fn let_go(&mut self, tx: TxId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let nodes = agent.nodes();
        agent.claims.clear();
        agent.overtakings = None;
        agent.stamp += 1;
        self.stir(tx);
        for node in nodes {
            self.request(tx, &node, Request::End, &[], now);
        }
    }

    /// The nodes that a claim lies on and that are there.
    fn nodes_of(&self, tables: &mut dyn Tables, tx: TxId, object: &Object) -> Result<Vec<NodeId>, CallError> {
        let claim = self.agents.get(&tx).and_then(|agent| agent.claims.get(object));
        let Some(claim) = claim else {
            return Err(tables.table_of(object).not_held(tx, object).into());
        };
        Ok(claim.nodes.iter().filter(|(_, part)| !part.gone).map(|(node, _)| node.clone()).collect())
    }
}

/// The caller knows of every claim that is met, and of the weaker mode of a pending conversion.
pub(super) fn saw(agent: &mut Agent) {
    agent.claims.values_mut().filter(|claim| claim.had.is_some()).for_each(|claim| claim.told = true);
    agent.stamp += 1;
}

impl Agent {
    /// Takes note that a claim can be met, if it can.
    fn hope(&mut self, object: &Object) {
        if self.claims.get(object).is_some_and(|claim| !claim.hopeless) {
            self.machine.hopeful(object);
        }
    }

    /// Whether what it has above an object, on all nodes of a claim, covers it.
    fn has_covered(&self, claim: &Claim) -> bool {
        let has = |text: &str| {
            self.claims.get(&Object::trusted(text)).is_some_and(|spread| {
                claim.nodes.iter().all(|node| spread.nodes.get(node).is_some_and(|part| part.has(claim.mode)))
            })
        };
        claim.object.ancestors().any(has)
    }
}
