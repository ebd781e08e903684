//! The tables of a process, with an eye on whoever acts on evidence of a deadlock.

use lock_core::{Evidence, Incarnation, LockTable, NodeId, NodeMachine, Object, Tables};

use super::view::Waits;

/// The table of a node as its machine uses it.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pub(super) table: &'a mut LockTable,
    /// Where acts are noted, if anybody wants to know of them.
    pub(super) acts: Option<&'a mut Vec<Acting>>,
}

/// Somebody is about to act on evidence; what its node knew at that moment.
#[derive(Clone, Debug)]
pub(super) struct Acting {
    pub(super) looker: NodeId,
    pub(super) incarnation: Incarnation,
    pub(super) look: u64,
    pub(super) evidence: Evidence,
    pub(super) waits: Waits,
}

impl Tables for Watched<'_> {
    fn table_of(&mut self, _: &Object) -> &mut LockTable {
        self.table
    }

    fn each(&mut self, visit: &mut dyn FnMut(&mut LockTable)) {
        visit(self.table);
    }

    fn about_to_act(&mut self, machine: &NodeMachine, (looker, look): (&NodeId, u64), evidence: &Evidence) {
        if let Some(acts) = &mut self.acts {
            let waits = Waits::of(machine, self.table);
            let incarnation = machine.incarnation_of(looker).unwrap_or_default();
            acts.push(Acting { looker: looker.clone(), incarnation, look, evidence: evidence.clone(), waits });
        }
    }
}
