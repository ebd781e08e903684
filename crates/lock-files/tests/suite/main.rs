//! What directory locks promise, tried with real processes.
//!
//! Each file is one kind of promise. `child.rs` is the other process: this very program, told over its standard input what to do.

#![allow(clippy::unwrap_used)] // a test may panic

mod arena;
mod asynchronous;
mod child;
mod children;
mod crash;
mod exclusion;
mod fairness;
mod files;
mod owners;
mod plantdb;
mod stale;
mod status;
mod waiting;

use std::path::PathBuf;
use std::time::Duration;

use lock_files::{DirLocks, LockError, Mode};

/// Longer than anything here takes, shorter than the patience of who runs it.
const LONG: Duration = Duration::from_secs(30);

/// A new, empty folder of a test's own.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn open(test: &str) -> (PathBuf, DirLocks) {
    let folder = folder(test);
    let locks = DirLocks::open(&folder).unwrap();
    (folder, locks)
}

fn is_busy<T>(outcome: &Result<T, LockError>) -> bool {
    matches!(outcome, Err(LockError::Busy { .. }))
}

/// Returns when somebody is in line for an id that others read.
fn until_a_writer_waits(locks: &DirLocks, id: &str) {
    let until = std::time::Instant::now() + LONG;
    while locks.try_lock(id, Mode::Read).is_ok() {
        assert!(std::time::Instant::now() < until, "nobody lines up");
        std::thread::yield_now();
    }
}
