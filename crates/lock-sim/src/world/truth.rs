//! What is really so, whatever the machines believe: worked out from the state of all processes at once, without the search.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{HomeRow, Mode, NodeId, Object, TxId, WaitView};

use super::world::World;

/// A grant that somebody may believe in at this moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Believed {
    /// Where it was granted.
    pub node: NodeId,
    /// What.
    pub object: Object,
    /// Who.
    pub tx: TxId,
    /// How.
    pub mode: Mode,
}

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
        let mut left: BTreeSet<TxId> =
            self.needs.iter().filter(|(_, row)| !row.unmet.is_empty()).map(|(tx, _)| *tx).collect();
        loop {
            let served: Vec<TxId> = left.iter().copied().filter(|tx| self.can_be_served(*tx, &left)).collect();
            if served.is_empty() {
                return left;
            }
            left.retain(|tx| !served.contains(tx));
        }
    }

    fn can_be_served(&self, tx: TxId, left: &BTreeSet<TxId>) -> bool {
        self.needs[&tx].unmet.iter().all(|unmet| {
            let free = unmet.waits.iter().filter(|(node, place)| {
                let waits = self.waits.get(&(tx, node.clone())).into_iter().flatten();
                let wait = waits.into_iter().find(|wait| wait.object == unmet.object && wait.place == *place);
                wait.is_none_or(|wait| {
                    !wait
                        .blocks
                        .iter()
                        .any(|block| left.contains(&block.tx) && !self.is_letting_go(block.tx, node, &block.object))
                })
            });
            free.count() + unmet.open as usize >= unmet.missing as usize
        })
    }

    fn is_letting_go(&self, tx: TxId, node: &NodeId, object: &Object) -> bool {
        self.needs.get(&tx).is_some_and(|row| row.letting_go.contains(&(node.clone(), object.clone())))
    }
}

impl World {
    /// What is really so at this moment.
    pub fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for (name, process) in self.processes() {
            for tx in process.machine.transactions() {
                truth.needs.extend(process.machine.home_row(tx).map(|row| (tx, row)));
            }
            for tx in process.table.waiting_transactions() {
                truth.waits.insert((tx, name.clone()), process.table.waits(tx));
            }
        }
        truth
    }

    /// Every grant that a living transaction may believe in now, by its own clock; of those that stand still too.
    pub fn believed(&self) -> Vec<Believed> {
        let mut believed = Vec::new();
        for (name, process) in self.processes() {
            let now = self.clock_of(name);
            for tx in process.machine.transactions() {
                for (object, node) in process.machine.parts(tx) {
                    if let Some(mode) = process.machine.believes(tx, &object, &node, now) {
                        believed.push(Believed { node, object, tx, mode });
                    }
                }
            }
        }
        believed.sort();
        believed
    }
}
