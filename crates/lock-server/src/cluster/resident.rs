//! How a transaction that lives on a node looks to it.

use lock_core::{Incarnation, NodeId, NodeMachine, Object};

/// A transaction that lives here, to be told what happens to it. It is told while its node is held: it must not call the
/// node, nor wait.
pub trait Resident: Send + Sync {
    /// It may stand otherwise than before: whoever waits for it looks again.
    fn stirred(&self, machine: &NodeMachine);

    /// It lost a lock that it had.
    fn lost(&self, object: &Object) {
        let _ = object;
    }

    /// A node came, in this incarnation, or went.
    fn node_changed(&self, node: &NodeId, incarnation: Option<Incarnation>) {
        let _ = (node, incarnation);
    }
}
