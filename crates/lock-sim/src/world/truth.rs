//! What is really so, whatever the machines believe: worked out from the state of all processes at once, without the search.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Arrow, ArrowKind, BlockView, HomeRow, NodeId, Object, Token, TxId, WaitView};

use super::view::Waits;
use super::world::World;

/// All that is really so in a world at one moment.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// What the homes of living transactions know of their needs.
    pub needs: BTreeMap<TxId, HomeRow>,
    /// What waits in the tables, and what is in its way.
    pub waits: BTreeMap<(TxId, NodeId), Vec<WaitView>>,
}

impl Truth {
    /// Who can never go on, whatever the others do: Holt's reduction, done the plain way.
    ///
    /// Whoever does not wait finishes. A claim is met when enough of the nodes that it lacks let it in: those whose
    /// blockers have all finished, and those of which it is not sure that they block it.
    pub fn stuck(&self) -> BTreeSet<TxId> {
        self.left_over(&|_| true)
    }

    /// Who could not go on even if order were laid aside: stuck by what others have.
    pub fn hard_stuck(&self) -> BTreeSet<TxId> {
        self.left_over(&|block| block.kind == ArrowKind::Hard)
    }

    fn left_over(&self, counts: &dyn Fn(&BlockView) -> bool) -> BTreeSet<TxId> {
        let mut left: BTreeSet<TxId> =
            self.needs.iter().filter(|(_, row)| !row.unmet.is_empty()).map(|(tx, _)| *tx).collect();
        loop {
            let served: Vec<TxId> = left.iter().copied().filter(|tx| self.can_be_served(*tx, &left, counts)).collect();
            if served.is_empty() {
                return left;
            }
            left.retain(|tx| !served.contains(tx));
        }
    }

    fn can_be_served(&self, tx: TxId, left: &BTreeSet<TxId>, counts: &dyn Fn(&BlockView) -> bool) -> bool {
        self.needs[&tx].unmet.iter().all(|unmet| {
            let free = unmet.waits.iter().filter(|(node, place)| {
                let waits = self.waits.get(&(tx, node.clone())).into_iter().flatten();
                let wait = waits.into_iter().find(|wait| wait.object == unmet.object && wait.place == *place);
                wait.is_none_or(|wait| {
                    let stands = |block: &&BlockView| {
                        left.contains(&block.tx) && !self.is_letting_go(block.tx, node, &block.object)
                    };
                    !wait.blocks.iter().filter(|block| counts(block)).any(|block| stands(&block))
                })
            });
            free.count() + unmet.open as usize >= unmet.missing as usize
        })
    }

    /// The arrows of what transactions need; surplus waits of claims that are met are none.
    pub(crate) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for ((tx, node), waits) in &self.waits {
            let Some(row) = self.needs.get(tx) else { continue };
            let needed = |wait: &&WaitView| {
                let here = |(at, place): &(NodeId, u64)| at == node && *place == wait.place;
                row.unmet.iter().any(|unmet| unmet.object == wait.object && unmet.waits.iter().any(here))
            };
            arrows.extend(waits.iter().filter(needed).flat_map(|wait| arrows_of(*tx, wait)));
        }
        arrows.sort_by(|one, other| key(one).cmp(&key(other)));
        arrows.dedup_by_key(|arrow| (arrow.waiter, arrow.blocker));
        arrows
    }

    /// Adds what a node knows.
    pub(crate) fn learn(&mut self, node: &NodeId, waits: &Waits) {
        self.needs.extend(waits.needs.iter().map(|(tx, row)| (*tx, row.clone())));
        self.waits.extend(waits.waits.iter().map(|(tx, waits)| ((*tx, node.clone()), waits.clone())));
    }

    /// Takes away what a node knew.
    pub(super) fn forget(&mut self, node: &NodeId, waits: &Waits) {
        for tx in waits.needs.keys() {
            self.needs.remove(tx);
        }
        for tx in waits.waits.keys() {
            self.waits.remove(&(*tx, node.clone()));
        }
    }

    fn is_letting_go(&self, tx: TxId, node: &NodeId, object: &Object) -> bool {
        self.needs.get(&tx).is_some_and(|row| row.lets_go(node, object))
    }
}

fn key(arrow: &Arrow) -> impl Ord + use<'_> {
    (arrow.waiter, arrow.blocker, arrow.kind, &arrow.wants, &arrow.blocking)
}

fn arrows_of(waiter: TxId, wait: &WaitView) -> impl Iterator<Item = Arrow> {
    wait.blocks.iter().map(move |block| Arrow {
        waiter,
        wants: wait.object.clone(),
        wanted: wait.mode,
        since: wait.since,
        blocker: block.tx,
        blocking: block.object.clone(),
        blocking_mode: block.mode,
        kind: block.kind,
        token: (block.kind == ArrowKind::Hard).then_some(Token(block.stamp)),
    })
}

impl World {
    /// What is really so at this moment.
    pub fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for (name, process) in self.processes() {
            truth.learn(name, &Waits::of(&process.machine, &process.table));
        }
        truth
    }
}
