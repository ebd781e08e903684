//! Who waits, and who stops waiting.
use std::time::Duration;

use futures_util::poll;
use lock_agent::{KeyTimeoutError, KeyTryError, Owner};

use crate::leftovers::nothing_is_left;
use crate::{two_owners, waiters};

const SOON: Duration = Duration::from_millis(100);

#[tokio::test]
async fn waiters_have_the_key_in_order_of_arrival() {
    let (locks, mutex, me, _) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for number in 1..=5 {
        let (mutex, owner, said) = (mutex.clone(), Owner::new(&locks), said.clone());
        let before = waiters(&mutex, "a").len();
        let line = mutex.clone();
        tokio::spawn(async move {
            let _guard = mutex.lock(&owner, "a").await.unwrap();
            said.send(number).unwrap();
        });
        while waiters(&line, "a").len() == before {
            tokio::task::yield_now().await;
        }
    }
    drop((guard, said));
    let mut order = Vec::new();
    while let Some(number) = heard.recv().await {
        order.push(number);
    }
    assert_eq!(order, [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_its_time_is_over_and_says_who_had_the_key() {
    let (_, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    let elapsed = mutex.lock_timeout(&other, "a", SOON).await.unwrap_err();
    assert!(matches!(&elapsed, KeyTimeoutError::Elapsed { holders, .. } if *holders == [me.id()]));
    assert!(elapsed.to_string().contains("within 100ms, held by t1"), "{elapsed}");
    assert!(guard.is_unbroken() && waiters(&mutex, "a").is_empty(), "it stays with its owner, and nobody is in line");
}

#[tokio::test(start_paused = true)]
async fn after_a_time_out_the_key_is_free_for_anyone_once_released() {
    let (locks, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    assert!(mutex.lock_timeout(&other, "a", SOON).await.is_err());
    drop(guard);
    assert!(!mutex.is_locked("a").unwrap(), "who timed out has no claim on it");
    let third = Owner::new(&locks);
    drop(mutex.try_lock(&third, "a").unwrap());
    drop((me, other, third));
    nothing_is_left(&locks);
}

#[tokio::test(start_paused = true)]
async fn who_timed_out_can_wait_again() {
    let (_, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    assert!(mutex.lock_timeout(&other, "a", SOON).await.is_err());
    let mut waits = Box::pin(mutex.lock_timeout(&other, "a", SOON));
    assert!(poll!(&mut waits).is_pending());
    drop(guard);
    let again = waits.await.unwrap();
    assert_eq!(mutex.owner("a").unwrap(), Some(again.owner()));
}

#[tokio::test(start_paused = true)]
async fn a_time_out_on_one_key_leaves_the_other_keys_of_its_owner_locked() {
    let (_, mutex, me, other) = two_owners();
    let kept = mutex.lock(&other, "kept").await.unwrap();
    let _busy = mutex.lock(&me, "busy").await.unwrap();
    assert!(mutex.lock_timeout(&other, "busy", SOON).await.is_err());
    assert!(kept.is_unbroken());
    assert_eq!(mutex.try_lock(&me, "kept").unwrap_err().held_by(), Some(other.id()));
    assert_eq!(mutex.owner("busy").unwrap(), Some(me.id()));
}

#[tokio::test(start_paused = true)]
async fn who_times_out_passes_its_turn_to_the_next_in_line() {
    let (locks, mutex, me, first) = two_owners();
    let second = Owner::new(&locks);
    let guard = mutex.lock(&me, "a").await.unwrap();
    let mut waits_first = Box::pin(mutex.lock_timeout(&first, "a", SOON));
    let mut waits_second = Box::pin(mutex.lock(&second, "a"));
    assert!(poll!(&mut waits_first).is_pending() && poll!(&mut waits_second).is_pending());
    assert!(waits_first.await.is_err());
    drop(guard);
    assert_eq!(waits_second.await.unwrap().owner(), second.id());
}

#[tokio::test]
async fn who_is_dropped_while_it_waits_passes_its_turn_to_the_next_in_line() {
    let (locks, mutex, me, first) = two_owners();
    let second = Owner::new(&locks);
    let guard = mutex.lock(&me, "a").await.unwrap();
    let mut waits_first = Box::pin(mutex.lock(&first, "a"));
    let mut waits_second = Box::pin(mutex.lock(&second, "a"));
    assert!(poll!(&mut waits_first).is_pending() && poll!(&mut waits_second).is_pending());
    drop(waits_first);
    assert_eq!(waiters(&mutex, "a"), [second.id()]);
    drop(guard);
    assert_eq!(waits_second.await.unwrap().owner(), second.id());
}

#[tokio::test]
async fn a_key_whose_only_waiter_was_dropped_is_free_once_released() {
    let (locks, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&other, "a"));
    assert!(poll!(&mut waits).is_pending());
    drop(waits);
    drop(guard);
    drop(mutex.try_lock(&other, "a").unwrap());
    drop((me, other));
    nothing_is_left(&locks);
}

/// The grant and the end of the wait meet: whichever comes first, nobody has the key afterwards.
#[tokio::test(start_paused = true)]
async fn a_bounded_wait_is_never_granted_as_it_gives_up() {
    let (locks, mutex, me, other) = two_owners();
    for granted_first in [true, false] {
        let guard = mutex.lock(&me, "a").await.unwrap();
        let mut waits = Box::pin(mutex.lock_timeout(&other, "a", SOON));
        assert!(poll!(&mut waits).is_pending());
        if granted_first {
            drop(guard);
            assert_eq!(mutex.owner("a").unwrap(), Some(other.id()), "granted, and nobody received it yet");
            drop(waits);
        } else {
            assert!(waits.await.is_err());
            drop(guard);
        }
        assert!(!mutex.is_locked("a").unwrap(), "{granted_first}");
    }
    drop((me, other));
    nothing_is_left(&locks);
}

/// Time-outs of no time at all: had at once, or not at all.
#[tokio::test]
async fn a_wait_of_no_time_has_a_free_key_and_no_other() {
    let (_, mutex, me, other) = two_owners();
    let guard = mutex.lock_timeout(&me, "a", Duration::ZERO).await.unwrap();
    assert!(mutex.lock_timeout(&other, "a", Duration::ZERO).await.is_err());
    assert!(mutex.read_timeout(&other, "a", Duration::ZERO).await.is_err());
    drop(guard);
    assert!(mutex.read_timeout(&other, "a", Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn nobody_tries_past_those_who_wait() {
    let (locks, mutex, me, writer) = two_owners();
    let third = Owner::new(&locks);
    let read = mutex.read(&me, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&writer, "a"));
    assert!(poll!(&mut waits).is_pending());
    assert!(
        matches!(mutex.try_read(&third, "a"), Err(KeyTryError::Busy(refused)) if refused.in_the_way.tx == writer.id())
    );
    drop(read);
    assert!(waits.await.is_ok());
}

#[tokio::test]
async fn an_ended_owner_waits_no_more() {
    let (_, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&other, "a"));
    assert!(poll!(&mut waits).is_pending());
    other.end().unwrap();
    assert!(waits.await.is_err_and(|error| error.to_string() == "t2 has ended"));
    assert!(other.end().is_err());
    me.end().unwrap();
    assert!(!guard.is_held() && !mutex.is_locked("a").unwrap());
    assert!(mutex.lock(&me, "a").await.is_err());
}
