//! One table behind its mutex, and what a panic inside it means.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

use lock_core::LockTable;
use parking_lot::{Mutex, MutexGuard};

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

    /// Holds the table. If the holder panics, `broken` is set: nobody knows what state it is in.
    pub(crate) fn hold<'a>(&'a self, broken: &'a AtomicBool) -> Held<'a> {
        Held { table: self.table.lock(), broken }
    }
}

/// A table that is held.
pub(crate) struct Held<'a> {
    table: MutexGuard<'a, LockTable>,
    broken: &'a AtomicBool,
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
        if std::thread::panicking() {
            self.broken.store(true, Ordering::SeqCst);
        }
    }
}
