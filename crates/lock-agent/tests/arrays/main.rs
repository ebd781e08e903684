//! What chunk locks guarantee, a file a subject.
#![allow(missing_docs, clippy::unwrap_used)]
#![expect(clippy::single_range_in_vec_init, reason = "slices of arrays with one axis")]

#[path = "../leftovers/mod.rs"]
mod leftovers;
#[path = "../nodes/mod.rs"]
mod nodes;

mod crowds;
mod deadlocks;
mod good_ends;
mod in_line;
mod in_threads;
mod leaning;
mod on_a_cluster;
mod one_chunk;
mod out_of_grid;
mod released;
mod slices;
mod who_has_what;

use std::time::Duration;

use lock_agent::{ArrayLocks, Grid, Locks, Owner, Part, Timing, TxId};

pub(crate) const TIMING: Timing = Timing { node_timeout: 1_000, recovery_timeout: 2_000 };
pub(crate) const SOON: Duration = Duration::from_millis(100);

/// Locks, an array of 5 × 5 chunks of 10 × 10 elements, and two owners.
pub(crate) fn two_owners() -> (Locks, ArrayLocks, Owner, Owner) {
    let locks = Locks::local();
    let array = ArrayLocks::new(&locks, "heights", Grid::new([50, 50], [10, 10]).unwrap()).unwrap();
    let (one, other) = (Owner::new(&locks), Owner::new(&locks));
    (locks, array, one, other)
}

/// Who waits for a chunk, in order.
pub(crate) fn waiters(array: &ArrayLocks, index: [u64; 2]) -> Vec<TxId> {
    let locks = array.get_locks();
    let waiters = locks.get(&Part::chunk(index)).map(|info| info.waiters.iter().map(|waiter| waiter.tx).collect());
    waiters.unwrap_or_default()
}

/// Who has a chunk, the oldest first.
pub(crate) fn holders(array: &ArrayLocks, index: [u64; 2]) -> Vec<TxId> {
    let locks = array.get_locks();
    let holders = locks.get(&Part::chunk(index)).map(|info| info.holders.iter().map(|holder| holder.tx).collect());
    holders.unwrap_or_default()
}
