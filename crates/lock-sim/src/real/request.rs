//! What is asked of a node under a story, and what it answers.

use std::collections::BTreeMap;

use lock_core::{Deadlock, HolderView, Incarnation, Kept, Millis, NodeId, Object, Token, TxId, WaiterView};
use lock_server::Traffic;
use serde::{Deserialize, Serialize};

use crate::{Action, NodeView, Refusal, Standing, TxOptions, TxStatus};

/// What is asked of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Begin a transaction, with the id that the story gives.
    Begin(TxOptions),
    /// Let a transaction act.
    Act(TxId, Action),
    /// Take notice of what time it is.
    PassTime,
    /// The process of a peer is gone.
    IsGone(NodeId, Incarnation),
    /// How far are you?
    Read,
    /// What is there to be seen?
    View,
}

/// What a node answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// To what is only done.
    Done,
    /// To [`Request::Begin`].
    Begun(TxId),
    /// To [`Request::Act`].
    Acted(Result<(), Refusal>),
    /// To [`Request::Read`].
    Reading(Reading),
    /// To [`Request::View`].
    View(Box<View>),
}

/// How far a node is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// When something is due next.
    pub(super) next_tick: Option<Millis>,
    /// What has passed between it and each peer.
    pub(super) traffic: BTreeMap<NodeId, Traffic>,
}

/// All that is to be seen of a node at one moment, and what is new since the last time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct View {
    pub(super) node: NodeView,
    /// The transactions that live there.
    pub(super) transactions: BTreeMap<TxId, TxView>,
    /// The objects of the story that somebody has or waits for there.
    pub(super) lines: Vec<Line>,
    /// Deadlocks that ended there since the last time.
    pub(super) deadlocks: Vec<Deadlock>,
    /// Grants there since the last time.
    pub(super) grants: Vec<Granted>,
    /// What is kept for others, and how many claims are in the table.
    pub(super) kept: Kept,
    pub(super) claims: usize,
    /// Whether it still waits to be told what others hold there.
    pub(super) is_recovering: bool,
    /// The first promise of the table that is broken.
    pub(super) broken: Option<String>,
}

/// A grant, as a watcher was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Granted {
    pub(super) tx: TxId,
    pub(super) object: Object,
    pub(super) token: Token,
}

/// A transaction, as its home knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TxView {
    pub(super) status: TxStatus,
    pub(super) claims: Vec<Standing>,
    pub(super) parts: Vec<Standing>,
    pub(super) lost: Vec<Object>,
}

/// Who has an object, and who waits for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(super) object: Object,
    pub(super) holders: Vec<HolderView>,
    pub(super) waiters: Vec<WaiterView>,
}
