//! What a transaction may choose at its begin.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How a transaction behaves when things get in its way.
// Each flag is an independent choice of the user, not a state.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionOptions {
    /// `false`: surrender even what the caller was told it has; it learns of that from the deadlocks noted.
    /// `true`: in that case abort with an error instead.
    pub abort_on_deadlock: bool,
    /// `true`: wait for the return of lost nodes and claim again.
    pub await_nodes: bool,
    /// `true`: the caller is told when nodes come and go.
    pub monitor_nodes: bool,
    /// `true`: the caller gets every event as a stream.
    pub notify: bool,
    /// Lower gives way first.
    pub priority: i32,
    /// Absolute end of waiting, on the clock of the node.
    pub deadline: Option<Millis>,
    /// Absolute end of holding, on the clock of the node.
    pub lease: Option<Millis>,
}
