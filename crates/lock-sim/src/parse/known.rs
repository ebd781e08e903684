//! The names that a scenario has introduced so far.

use lock_core::{NodeId, TxId};

use super::error::Wrong;
use super::words::Words;
use crate::Names;

/// Words of the language that stand where a transaction's name may stand, and so cannot be one.
const RESERVED: [&str; 13] = [
    "holds",
    "queue",
    "deadlocks",
    "deadlock",
    "lost",
    "token-grows",
    "error",
    "nobody",
    "empty",
    "victim",
    "surrendered",
    "by",
    "on",
];
const MAX_NAME_BYTES: usize = 64;

/// Which nodes and transactions there are.
pub(super) struct Known {
    pub(super) nodes: Vec<NodeId>,
    pub(super) names: Names,
}

impl Default for Known {
    fn default() -> Self {
        Self { nodes: vec![NodeId::new("n1")], names: Names::default() }
    }
}

impl Known {
    pub(super) fn new_tx(&mut self, words: &mut Words<'_>) -> Result<TxId, Wrong> {
        let name = words.name("a new transaction's name")?;
        if RESERVED.contains(&name) {
            return Err(words.wrong(name, "a name that is no word of the language"));
        }
        if self.names.find(name).is_some() {
            return Err(words.wrong(name, "a name that no transaction has yet"));
        }
        Ok(self.names.add(name))
    }

    pub(super) fn tx(&self, words: &mut Words<'_>) -> Result<TxId, Wrong> {
        let expected = "a transaction that has been begun";
        let name = words.next(expected)?;
        self.names.find(name).ok_or_else(|| words.wrong(name, expected))
    }

    pub(super) fn node(&self, words: &mut Words<'_>) -> Result<NodeId, Wrong> {
        let name = words.next("a node")?;
        self.node_named(name, words)
    }

    /// Nodes with commas between, none of them twice.
    pub(super) fn nodes(&self, list: &str, words: &Words<'_>) -> Result<Vec<NodeId>, Wrong> {
        let mut nodes = Vec::new();
        for name in list.split(',') {
            let node = self.node_named(name.trim(), words)?;
            if nodes.contains(&node) {
                return Err(words.wrong(name.trim(), "each node once"));
            }
            nodes.push(node);
        }
        Ok(nodes)
    }

    fn node_named(&self, name: &str, words: &Words<'_>) -> Result<NodeId, Wrong> {
        let node = self.nodes.iter().find(|node| node.as_str() == name);
        let all: Vec<_> = self.nodes.iter().map(NodeId::as_str).collect();
        node.cloned().ok_or_else(|| words.wrong(name, &format!("a node of this scenario ({})", all.join(", "))))
    }
}

/// Whether this can be a name: letters, digits, `-` and `_`.
pub(super) fn is_name(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=MAX_NAME_BYTES).contains(&word.len()) && word.chars().all(allowed)
}
