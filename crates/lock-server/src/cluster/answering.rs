//! How a node answers what it is asked from outside. Answers are bounded, and taken in one moment each.

use std::collections::BTreeSet;

use lock_core::{LockTable, NodeId, NodeMachine, Object, TxId};

use super::member::Inside;
use super::question::{
    LocksView, NodeCounters, NodeView, ObjectView, PartView, PeerView, TransactionRow, TransactionView,
    TransactionsView, WaitsRow, WaitsView,
};
use super::{Member, Presence};

impl Member {
    /// How many rows an answer has at most; it says how many there are besides.
    pub const MOST_ROWS: usize = 1_000;

    /// How it sees itself and the others. Of clusters and addresses it knows nothing.
    pub fn node_view(&self) -> NodeView {
        let inside = self.inside().lock();
        let Inside { machine, table, residents, resolved, .. } = &*inside;
        let counters = machine.counters();
        let now = self.now();
        let peer = |(node, presence): (&NodeId, &Presence)| PeerView {
            node: node.clone(),
            address: String::new(),
            is_up: presence.is_up,
            incarnation: presence.incarnation,
            for_ms: now.0.saturating_sub(presence.since.0),
        };
        NodeView {
            cluster: String::new(),
            node: self.name().clone(),
            incarnation: machine.incarnation(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            up_ms: self.now().0,
            is_recovering: machine.is_recovering(),
            peers: self.presence().borrow().iter().map(peer).collect(),
            transactions: residents.len(),
            claims: table.len(),
            waiting: table.waiting_transactions().len(),
            counters: NodeCounters {
                looks: counters.looks,
                rounds: counters.rounds,
                messages: counters.search_messages,
                phantoms: counters.phantoms,
                stale: counters.stale,
                deadlocks: *resolved,
            },
        }
    }

    /// Who has and who waits for what in its table: at one object, above and below it, or everywhere.
    pub fn locks_view(&self, near: Option<&Object>) -> LocksView {
        let inside = self.inside().lock();
        let (objects, count) = inside.table.objects(near, Self::MOST_ROWS);
        let more = count - objects.len();
        let view = |object: Object| ObjectView {
            holders: inside.table.holders(&object),
            waiters: inside.table.waiters(&object),
            object,
        };
        let objects = objects.into_iter().map(view).collect();
        LocksView { node: self.name().clone(), now: self.now(), objects, more }
    }

    /// The transactions that live here, those that are over but not forgotten among them.
    pub fn transactions_view(&self) -> TransactionsView {
        let inside = self.inside().lock();
        let machine = &inside.machine;
        let row = |tx| Some(TransactionRow { tx, status: machine.status(tx)?, claims: machine.claims(tx).len() });
        let transactions: Vec<TransactionRow> = machine.transactions().take(Self::MOST_ROWS).filter_map(row).collect();
        let more = machine.transactions().count() - transactions.len();
        TransactionsView { node: self.name().clone(), transactions, more }
    }

    /// What is known here of a transaction.
    pub fn transaction_view(&self, tx: TxId) -> TransactionView {
        let inside = self.inside().lock();
        let Inside { machine, table, .. } = &*inside;
        let parts = machine.parts(tx).into_iter();
        let parts = parts.map(|(object, node, granted, wanted)| PartView { object, node, granted, wanted });
        TransactionView {
            node: self.name().clone(),
            tx,
            home: machine.home_of(tx),
            status: machine.status(tx),
            parts: parts.take(Self::MOST_ROWS).collect(),
            here: table.claims(tx).into_iter().take(Self::MOST_ROWS).collect(),
        }
    }

    /// What is known here of the waits of some transactions.
    pub fn waits_view(&self, txs: &[TxId]) -> WaitsView {
        let inside = self.inside().lock();
        let Inside { machine, table, .. } = &*inside;
        let rows: Vec<WaitsRow> = txs.iter().take(Self::MOST_ROWS).map(|tx| waits_row(machine, table, *tx)).collect();
        let blockers: BTreeSet<TxId> = rows.iter().flat_map(|row| &row.arrows).map(|arrow| arrow.blocker).collect();
        let homes = blockers.into_iter().filter_map(|tx| Some((tx, machine.home_of(tx)?))).collect();
        WaitsView { node: self.name().clone(), now: self.now(), rows, homes }
    }
}

fn waits_row(machine: &NodeMachine, table: &LockTable, tx: TxId) -> WaitsRow {
    let mut arrows = table.arrows(tx);
    arrows.truncate(Member::MOST_ROWS);
    WaitsRow { tx, home: machine.home_of(tx), status: machine.status(tx), needs: machine.home_row(tx), arrows }
}
