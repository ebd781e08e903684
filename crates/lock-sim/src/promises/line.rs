//! Who came when: the lines of all nodes, as they can be told from outside.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{FarStep, NodeId, Object, TxId, WaitName, WaitView};

use crate::{NodeView, Observed};

/// When every waiting claim of every node came, and which pairs of them were to be turned.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    arrivals: BTreeMap<NodeId, BTreeMap<(TxId, Object), Arrival>>,
    turned: BTreeSet<(NodeId, WaitName, WaitName)>,
}

#[derive(Clone, Copy, Debug)]
struct Arrival {
    place: u64,
    event: u64,
}

/// How early somebody is: conversions first, then by the event in which they came.
pub(super) type Rank = (bool, u64);

impl Lines {
    /// Takes note of what was turned in the last event.
    pub(super) fn turn(&mut self, observed: &Observed) {
        for act in &observed.event.acts {
            if let FarStep::Turn(pairs) = &act.evidence.step {
                self.turned.extend(pairs.iter().cloned());
            }
        }
    }

    /// Takes note of who waits after the last event. A claim whose place has changed has come anew.
    pub(super) fn follow(&mut self, observed: &Observed) {
        let Some((node, _, now)) = observed.event.changed_table(observed) else { return };
        let before = self.arrivals.entry(node.clone()).or_default();
        let event = observed.event.number;
        let mut after = BTreeMap::new();
        for (tx, wait) in now.waiting() {
            let key = (tx, wait.object.clone());
            let same = before.get(&key).filter(|arrival| arrival.place == wait.place);
            after.insert(key, same.copied().unwrap_or(Arrival { place: wait.place, event }));
        }
        *before = after;
    }

    /// When a waiting claim came, by what the node looked like then.
    pub(super) fn rank(&self, node: &NodeId, view: &NodeView, tx: TxId, object: &Object) -> Option<Rank> {
        let arrival = self.arrivals.get(node)?.get(&(tx, object.clone()))?;
        Some((view.grant(tx, object).is_none(), arrival.event))
    }

    /// Whether the first was to go before the second, whoever came first.
    pub(super) fn is_turned(&self, node: &NodeId, first: (TxId, &WaitView), second: (TxId, &WaitView)) -> bool {
        !self.turned.is_empty() && self.turned.contains(&(node.clone(), name(first), name(second)))
    }

    /// Whether a claim that came and was granted in one event was let past another in it.
    pub(super) fn is_turned_now(&self, node: &NodeId, first: (TxId, &Object), second: (TxId, &WaitView)) -> bool {
        let second = name(second);
        let is_it = |(at, ahead, behind): &(NodeId, WaitName, WaitName)| {
            at == node && (ahead.tx, &ahead.object) == first && *behind == second
        };
        self.turned.iter().any(is_it)
    }
}

fn name((tx, wait): (TxId, &WaitView)) -> WaitName {
    WaitName { tx, object: wait.object.clone(), place: wait.place }
}
