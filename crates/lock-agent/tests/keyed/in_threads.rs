//! Without async.
use std::sync::mpsc;
use std::time::Duration;

use lock_agent::{KeyTimeoutError, KeyedMutex, Locks, Owner};

use crate::leftovers::nothing_is_left;
use crate::{two_owners, waiters};

#[test]
fn threads_wait_for_each_other() {
    let (locks, mutex, me, _) = two_owners();
    let guard = mutex.blocking_lock(&me, "a").unwrap();
    let (said, heard) = mpsc::channel();
    let (there, line) = (mutex.clone(), mutex.clone());
    let thread = std::thread::spawn(move || {
        let guard = there.blocking_lock(&Owner::new(&locks), "a").unwrap();
        said.send(guard.owner()).unwrap();
    });
    while waiters(&line, "a").is_empty() {
        std::thread::yield_now();
    }
    assert!(heard.try_recv().is_err());
    drop(guard);
    assert_ne!(heard.recv().unwrap(), me.id());
    thread.join().unwrap();
    assert!(!mutex.is_locked("a").unwrap());
}

#[test]
fn threads_have_read_locks_many_keys_and_bounded_waits() {
    let (locks, mutex, me, other) = two_owners();
    let read = mutex.blocking_read(&me, "a").unwrap();
    drop(mutex.blocking_read(&other, "a").unwrap());
    let short = Duration::from_millis(5);
    assert!(matches!(mutex.blocking_lock_timeout(&other, "a", short), Err(KeyTimeoutError::Elapsed { .. })));
    assert!(mutex.blocking_lock_all_timeout(&other, ["b", "a"], short).is_err());
    assert!(!mutex.is_locked("b").unwrap());
    drop(read);
    assert_eq!(mutex.blocking_lock_all(&other, ["b", "a"]).unwrap().len(), 2);
    drop((me, other));
    nothing_is_left(&locks);
}

#[test]
fn work_in_a_thread_returns_its_value_and_releases_also_if_it_panics() {
    let (_, mutex, me, _) = two_owners();
    assert_eq!(mutex.blocking_with_lock(&me, "a", |guard| guard.is_held()), Ok(true));
    assert_eq!(mutex.blocking_with_lock_all(&me, ["a", "b"], |guards| guards.len()), Ok(2));
    let panics = std::panic::AssertUnwindSafe(|| mutex.blocking_with_lock(&me, "a", |_| panic!("in the work")));
    assert!(std::panic::catch_unwind(panics).is_err());
    assert!(!mutex.is_locked("a").unwrap());
}

#[test]
fn four_threads_count_ten_thousand_each() {
    let locks = Locks::local();
    let mutex = KeyedMutex::<u8>::new(&locks, "m").unwrap();
    let shared = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    let me = Owner::new(&locks);
                    mutex
                        .blocking_with_lock(&me, &1, |_| {
                            let read = shared.load(std::sync::atomic::Ordering::Relaxed);
                            shared.store(read + 1, std::sync::atomic::Ordering::Relaxed);
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(shared.into_inner(), 40_000);
    nothing_is_left(&locks);
}
