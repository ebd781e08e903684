//! What a node tells of waits: all that it knows of the part that can be reached, in one message.

use std::collections::{BTreeSet, VecDeque};

use super::node::NodeMachine;
use super::rows::{Rows, WaitRow};
use super::tables::Tables;
use crate::{TxId, WaitView};

impl NodeMachine {
    /// How many transactions are told of in one message; whoever asks will ask for the others by name.
    const TOLD: usize = 4_096;

    /// The waits of some transactions here, and of those whom they wait on, as far as that is known here.
    pub(super) fn read(&mut self, tables: &mut dyn Tables, txs: &[TxId], follow: bool) -> Rows {
        let mut rows = Rows::default();
        let mut met: BTreeSet<TxId> = txs.iter().copied().collect();
        let mut open: VecDeque<TxId> = txs.iter().copied().collect();
        while let Some(tx) = open.pop_front() {
            if let Some(agent) = self.agents.get(&tx) {
                rows.homes.push(agent.row());
            } else if let Some(home) = self.guests.get(&tx) {
                rows.elsewhere.push((tx, home.clone()));
            }
            let waits = waits_in(tables, tx);
            if follow && met.len() < Self::TOLD {
                let blockers = waits.iter().flat_map(|wait| &wait.blocks).map(|block| block.tx);
                open.extend(blockers.filter(|blocker| met.insert(*blocker)));
            } else {
                // Whoever stands in the way is named with its home, so that it can be asked for.
                let blockers = waits.iter().flat_map(|wait| &wait.blocks).map(|block| block.tx);
                let unknown: Vec<TxId> = blockers.filter(|blocker| met.insert(*blocker)).collect();
                let homes = unknown.into_iter().filter_map(|blocker| Some((blocker, self.home_of(blocker)?)));
                rows.elsewhere.extend(homes);
            }
            if !waits.is_empty() {
                rows.waits.push(WaitRow { tx, waits });
            }
        }
        rows
    }

    /// Where a transaction lives that lives here or has claims here.
    pub(super) fn home_of(&self, tx: TxId) -> Option<crate::NodeId> {
        if self.agents.contains_key(&tx) { Some(self.me.node.clone()) } else { self.guests.get(&tx).cloned() }
    }
}

fn waits_in(tables: &mut dyn Tables, tx: TxId) -> Vec<WaitView> {
    let mut waits = Vec::new();
    tables.each(&mut |table| waits.extend(table.waits(tx)));
    waits
}
