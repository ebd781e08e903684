use std::collections::BTreeMap;
use std::time::Duration;

use lock_agent::{KeyError, KeyGuard, KeyLockError, KeyTryError, KeyedMutex, Locks, Owner};

use crate::leftovers::nothing_is_left;
use crate::two_owners;

#[tokio::test]
async fn a_free_key_is_had_at_once() {
    let (locks, mutex, me, _) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    assert!(guard.is_held() && guard.is_unbroken() && guard.token().is_some());
    assert_eq!((guard.owner(), mutex.owner("a").unwrap()), (me.id(), Some(me.id())));
    assert!(mutex.is_locked("a").unwrap() && !mutex.is_locked("b").unwrap());
    drop((guard, me));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_key_that_somebody_has_is_refused_and_who_has_it_is_named() {
    let (_, mutex, me, other) = two_owners();
    let _guard = mutex.lock(&me, "a").await.unwrap();
    let refused = mutex.try_lock(&other, "a").unwrap_err();
    assert_eq!(refused.held_by(), Some(me.id()));
    assert_eq!(
        refused.to_string(),
        format!("{} cannot have write on m/a at once: {} has write on m/a", other.id(), me.id())
    );
    assert_eq!(mutex.owner("a").unwrap(), Some(me.id()), "nothing has changed");
}

#[tokio::test]
async fn a_second_lock_by_the_same_owner_is_an_error_and_never_a_hang() {
    let (_, mutex, me, _) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    let again = mutex.lock(&me, "a").await.unwrap_err();
    assert!(matches!(&again, KeyLockError::AlreadyOwned(owned) if owned.owner == me.id()));
    assert_eq!(again.to_string(), format!("{} has m/a already, or waits for it", me.id()));
    assert!(matches!(mutex.try_lock(&me, "a"), Err(KeyTryError::Lock(KeyLockError::AlreadyOwned(_)))));
    assert!(matches!(mutex.read(&me, "a").await, Err(KeyLockError::AlreadyOwned(_))));
    assert!(guard.is_unbroken(), "the first lock is as it was");
    drop(guard);
    assert!(mutex.lock(&me, "a").await.is_ok(), "once it is released, it can be locked again");
}

#[tokio::test]
async fn a_key_is_released_with_its_guard() {
    let (_, mutex, me, other) = two_owners();
    drop(mutex.lock(&me, "a").await.unwrap());
    mutex.try_lock(&other, "a").unwrap().release();
    assert!(!mutex.is_locked("a").unwrap());
}

#[tokio::test]
async fn readers_share_a_key_and_a_writer_has_it_alone() {
    let (locks, mutex, me, other) = two_owners();
    let one = mutex.read(&me, "a").await.unwrap();
    let two = mutex.try_read(&other, "a").unwrap();
    assert_eq!(mutex.info("a").unwrap().holders.len(), 2);
    let third = Owner::from(locks.begin().await);
    assert!(mutex.try_lock(&third, "a").is_err());
    drop((one, two));
    let writes = mutex.try_lock(&third, "a").unwrap();
    assert!(mutex.try_read(&me, "a").is_err());
    drop(writes);
}

#[tokio::test]
async fn the_key_of_a_dead_owner_is_free() {
    let (locks, mutex, me, _) = two_owners();
    let held = mutex.clone();
    let (has, had) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let guard = held.lock(&Owner::new(&locks), "a").await.unwrap();
        has.send(guard.owner()).unwrap();
        std::future::pending::<KeyGuard>().await
    });
    let owner = had.await.unwrap();
    assert_eq!(mutex.owner("a").unwrap(), Some(owner));
    task.abort();
    assert!(mutex.lock(&me, "a").await.is_ok());
}

#[tokio::test]
async fn a_guard_keeps_its_key_when_the_handle_of_its_owner_is_gone() {
    let (locks, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "a").await.unwrap();
    drop(me);
    assert!(guard.is_held() && mutex.try_lock(&other, "a").is_err());
    drop((guard, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn any_value_is_a_key() {
    #[derive(PartialEq, Eq, Hash, serde::Serialize, Clone)]
    enum Key {
        User { id: u64, tags: Vec<String> },
        Odd(Option<char>, (i8, bool), [u8; 3]),
        Nested(BTreeMap<String, Option<Box<Key>>>),
        Unit,
    }
    let locks = Locks::local();
    let mutex = KeyedMutex::<Key>::new(&locks, "m").unwrap();
    let me = Owner::new(&locks);
    let user = Key::User { id: 7, tags: vec!["a/b".into(), "%\n".into()] };
    let nested = Key::Nested(BTreeMap::from([("x".into(), Some(Box::new(user.clone()))), ("y".into(), None)]));
    let keys =
        [user, Key::Odd(Some('/'), (-1, true), [0, 1, 2]), Key::Odd(None, (-1, true), [0; 3]), nested, Key::Unit];
    let guards = mutex.lock_all(&me, &keys).await.unwrap();
    for key in &keys {
        assert_eq!(mutex.owner(key).unwrap(), Some(me.id()), "an equal key is the same key");
        assert!(mutex.lock(&me, &key.clone()).await.is_err());
    }
    drop(guards);
    assert_eq!(locks.status().claims, 0);
}

#[tokio::test]
async fn a_value_that_cannot_be_a_key_is_an_error_that_says_why() {
    let locks = Locks::local();
    let mutex = KeyedMutex::<BTreeMap<(u8, u8), u8>>::new(&locks, "m").unwrap();
    let error = mutex.lock(&Owner::new(&locks), &BTreeMap::from([((1, 2), 3)])).await.unwrap_err();
    assert!(matches!(error, KeyLockError::Key(KeyError::NotWritable { .. })));
    assert!(error.to_string().contains("key must be a string"), "{error}");
    let (_, mutex, me, _) = two_owners();
    assert!(
        mutex.lock(&me, &"x".repeat(5000)).await.is_err_and(|error| error.to_string().contains("4096 are allowed"))
    );
    assert!(mutex.lock(&me, &"x".repeat(3000)).await.is_ok(), "long keys are keys");
}

#[tokio::test]
async fn mutexes_of_one_name_are_one_mutex_and_of_two_names_two() {
    let (locks, mutex, me, other) = two_owners();
    let same = KeyedMutex::<String>::new(&locks, "m").unwrap();
    let different = KeyedMutex::<String>::new(&locks, "n").unwrap();
    let _guard = mutex.lock(&me, "a").await.unwrap();
    assert!(same.try_lock(&other, "a").is_err());
    assert!(different.try_lock(&other, "a").is_ok());
}

#[tokio::test]
async fn an_owner_of_other_locks_is_turned_away() {
    let (_, mutex, _, _) = two_owners();
    let stranger = Owner::new(&Locks::local());
    assert!(matches!(mutex.lock(&stranger, "a").await, Err(KeyLockError::OtherLocks { .. })));
    assert!(mutex.release(&stranger, "a").is_err() && mutex.release_all(&stranger).is_err());
}

#[tokio::test]
async fn a_transaction_on_the_name_of_a_mutex_has_all_its_keys() {
    let (locks, mutex, me, _) = two_owners();
    let all = locks.begin().await;
    all.lock("m", lock_agent::Mode::Write).await.unwrap();
    assert_eq!(mutex.try_lock(&me, "a").unwrap_err().held_by(), Some(all.id()));
}

#[tokio::test(start_paused = true)]
async fn a_second_lock_is_refused_at_once_whatever_time_it_has() {
    let (_, mutex, me, other) = two_owners();
    let start = tokio::time::Instant::now();
    let guard = mutex.lock(&me, "a").await.unwrap();
    assert!(mutex.lock_timeout(&me, "a", Duration::from_mins(1)).await.is_err());
    let mut waits = Box::pin(mutex.lock(&other, "a"));
    assert!(futures_util::poll!(&mut waits).is_pending());
    let again = mutex.lock_timeout(&other, "a", Duration::from_mins(1)).await;
    assert!(again.is_err_and(|error| error.to_string().contains("has m/a already, or waits for it")));
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop(guard);
    assert!(waits.await.is_ok(), "the first call still waits");
}
