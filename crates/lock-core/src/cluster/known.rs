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
        self.homes.get(&tx).is_some_and(|row| row.lets_go(node, object))
    }

    /// Whom to ask for what is missing of these and of whoever they wait on, and so on.
    pub(super) fn missing_of(&self, txs: impl IntoIterator<Item = TxId>) -> BTreeSet<(NodeId, TxId)> {
        let mut open: Vec<TxId> = txs.into_iter().collect();
        let mut met: BTreeSet<TxId> = open.iter().copied().collect();
        let mut missing = BTreeSet::new();
        while let Some(tx) = open.pop() {
            missing.extend(self.missing(tx));
            let blocks = self.waits_of(tx).flat_map(|wait| &wait.blocks);
            open.extend(blocks.map(|block| block.tx).filter(|blocker| met.insert(*blocker)));
        }
        missing
    }

    /// What is missing of all others that were told of.
    pub(super) fn missing_besides(&self) -> impl Iterator<Item = (NodeId, TxId)> {
        self.lives_at.keys().flat_map(|tx| self.missing(*tx))
    }

    /// Whom to ask for what is missing of one: its home, or the nodes where it waits.
    fn missing(&self, tx: TxId) -> Vec<(NodeId, TxId)> {
        let Some(row) = self.homes.get(&tx) else {
            return self.lives_at.get(&tx).map(|home| (home.clone(), tx)).into_iter().collect();
        };
        let at = row.unmet.iter().flat_map(|unmet| &unmet.waits).map(|(node, _)| (tx, node.clone()));
        at.filter(|at| !self.waits.contains_key(at)).map(|(tx, node)| (node, tx)).collect()
    }

    fn waits_of(&self, tx: TxId) -> impl Iterator<Item = &WaitView> {
        let row = self.homes.get(&tx);
        let at = row.into_iter().flat_map(|row| &row.unmet).flat_map(|unmet| &unmet.waits);
        at.filter_map(move |(node, _)| self.waits.get(&(tx, node.clone()))).flatten()
    }
}
