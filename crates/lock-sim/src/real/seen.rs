//! What was seen of the nodes of a story, and what it shows.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Deadlock, Mode, NodeId, Object, Token, TxId};

use super::ground::{Ground, Trouble};
use super::nodes::{RealNodes, State};
use super::request::{Granted, Line, Reply, Request, TxView, View};
use crate::promises::nobody_believes_what_excludes;
use crate::{NodeView, Truth, TxStatus};

/// What nodes told so far, those among them that are gone.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) deadlocks: Vec<Deadlock>,
    pub(super) lost: BTreeMap<TxId, Vec<Object>>,
    pub(super) tokens: BTreeMap<(NodeId, Object), Vec<Token>>,
    granted: BTreeSet<(NodeId, Object, Token, TxId)>,
}

impl Told {
    fn take(&mut self, node: &NodeId, view: &mut View) {
        self.deadlocks.append(&mut view.deadlocks);
        for Granted { tx, object, token } in view.grants.drain(..) {
            // What a node that forgot takes back is no new grant.
            if self.granted.insert((node.clone(), object.clone(), token, tx)) {
                self.tokens.entry((node.clone(), object)).or_default().push(token);
            }
        }
        for (tx, seen) in &view.transactions {
            // Who has ended has forgotten.
            let known = self.lost.entry(*tx).or_default();
            if seen.lost.len() > known.len() {
                known.clone_from(&seen.lost);
            }
        }
    }
}

impl<G: Ground> RealNodes<G> {
    /// Looks at all nodes that did something since the last look. One that stands still is as it was.
    pub(super) fn look(&mut self) -> Result<(), Trouble> {
        let stale: Vec<NodeId> =
            self.running().filter(|(_, site)| site.is_stale).map(|(node, _)| node.clone()).collect();
        for node in &stale {
            self.post(node, Request::View)?;
        }
        for node in &stale {
            let Reply::View(mut view) = self.ground.reply(node)? else { return Err(Self::strange(node)) };
            self.told.take(node, &mut view);
            let site = self.site(node)?;
            (site.view, site.is_stale) = (*view, false);
        }
        Ok(())
    }

    /// How its home knows a transaction, if that still runs.
    pub(super) fn tx_view(&self, tx: TxId) -> Option<&TxView> {
        let (home, incarnation) = self.homes.get(&tx)?;
        let site = self.sites.get(home).filter(|site| site.incarnation == *incarnation && site.state != State::Dead)?;
        site.view.transactions.get(&tx)
    }

    fn line(&self, object: &Object, node: &NodeId) -> Option<&Line> {
        let site = self.sites.get(node).filter(|site| site.state != State::Dead)?;
        site.view.lines.iter().find(|line| line.object == *object)
    }

    pub(super) fn holders_seen(&self, object: &Object, node: &NodeId) -> BTreeMap<TxId, Mode> {
        let holders = self.line(object, node).map(|line| line.holders.clone()).unwrap_or_default();
        holders.into_iter().map(|holder| (holder.tx, holder.mode)).collect()
    }

    pub(super) fn queue_seen(&self, object: &Object, node: &NodeId) -> Vec<TxId> {
        self.line(object, node).into_iter().flat_map(|line| &line.waiters).map(|waiter| waiter.tx).collect()
    }

    fn views(&self) -> impl Iterator<Item = (&NodeId, &View)> {
        self.sites.iter().filter(|(_, site)| site.state != State::Dead).map(|(node, site)| (node, &site.view))
    }

    /// What is really so.
    pub(super) fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        self.views().for_each(|(node, view)| truth.learn(node, &view.node.waits));
        truth
    }

    /// The promises that are broken.
    pub(super) fn broken_promises(&self) -> Vec<String> {
        let tables = self.views().filter_map(|(node, view)| Some(format!("{node}: {}", view.broken.as_ref()?)));
        let mut broken: Vec<String> = tables.collect();
        for ((node, object), tokens) in &self.told.tokens {
            if tokens.windows(2).any(|pair| pair[0] >= pair[1]) {
                broken.push(format!("tokens grow: those of {object} on {node} do not"));
            }
        }
        let nodes: BTreeMap<NodeId, NodeView> =
            self.views().map(|(node, view)| (node.clone(), view.node.clone())).collect();
        broken.extend(nobody_believes_what_excludes(&nodes, self.time.now).err());
        if self.is_whole() {
            broken.extend(self.truth().stuck().first().map(|tx| format!("every deadlock ends: {tx} is stuck")));
            broken.extend(self.leaks());
        }
        broken
    }

    /// All nodes run, move, and reach each other.
    fn is_whole(&self) -> bool {
        self.cut.is_empty() && self.sites.values().all(|site| site.state == State::Runs && !site.view.is_recovering)
    }

    /// When everybody is over, nobody has or waits for anything.
    fn leaks(&self) -> Option<String> {
        let is_over =
            |tx: &TxId| self.tx_view(*tx).is_none_or(|seen| matches!(seen.status, TxStatus::Ended | TxStatus::Aborted));
        if !self.homes.keys().all(is_over) {
            return None;
        }
        self.views().find_map(|(node, view)| {
            let kept = view.kept;
            let leaks = view.claims > 0 || kept.guests > 0 || kept.looks > 0 || kept.stashed > 0;
            leaks.then(|| format!("nothing leaks: {node} keeps {} claims and {kept:?}", view.claims))
        })
    }

    /// The objects that a transaction waits for.
    pub(super) fn waiting_seen(&self, tx: TxId) -> BTreeSet<Object> {
        let claims = self.tx_view(tx).into_iter().flat_map(|seen| &seen.claims);
        claims.filter(|claim| claim.wanted.is_some()).map(|claim| claim.object.clone()).collect()
    }
}
