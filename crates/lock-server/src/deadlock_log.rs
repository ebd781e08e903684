//! The deadlocks that a node resolved of late.

use std::collections::VecDeque;
use std::sync::Arc;

use lock_core::Deadlock;
use parking_lot::Mutex;

/// How many are kept; older ones are forgotten.
const KEPT: usize = 1024;

#[derive(Default)]
pub(crate) struct DeadlockLog(Mutex<VecDeque<Arc<Deadlock>>>);

impl DeadlockLog {
    pub(crate) fn push(&self, deadlock: Arc<Deadlock>) {
        let mut log = self.0.lock();
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(deadlock);
    }

    pub(crate) fn read(&self) -> Vec<Arc<Deadlock>> {
        self.0.lock().iter().cloned().collect()
    }
}
