//! Machines of a few nodes, joined by hand.
#![allow(dead_code)] // not every story needs all of it

use std::collections::BTreeMap;

use lock_core::{
    Call, CallError, Claim, Frame, Incarnation, LockTable, Millis, Mode, NodeConfig, NodeId, NodeMachine, Object,
    Output, Require, Status, Tokens, TransactionOptions, TxId,
};

/// Nodes with a table each; frames arrive at once and in order, unless they are held back.
pub(crate) struct Cluster {
    pub(crate) now: Millis,
    pub(crate) nodes: BTreeMap<NodeId, (NodeMachine, LockTable)>,
    pub(crate) lost: Vec<(TxId, Object)>,
    /// Frames to this node stay where they are.
    pub(crate) held_back: Option<NodeId>,
    pub(crate) under_way: Vec<(NodeId, NodeId, Frame)>,
}

pub(crate) fn node(name: &str) -> NodeId {
    NodeId::new(name)
}

pub(crate) fn object(text: &str) -> Object {
    text.parse().expect("an object")
}

pub(crate) fn start(name: &str, names: &[&str], incarnation: Incarnation, now: Millis) -> (NodeMachine, LockTable) {
    let peers = names.iter().map(|name| node(name)).collect();
    let machine = NodeMachine::new(NodeConfig { peers, ..NodeConfig::new(node(name), incarnation) }, now);
    (machine, LockTable::new(incarnation, Tokens::starting_at(incarnation), 0))
}

impl Cluster {
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::without(names, None)
    }

    /// One of the nodes does not listen yet.
    pub(crate) fn without(names: &[&str], held_back: Option<NodeId>) -> Self {
        let nodes = names.iter().map(|name| (node(name), start(name, names, Incarnation(1), Millis(0))));
        let (lost, under_way) = (Vec::new(), Vec::new());
        let mut nodes = Self { now: Millis(0), nodes: nodes.collect(), lost, held_back, under_way };
        nodes.pass(10);
        nodes
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        let step = if ms < 10_000 { 10 } else { 100 };
        for _ in 0..ms.div_ceil(step) {
            self.now = Millis(self.now.0 + step);
            for name in self.nodes.keys().cloned().collect::<Vec<_>>() {
                let (machine, table) = self.nodes.get_mut(&name).expect("a node");
                machine.tick(table, self.now);
                self.take(&name);
            }
            self.deliver();
        }
    }

    pub(crate) fn deliver(&mut self) {
        while let Some(next) = self.under_way.iter().position(|(_, to, _)| Some(to) != self.held_back.as_ref()) {
            let (from, to, frame) = self.under_way.remove(next);
            let (machine, table) = self.nodes.get_mut(&to).expect("a node");
            machine.receive(table, &from, frame, self.now);
            self.take(&to);
        }
    }

    pub(crate) fn take(&mut self, name: &NodeId) {
        for output in self.nodes.get_mut(name).expect("a node").0.take_outputs() {
            match output {
                Output::Send { to, frame } => self.under_way.push((name.clone(), to, *frame)),
                Output::Lost { tx, object } => self.lost.push((tx, object)),
                _ => {}
            }
        }
    }

    pub(crate) fn begin(&mut self, home: &str, tx: TxId, options: TransactionOptions) {
        self.nodes.get_mut(&node(home)).expect("a node").0.begin(tx, options);
    }

    pub(crate) fn call(&mut self, home: &str, tx: TxId, call: Call) -> Result<(), CallError> {
        let (machine, table) = self.nodes.get_mut(&node(home)).expect("a node");
        let done = machine.call(table, tx, call, self.now);
        self.take(&node(home));
        self.deliver();
        done
    }

    pub(crate) fn machine(&self, name: &str) -> &NodeMachine {
        &self.nodes[&node(name)].0
    }

    pub(crate) fn table(&self, name: &str) -> &LockTable {
        &self.nodes[&node(name)].1
    }

    pub(crate) fn status(&self, home: &str, tx: TxId) -> Status {
        self.machine(home).status(tx).expect("a transaction that lives there")
    }
}

pub(crate) fn write(path: &str, on: &[&str]) -> Claim {
    let nodes = on.iter().map(|name| node(name)).collect();
    Claim { object: object(path), mode: Mode::Write, nodes, require: Require::All }
}
