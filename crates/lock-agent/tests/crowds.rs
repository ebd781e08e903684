//! One transaction that waits for much, and many that wait for each other.

#![allow(clippy::unwrap_used)] // a test may panic

use std::time::Duration;

use lock_agent::{Locks, Mode, claim};

/// Each wait is looked at alone: looked at with all that came before, each takes longer than the last.
#[tokio::test]
async fn a_transaction_may_wait_for_very_many_objects() {
    const OBJECTS: u32 = 50_000;
    let locks = Locks::local();
    let (holder, waiter) = (locks.begin().await, locks.begin().await);
    for number in 0..OBJECTS {
        let object = format!("many/{number}");
        holder.lock_nowait(claim(&object, Mode::Write)).unwrap();
        waiter.lock_nowait(claim(&object, Mode::Write)).unwrap();
    }
    assert_eq!(locks.statistics().searches, 0);
    holder.end();
    waiter.await_all().await.unwrap();
}

/// Several claims of a transaction wait at once, some made stronger as they wait or after they were granted. A deadlock
/// that nobody saw would leave somebody waiting for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_waits_for_several_objects_at_once_is_served() {
    const TASKS: u64 = 16;
    const ROUNDS: u64 = 400;
    const OBJECTS: [&str; 6] = ["a", "a/b", "b", "c", "c/d", "d"];
    let locks = Locks::local();
    let task = |task: u64| {
        let locks = locks.clone();
        async move {
            let mut seed = task;
            let mut random = |below: u64| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) % below
            };
            for _ in 0..ROUNDS {
                let tx = locks.begin().await;
                for _ in 0..=random(4) {
                    let object = OBJECTS[usize::try_from(random(6)).unwrap()];
                    let mode = if random(2) == 0 { Mode::Read } else { Mode::Write };
                    tx.lock_nowait(claim(object, mode)).unwrap();
                    if random(3) == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                tx.await_all().await.unwrap();
            }
        }
    };
    let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(task(number))).collect();
    let all = async {
        for task in tasks {
            task.await.unwrap();
        }
    };
    let served = tokio::time::timeout(Duration::from_mins(2), all).await;
    assert!(served.is_ok(), "somebody waits for ever: {:?}", locks.wait_graph());
    assert!(locks.statistics().deadlocks > 0);
    assert_eq!(
        (
            locks.node().expect("a node in this process alone").claim_count(),
            locks.node().expect("a node in this process alone").party_count()
        ),
        (0, 0)
    );
    locks.node().expect("a node in this process alone").check().unwrap();
}
