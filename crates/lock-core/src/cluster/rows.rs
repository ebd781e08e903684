//! What is told of waits: a transaction's home knows what it needs, a node knows what is in the way.

use serde::{Deserialize, Serialize};

use crate::{NodeId, Object, TxId, WaitView};

/// What one node tells of the waits of some transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Transactions that live there.
    pub homes: Vec<HomeRow>,
    /// Waits in its tables.
    pub waits: Vec<WaitRow>,
    /// Where transactions live that live elsewhere and have claims there.
    pub elsewhere: Vec<(TxId, NodeId)>,
    /// Whether that is not all yet: the rest was read at the same moment, and follows.
    pub more: bool,
}

/// What a transaction needs, told by its home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeRow {
    /// Who.
    pub tx: TxId,
    /// How often its state has changed.
    pub stamp: u64,
    /// Lower gives way first.
    pub priority: i32,
    /// Its caller was told of something that it holds.
    pub told: bool,
    /// The claims that are not met. None: it does not wait.
    pub unmet: Vec<UnmetRow>,
    /// What it is letting go: whatever a node says, this stands in nobody's way for long.
    pub letting_go: Vec<(NodeId, Object)>,
    /// Nodes that are not there, as its home sees it. Whatever they say that it has there, they will forget: at the latest when they
    /// hear of the home again, or give it up. What it believes in still, as they only started anew, they do not say before that.
    pub lost: Vec<NodeId>,
}

impl HomeRow {
    /// Whether what it has or wants there does not stand in anybody's way for long.
    pub fn lets_go(&self, node: &NodeId, object: &Object) -> bool {
        self.lost.contains(node) || self.letting_go.iter().any(|(at, what)| at == node && what == object)
    }
}

/// A claim that is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmetRow {
    /// Of what.
    pub object: Object,
    /// How many more of its nodes must grant.
    pub missing: u32,
    /// Where it waits, and at which place in line.
    pub waits: Vec<(NodeId, u64)>,
    /// Nodes that may grant it any moment: they have not answered, or have yet to be asked, or are awaited and needed.
    pub open: u32,
}

/// What a transaction waits for in the tables of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitRow {
    /// Who waits.
    pub tx: TxId,
    /// For what, and who is in its way.
    pub waits: Vec<WaitView>,
}
