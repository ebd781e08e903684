//! A call that is dropped while it waits leaves nothing behind: the request is withdrawn, and a grant that
//! nobody received is given back.
#![allow(missing_docs, clippy::unwrap_used)]

mod leftovers;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::poll;
use leftovers::nothing_is_left;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Locks, Mode, Status, TimeoutError, Transaction, claim};

fn poll_once<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn holds(tx: &Transaction, object: &str, mode: Mode) -> bool {
    tx.info().claims.iter().any(|claim| claim.object.as_str() == object && claim.granted >= Some(mode))
}

fn waiters(locks: &Locks, object: &str) -> usize {
    locks.lock_info(object).unwrap().waiters.len()
}

#[tokio::test]
async fn a_dropped_future_withdraws_its_request() {
    let locks = Locks::local();
    let (holder, waiter, behind) = (locks.begin().await, locks.begin().await, locks.begin().await);
    holder.lock("a", Read).await.unwrap();
    {
        let mut write = pin!(waiter.lock("a", Write));
        assert!(poll!(&mut write).is_pending());
        let mut read = pin!(behind.lock("a", Read));
        assert!(poll!(&mut read).is_pending());
        drop(std::mem::replace(&mut write, pin!(waiter.lock("never/polled", Write))));
        assert_eq!(waiters(&locks, "a"), 2, "a pinned future is dropped with its scope");
    }
    assert_eq!(waiters(&locks, "a"), 0);
    behind.lock("a", Read).await.unwrap();
    drop((holder, waiter, behind));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn those_behind_a_dropped_future_are_let_in() {
    let locks = Locks::local();
    let (holder, waiter, behind) = (locks.begin().await, locks.begin().await, locks.begin().await);
    holder.lock("a", Read).await.unwrap();
    let mut write = Box::pin(waiter.lock("a", Write));
    assert!(poll!(&mut write).is_pending());
    let mut read = Box::pin(behind.lock("a", Read));
    assert!(poll!(&mut read).is_pending());
    drop(write);
    read.await.unwrap();
    assert!(holds(&behind, "a", Read));
    assert_eq!(waiter.status(), Status::NoLocks);
    drop((holder, waiter, behind));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_grant_that_nobody_receives_releases_itself() {
    let locks = Locks::local();
    let (holder, waiter, behind) = (locks.begin().await, locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let mut first = Box::pin(waiter.lock("a", Write));
    let mut second = Box::pin(behind.lock("a", Write));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    holder.end();
    assert_eq!(locks.lock_info("a").unwrap().holders[0].tx, waiter.id(), "granted, and not received");
    drop(first);
    assert_eq!(locks.lock_info("a").unwrap().holders[0].tx, behind.id());
    second.await.unwrap();
    drop((waiter, behind));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_dropped_batch_withdraws_all_and_gives_back_what_was_granted_at_once() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("b", Write).await.unwrap();
    tx.lock("earlier", Write).await.unwrap();
    let mut batch =
        Box::pin(tx.lock_many([claim("a", Write), claim("b", Write), claim("earlier", Read), claim("c", Read)]));
    assert!(poll!(&mut batch).is_pending());
    drop(batch);
    let left = tx.info().claims;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(holds(&tx, "earlier", Write));
    drop((holder, tx));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_batch_that_was_granted_and_not_received_is_given_back() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("b", Write).await.unwrap();
    let mut batch = Box::pin(tx.lock_many([claim("a", Write), claim("b", Write)]));
    assert!(poll!(&mut batch).is_pending());
    holder.end();
    assert_eq!(locks.transaction_claims(tx.id()).len(), 2);
    drop(batch);
    assert_eq!(tx.status(), Status::NoLocks);
    drop(tx);
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_dropped_conversion_keeps_the_read() {
    let locks = Locks::local();
    let (other, tx) = (locks.begin().await, locks.begin().await);
    other.lock("a", Read).await.unwrap();
    let read = tx.lock("a", Read).await.unwrap();
    let mut write = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut write).is_pending());
    drop(write);
    assert!(read.is_unbroken());
    assert_eq!(waiters(&locks, "a"), 0);
    assert!(other.try_lock("a", Read).is_ok());
    drop((other, tx));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_conversion_that_was_granted_and_not_received_is_a_read_again() {
    let locks = Locks::local();
    let (other, tx) = (locks.begin().await, locks.begin().await);
    other.lock("a", Read).await.unwrap();
    let read = tx.lock("a", Read).await.unwrap();
    let mut write = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut write).is_pending());
    other.end();
    assert_eq!(locks.lock_info("a").unwrap().holders[0].mode, Write);
    drop(write);
    assert!(read.is_held());
    let reader = locks.begin().await;
    reader.try_lock("a", Read).unwrap();
    drop((reader, tx));
    nothing_is_left(&locks);
}

/// The victim's read goes back in line together with the write that it waited for; without the write it still
/// wants the read.
#[tokio::test]
async fn a_conversion_dropped_after_its_read_was_surrendered_still_wants_the_read() {
    let locks = Locks::local();
    let (older, tx) = (locks.begin().await, locks.begin().await);
    older.lock("a", Read).await.unwrap();
    let read = tx.lock("a", Read).await.unwrap();
    let mut write = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut write).is_pending());
    older.lock("a", Write).await.unwrap();
    assert!(!read.is_held(), "the younger one gave way");
    drop(write);
    assert_eq!(locks.lock_info("a").unwrap().waiters[0].mode, Read);
    older.end();
    tx.await_all().await.unwrap();
    assert!(read.is_held() && !read.is_unbroken());
    drop(tx);
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_strengthened_waiting_claim_is_a_read_again_when_dropped() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    tx.lock_nowait(claim("a", Read)).unwrap();
    let mut write = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut write).is_pending());
    assert_eq!(locks.lock_info("a").unwrap().waiters[0].mode, Write);
    drop(write);
    assert_eq!(locks.lock_info("a").unwrap().waiters[0].mode, Read);
    holder.end();
    tx.await_all().await.unwrap();
    assert!(holds(&tx, "a", Read) && !holds(&tx, "a", Write));
    drop(tx);
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_claim_made_earlier_without_waiting_stays() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    tx.lock_nowait(claim("a", Write)).unwrap();
    let mut again = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut again).is_pending());
    drop(again);
    let mut all = Box::pin(tx.await_all());
    assert!(poll!(&mut all).is_pending());
    drop(all);
    assert_eq!(waiters(&locks, "a"), 1);
    holder.end();
    tx.await_all().await.unwrap();
    assert!(holds(&tx, "a", Write));
    drop(tx);
    nothing_is_left(&locks);
}

#[tokio::test]
async fn what_was_granted_at_once_behind_an_earlier_claim_is_given_back() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    tx.lock_nowait(claim("a", Write)).unwrap();
    let mut free = Box::pin(tx.lock("free", Write));
    assert!(poll!(&mut free).is_pending(), "waits for all that was claimed before");
    drop(free);
    assert!(locks.lock_info("free").unwrap().holders.is_empty());
    drop((holder, tx));
    nothing_is_left(&locks);
}

/// A dropped future takes away what another call waited for.
#[tokio::test]
async fn a_dropped_future_lets_other_calls_of_its_transaction_go_on() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let mut waits = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut waits).is_pending());
    let (sender, other) = tokio::sync::oneshot::channel();
    let all = async {
        let guard = tx.lock("free", Write).await.unwrap();
        sender.send(guard).unwrap();
    };
    let dropper = async {
        tokio::task::yield_now().await;
        drop(waits);
    };
    tokio::join!(all, dropper);
    assert!(other.await.unwrap().is_held());
    drop((holder, tx));
    nothing_is_left(&locks);
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_came_too_late_is_not_held_and_not_in_line() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    let error = tx.lock_timeout("a", Write, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "a was not granted to t2 within 1s (held by t1)");
    assert!(matches!(error, TimeoutError::Elapsed { .. }));
    assert_eq!(waiters(&locks, "a"), 0);
    let error = tx.lock_timeout("a", Write, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, TimeoutError::Elapsed { .. }));
    assert_eq!(tx.status(), Status::NoLocks);
    tx.lock_timeout("free", Write, Duration::ZERO).await.expect("what can be had at once is had in no time");
    let mut dropped = Box::pin(tx.lock_timeout("a", Write, Duration::MAX));
    assert!(poll!(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!(waiters(&locks, "a"), 0);
    drop((holder, tx));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_dropped_begin_ends_the_transaction() {
    let locks = Locks::local();
    let holder = locks.begin().await;
    holder.lock("b", Write).await.unwrap();
    let mut begin = Box::pin(locks.begin_with([claim("a", Write), claim("b", Write)]));
    assert!(poll!(&mut begin).is_pending());
    assert_eq!(locks.status().claims, 3);
    drop(begin);
    assert_eq!(locks.status().claims, 1);
    drop(holder);
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_dropped_run_releases_everything() {
    let locks = Locks::local();
    let holder = locks.begin().await;
    holder.lock("b", Write).await.unwrap();
    let mut run = Box::pin(locks.run(async |tx| {
        tx.lock("a", Write).await?;
        tx.lock("b", Write).await?;
        Ok::<_, ClaimError>(())
    }));
    assert!(poll!(&mut run).is_pending());
    assert_eq!(locks.lock_info("a").unwrap().holders.len(), 1);
    drop(run);
    assert_eq!(locks.status().claims, 1);
    drop(holder);
    nothing_is_left(&locks);
}

#[test]
fn a_future_that_is_never_polled_asks_for_nothing() {
    let locks = Locks::local();
    let tx = locks.begin().start();
    drop(tx.lock("a", Write));
    drop(tx.lock_many([claim("a", Write)]));
    assert_eq!(tx.status(), Status::NoLocks);
}

#[test]
fn futures_can_be_polled_without_any_runtime() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().start(), locks.begin().start());
    let mut first = pin!(holder.lock("a", Write));
    assert!(poll_once(first.as_mut()).is_ready());
    let mut second = pin!(tx.lock("a", Write));
    assert!(poll_once(second.as_mut()).is_pending());
    holder.try_end().unwrap();
    assert!(poll_once(second.as_mut()).is_ready());
}

/// The grant and the drop race on two threads: whoever is first, nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_drop_that_races_with_its_grant_leaves_nothing() {
    let locks = Locks::local();
    for round in 0..2000_u32 {
        let (holder, waiter, behind) = (locks.begin().await, locks.begin().await, locks.begin().await);
        holder.lock("a", Write).await.unwrap();
        let waits = tokio::spawn(async move {
            let mut lock = Box::pin(waiter.lock("a", Write));
            let mut had = poll!(&mut lock).is_ready();
            tokio::task::yield_now().await;
            had = had || poll!(&mut lock).is_ready();
            drop(lock);
            assert_eq!(had, waiter.status() != Status::NoLocks, "round {round}");
            had
        });
        let ends = tokio::spawn(async move { holder.end() });
        ends.await.unwrap();
        waits.await.unwrap();
        behind.lock("a", Write).await.unwrap();
        drop(behind);
        if round % 100 == 0 {
            nothing_is_left(&locks);
        }
    }
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_conversion_granted_at_once_is_taken_back_with_the_call_that_waits_for_more() {
    let locks = Locks::local();
    let (other, tx) = (locks.begin().await, locks.begin().await);
    other.lock("b", Write).await.unwrap();
    tx.lock("a", Read).await.unwrap();
    tx.lock_nowait(claim("b", Read)).unwrap();
    let mut upgrade = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut upgrade).is_pending());
    drop(upgrade);
    assert!(holds(&tx, "a", Read) && !holds(&tx, "a", Write));
    drop((other, tx));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_grant_that_another_call_relies_on_outlives_the_call_that_got_it() {
    let locks = Locks::local();
    let (other, tx) = (locks.begin().await, locks.begin().await);
    other.lock("b", Write).await.unwrap();
    tx.lock_nowait(claim("b", Read)).unwrap();
    let mut first = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut first).is_pending());
    let mut second = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut second).is_pending());
    drop(first);
    drop(other);
    let guard = second.await.unwrap();
    assert!(guard.is_unbroken());
    drop(tx);
    nothing_is_left(&locks);
}
