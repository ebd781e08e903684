//! How those who take part in an election reach each other: over the links of their nodes.

use lock_core::{LetterKind, NodeId, Object, PostError, TxId};
use lock_server::Mailbox;

use crate::locks::Home;

/// The way from one participant to the others: those on a node in this process alone are all here.
#[derive(Clone)]
pub(super) struct Post(Home);

impl Post {
    pub(super) fn of(home: &Home) -> Self {
        Self(home.clone())
    }

    pub(super) fn node(&self) -> NodeId {
        match &self.0 {
            Home::Here(handle) => handle.node.name().clone(),
            Home::Far(member) => member.name().clone(),
        }
    }

    /// A number that nobody else on this node has or had.
    pub(super) fn number(&self) -> u64 {
        let TxId(number) = match &self.0 {
            Home::Here(handle) => handle.node.next_tx(),
            Home::Far(member) => member.next_tx(),
        };
        number
    }

    pub(super) fn open(&self, about: &Object) -> Mailbox {
        match &self.0 {
            Home::Here(handle) => handle.node.open_mailbox(about),
            Home::Far(member) => member.open_mailbox(about),
        }
    }

    /// To all nodes that are there, this one among them.
    pub(super) fn to_all(&self, about: &Object, kind: LetterKind, text: &[u8]) -> Result<(), PostError> {
        match &self.0 {
            Home::Here(handle) => handle.node.post(about, text),
            Home::Far(member) => member.post(&member.all_nodes(), about, kind, text),
        }
    }

    pub(super) fn to(&self, node: &NodeId, about: &Object, kind: LetterKind, text: &[u8]) -> Result<(), PostError> {
        match &self.0 {
            Home::Here(handle) => handle.node.post(about, text),
            Home::Far(member) => member.post(std::slice::from_ref(node), about, kind, text),
        }
    }
}
