use std::time::Duration;

use futures_util::poll;
use lock_agent::{KeyLockError, KeyedMutex, LockAllError, Locks, Mode, Owner, TryAllError};

use crate::leftovers::nothing_is_left;
use crate::{two_owners, waiters};

#[tokio::test]
async fn many_keys_are_had_together_in_the_order_in_which_they_are_named() {
    let (_, mutex, me, other) = two_owners();
    let guards = mutex.lock_all(&me, ["b", "a", "c"]).await.unwrap();
    let objects: Vec<_> = guards.iter().map(|guard| guard.object().to_string()).collect();
    assert_eq!(objects, ["m/b", "m/a", "m/c"]);
    assert!(guards.iter().all(lock_agent::KeyGuard::is_held));
    assert!(["a", "b", "c"].iter().all(|key| mutex.try_lock(&other, *key).is_err()));
    assert!(mutex.lock_all::<str>(&me, []).await.unwrap().is_empty());
}

#[tokio::test]
async fn each_of_many_keys_is_released_with_its_own_guard() {
    let (_, mutex, me, other) = two_owners();
    let mut guards = mutex.lock_all(&me, ["a", "b"]).await.unwrap();
    drop(guards.remove(0));
    assert!(mutex.try_lock(&other, "a").is_ok() && mutex.try_lock(&other, "b").is_err());
}

#[tokio::test]
async fn a_key_named_twice_is_an_error_before_anything_is_locked() {
    let (locks, mutex, me, other) = two_owners();
    let _busy = mutex.lock(&other, "b").await.unwrap();
    let error = mutex.lock_all(&me, ["a", "b", "a"]).await.unwrap_err();
    assert!(matches!(&error, LockAllError::Duplicate { object, .. } if object.to_string() == "m/a"));
    assert_eq!(error.to_string(), "m/a is named twice");
    assert!(!mutex.is_locked("a").unwrap() && waiters(&mutex, "b").is_empty());
    assert_eq!(locks.status().claims, 1);
}

#[tokio::test]
async fn a_key_that_the_owner_has_is_an_error_before_anything_is_locked() {
    let (_, mutex, me, _) = two_owners();
    let _has = mutex.lock(&me, "b").await.unwrap();
    for keys in [["a", "b"], ["b", "a"]] {
        let error = mutex.lock_all(&me, keys).await.unwrap_err();
        assert!(matches!(error, LockAllError::Lock(KeyLockError::AlreadyOwned(_))));
        assert!(!mutex.is_locked("a").unwrap());
    }
    assert_eq!(mutex.owner("b").unwrap(), Some(me.id()));
    assert!(mutex.lock(&me, "a").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_many_keys_ends_when_its_time_is_over_and_none_is_held() {
    let (locks, mutex, me, other) = two_owners();
    let busy = mutex.lock(&other, "b").await.unwrap();
    let error = mutex.lock_all_timeout(&me, ["a", "b", "c"], Duration::from_millis(50)).await.unwrap_err();
    let expected = format!("not all of 3 keys were granted to {} within 50ms: m/b is held by {}", me.id(), other.id());
    assert_eq!(error.to_string(), expected);
    assert!(!mutex.is_locked("a").unwrap() && waiters(&mutex, "b").is_empty() && !mutex.is_locked("c").unwrap());
    drop(busy);
    let again = mutex.lock_all_timeout(&me, ["a", "b", "c"], Duration::ZERO).await.unwrap();
    drop((again, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn dropped_while_it_waits_for_many_keys_it_holds_none() {
    let (_, mutex, me, other) = two_owners();
    let _busy = mutex.lock(&other, "b").await.unwrap();
    let mut waits = Box::pin(mutex.lock_all(&me, ["a", "b"]));
    assert!(poll!(&mut waits).is_pending());
    assert!(mutex.is_locked("a").unwrap(), "what is free is held from the start");
    drop(waits);
    assert!(!mutex.is_locked("a").unwrap() && waiters(&mutex, "b").is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_keys_are_had_past_a_waiter_that_timed_out() {
    let (locks, mutex, me, other) = two_owners();
    let many = Owner::new(&locks);
    let guard = mutex.lock(&me, "busy").await.unwrap();
    assert!(mutex.lock_timeout(&other, "busy", Duration::from_millis(10)).await.is_err());
    let mut waits = Box::pin(mutex.lock_all(&many, ["free", "busy"]));
    assert!(poll!(&mut waits).is_pending());
    drop(guard);
    let guards = waits.await.unwrap();
    assert!(guards.iter().all(|guard| guard.owner() == many.id()));
    assert_eq!(mutex.owner("free").unwrap(), Some(many.id()));
}

#[tokio::test]
async fn each_waiter_has_its_key_when_the_owner_of_several_dies() {
    let (locks, mutex, me, one) = two_owners();
    let two = Owner::new(&locks);
    let guards = mutex.lock_all(&me, ["a", "b"]).await.unwrap();
    let (mut waits_a, mut waits_b) = (Box::pin(mutex.lock(&one, "a")), Box::pin(mutex.lock(&two, "b")));
    assert!(poll!(&mut waits_a).is_pending() && poll!(&mut waits_b).is_pending());
    drop((guards, me));
    let (a, b) = (waits_a.await.unwrap(), waits_b.await.unwrap());
    assert_eq!((a.owner(), b.owner()), (one.id(), two.id()));
}

/// Three keys of five, in every order, while others hold and release single ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_has_many_keys_in_the_end_in_whatever_order_they_are_named() {
    let locks = Locks::local();
    let mutex = KeyedMutex::<usize>::new(&locks, "m").unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (locks, mutex) = (locks.clone(), mutex.clone());
        tasks.spawn(async move {
            let keys = [number % 5, (number / 5 + 1 + number) % 5, (number * 3 + 2) % 5];
            let mut keys = keys.to_vec();
            keys.dedup();
            if keys.len() > 2 && keys[0] == keys[2] {
                keys.pop();
            }
            for round in 0..20 {
                let me = Owner::new(&locks);
                if (number + round) % 4 == 0 {
                    drop(mutex.lock(&me, &keys[0]).await.unwrap());
                } else {
                    keys.rotate_left(1);
                    mutex
                        .with_lock_all(&me, &keys, |guards| async move { assert!(guards[0].is_held()) })
                        .await
                        .unwrap();
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(locks.deadlocks().is_empty(), "one atomic step is never part of a deadlock");
    nothing_is_left(&locks);
}

#[tokio::test]
async fn one_key_is_many_enough() {
    let (_, mutex, me, _) = two_owners();
    assert_eq!(mutex.lock_all(&me, ["a"]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_keys_are_tried_for_all_or_none() {
    let (_, mutex, me, other) = two_owners();
    let _b = mutex.lock(&other, "b").await.unwrap();
    let busy = mutex.try_lock_all(&me, ["a", "b", "c"]).unwrap_err();
    assert!(matches!(&busy, TryAllError::Busy(refused) if refused.in_the_way.tx == other.id()), "{busy}");
    assert!(mutex.try_lock_all(&me, ["a", "a"]).is_err() && !mutex.is_locked("a").unwrap());
    let guards = mutex.try_lock_all(&other, ["a", "c"]).unwrap();
    assert!(guards.iter().all(lock_agent::KeyGuard::is_held) && mutex.try_read_all(&me, ["a"]).is_err());
    drop(guards);
    assert_eq!(mutex.try_read_all(&me, ["a", "c"]).unwrap().len(), 2);
}

#[tokio::test]
async fn many_keys_are_read_by_many_owners() {
    let (_, mutex, me, other) = two_owners();
    let (one, two) =
        (mutex.read_all(&me, ["a", "b"]).await.unwrap(), mutex.read_all(&other, ["b", "a"]).await.unwrap());
    assert!(one.iter().chain(&two).all(|guard| guard.is_held() && guard.mode() == Mode::Read));
    let soon = Duration::from_millis(5);
    assert_eq!(mutex.read_all_timeout(&me, ["c"], soon).await.unwrap().len(), 1);
    let late = mutex.lock_all_timeout(&Owner::new(&Locks::local()), ["c"], soon).await;
    assert!(matches!(late, Err(LockAllError::Lock(KeyLockError::OtherLocks { .. }))));
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_not_had_in_time_are_named_with_who_has_them() {
    let (_, mutex, me, other) = two_owners();
    let _b = mutex.lock(&other, "b").await.unwrap();
    let late = mutex.lock_all_timeout(&me, ["a", "b"], Duration::from_millis(5)).await.unwrap_err().to_string();
    assert_eq!(
        late,
        format!("not all of 2 keys were granted to {} within 5ms: m/b is held by {}", me.id(), other.id())
    );
    assert_eq!(mutex.lock_all_timeout(&me, [] as [&str; 0], Duration::ZERO).await.unwrap().len(), 0);
    let soon = Duration::from_millis(5);
    assert!(mutex.with_lock_all_timeout(&me, ["a", "b"], soon, async |_| ()).await.is_err());
    assert!(mutex.with_read_timeout(&me, "b", soon, async |_| ()).await.is_err());
    assert_eq!(mutex.with_read_timeout(&me, "a", soon, async |key| key.is_held()).await, Ok(true));
}

/// The others ask again as soon as they have released.
#[tokio::test]
async fn many_keys_are_had_although_others_lock_single_ones_over_and_over() {
    let (locks, mutex, me, _) = two_owners();
    let keys = ["a", "b", "c", "d", "e", "f"];
    let mut others = tokio::task::JoinSet::new();
    for key in keys {
        let (mutex, owner) = (mutex.clone(), Owner::new(&locks));
        others.spawn(async move {
            while let Ok(guard) = mutex.lock(&owner, key).await {
                tokio::task::yield_now().await;
                drop(guard);
            }
        });
    }
    while keys.iter().any(|key| !mutex.is_locked(*key).unwrap()) {
        tokio::task::yield_now().await;
    }
    let guards = mutex.lock_all(&me, keys).await.unwrap();
    assert!(keys.iter().all(|key| mutex.owner(*key).unwrap() == Some(me.id())));
    others.shutdown().await;
    drop((guards, me));
    assert_eq!(locks.status().claims, 0);
}

#[tokio::test(start_paused = true)]
async fn a_part_of_what_is_held_is_not_named_as_missing() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let _etc = files.lock(&me, "etc").await.unwrap();
    let _usr = files.lock(&other, "usr").await.unwrap();
    let late = files.lock_all_timeout(&me, ["etc/hosts", "usr"], Duration::from_millis(5)).await.unwrap_err();
    assert!(late.to_string().contains("files/usr is held by"), "{late}");
}
