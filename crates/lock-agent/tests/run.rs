//! The closure form ends always, and everybody's work is done in the end.
#![allow(missing_docs, clippy::unwrap_used)]

mod leftovers;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use futures_util::FutureExt;
use futures_util::poll;
use leftovers::nothing_is_left;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Guard, Locks, Over, TxId, claim};

/// Makes the next work that has `b` and wants `a` give way once.
async fn in_the_way(locks: &Locks, work: impl Future<Output = ()>) {
    let other = locks.begin().await;
    other.lock("a", Write).await.unwrap();
    let mut work = Box::pin(work);
    assert!(poll!(&mut work).is_pending());
    other.lock("b", Write).await.unwrap();
    other.end();
    work.await;
}

#[tokio::test]
async fn a_victim_is_tried_again_with_the_same_age() {
    let locks = Locks::local();
    let tries = RefCell::new(Vec::<TxId>::new());
    in_the_way(&locks.clone(), async {
        let done = locks.run(async |tx| {
            tries.borrow_mut().push(tx.id());
            tx.lock("b", Write).await?;
            tx.lock("a", Write).await?;
            Ok::<_, ClaimError>("done")
        });
        assert_eq!(done.await.unwrap(), "done");
    })
    .await;
    let tries = tries.into_inner();
    assert_eq!(tries.len(), 2);
    assert_eq!(tries[0], tries[1]);
    nothing_is_left(&locks);
}

#[tokio::test]
async fn work_that_swallows_the_abort_is_done_again() {
    let locks = Locks::local();
    let tries = AtomicU32::new(0);
    in_the_way(&locks.clone(), async {
        let done = locks.run(async |tx| {
            let this = tries.fetch_add(1, SeqCst);
            let _ = tx.lock("b", Write).await;
            let _ = tx.lock("a", Write).await;
            Ok::<_, ()>(this)
        });
        assert_eq!(done.await, Ok(1), "what the first try did was not under its locks");
    })
    .await;
    nothing_is_left(&locks);
}

#[tokio::test]
async fn work_that_swallows_the_abort_and_ends_by_itself_is_done_again() {
    let locks = Locks::local();
    let tries = AtomicU32::new(0);
    in_the_way(&locks.clone(), async {
        let done = locks.run(async |tx| {
            let this = tries.fetch_add(1, SeqCst);
            let _ = tx.lock("b", Write).await;
            let _ = tx.lock("a", Write).await;
            let _ = tx.try_end();
            Ok::<_, ()>(this)
        });
        assert_eq!(done.await, Ok(1));
    })
    .await;
    nothing_is_left(&locks);
}

#[tokio::test]
async fn an_error_of_the_work_ends_it_and_is_given_back() {
    let locks = Locks::local();
    let outcome = locks.run(async |tx| {
        tx.lock("a", Write).await.unwrap();
        Err::<(), _>("no")
    });
    assert_eq!(outcome.await, Err("no"));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn work_may_end_its_transaction_by_itself() {
    let locks = Locks::local();
    let outcome = locks.run(async |tx| {
        tx.lock("a", Write).await?;
        tx.try_end()?;
        assert!(matches!(tx.lock("b", Write).await, Err(ClaimError::Over(Over::Ended(_)))));
        Ok::<_, ClaimError>(7)
    });
    assert_eq!(outcome.await.unwrap(), 7);
    nothing_is_left(&locks);
}

/// A thread that panics releases its locks while it unwinds; that is no failure of the node.
#[tokio::test]
async fn a_panic_of_the_work_ends_it_and_hurts_nobody_else() {
    let locks = Locks::local();
    let bystander = locks.begin().await;
    let guard = bystander.lock("mine", Write).await.unwrap();
    let incarnation = locks.node().expect("a node in this process alone").incarnation();
    let work = locks.run(async |tx| -> Result<(), ClaimError> {
        tx.lock("a", Write).await?;
        panic!("the work's own fault");
    });
    assert!(std::panic::AssertUnwindSafe(work).catch_unwind().await.is_err());
    assert_eq!(locks.node().expect("a node in this process alone").incarnation(), incarnation);
    assert!(guard.is_unbroken(), "a panic of one user is not everybody's");
    assert!(locks.begin().await.try_lock("a", Write).is_ok());
    bystander.end();
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_leaked_guard_holds_nothing_back() {
    let locks = Locks::local();
    let guard: Guard = locks.run(async |tx| tx.lock("a", Write).await).await.unwrap();
    assert!(!guard.is_held());
    nothing_is_left(&locks);
}

#[tokio::test]
async fn work_that_leaves_claims_waiting_ends_too() {
    let locks = Locks::local();
    let holder = locks.begin().await;
    holder.lock("a", Write).await.unwrap();
    locks.run(async |tx| tx.lock_nowait(claim("a", Write))).await.unwrap();
    assert!(locks.lock_info("a").unwrap().waiters.is_empty());
    holder.end();
    nothing_is_left(&locks);
}

async fn hammer(objects: usize, tasks: u64, rounds: u64) {
    let locks = Locks::local();
    let done = Arc::new(AtomicU32::new(0));
    let mut working = tokio::task::JoinSet::new();
    for task in 0..tasks {
        let (locks, done) = (locks.clone(), done.clone());
        working.spawn(async move {
            for round in 0..rounds {
                let work = locks.run(async |tx| {
                    for step in 0..objects as u64 {
                        let object = (task * 31 + round * 7 + step * (task + 1)) % objects as u64;
                        let mode = if (task + round + step) % 3 == 0 { Read } else { Write };
                        tx.lock(format!("o/{object}"), mode).await?;
                        tokio::task::yield_now().await;
                    }
                    Ok::<_, ClaimError>(())
                });
                work.await.unwrap();
                done.fetch_add(1, SeqCst);
            }
        });
    }
    while let Some(end) = working.join_next().await {
        end.unwrap();
    }
    assert_eq!(u64::from(done.load(SeqCst)), tasks * rounds);
    nothing_is_left(&locks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_starves_on_two_objects() {
    hammer(2, 16, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_starves_on_three_objects() {
    hammer(3, 16, 60).await;
}

#[tokio::test]
async fn nobody_starves_on_four_objects_and_one_thread() {
    hammer(4, 12, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_may_own_its_transaction_and_be_spawned() {
    let locks = Locks::local();
    let doubled = tokio::spawn({
        let locks = locks.clone();
        async move {
            locks
                .run(|tx| async move {
                    let guard = tx.lock("a", Write).await?;
                    Ok::<_, ClaimError>((guard, tx))
                })
                .await
        }
    });
    let (guard, tx) = doubled.await.unwrap().unwrap();
    // The transaction ended with the work, wherever its handle has gone.
    assert!(!guard.is_held());
    assert!(matches!(tx.lock("b", Read).await, Err(ClaimError::Over(Over::Ended(_)))));
    assert_eq!(locks.status().claims, 0);
}
