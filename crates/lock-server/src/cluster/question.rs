//! What may be asked of a running node, and what it answers.
//!
//! Times are on the node's own clock, which starts with it; each answer that names one says what time it is there now.

use lock_core::{
    Arrow, ClaimView, HolderView, HomeRow, Incarnation, Millis, Mode, NodeId, Object, Status, TxId, WaiterView,
};
use serde::{Deserialize, Serialize};

/// A question to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Question {
    /// How are you, and who is there?
    Node,
    /// Who has and who waits for what: at one object, above and below it, or everywhere.
    Locks(Option<Object>),
    /// Which transactions live at you?
    Transactions,
    /// What do you know of a transaction?
    Transaction(TxId),
    /// What do these wait for, as far as you know?
    Waits(Vec<TxId>),
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Answer {
    /// To [`Question::Node`].
    Node(NodeView),
    /// To [`Question::Locks`].
    Locks(LocksView),
    /// To [`Question::Transactions`].
    Transactions(TransactionsView),
    /// To [`Question::Transaction`].
    Transaction(TransactionView),
    /// To [`Question::Waits`].
    Waits(WaitsView),
}

/// How a node sees itself and the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeView {
    /// Its cluster.
    pub cluster: String,
    /// Its name.
    pub node: NodeId,
    /// Its incarnation.
    pub incarnation: Incarnation,
    /// The version of its program.
    pub version: String,
    /// For how many milliseconds it has run.
    pub up_ms: u64,
    /// Whether it still waits to be told what others hold here, and grants nothing new meanwhile.
    pub is_recovering: bool,
    /// The other nodes.
    pub peers: Vec<PeerView>,
    /// How many transactions live here.
    pub transactions: usize,
    /// How many claims there are in its table.
    pub claims: usize,
    /// How many transactions wait in its table.
    pub waiting: usize,
    /// What has happened since it started.
    pub counters: NodeCounters,
}

/// Another node, as one sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerView {
    /// Its name.
    pub node: NodeId,
    /// Where it listens, as this node was told.
    pub address: String,
    /// Whether it is there.
    pub is_up: bool,
    /// Its incarnation, if it is.
    pub incarnation: Option<Incarnation>,
    /// For how many milliseconds it has been so.
    pub for_ms: u64,
}

/// How often something has happened on a node since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCounters {
    /// Looks for deadlocks that were begun.
    pub looks: u64,
    /// Rounds of questions that they took.
    pub rounds: u64,
    /// Messages between nodes that they took.
    pub messages: u64,
    /// Phantoms that were rejected: what looked like a deadlock and was none.
    pub phantoms: u64,
    /// Evidence that had gone stale on its way.
    pub stale: u64,
    /// Deadlocks that ended here.
    pub deadlocks: u64,
}

/// Who has and who waits for what on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocksView {
    /// The node.
    pub node: NodeId,
    /// What time it is there.
    pub now: Millis,
    /// The objects that are claimed, in order.
    pub objects: Vec<ObjectView>,
    /// How many more there are.
    pub more: usize,
}

/// Who has an object, and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectView {
    /// The object.
    pub object: Object,
    /// Who has it.
    pub holders: Vec<HolderView>,
    /// Who waits, in the order in which they will be served.
    pub waiters: Vec<WaiterView>,
}

/// The transactions that live on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionsView {
    /// The node.
    pub node: NodeId,
    /// The transactions, oldest first.
    pub transactions: Vec<TransactionRow>,
    /// How many more there are.
    pub more: usize,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRow {
    /// Who.
    pub tx: TxId,
    /// How it stands.
    pub status: Status,
    /// How many objects it has or wants.
    pub claims: usize,
}

/// What a node knows of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionView {
    /// The node that tells this.
    pub node: NodeId,
    /// Who.
    pub tx: TxId,
    /// Where it lives, if that is known here.
    pub home: Option<NodeId>,
    /// How it stands, if it lives here.
    pub status: Option<Status>,
    /// Its claims by object and node, if it lives here.
    pub parts: Vec<PartView>,
    /// Its claims in the table of this node.
    pub here: Vec<ClaimView>,
}

/// The part of a claim that lies on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    /// What is claimed.
    pub object: Object,
    /// Of which node.
    pub node: NodeId,
    /// What that node has granted.
    pub granted: Option<Mode>,
    /// What is still waited for there.
    pub wanted: Option<Mode>,
}

/// What a node knows of the waits of some transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitsView {
    /// The node.
    pub node: NodeId,
    /// What time it is there.
    pub now: Millis,
    /// A row for each that was asked for, in that order.
    pub rows: Vec<WaitsRow>,
    /// Where those live who are in their way, as far as that is known here.
    pub homes: Vec<(TxId, NodeId)>,
}

/// What a node knows of the waits of one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitsRow {
    /// Who.
    pub tx: TxId,
    /// Where it lives, if that is known here.
    pub home: Option<NodeId>,
    /// How it stands, if it lives here.
    pub status: Option<Status>,
    /// What it still needs, if it lives here.
    pub needs: Option<HomeRow>,
    /// Who is in its way in the table of this node.
    pub arrows: Vec<Arrow>,
}
