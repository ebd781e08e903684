use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, poll};

use crate::two_owners;

#[tokio::test]
async fn the_value_of_the_work_is_returned_and_the_key_released() {
    let (_, mutex, me, _) = two_owners();
    assert_eq!(mutex.with_lock(&me, "a", |_| async { 7 }).await, Ok(7));
    assert_eq!(mutex.with_lock_all(&me, ["a", "b"], |guards| async move { guards.len() }).await, Ok(2));
    assert_eq!(mutex.with_read(&me, "a", |guard| async move { guard.is_held() }).await, Ok(true));
    assert_eq!(mutex.with_lock_timeout(&me, "a", Duration::ZERO, |_| async { 8 }).await, Ok(8));
    assert!(!mutex.is_locked("a").unwrap() && !mutex.is_locked("b").unwrap());
}

#[tokio::test]
async fn the_key_is_locked_while_the_work_is_done() {
    let (_, mutex, me, other) = two_owners();
    let busy = mutex.with_lock(&me, "a", |_| async { mutex.try_lock(&other, "a").is_err() });
    assert_eq!(busy.await, Ok(true));
}

#[tokio::test]
async fn the_key_is_released_if_the_work_fails() {
    let (_, mutex, me, _) = two_owners();
    let failed = mutex.with_lock(&me, "a", |_| async { Err::<(), _>("no") }).await.unwrap();
    assert_eq!(failed, Err("no"));
    assert!(!mutex.is_locked("a").unwrap());
}

#[tokio::test]
async fn the_keys_are_released_if_the_work_panics_and_the_owner_lives_on() {
    let (_, mutex, me, other) = two_owners();
    let one = AssertUnwindSafe(mutex.with_lock(&me, "a", |_| async { panic!("in the work") })).catch_unwind().await;
    let many = mutex.with_lock_all(&me, ["a", "b"], |_| async { panic!("in the work") });
    let many = AssertUnwindSafe(many).catch_unwind().await;
    assert!(one.is_err() && many.is_err());
    drop(mutex.try_lock(&other, "a").unwrap());
    drop(mutex.lock_all(&me, ["a", "b"]).await.unwrap());
}

#[tokio::test]
async fn the_keys_are_released_if_the_work_is_dropped() {
    let (_, mutex, me, other) = two_owners();
    let mut work = Box::pin(mutex.with_lock(&me, "a", |_| std::future::pending::<()>()));
    let mut all = Box::pin(mutex.with_lock_all(&other, ["b", "c"], |_| std::future::pending::<()>()));
    assert!(poll!(&mut work).is_pending() && poll!(&mut all).is_pending());
    assert!(["a", "b", "c"].iter().all(|key| mutex.is_locked(*key).unwrap()));
    drop((work, all));
    assert!(["a", "b", "c"].iter().all(|key| !mutex.is_locked(*key).unwrap()));
}

#[tokio::test]
async fn a_key_released_within_the_work_is_not_released_again_after_it() {
    let (_, mutex, me, other) = two_owners();
    let result = mutex.with_lock(&me, "a", |guard| {
        mutex.release(&me, "a").unwrap();
        let others = mutex.try_lock(&other, "a").unwrap();
        async move { (others, guard.is_held()) }
    });
    let (others, held) = result.await.unwrap();
    assert!(!held && others.is_unbroken(), "what another one has is its own");
}

#[tokio::test]
async fn the_same_key_within_the_work_is_an_error_for_the_same_owner() {
    let (_, mutex, me, _) = two_owners();
    let inner = mutex.with_lock(&me, "a", |_| async { mutex.with_lock(&me, "a", |_| async {}).await.is_err() });
    assert_eq!(inner.await, Ok(true));
}

#[tokio::test]
async fn a_counter_that_many_read_and_write_back_counts_everybody() {
    let (locks, mutex, _, _) = two_owners();
    let file = std::sync::Arc::new(std::sync::Mutex::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (locks, mutex, file) = (locks.clone(), mutex.clone(), file.clone());
        tasks.spawn(async move {
            let me = lock_agent::Owner::new(&locks);
            let work = mutex.with_lock(&me, "file", |_| async {
                let read = *file.lock().unwrap();
                tokio::task::yield_now().await;
                *file.lock().unwrap() = read + 1;
            });
            work.await.unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(*file.lock().unwrap(), 10);
}

#[tokio::test]
async fn the_work_is_not_begun_if_a_key_is_the_owners_already_or_named_twice() {
    let (_, mutex, me, _) = two_owners();
    let _guard = mutex.lock(&me, "a").await.unwrap();
    let never = |_| async { unreachable!("the work is not begun") };
    assert!(mutex.with_lock(&me, "a", never).await.is_err());
    assert!(mutex.with_lock_all(&me, ["b", "b"], |_| async { unreachable!("the work is not begun") }).await.is_err());
    assert!(mutex.with_lock_all(&me, ["b", "a"], |_| async { unreachable!("the work is not begun") }).await.is_err());
    assert!(!mutex.is_locked("b").unwrap());
}
