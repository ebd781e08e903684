//! What a node tells of waits: all that it knows of the part that can be reached, in one message.

use std::collections::{BTreeSet, VecDeque};

use super::agent::Agent;
use super::message::Reach;
use super::node::NodeMachine;
use super::rows::{HomeRow, Rows, WaitRow};
use super::tables::Tables;
use crate::{BlockView, TxId, WaitView};

impl NodeMachine {
    /// How many transactions are told of; whoever asks will ask for the others by name.
    const TOLD: usize = 4_096;

    /// How many of those who only wait here too are told of, and of how many claims in their way.
    const TOLD_BESIDES: usize = 1_024;
    /// Among how many transactions they are sought.
    const SOUGHT_AMONG: usize = 16_384;

    /// The waits of some transactions here, and of others as far as they are to be told of and known here. In as many parts as
    /// it takes, all of one moment.
    pub(super) fn read(&mut self, tables: &mut dyn Tables, txs: &[TxId], reach: Reach) -> Vec<Rows> {
        let mut parts = Parts::default();
        let mut met: BTreeSet<TxId> = txs.iter().copied().collect();
        let mut open: VecDeque<TxId> = txs.iter().copied().collect();
        while let Some(tx) = open.pop_front() {
            let blockers = self.tell_of(tables, tx, &mut parts);
            let new = blockers.into_iter().filter(|blocker| met.insert(*blocker)).collect::<Vec<_>>();
            if reach != Reach::Named && met.len() < Self::TOLD {
                open.extend(new);
            } else {
                self.tell_homes(new, &mut parts);
            }
        }
        if reach == Reach::Everybody || (reach == Reach::Reachable && self.are_few(tables)) {
            self.tell_besides(tables, met, &mut parts);
        }
        parts.done()
    }

    /// Tells what is known here of a transaction; gives who is in its way.
    fn tell_of(&self, tables: &mut dyn Tables, tx: TxId, parts: &mut Parts) -> Vec<TxId> {
        if let Some(agent) = self.agents.get(&tx) {
            let row = agent.row();
            parts.room_for(size_of_home(&row)).homes.push(row);
        } else if let Some(home) = self.guests.get(&tx) {
            parts.room_for(NAME).elsewhere.push((tx, home.clone()));
        }
        let waits = waits_in(tables, tx);
        let blockers = waits.iter().flat_map(|wait| &wait.blocks).map(|block| block.tx).collect();
        if !waits.is_empty() {
            let bytes = waits.iter().map(size_of_wait).sum();
            parts.blocks += waits.iter().map(|wait| wait.blocks.len()).sum::<usize>();
            parts.room_for(bytes).waits.push(WaitRow { tx, waits });
        }
        blockers
    }

    /// Whoever stands in the way is named with its home, so that it can be asked for.
    fn tell_homes(&self, txs: impl IntoIterator<Item = TxId>, parts: &mut Parts) {
        for (tx, home) in txs.into_iter().filter_map(|tx| Some((tx, self.home_of(tx)?))) {
            parts.room_for(NAME).elsewhere.push((tx, home));
        }
    }

    /// Tells of others who wait here, and whom they wait on, but not of many.
    fn tell_besides(&self, tables: &mut dyn Tables, mut met: BTreeSet<TxId>, parts: &mut Parts) {
        let mut open = self.everybody_who_waits(tables, &met);
        met.extend(&open);
        let limit = parts.blocks + Self::TOLD_BESIDES;
        while parts.blocks < limit
            && let Some(tx) = open.pop_front()
        {
            let blockers = self.tell_of(tables, tx, parts);
            open.extend(blockers.into_iter().filter(|blocker| met.insert(*blocker)));
        }
        self.tell_homes(open, parts);
    }

    /// Whether so few live here, and so few have claims here, that whoever waits among them is soon found.
    fn are_few(&self, tables: &mut dyn Tables) -> bool {
        let mut with_claims = 0;
        tables.each(&mut |table| with_claims += table.transaction_count());
        self.agents.len().max(with_claims) <= self.few
    }

    /// Others who wait here, or live here and wait.
    fn everybody_who_waits(&self, tables: &mut dyn Tables, met: &BTreeSet<TxId>) -> VecDeque<TxId> {
        let live_here = self.agents.values().take(Self::SOUGHT_AMONG).filter(|agent| agent.is_waiting()).map(Agent::tx);
        let mut found: BTreeSet<TxId> = live_here.filter(|tx| !met.contains(tx)).take(Self::TOLD_BESIDES).collect();
        tables.each(&mut |table| {
            let left = Self::TOLD_BESIDES.saturating_sub(found.len());
            found.extend(table.waiting_among(Self::SOUGHT_AMONG).filter(|tx| !met.contains(tx)).take(left));
        });
        found.into_iter().collect()
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

/// What is told, cut into parts that fit into a message each.
#[derive(Default)]
struct Parts {
    full: Vec<Rows>,
    open: Rows,
    bytes: usize,
    /// How many claims in somebody's way were told of.
    blocks: usize,
}

/// What a name with its node comes to, in bytes, about.
const NAME: usize = 64;

impl Parts {
    /// About how many bytes a part has at most: a quarter of what a link takes in one piece.
    const BYTES: usize = 4 * 1024 * 1024;

    /// A part that so much may be added to.
    fn room_for(&mut self, bytes: usize) -> &mut Rows {
        if self.bytes > 0 && self.bytes + bytes > Self::BYTES {
            let full = std::mem::take(&mut self.open);
            self.full.push(Rows { more: true, ..full });
            self.bytes = 0;
        }
        self.bytes += bytes;
        &mut self.open
    }

    fn done(mut self) -> Vec<Rows> {
        self.full.push(self.open);
        self.full
    }
}

/// What a home tells, in bytes, about.
fn size_of_home(row: &HomeRow) -> usize {
    let letting_go = row.letting_go.iter().map(|(_, object)| NAME + object.as_str().len());
    let unmet = row.unmet.iter().map(|unmet| NAME * (1 + unmet.waits.len()) + unmet.object.as_str().len());
    NAME + letting_go.chain(unmet).sum::<usize>()
}

/// What is told of a wait, in bytes, about.
fn size_of_wait(wait: &WaitView) -> usize {
    const NUMBERS: usize = 32;
    let other = |block: &BlockView| if block.object == wait.object { 0 } else { block.object.as_str().len() };
    let blocks: usize = wait.blocks.iter().map(|block| NUMBERS + other(block)).sum();
    NUMBERS + wait.object.as_str().len() + blocks
}
