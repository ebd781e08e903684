//! What a node tells of waits: all that it knows of the part that can be reached, in one message.

use std::collections::{BTreeSet, VecDeque};

use super::agent::Agent;
use super::message::Reach;
use super::node::NodeMachine;
use super::rows::{Rows, WaitRow};
use super::tables::Tables;
use crate::{TxId, WaitView};

impl NodeMachine {
    /// How many transactions are told of in one message; whoever asks will ask for the others by name.
    const TOLD: usize = 4_096;

    /// How many of those who only wait here too are told of.
    const TOLD_BESIDES: usize = 1_024;
    /// Among how many transactions they are sought.
    const SOUGHT_AMONG: usize = 16_384;

    /// The waits of some transactions here, and of others as far as they are to be told of and known here.
    pub(super) fn read(&mut self, tables: &mut dyn Tables, txs: &[TxId], reach: Reach) -> Rows {
        let mut rows = Rows::default();
        let follow = reach != Reach::Named;
        let mut open: VecDeque<TxId> = txs.iter().copied().collect();
        if reach == Reach::Everybody || (follow && self.are_few(tables)) {
            self.everybody_who_waits(tables, &mut open);
        }
        let mut met: BTreeSet<TxId> = open.iter().copied().collect();
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

    /// Whether so few live here, and so few have claims here, that whoever waits among them is soon found.
    fn are_few(&self, tables: &mut dyn Tables) -> bool {
        let mut with_claims = 0;
        tables.each(&mut |table| with_claims += table.transaction_count());
        self.agents.len().max(with_claims) <= self.few
    }

    /// Adds others who wait here, or live here and wait.
    fn everybody_who_waits(&self, tables: &mut dyn Tables, open: &mut VecDeque<TxId>) {
        let most = open.len() + Self::TOLD_BESIDES;
        let mut known: BTreeSet<TxId> = open.iter().copied().collect();
        let live_here = self.agents.values().take(Self::SOUGHT_AMONG).filter(|agent| agent.is_waiting()).map(Agent::tx);
        open.extend(live_here.take(Self::TOLD_BESIDES).filter(|tx| known.insert(*tx)));
        tables.each(&mut |table| {
            let left = most.saturating_sub(open.len());
            open.extend(table.waiting_among(Self::SOUGHT_AMONG).take(left).filter(|tx| known.insert(*tx)));
        });
    }

    /// Where a transaction lives that lives here or has claims here.
    pub fn home_of(&self, tx: TxId) -> Option<crate::NodeId> {
        if self.agents.contains_key(&tx) { Some(self.me.node.clone()) } else { self.guests.get(&tx).cloned() }
    }
}

fn waits_in(tables: &mut dyn Tables, tx: TxId) -> Vec<WaitView> {
    let mut waits = Vec::new();
    tables.each(&mut |table| waits.extend(table.waits(tx)));
    waits
}
