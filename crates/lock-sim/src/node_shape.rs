//! What a node is like, without numbers.

use lock_core::{TableShape, TxId};

/// All that decides how a node goes on, but for the options of its transactions and the time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeShape {
    /// What is had and wanted, by table.
    pub tables: Vec<TableShape>,
    /// The transactions that have ended or were aborted.
    pub over: Vec<TxId>,
}
