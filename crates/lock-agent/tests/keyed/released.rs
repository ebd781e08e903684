use futures_util::poll;
use lock_agent::{KeyReleaseError, KeyedMutex, Mode, Owner, ReleaseError};

use crate::two_owners;

#[tokio::test]
async fn who_does_not_own_a_key_does_not_release_it_and_is_told_who_does() {
    let (_, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    let error = mutex.release(&other, "a").unwrap_err();
    assert!(matches!(&error, KeyReleaseError::Release(ReleaseError::NotHeld(held)) if held.holders == [me.id()]));
    assert_eq!(error.to_string(), format!("{} does not hold m/a (not held by it but by {})", other.id(), me.id()));
    assert!(guard.is_unbroken());
}

#[tokio::test]
async fn a_key_that_nobody_has_is_not_released_and_can_be_locked() {
    let (_, mutex, me, other) = two_owners();
    let error = mutex.release(&me, "unknown").unwrap_err().to_string();
    assert_eq!(error, format!("{} does not hold m/unknown (not held by anybody)", me.id()));
    assert!(mutex.try_lock(&other, "unknown").is_ok());
}

#[tokio::test]
async fn unknown_keys_among_those_released_harm_nobody() {
    let (_, mutex, me, other) = two_owners();
    let guards = mutex.lock_all(&me, ["k1", "k2"]).await.unwrap();
    let mut waits = Box::pin(mutex.lock_all(&other, ["k2", "k1"]));
    assert!(poll!(&mut waits).is_pending());
    let released: Vec<bool> = ["x", "k2", "y", "k1", "z"].map(|key| mutex.release(&me, key).is_ok()).to_vec();
    assert_eq!(released, [false, true, false, true, false]);
    assert_eq!(waits.await.unwrap().len(), 2);
    assert!(guards.iter().all(|guard| !guard.is_held()));
}

#[tokio::test]
async fn compound_keys_are_named_in_errors() {
    let (locks, _, me, other) = two_owners();
    let mutex = KeyedMutex::<(String, Vec<Option<u8>>)>::new(&locks, "m").unwrap();
    let key = ("t/1".to_owned(), vec![Some(1), None]);
    let unknown = mutex.release(&me, &key).unwrap_err().to_string();
    assert!(unknown.contains(r#"m/["t%2F1",[1,null]] (not held by anybody)"#), "{unknown}");
    let _guard = mutex.lock(&other, &key).await.unwrap();
    let foreign = mutex.release(&me, &key).unwrap_err().to_string();
    assert!(foreign.ends_with(&format!("(not held by it but by {})", other.id())), "{foreign}");
}

#[tokio::test]
async fn a_goodbye_releases_all_keys_of_this_mutex_and_of_no_other() {
    let (locks, mutex, me, other) = two_owners();
    let rooms = KeyedMutex::<u32>::new(&locks, "rooms").unwrap();
    let room = rooms.lock(&me, &7).await.unwrap();
    let guards = mutex.lock_all(&me, ["1", "2", "3"]).await.unwrap();
    assert_eq!(mutex.release_all(&me), Ok(3));
    assert_eq!(mutex.release_all(&me), Ok(0));
    assert!(guards.iter().all(|guard| !guard.is_held()) && room.is_held());
    let others = mutex.lock_all(&other, ["1", "2", "3"]).await.unwrap();
    drop(guards);
    assert!(others.iter().all(lock_agent::KeyGuard::is_unbroken), "an old guard releases nothing of the next owner's");
}

#[tokio::test]
async fn an_old_guard_releases_nothing_that_its_owner_locked_since() {
    let (_, mutex, me, _) = two_owners();
    let old = mutex.lock(&me, "a").await.unwrap();
    mutex.release(&me, "a").unwrap();
    let new = mutex.lock(&me, "a").await.unwrap();
    drop(old);
    assert!(new.is_unbroken());
}

#[tokio::test]
async fn who_waits_has_the_key_when_a_release_returns() {
    let (_, mutex, me, other) = two_owners();
    let _guard = mutex.lock(&me, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&other, "a"));
    assert!(poll!(&mut waits).is_pending());
    mutex.release(&me, "a").unwrap();
    assert_eq!(mutex.owner("a").unwrap(), Some(other.id()));
    assert!(waits.await.is_ok());
}

#[tokio::test]
async fn twenty_thousand_owned_keys_are_released_oldest_first() {
    let (locks, _, me, _) = two_owners();
    let mutex = KeyedMutex::<u32>::new(&locks, "many").unwrap();
    let keys: Vec<u32> = (0..20_000).collect();
    let guards = mutex.lock_all(&me, &keys).await.unwrap();
    for (left, guard) in (0..20_000_usize).rev().zip(guards) {
        drop(guard);
        if left % 1000 == 0 {
            assert_eq!(locks.status().claims, left);
        }
    }
    assert!(mutex.try_lock(&Owner::new(&locks), &19_999).is_ok());
}

#[tokio::test]
async fn what_a_transaction_had_before_it_became_an_owner_stays_whatever_its_guards_do() {
    let (locks, _, _, other) = two_owners();
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap().reentrant();
    let tx = locks.begin().await;
    let (read, write) = (tx.lock("m/a", Mode::Read).await.unwrap(), tx.lock("m/w", Mode::Write).await.unwrap());
    let me = Owner::from(tx);
    let shared = mutex.read(&other, "a").await.unwrap();
    assert!(mutex.try_lock(&me, "a").is_err() && mutex.try_lock_all(&me, ["w", "a"]).is_err());
    assert!(read.is_unbroken() && write.is_unbroken());
    drop(shared);
    mutex.try_lock(&me, "a").unwrap().release();
    assert!(read.is_held() && mutex.try_lock(&other, "a").is_err(), "the guard takes only its own part with it");
    assert!(mutex.try_read(&other, "a").is_ok());
    let guard = mutex.lock(&me, "w").await.unwrap();
    mutex.release(&me, "w").unwrap();
    assert!(write.is_unbroken() && !guard.is_held() && mutex.release(&me, "w").is_err());
    drop(guard);
    drop(mutex.lock(&me, "w").await.unwrap());
    assert!(write.is_unbroken());
    me.end().unwrap();
    assert!(mutex.try_lock_all(&other, ["w", "a"]).is_ok());
}

#[tokio::test]
async fn a_key_is_released_once() {
    let (_, mutex, me, other) = two_owners();
    let guards = mutex.lock_all(&me, ["k1", "k2"]).await.unwrap();
    assert!(mutex.release(&me, "k1").is_ok() && mutex.release(&me, "k1").is_err());
    assert_eq!(guards.iter().map(lock_agent::KeyGuard::is_held).collect::<Vec<_>>(), [false, true]);
    assert!(mutex.try_lock(&other, "k1").is_ok());
    assert_eq!(mutex.try_lock(&other, "k2").unwrap_err().held_by(), Some(me.id()));
}

#[tokio::test]
async fn an_owner_that_released_some_keys_releases_the_others_when_it_dies() {
    let (_, mutex, me, other) = two_owners();
    let guards = mutex.lock_all(&me, ["a", "b"]).await.unwrap();
    mutex.release(&me, "a").unwrap();
    assert!(mutex.try_lock(&other, "a").is_ok() && mutex.try_lock(&other, "b").is_err());
    drop((guards, me));
    assert!(mutex.try_lock(&other, "b").is_ok());
}
