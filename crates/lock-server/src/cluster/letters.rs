//! What programs at this node say to programs at others, and hear of them.

use std::sync::Arc;

use lock_core::{LetterKind, NodeId, Object, PostError};

use super::Member;
use super::member::Inside;
use crate::mail::Mailbox;

impl Member {
    /// Listens, from now on, to what is said about an object, and to nodes that come and go.
    pub fn open_mailbox(self: &Arc<Self>, about: &Object) -> Mailbox {
        self.mailboxes.open(about)
    }

    /// Says something to all who listen at an object on these nodes, this one perhaps among them. Between two nodes that
    /// stay in touch, what is said comes once and in order; to a node that is not there nothing is said.
    ///
    /// # Errors
    /// [`PostError`]: nothing is said to anybody then.
    pub fn post(&self, to: &[NodeId], about: &Object, kind: LetterKind, note: &[u8]) -> Result<(), PostError> {
        self.step(|Inside { machine, table, .. }, now| machine.post(table, to, about, (kind, note), now))
    }

    /// All nodes of the cluster, this one among them.
    pub fn all_nodes(&self) -> Vec<NodeId> {
        let peers: Vec<NodeId> = self.presence().borrow().keys().cloned().collect();
        std::iter::once(self.name().clone()).chain(peers).collect()
    }
}
