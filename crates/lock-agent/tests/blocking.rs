//! Threads without async, and both at once.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Locks, TimeoutError, claim};

#[test]
fn plain_threads_need_no_runtime() {
    let locks = Locks::local();
    let counter = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let tx = locks.begin().start();
                    tx.blocking_lock("counter", Write).unwrap();
                    let seen = counter.load(SeqCst);
                    std::thread::yield_now();
                    counter.store(seen + 1, SeqCst);
                }
            });
        }
    });
    assert_eq!(counter.load(SeqCst), 800);
    assert_eq!((locks.status().claims, locks.node().expect("a node in this process alone").party_count()), (0, 0));
}

#[test]
fn deadlocks_of_plain_threads_are_resolved() {
    let locks = Locks::local();
    let together = Barrier::new(2);
    std::thread::scope(|scope| {
        for (first, second) in [("a", "b"), ("b", "a")] {
            let (locks, together) = (&locks, &together);
            scope.spawn(move || {
                for _ in 0..100 {
                    let tx = locks.begin().start();
                    tx.blocking_lock(first, Write).unwrap();
                    together.wait();
                    tx.blocking_lock(second, Write).unwrap();
                    tx.blocking_await_all().unwrap();
                    drop(tx);
                    together.wait();
                }
            });
        }
    });
    assert_eq!(locks.statistics().deadlocks, 100);
    assert_eq!((locks.status().claims, locks.node().expect("a node in this process alone").party_count()), (0, 0));
}

#[test]
fn a_time_limit_works_without_a_runtime() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().start(), locks.begin().start());
    holder.blocking_lock_many([claim("a", Write), claim("b", Write)]).unwrap();
    let error = tx.blocking_lock_timeout("a", Read, Duration::from_millis(5)).unwrap_err();
    assert!(matches!(error, TimeoutError::Elapsed { .. }));
    let late = locks.begin().deadline(Duration::from_millis(5)).start();
    assert!(matches!(late.blocking_lock("a", Read), Err(ClaimError::DeadlineOver { .. })));
    assert!(locks.lock_info("a").unwrap().waiters.is_empty());
}

#[test]
fn a_panic_of_the_server_reaches_plain_threads() {
    let locks = Locks::local();
    let holder = locks.begin().start();
    holder.blocking_lock("a", Write).unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| locks.begin().start().blocking_lock("a", Write).map(drop));
        while locks.lock_info("a").unwrap().waiters.is_empty() {
            std::thread::yield_now();
        }
        locks.node().expect("a node in this process alone").panic_in_server();
        assert!(matches!(waits.join().unwrap(), Err(ClaimError::Lost { .. })));
    });
    locks.begin().start().blocking_lock("a", Write).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_tasks_share_their_locks() {
    let locks = Locks::local();
    let counter = Arc::new(AtomicU64::new(0));
    let mut working = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let (locks, counter) = (locks.clone(), counter.clone());
        let add = move || {
            let seen = counter.load(SeqCst);
            std::thread::yield_now();
            counter.store(seen + 1, SeqCst);
        };
        if worker % 2 == 0 {
            working.spawn_blocking(move || {
                for _ in 0..100 {
                    let tx = locks.begin().start();
                    tx.blocking_lock("counter", Write).unwrap();
                    add();
                }
            });
        } else {
            working.spawn(async move {
                for _ in 0..100 {
                    let tx = locks.begin().await;
                    tx.lock("counter", Write).await.unwrap();
                    add();
                }
            });
        }
    }
    while let Some(done) = working.join_next().await {
        done.unwrap();
    }
    assert_eq!(counter.load(SeqCst), 800);
    assert_eq!((locks.status().claims, locks.node().expect("a node in this process alone").party_count()), (0, 0));
}
