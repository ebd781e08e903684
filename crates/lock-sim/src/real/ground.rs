//! Where the nodes of a story run, and how they are reached.

use lock_core::{Incarnation, Millis, NodeId, TxId};
use thiserror::Error;

use super::request::{Reply, Request};

/// The engine itself could not do what a story asks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);

/// What a story says to all its nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    /// What all clocks show.
    pub(crate) now: Millis,
    /// What the next transaction is called.
    pub(crate) next_tx: TxId,
    /// How long a frame is under way.
    pub(crate) delay_ms: u64,
}

/// Where nodes run.
pub(crate) trait Ground {
    /// What time it is, and so on: known everywhere at once.
    fn set_time(&mut self, time: Time) -> Result<(), Trouble>;

    /// Starts nodes that do not run.
    fn start(&mut self, nodes: &[(NodeId, Incarnation)]) -> Result<(), Trouble>;

    /// Asks something of a node that runs and does not stand still, without waiting for the answer.
    fn post(&mut self, node: &NodeId, request: Request) -> Result<(), Trouble>;

    /// The next answer of a node.
    fn reply(&mut self, node: &NodeId) -> Result<Reply, Trouble>;

    /// Ends a node that runs, without a word.
    fn kill(&mut self, node: &NodeId) -> Result<(), Trouble>;

    /// A node that runs stands still.
    fn stop(&mut self, node: &NodeId) -> Result<(), Trouble>;

    /// A node that stands still goes on.
    fn go_on(&mut self, node: &NodeId) -> Result<(), Trouble>;

    /// Nothing passes between two nodes any more.
    fn cut(&mut self, one: &NodeId, other: &NodeId);

    /// All nodes reach each other again.
    fn heal(&mut self);

    /// Whether a stream that was cut is replaced by another one when all is whole again.
    fn breaks_streams(&self) -> bool;
}
