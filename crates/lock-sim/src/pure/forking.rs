//! A node as it stands, once more: to try out what may come, or to compare.

use lock_core::{Deadlock, Tokens, TxId};

use super::PureNode;
use crate::NodeShape;

impl Clone for PureNode {
    /// The copy goes on by itself, its counter of tokens included.
    fn clone(&self) -> Self {
        let counter: Tokens = self.counter.fork();
        Self {
            name: self.name.clone(),
            now: self.now,
            tables: self.tables.iter().map(|table| Box::new(table.fork(counter.clone()))).collect(),
            counter,
            machines: self.machines.clone(),
            deadlocks: self.deadlocks.clone(),
            tokens: self.tokens.clone(),
            searches: self.searches,
            broken: self.broken.clone(),
        }
    }
}

impl PureNode {
    /// What the node is like, without numbers. Nodes of the same shape go on alike, if they have as many tables.
    pub fn shape(&self) -> NodeShape {
        let over = |tx: &TxId| self.machines[tx].running().is_err();
        NodeShape {
            tables: self.tables.iter().map(|table| table.shape()).collect(),
            over: self.machines.keys().copied().filter(over).collect(),
        }
    }

    /// Gives the deadlocks that were resolved since the last time, and forgets them.
    pub(crate) fn take_deadlocks(&mut self) -> Vec<Deadlock> {
        self.deadlocks.drain(..).map(|deadlock| (*deadlock).clone()).collect()
    }
}
