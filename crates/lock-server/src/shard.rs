//! One table behind its mutex, and what a panic inside it means.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;

use lock_core::LockTable;
use parking_lot::{Mutex, MutexGuard};

use crate::Node;

/// A lock table in shared memory. Nothing awaits while it is held.
///
/// On a line of the cache of its own, so that neighbours do not slow each other down.
#[repr(align(128))]
pub(crate) struct Shard {
    table: Mutex<LockTable>,
}

impl Shard {
    pub(crate) fn new(table: LockTable) -> Self {
        Self { table: Mutex::new(table) }
    }

    /// Holds the table. If the holder panics, the node is broken: nobody knows what state the table is in.
    pub(crate) fn hold<'a>(&'a self, node: &'a Node) -> Held<'a> {
        Held { table: self.table.lock(), node, panicking: std::thread::panicking() }
    }
}

/// A table that is held.
pub(crate) struct Held<'a> {
    table: MutexGuard<'a, LockTable>,
    node: &'a Node,
    /// A thread that panics elsewhere ends its transactions while it unwinds; that breaks no table.
    panicking: bool,
}

impl Deref for Held<'_> {
    type Target = LockTable;

    fn deref(&self) -> &LockTable {
        &self.table
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut LockTable {
        &mut self.table
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.panicking && std::thread::panicking() {
            self.node.broken.store(true, Ordering::SeqCst);
            // Those who wait may have nobody who comes by a table again.
            self.node.tell_supervisor();
        }
    }
}
