use futures_util::poll;
use lock_agent::{KeyGuard, Mode};

use crate::two_owners;

fn mode(mutex: &lock_agent::KeyedMutex<String>) -> Option<Mode> {
    mutex.info("a").unwrap().holders.first().map(|holder| holder.mode)
}

#[tokio::test]
async fn by_option_an_owner_locks_again_and_the_last_guard_releases() {
    let (_, mutex, me, other) = two_owners();
    let mutex = mutex.reentrant();
    let guards: Vec<KeyGuard> = vec![
        mutex.lock(&me, "a").await.unwrap(),
        mutex.try_lock(&me, "a").unwrap(),
        mutex.read(&me, "a").await.unwrap(),
    ];
    for guard in guards {
        assert!(guard.is_held() && mutex.try_lock(&other, "a").is_err());
        drop(guard);
    }
    assert!(mutex.try_lock(&other, "a").is_ok());
}

#[tokio::test]
async fn a_read_made_stronger_is_a_read_again_when_the_write_is_gone() {
    let (_, mutex, me, other) = two_owners();
    let mutex = mutex.reentrant();
    let read = mutex.read(&me, "a").await.unwrap();
    let write = mutex.lock(&me, "a").await.unwrap();
    assert_eq!(mode(&mutex), Some(Mode::Write));
    drop(write);
    assert_eq!(mode(&mutex), Some(Mode::Read));
    assert!(read.is_held() && mutex.try_read(&other, "a").is_ok());
    drop(read);
    assert_eq!(mode(&mutex), None);
}

#[tokio::test]
async fn a_write_that_is_dropped_before_the_read_leaves_a_read() {
    let (_, mutex, me, other) = two_owners();
    let mutex = mutex.reentrant();
    let write = mutex.lock(&me, "a").await.unwrap();
    let read = mutex.read(&me, "a").await.unwrap();
    drop(write);
    assert!(read.is_held() && mutex.try_read(&other, "a").is_ok() && mutex.try_lock(&other, "a").is_err());
}

#[tokio::test]
async fn a_wish_for_more_that_is_dropped_leaves_what_there_was() {
    let (_, mutex, me, other) = two_owners();
    let mutex = mutex.reentrant();
    let (mine, theirs) = (mutex.read(&me, "a").await.unwrap(), mutex.read(&other, "a").await.unwrap());
    let mut more = Box::pin(mutex.lock(&me, "a"));
    assert!(poll!(&mut more).is_pending());
    drop(more);
    assert!(mine.is_unbroken() && theirs.is_unbroken());
    drop(theirs);
    assert_eq!(mode(&mutex), Some(Mode::Read));
    drop(mine);
    assert_eq!(mode(&mutex), None);
}

#[tokio::test]
async fn a_first_lock_that_is_dropped_while_the_second_waits_leaves_it_its_turn() {
    let (_, mutex, me, other) = two_owners();
    let mutex = mutex.reentrant();
    let theirs = mutex.lock(&other, "a").await.unwrap();
    let (mut first, mut second) = (Box::pin(mutex.lock(&me, "a")), Box::pin(mutex.lock(&me, "a")));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    drop(first);
    drop(theirs);
    let guard = second.await.unwrap();
    assert!(guard.is_held());
    drop(guard);
    assert!(!mutex.is_locked("a").unwrap());
}
