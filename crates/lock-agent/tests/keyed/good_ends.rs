//! Where keyed mutexes of others come to a bad end. Each of these has a good one here.
use std::time::Duration;

use futures_util::poll;
use lock_agent::{ClaimError, KeyLockError, Owner};

use crate::leftovers::nothing_is_left;
use crate::{two_owners, waiters};

/// Elsewhere: exclusive only.
#[tokio::test]
async fn readers_need_not_wait_for_each_other() {
    let (_, mutex, one, other) = two_owners();
    let guards = (mutex.read(&one, "a").await.unwrap(), mutex.read(&other, "a").await.unwrap());
    assert!(guards.0.is_held() && guards.1.is_held());
}

/// Elsewhere: a wait for many keys has no end.
#[tokio::test(start_paused = true)]
async fn a_wait_for_many_keys_has_an_end_and_leaves_nothing() {
    let (locks, mutex, one, other) = two_owners();
    let guard = mutex.lock(&one, "b").await.unwrap();
    assert!(mutex.lock_all_timeout(&other, ["a", "b"], Duration::from_secs(5)).await.is_err());
    drop((guard, one, other));
    nothing_is_left(&locks);
}

/// Elsewhere: free of deadlocks only if everybody takes all keys at once.
#[tokio::test]
async fn who_takes_key_by_key_is_in_no_deadlock_that_stays() {
    let (_, mutex, one, other) = two_owners();
    let _first = mutex.lock(&one, "a").await.unwrap();
    let second = mutex.lock(&other, "b").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&one, "b"));
    assert!(poll!(&mut waits).is_pending());
    assert!(matches!(mutex.lock(&other, "a").await, Err(KeyLockError::Deadlock { .. })));
    assert!(waits.await.is_ok());
    drop(second);
}

/// Elsewhere: when the server dies, owners think that they are protected.
#[tokio::test]
async fn who_lost_its_keys_with_the_node_is_not_told_that_it_has_them() {
    let (locks, mutex, one, other) = two_owners();
    let guard = mutex.lock(&one, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&other, "a"));
    assert!(poll!(&mut waits).is_pending());
    locks.node().unwrap().fail();
    assert!(!guard.is_held() && guard.token().is_none());
    assert!(matches!(waits.await, Err(KeyLockError::Claim(ClaimError::Lost { .. }))));
    assert!(matches!(mutex.lock(&one, "b").await, Err(KeyLockError::Claim(ClaimError::Lost { .. }))));
    let next = mutex.lock(&Owner::new(&locks), "a").await.unwrap();
    assert!(next.token() > Some(guard.first_token()), "the resource can tell them apart");
    drop(guard);
    assert!(next.is_unbroken(), "a lost guard releases nothing");
}

/// Elsewhere: a bounded wait can be granted as it gives up.
#[tokio::test(start_paused = true)]
async fn who_gave_up_waiting_has_nothing() {
    let (locks, mutex, one, other) = two_owners();
    for at in [49, 50, 51] {
        let guard = mutex.lock(&one, "a").await.unwrap();
        let release = async {
            tokio::time::timeout(Duration::from_millis(at), std::future::pending::<()>()).await.unwrap_err();
            drop(guard);
        };
        let (waited, ()) = tokio::join!(mutex.lock_timeout(&other, "a", Duration::from_millis(50)), release);
        assert_eq!(waited.is_ok(), mutex.owner("a").unwrap() == Some(other.id()), "released after {at} ms");
        drop(waited);
        assert!(!mutex.is_locked("a").unwrap() && waiters(&mutex, "a").is_empty());
    }
    drop((one, other));
    nothing_is_left(&locks);
}
