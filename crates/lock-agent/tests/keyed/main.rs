//! What a keyed mutex guarantees, a file a subject.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../leftovers/mod.rs"]
mod leftovers;

mod deadlocks;
mod given_away;
mod good_ends;
mod in_line;
mod in_threads;
mod many_keys;
mod named_tasks;
mod on_a_cluster;
mod one_key;
mod paths;
mod reentrant;
mod released;
mod side_by_side;
mod with_lock;

use lock_agent::{KeyedMutex, Locks, Owner};

/// Locks, a mutex of texts, and two owners.
pub(crate) fn two_owners() -> (Locks, KeyedMutex<String>, Owner, Owner) {
    let locks = Locks::local();
    let mutex = KeyedMutex::new(&locks, "m").unwrap();
    let (one, other) = (Owner::new(&locks), Owner::new(&locks));
    (locks, mutex, one, other)
}

pub(crate) fn waiters(mutex: &KeyedMutex<String>, key: &str) -> Vec<lock_agent::TxId> {
    mutex.info(key).unwrap().waiters.iter().map(|waiter| waiter.tx).collect()
}
