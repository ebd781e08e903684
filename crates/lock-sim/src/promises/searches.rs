//! When looks began, and who was stuck since: what acts on evidence are judged by.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Incarnation, NodeId, TxId};

use crate::{Act, Observed};

type Look = (NodeId, Incarnation, u64);

/// When looks began, and when everybody was stuck last, counted in events.
#[derive(Clone, Debug, Default)]
pub(super) struct Searches {
    began: BTreeMap<Look, u64>,
    stuck_at: BTreeMap<TxId, u64>,
}

impl Searches {
    /// Takes note of the last event, and of who is stuck after it. To be called after the acts of this event were judged.
    pub(super) fn follow(&mut self, observed: &Observed, stuck: &BTreeSet<TxId>) {
        for tx in stuck {
            self.stuck_at.insert(*tx, observed.event.number);
        }
        let Some((node, view)) = observed.event.node.as_ref().and_then(|node| observed.nodes.get_key_value(node))
        else {
            return;
        };
        for look in &view.looks {
            self.began.entry((node.clone(), view.incarnation, *look)).or_insert(observed.event.number);
        }
    }

    /// For each look that evidence may still come of, and each transaction: whether that one was stuck since the look
    /// began. That of a node that crashed may be under way.
    pub(super) fn remembers(&self, observed: &Observed) -> Vec<bool> {
        let mut since = Vec::new();
        for ((node, incarnation, look), began) in &self.began {
            let view = observed.nodes.get(node).filter(|view| view.incarnation == *incarnation);
            if view.is_none_or(|view| view.looks.contains(look)) {
                let txs = observed.truth.needs.keys();
                since.extend(txs.map(|tx| self.stuck_at.get(tx) >= Some(began)));
            }
        }
        since
    }

    /// Whether somebody was stuck when they acted, or at the end of an event since the look began that said so.
    pub(super) fn was_stuck(&self, act: &Act, stuck: &BTreeSet<TxId>) -> bool {
        let tx = act.evidence.tx;
        let began = self.began.get(&(act.looker.clone(), act.incarnation, act.look));
        let last = self.stuck_at.get(&tx);
        stuck.contains(&tx) || began.is_some_and(|began| last.is_some_and(|last| began <= last))
    }
}
