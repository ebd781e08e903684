//! The end of a world's life: everything comes right, and everybody goes home.

use lock_core::{Call, NodeId, TxId};

use super::network::Weather;
use super::world::World;
use crate::{Fault, TxStatus};

impl World {
    /// Lets everything come right, and time pass; then whoever waits for nothing, or in vain, ends, and again, as
    /// long as somebody does. At last the promises are checked.
    ///
    /// Gives those who still wait then.
    pub fn close(&mut self, ms: u64) -> Vec<TxId> {
        self.come_right();
        self.advance(ms);
        while self.end_who_wait_no_more() {
            self.advance(1_000);
        }
        // What was said last is acknowledged with the next heartbeat.
        self.advance(self.timing().node_timeout);
        self.check_at_end();
        self.living().into_iter().filter(|tx| self.status_of(*tx) == TxStatus::Waiting).collect()
    }

    /// All links are whole, the weather is fair, and every node runs.
    pub fn come_right(&mut self) {
        self.fault(&crate::Fault::Weather(Weather::default()));
        self.fault(&Fault::Heal);
        let nodes: Vec<NodeId> = self.nodes().to_vec();
        for node in nodes {
            self.fault(&Fault::Thaw(node.clone()));
            self.fault(&Fault::Start(node));
        }
    }

    /// The transactions whose homes still run, oldest first.
    pub fn living(&self) -> Vec<TxId> {
        self.homes.keys().copied().filter(|tx| self.home(*tx).is_some()).collect()
    }

    /// How a transaction stands, as its caller is told.
    pub fn status_of(&self, tx: TxId) -> TxStatus {
        self.home(tx).and_then(|home| home.machine.status(tx)).map_or(TxStatus::Ended, TxStatus::from)
    }

    /// How many deadlocks ended so far.
    pub fn deadlocks_seen(&self) -> usize {
        self.deadlocks.len()
    }

    fn end_who_wait_no_more(&mut self) -> bool {
        let over = |status: TxStatus| !matches!(status, TxStatus::Waiting | TxStatus::Ended | TxStatus::Aborted);
        let done: Vec<TxId> = self.living().into_iter().filter(|tx| over(self.status_of(*tx))).collect();
        for tx in &done {
            // Who has ended meanwhile has ended.
            let _ = World::act(self, *tx, Call::End);
        }
        !done.is_empty()
    }
}
