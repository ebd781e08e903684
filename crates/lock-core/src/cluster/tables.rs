//! The tables of a node, as its machine uses them.

use super::message::Evidence;
use super::node::NodeMachine;
use crate::{Fact, LockTable, NodeId, Object, TxId};

/// All tables of one node, held together for the time of a call.
pub trait Tables {
    /// The table that an object lives in.
    fn table_of(&mut self, object: &Object) -> &mut LockTable;

    /// Every table.
    fn each(&mut self, visit: &mut dyn FnMut(&mut LockTable));

    /// Somebody who lives here is about to act on the evidence of that look of that node. Nothing has changed yet: for
    /// whoever checks the search from outside.
    fn about_to_act(&mut self, machine: &NodeMachine, looker: (&NodeId, u64), evidence: &Evidence) {
        let _ = (machine, looker, evidence);
    }
}

/// A node with one table.
impl Tables for LockTable {
    fn table_of(&mut self, _: &Object) -> &mut LockTable {
        self
    }

    fn each(&mut self, visit: &mut dyn FnMut(&mut LockTable)) {
        visit(self);
    }
}

/// Takes what the tables tell, in the order of the tables.
pub(super) fn take_facts(tables: &mut dyn Tables) -> Vec<Fact> {
    let mut facts = Vec::new();
    tables.each(&mut |table| {
        if table.has_facts() {
            facts.append(&mut table.take_facts());
        }
    });
    facts
}

pub(super) fn remove(tables: &mut dyn Tables, tx: TxId) {
    tables.each(&mut |table| {
        table.remove(tx);
    });
}
