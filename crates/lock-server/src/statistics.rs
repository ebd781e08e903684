//! What a node counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a node has counted since its start. Uncontended work is not counted: it would pay for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Searches for deadlocks.
    pub searches: u64,
    /// Deadlocks resolved, turned arrows included.
    pub deadlocks: u64,
    /// Transactions that surrendered something.
    pub surrenders: u64,
    /// Transactions that aborted.
    pub aborts: u64,
    /// Requests that had to wait.
    pub waits: u64,
    /// Lives of the node after its first one.
    pub recoveries: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) searches: AtomicU64,
    pub(crate) deadlocks: AtomicU64,
    pub(crate) surrenders: AtomicU64,
    pub(crate) aborts: AtomicU64,
    pub(crate) waits: AtomicU64,
    pub(crate) recoveries: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Statistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            searches: read(&self.searches),
            deadlocks: read(&self.deadlocks),
            surrenders: read(&self.surrenders),
            aborts: read(&self.aborts),
            waits: read(&self.waits),
            recoveries: read(&self.recoveries),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
