//! A node under direction: a test says what time it is, and knows when it has come to rest.
//!
//! Everything else is as it always is. So a story of a minute is told in milliseconds, and each time-out ends at its very moment.

use std::fmt;
use std::sync::Arc;

use lock_core::{Incarnation, LockTable, Millis, NodeConfig, NodeId, NodeMachine, Timing, TxId};

use super::clock::Clock;
use super::slow::SlowWire;
use super::{Member, MemoryNetwork, Traffic, Wire};

/// Says what time it is, and who is next.
pub trait Director: Send + Sync + fmt::Debug {
    /// What the clock of the node shows; never goes back. Read at every step, also right after a process that stood still
    /// goes on.
    fn now(&self) -> Millis;

    /// The id of the transaction that begins now: new in the whole cluster, and larger than that of each older one.
    fn next_tx(&self) -> TxId;

    /// How long a frame that is sent now stays under way, by this clock.
    fn delay_ms(&self) -> u64 {
        0
    }
}

/// What a node takes from whoever directs it, instead of from the machine that it runs on.
///
/// A directed node does nothing by itself when time passes: [`Member::pass_time`] is to be called at [`Member::next_tick`]. It
/// does not look whether the processes of its peers are there: [`Member::is_gone`] says so. For tests; a cluster
/// that serves anybody is not to be directed.
#[derive(Clone, Debug)]
pub struct Direction {
    /// What time it is, and who is next.
    pub director: Arc<dyn Director>,
    /// Larger than at every start before.
    pub incarnation: Incarnation,
}

impl Member {
    /// A directed node of a cluster in this process alone. Frames are carried on the Tokio runtime of the caller.
    ///
    /// # Panics
    /// Without a Tokio runtime.
    pub fn directed(
        node: &NodeId,
        peers: &[NodeId],
        timing: Timing,
        network: &Arc<MemoryNetwork>,
        direction: Direction,
    ) -> Arc<Self> {
        let mut config = NodeConfig::new(node.clone(), direction.incarnation);
        (config.peers, config.timing) = (peers.to_vec(), timing);
        let member = Self::start_directed(config, network.wire(node.clone()), direction);
        network.connect(node, Arc::downgrade(&member));
        member
    }

    pub(crate) fn start_directed(config: NodeConfig, wire: Arc<dyn Wire>, direction: Direction) -> Arc<Self> {
        let wire = Arc::new(SlowWire::over(wire, direction.director.clone()));
        Self::with_clock(config, wire, Clock::Directed(direction.director))
    }

    /// Takes notice of what time it is. Does no harm if nothing is due.
    pub fn pass_time(&self) {
        self.wire().send_what_is_due();
        // What it gives is for the keeper of time of a node that is not directed.
        let _ = self.tick();
    }

    /// When something is due next.
    pub fn next_tick(&self) -> Option<Millis> {
        let tick = self.inside().lock().machine.next_tick();
        tick.into_iter().chain(self.wire().next_due()).min()
    }

    /// The process of a peer is gone for certain, with this incarnation of it and all before: what it had here is free.
    pub fn is_gone(&self, peer: &NodeId, incarnation: Incarnation) {
        self.gone(peer, Some(incarnation));
    }

    /// Looks at its machine and its table at one moment.
    pub fn inspect<T>(&self, look: impl FnOnce(&NodeMachine, &LockTable) -> T) -> T {
        let inside = self.inside().lock();
        look(&inside.machine, &inside.table)
    }

    /// What has passed between it and a peer.
    pub fn traffic(&self, peer: &NodeId) -> Traffic {
        self.wire().traffic(peer)
    }
}
