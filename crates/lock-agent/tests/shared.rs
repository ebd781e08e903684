//! One transaction in the hands of several tasks.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;

use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Locks, Over, ReleaseError, Status, claim};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_may_lock_and_unlock_at_once_while_one_ends_it() {
    let locks = Locks::local();
    for round in 0..300_u32 {
        let rival = locks.begin().await;
        rival.lock("o1", Write).await.unwrap();
        let tx = Arc::new(locks.begin().notify(round % 3 == 0).await);
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..4_u32 {
            let tx = tx.clone();
            tasks.spawn(async move {
                for step in 0..6_u32 {
                    let object = format!("o{}", (task + step) % 3);
                    let mode = if step % 2 == 0 { Read } else { Write };
                    match tx.lock(&*object, mode).await {
                        Ok(_) | Err(ClaimError::Withdrawn { .. } | ClaimError::Over(Over::Ended(_))) => {}
                        Err(error) => panic!("round {round}: {error}"),
                    }
                    match tx.unlock(&*object) {
                        Ok(()) | Err(ReleaseError::NotHeld(_) | ReleaseError::Over(_)) => {}
                        Err(error) => panic!("round {round}: {error}"),
                    }
                }
            });
        }
        let ender = tx.clone();
        tasks.spawn(async move {
            for _ in 0..round % 16 {
                tokio::task::yield_now().await;
            }
            drop(rival);
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            ender.try_end().unwrap();
        });
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        drop(tx);
        assert_eq!(
            (locks.status().claims, locks.node().expect("a node in this process alone").party_count()),
            (0, 0),
            "round {round}"
        );
    }
    locks.node().expect("a node in this process alone").check().unwrap();
}

#[tokio::test]
async fn the_end_ends_all_calls_that_wait() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let mut one = Box::pin(tx.lock("a", Write));
    let mut all = Box::pin(tx.await_all());
    assert!(poll!(&mut one).is_pending() && poll!(&mut all).is_pending());
    tx.try_end().unwrap();
    assert!(matches!(one.await, Err(ClaimError::Over(Over::Ended(_)))));
    assert!(matches!(all.await, Err(ClaimError::Over(Over::Ended(_)))));
    holder.end();
    drop(tx);
    assert_eq!((locks.status().claims, locks.node().expect("a node in this process alone").party_count()), (0, 0));
}

#[tokio::test]
async fn what_one_task_gives_back_lets_another_go_on() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    tx.lock_nowait(claim("a", Write)).unwrap();
    let mut all = Box::pin(tx.await_all());
    assert!(poll!(&mut all).is_pending());
    tx.unlock("a").unwrap();
    all.await.unwrap();
}

#[tokio::test]
async fn an_abort_is_told_to_every_call() {
    let locks = Locks::local();
    let (older, tx) = (locks.begin().await, locks.begin().abort_on_deadlock(true).await);
    older.lock("a", Write).await.unwrap();
    tx.lock("b", Write).await.unwrap();
    let mut one = Box::pin(tx.lock("a", Write));
    let mut all = Box::pin(tx.await_all());
    assert!(poll!(&mut one).is_pending() && poll!(&mut all).is_pending());
    older.lock_nowait(claim("b", Write)).unwrap();
    assert!(matches!(one.await, Err(ClaimError::Over(Over::Aborted { .. }))));
    assert!(matches!(all.await, Err(ClaimError::Over(Over::Aborted { .. }))));
}

#[tokio::test]
async fn a_call_inherits_the_claim_of_a_dropped_one() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let mut first = Box::pin(tx.lock("a", Write));
    let mut second = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    drop(first);
    holder.end();
    assert!(second.await.unwrap().is_held());
}

#[tokio::test]
async fn a_claim_that_was_made_without_waiting_too_outlives_a_dropped_call() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let mut call = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut call).is_pending());
    tx.lock_nowait(claim("a", Write)).unwrap();
    drop(call);
    holder.end();
    tx.await_all().await.unwrap();
    assert_eq!(locks.lock_info("a").unwrap().holders.len(), 1);
}

#[tokio::test]
async fn the_last_of_several_dropped_calls_withdraws_the_claim() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let mut first = Box::pin(tx.lock("a", Write));
    let mut second = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    drop(first);
    drop(second);
    assert!(locks.lock_info("a").unwrap().waiters.is_empty());
    assert_eq!(tx.status(), Status::NoLocks);
}
