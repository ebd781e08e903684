//! What a look has been told.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::{HomeRow, Rows};
use super::shape::ShapeWriter;
use super::shape_of_message::write_waits;
use crate::{NodeId, Object, TxId, WaitView};

/// What has been told so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) homes: BTreeMap<TxId, HomeRow>,
    pub(crate) waits: BTreeMap<(TxId, NodeId), Vec<WaitView>>,
    pub(crate) lives_at: BTreeMap<TxId, NodeId>,
}

impl Known {
    pub(super) fn write_shape(&self, out: &mut ShapeWriter) {
        out.plain(&self.lives_at);
        out.each(self.homes.values(), |out, row| row.write_shape(out));
        out.each(&self.waits, |out, ((tx, node), waits)| {
            out.plain(&(tx, node));
            write_waits(waits, node, out);
        });
    }

    /// Takes in what a node tells.
    pub(super) fn take(&mut self, node: &NodeId, rows: Rows) {
        for row in rows.homes {
            self.lives_at.insert(row.tx, node.clone());
            self.homes.insert(row.tx, row);
        }
        self.waits.extend(rows.waits.into_iter().map(|row| ((row.tx, node.clone()), row.waits)));
        for (tx, home) in rows.elsewhere {
            self.lives_at.entry(tx).or_insert(home);
        }
    }

    /// What was told by one node only.
    pub(super) fn told_by(mut self, node: &NodeId) -> Self {
        self.homes.retain(|tx, _| self.lives_at.get(tx) == Some(node));
        self.waits.retain(|(_, at), _| at == node);
        self
    }

    /// A wait that its home and its node tell alike.
    pub(crate) fn wait(&self, tx: TxId, node: &NodeId, object: &Object, place: u64) -> Option<&WaitView> {
        let waits = self.waits.get(&(tx, node.clone()))?;
        waits.iter().find(|wait| wait.object == *object && wait.place == place)
    }

    /// Whether what a transaction has or wants there does not stand in anybody's way for long.
    pub(crate) fn is_letting_go(&self, tx: TxId, node: &NodeId, object: &Object) -> bool {
        let row = self.homes.get(&tx).filter(|row| !row.letting_go.is_empty());
        row.is_some_and(|row| row.letting_go.iter().any(|(at, what)| at == node && what == object))
    }

    /// Whether nothing is missing of these and of whoever they wait on, and so on. What others wait for is of no matter to them.
    pub(super) fn tells_all_of(&self, txs: impl IntoIterator<Item = TxId>) -> bool {
        let mut open: Vec<TxId> = txs.into_iter().collect();
        let mut met: BTreeSet<TxId> = open.iter().copied().collect();
        while let Some(tx) = open.pop() {
            let Some(row) = self.homes.get(&tx) else { return false };
            for (node, _) in row.unmet.iter().flat_map(|unmet| &unmet.waits) {
                let Some(waits) = self.waits.get(&(tx, node.clone())) else { return false };
                let blockers = waits.iter().flat_map(|wait| &wait.blocks).map(|block| block.tx);
                open.extend(blockers.filter(|blocker| met.insert(*blocker)));
            }
        }
        true
    }

    /// Whom to ask for what is still missing.
    pub(super) fn missing(&self) -> BTreeSet<(NodeId, TxId)> {
        let homes = self.lives_at.iter().filter(|(tx, _)| !self.homes.contains_key(tx));
        let homes = homes.map(|(tx, home)| (home.clone(), *tx));
        let waiting = self
            .homes
            .values()
            .flat_map(|row| row.unmet.iter().flat_map(|unmet| &unmet.waits).map(|(node, _)| (node.clone(), row.tx)));
        homes.chain(waiting.filter(|(node, tx)| !self.waits.contains_key(&(*tx, node.clone())))).collect()
    }
}
