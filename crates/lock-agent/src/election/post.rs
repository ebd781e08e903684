//! How those who take part in an election reach each other: over the links of their nodes.

use std::sync::Arc;

use lock_core::{LetterKind, NodeId, Object, PostError, TxId};
use lock_server::{Mailbox, Member};

use crate::locks::{Handle, Home};

/// The way from one participant to the others.
#[derive(Clone)]
pub(super) enum Post {
    /// A node in this process alone: all are here.
    Here(Arc<Handle>),
    /// A node of a cluster.
    Far(Arc<Member>),
}

impl Post {
    pub(super) fn of(home: &Home) -> Self {
        match home {
            Home::Here(handle) => Self::Here(handle.clone()),
            Home::Far(member) => Self::Far(member.clone()),
        }
    }

    pub(super) fn node(&self) -> NodeId {
        match self {
            Self::Here(handle) => handle.node.name().clone(),
            Self::Far(member) => member.name().clone(),
        }
    }

    /// A number that nobody else on this node has or had.
    pub(super) fn number(&self) -> u64 {
        let TxId(number) = match self {
            Self::Here(handle) => handle.node.next_tx(),
            Self::Far(member) => member.next_tx(),
        };
        number
    }

    pub(super) fn open(&self, about: &Object) -> Mailbox {
        match self {
            Self::Here(handle) => handle.node.open_mailbox(about),
            Self::Far(member) => member.open_mailbox(about),
        }
    }

    /// To all nodes that are there, this one among them.
    pub(super) fn to_all(&self, about: &Object, kind: LetterKind, text: &[u8]) -> Result<(), PostError> {
        match self {
            Self::Here(handle) => handle.node.post(about, text),
            Self::Far(member) => member.post(&member.all_nodes(), about, kind, text),
        }
    }

    pub(super) fn to(&self, node: &NodeId, about: &Object, kind: LetterKind, text: &[u8]) -> Result<(), PostError> {
        match self {
            Self::Here(handle) => handle.node.post(about, text),
            Self::Far(member) => member.post(std::slice::from_ref(node), about, kind, text),
        }
    }
}
