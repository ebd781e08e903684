//! A guard never lies.
#![allow(missing_docs, clippy::unwrap_used)]

mod leftovers;

use std::cell::RefCell;

use futures_util::poll;
use leftovers::nothing_is_left;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Guard, Locks, WayOut, claim};

#[tokio::test]
async fn a_surrendered_guard_is_not_held_until_it_is_granted_again_with_a_larger_token() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().await);
    older.lock("a", Write).await.unwrap();
    let guard = younger.lock("b", Write).await.unwrap();
    let first = guard.token().expect("held");
    assert!(guard.is_held() && guard.is_unbroken());

    let mut wants_a = Box::pin(younger.lock("a", Write));
    assert!(poll!(&mut wants_a).is_pending());
    older.lock("b", Write).await.unwrap();
    assert!(!guard.is_held() && !guard.is_unbroken());
    assert_eq!((guard.token(), guard.first_token()), (None, first), "the old token is no longer current");

    older.end();
    wants_a.await.unwrap();
    assert!(guard.is_held() && !guard.is_unbroken());
    assert!(guard.token().expect("granted again") > first);

    let all = younger.await_all().await.unwrap();
    assert_eq!(all.deadlocks.len(), 1);
    let surrender = WayOut::Surrender { victim: younger.id(), objects: vec![guard.object().clone()] };
    assert_eq!(all.deadlocks[0].way_out, surrender, "the deadlock names the object");
    assert_eq!(younger.deadlocks(), all.deadlocks);
    assert!(younger.losses().is_empty(), "what was surrendered is not lost");
}

#[tokio::test]
async fn a_guard_that_was_never_touched_stays_unbroken_through_a_deadlock_of_its_transaction() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().await);
    older.lock("a", Write).await.unwrap();
    let safe = younger.lock("safe", Write).await.unwrap();
    younger.lock("b", Write).await.unwrap();
    let mut wants_a = Box::pin(younger.lock("a", Write));
    assert!(poll!(&mut wants_a).is_pending());
    older.lock("b", Write).await.unwrap();
    assert!(safe.is_unbroken());
    older.end();
    wants_a.await.unwrap();
    assert!(safe.is_unbroken());
}

#[tokio::test]
async fn a_guard_is_not_held_after_the_end() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let guard = tx.lock("a", Write).await.unwrap();
    tx.end();
    assert!(!guard.is_held() && guard.token().is_none());
    let other = locks.begin().await;
    let others = other.lock("a", Write).await.unwrap();
    assert!(others.is_held() && !guard.is_held());
}

#[tokio::test]
async fn a_guard_is_not_held_after_unlock_and_new_with_a_new_lock() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let guard = tx.lock("a", Write).await.unwrap();
    tx.unlock("a").unwrap();
    assert!(!guard.is_held());
    let again = tx.lock("a", Write).await.unwrap();
    assert!(again.is_unbroken() && again.token() > Some(guard.first_token()));
    assert!(guard.is_held() && !guard.is_unbroken(), "the lock is there, but not all the time");
}

#[tokio::test]
async fn a_write_guard_is_not_held_after_a_downgrade_and_a_read_guard_is() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let write = tx.lock("a", Write).await.unwrap();
    let read = tx.lock("a", Read).await.unwrap();
    tx.downgrade("a").unwrap();
    assert!(!write.is_held() && read.is_held());
    assert!(read.is_unbroken(), "the token stays");
}

#[tokio::test]
async fn a_guard_of_a_covered_object_lives_as_long_as_the_lock_above_it() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let above = tx.lock("db", Write).await.unwrap();
    let below = tx.lock("db/users/7", Write).await.unwrap();
    assert_eq!(above.token(), below.token());
    tx.unlock("db").unwrap();
    assert!(!below.is_held());
    assert!(tx.unlock("db/users/7").is_err(), "it was never a lock of its own");
}

#[tokio::test]
async fn a_guard_of_its_own_survives_the_lock_above_it() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let below = tx.lock("db/users/7", Write).await.unwrap();
    tx.lock("db", Read).await.unwrap();
    tx.unlock("db").unwrap();
    assert!(below.is_unbroken());
}

#[tokio::test]
async fn a_guard_of_a_read_is_broken_by_a_conversion_and_still_held() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let read = tx.lock("a", Read).await.unwrap();
    let write = tx.lock("a", Write).await.unwrap();
    assert!(read.is_held() && write.is_unbroken());
}

/// The next try has the same age, which is all that the tables know of it.
#[tokio::test]
async fn a_guard_of_an_earlier_try_is_not_held_in_the_next_one() {
    let locks = Locks::local();
    let other = locks.begin().await; // older
    other.lock("a", Write).await.unwrap();
    let leaked = RefCell::new(Vec::<Guard>::new());
    let run = locks.run(async |tx| {
        let guard = tx.lock("b", Write).await?;
        assert!(guard.is_held());
        assert!(leaked.borrow().iter().all(|guard| !guard.is_held() && !guard.is_unbroken()));
        leaked.borrow_mut().push(guard);
        tx.lock("a", Write).await?;
        Ok::<_, ClaimError>(())
    });
    let ends = async {
        other.lock("b", Write).await.unwrap();
        other.end();
    };
    let (outcome, ()) = tokio::join!(run, ends);
    outcome.unwrap();
    assert_eq!(leaked.borrow().len(), 2);
    assert!(leaked.borrow().iter().all(|guard| !guard.is_held()));
    assert_eq!(locks.status().claims, 0);
}

#[tokio::test]
async fn a_lock_given_up_by_hand_is_granted_again_behind_those_who_wait() {
    let locks = Locks::local();
    let (tx, other) = (locks.begin().await, locks.begin().await);
    let guard = tx.lock("a", Write).await.unwrap();
    assert!(tx.surrender("a").unwrap().is_some(), "nobody wants it");
    assert!(guard.is_held() && !guard.is_unbroken());
    other.lock_nowait(claim("a", Write)).unwrap();
    assert_eq!(tx.surrender("a").unwrap(), None);
    assert!(!guard.is_held());
    let before = other.lock("a", Write).await.unwrap().token();
    other.end();
    tx.await_all().await.unwrap();
    assert!(guard.token() > before);
}

/// Many upgrade in the same moment; a guard says unbroken only to one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unbroken_guard_means_that_nobody_else_wrote() {
    let locks = Locks::local();
    let value = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (locks, value) = (locks.clone(), value.clone());
        tasks.spawn(async move {
            let mut written = 0;
            while written < 50 {
                let tx = locks.begin().await;
                let read = tx.lock("counter", Read).await.unwrap();
                let seen = value.load(std::sync::atomic::Ordering::SeqCst);
                let before = read.first_token();
                let was_unbroken_until_write = {
                    tx.lock("counter", Write).await.unwrap();
                    !tx.deadlocks().iter().any(|deadlock| deadlock.way_out.victim() == Some(tx.id()))
                };
                if was_unbroken_until_write {
                    let now = value.swap(seen + 1, std::sync::atomic::Ordering::SeqCst);
                    assert_eq!(now, seen, "somebody wrote under the read of {before}");
                    written += 1;
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(value.load(std::sync::atomic::Ordering::SeqCst), 400);
    nothing_is_left(&locks);
}
