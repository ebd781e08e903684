//! Owners that lock keys in opposite order do not hang.
use futures_util::poll;
use lock_agent::{KeyLockError, KeyedMutex, Owner};

use crate::leftovers::nothing_is_left;
use crate::two_owners;

#[tokio::test]
async fn in_opposite_order_the_younger_gets_an_error_that_explains() {
    let (locks, mutex, older, younger) = two_owners();
    let _a = mutex.lock(&older, "a").await.unwrap();
    let b = mutex.lock(&younger, "b").await.unwrap();
    let mut wants_b = Box::pin(mutex.lock(&older, "b"));
    assert!(poll!(&mut wants_b).is_pending());
    let error = mutex.lock(&younger, "a").await.unwrap_err();
    assert!(matches!(&error, KeyLockError::Deadlock { owner, .. } if *owner == younger.id()));
    assert!(error.to_string().contains("t2 waits for write on m/a"), "{error}");
    assert!(!b.is_held(), "all that it had is released");
    assert!(wants_b.await.is_ok());
    assert!(matches!(mutex.lock(&younger, "c").await, Err(KeyLockError::Deadlock { .. })), "it is over");
    assert!(mutex.lock(&Owner::new(&locks), "c").await.is_ok(), "another owner begins anew");
}

#[tokio::test]
async fn by_option_the_younger_gives_way_and_has_both_in_the_end() {
    let (locks, mutex, _, _) = two_owners();
    let (older, younger) = (Owner::yielding(&locks), Owner::yielding(&locks));
    let a = mutex.lock(&older, "a").await.unwrap();
    let b = mutex.lock(&younger, "b").await.unwrap();
    let mut wants_a = Box::pin(mutex.lock(&younger, "a"));
    assert!(poll!(&mut wants_a).is_pending());
    let both = mutex.lock(&older, "b").await.unwrap();
    assert!(!b.is_held(), "while another one has it");
    drop((a, both));
    let got = wants_a.await.unwrap();
    assert!(got.is_held() && b.is_held() && !b.is_unbroken(), "and it tells that another one had it");
    assert_eq!(younger.deadlocks().len(), 1);
}

#[tokio::test]
async fn deadlocks_are_found_through_keys_of_several_mutexes() {
    let (locks, users, older, younger) = two_owners();
    let rooms = KeyedMutex::<u32>::new(&locks, "rooms").unwrap();
    let _user = users.lock(&older, "a").await.unwrap();
    let _room = rooms.lock(&younger, &7).await.unwrap();
    let mut wants_room = Box::pin(rooms.lock(&older, &7));
    assert!(poll!(&mut wants_room).is_pending());
    assert!(matches!(users.lock(&younger, "a").await, Err(KeyLockError::Deadlock { .. })));
    assert!(wants_room.await.is_ok());
}

#[tokio::test]
async fn work_in_opposite_order_is_tried_again_until_it_is_done() {
    let (locks, mutex, _, _) = two_owners();
    let yielding = locks.yielding();
    let tries = std::cell::Cell::new(0);
    let both = async |first: &'static str, second: &'static str| {
        let (mutex, tries) = (&mutex, &tries);
        yielding
            .run(async |tx| {
                tries.set(tries.get() + 1);
                let me = Owner::from(tx);
                let _first = mutex.lock(&me, first).await?;
                let _second = mutex.lock(&me, second).await?;
                Ok::<_, KeyLockError>(())
            })
            .await
    };
    let (one, other) = tokio::join!(both("a", "b"), both("b", "a"));
    assert_eq!((one, other, tries.get()), (Ok(()), Ok(()), 3));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn many_at_once_and_one_after_the_other_are_a_deadlock_that_is_found() {
    let (_, mutex, older, younger) = two_owners();
    let b = mutex.lock(&older, "b").await.unwrap();
    let mut all = Box::pin(mutex.lock_all(&younger, ["a", "b"]));
    assert!(poll!(&mut all).is_pending());
    let a = mutex.lock(&older, "a").await;
    assert!(a.is_ok(), "who was told of nothing gives it up, without an error");
    drop((a, b));
    assert_eq!(all.await.unwrap().len(), 2);
}
