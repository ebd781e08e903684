//! Calls of one owner side by side: whatever one does, the guards of the other are right, and nothing stays locked after the last of them.
use futures_util::poll;
use lock_agent::{KeyLockError, KeyedMutex, Locks, Owner};

use crate::leftovers::nothing_is_left;
use crate::two_owners;

#[tokio::test]
async fn what_was_granted_to_a_dropped_call_is_free_also_if_another_call_was_told_of_it() {
    let (locks, mutex, me, other) = two_owners();
    let in_the_way = mutex.lock(&other, "b").await.unwrap();
    let mut dropped = Box::pin(mutex.lock_all(&me, ["a", "b"]));
    assert!(poll!(&mut dropped).is_pending(), "`a` is granted, and its caller does not know yet");
    drop(in_the_way);
    let c = mutex.lock(&me, "c").await.unwrap(); // all that the owner claims is granted, and it is told so
    drop(dropped);
    assert!(mutex.lock_all(&other, ["a", "b"]).await.is_ok(), "no guard of them is out");
    drop((c, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_path_that_was_granted_within_the_one_above_stays_locked_after_that_ones_guard() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let in_the_way = files.lock(&other, "etc").await.unwrap();
    let mut above = Box::pin(files.lock(&me, "etc"));
    let mut below = Box::pin(files.lock(&me, "etc/hosts"));
    assert!(poll!(&mut above).is_pending() && poll!(&mut below).is_pending());
    drop(in_the_way);
    let (above, below) = (above.await.unwrap(), below.await.unwrap());
    drop(above);
    assert!(below.is_unbroken());
    let busy = files.try_lock(&other, "etc/hosts").unwrap_err();
    assert_eq!(busy.held_by(), Some(me.id()), "it is not free under a guard");
    drop(below);
    assert!(files.try_lock(&other, "etc").is_ok(), "what was kept for it goes with it");
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn what_others_lean_on_is_kept_in_the_mode_that_they_need() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let write = files.lock(&me, "etc").await.unwrap();
    let read = files.read(&me, "etc").await.unwrap();
    let below = files.lock(&me, "etc/hosts").await.unwrap();
    drop(write);
    assert!(files.try_read(&other, "etc/passwd").is_err(), "a write leans on it");
    drop(below);
    assert!(files.try_read(&other, "etc/passwd").is_ok() && files.try_lock(&other, "etc/passwd").is_err());
    let below = files.read(&me, "etc/hosts").await.unwrap();
    drop(read);
    assert!(below.is_unbroken() && files.try_lock(&other, "etc/hosts").is_err());
    drop((below, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn what_others_lean_on_stays_when_it_is_released_by_name_and_is_not_given_away() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let above = files.lock(&me, "etc").await.unwrap();
    let below = files.lock(&me, "etc/hosts").await.unwrap();
    let refused = above.give_to(&other).unwrap_err();
    assert!(refused.to_string().ends_with("files/etc/hosts is held as a part of it"), "{refused}");
    let refused = below.give_to(&other).unwrap_err();
    assert!(refused.to_string().ends_with("it is held as a part of files/etc"), "{refused}");
    files.release(&me, "etc").unwrap();
    assert!(refused.guard.is_unbroken() && files.try_lock(&other, "etc/hosts").is_err());
    assert!(files.release(&me, "etc").is_err(), "it has no guard any more");
    assert_eq!(files.release_all(&me), Ok(1), "the one below");
    assert!(!refused.guard.is_held() && files.try_lock(&other, "etc").is_ok());
    drop((refused, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_part_goes_with_its_own_release_and_what_is_above_stays() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let above = files.lock(&me, "etc").await.unwrap();
    let below = files.lock(&me, "etc/hosts").await.unwrap();
    files.release(&me, "etc/hosts").unwrap();
    assert!(!below.is_held() && above.is_unbroken());
    drop(above);
    assert!(files.try_lock(&other, "etc/hosts").is_ok(), "nobody leans on it any more");
    drop((below, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_release_by_name_ends_the_wait_for_more_of_that_key_and_no_other_wait() {
    let (locks, _, me, other) = two_owners();
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap().reentrant();
    let read = mutex.read(&me, "a").await.unwrap();
    let (theirs, in_the_way) = (mutex.read(&other, "a").await.unwrap(), mutex.lock(&other, "b").await.unwrap());
    let mut more = Box::pin(mutex.lock(&me, "a"));
    let mut waits = Box::pin(mutex.lock(&me, "b"));
    assert!(poll!(&mut more).is_pending() && poll!(&mut waits).is_pending());
    assert_eq!(mutex.release_all(&me), Ok(1), "what it waits for it does not have");
    assert!(mutex.release(&me, "b").is_err());
    drop(in_the_way);
    assert!(matches!(more.await, Err(KeyLockError::Claim(lock_agent::ClaimError::Withdrawn { .. }))));
    let b = waits.await.unwrap();
    assert!(!read.is_held() && b.is_held());
    drop(theirs);
    assert!(mutex.try_lock(&other, "a").is_ok());
    drop((read, b, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn an_old_guard_does_not_say_held_when_its_owner_has_locked_the_key_again() {
    let (locks, mutex, me, other) = two_owners();
    let old = mutex.lock(&me, "a").await.unwrap();
    mutex.release(&me, "a").unwrap();
    let new = mutex.lock(&me, "a").await.unwrap();
    assert!(new.is_held() && new.token().is_some());
    assert!(!old.is_held() && !old.is_unbroken() && old.token().is_none());
    drop(old);
    assert!(new.is_unbroken() && mutex.try_lock(&other, "a").is_err());
    drop((new, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_goodbye_leaves_the_keys_of_a_mutex_whose_name_lies_below() {
    let (locks, mutex, me, _) = two_owners();
    let below = KeyedMutex::<String>::new(&locks, "m/sub").unwrap();
    let (own, others) = (mutex.lock(&me, "a").await.unwrap(), below.lock(&me, "a").await.unwrap());
    assert_eq!(mutex.release_all(&me), Ok(1));
    assert!(!own.is_held() && others.is_unbroken());
    assert_eq!(below.release_all(&me), Ok(1));
}

#[tokio::test]
async fn a_key_that_lies_within_a_key_of_another_mutex_is_kept_with_it() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap();
    let lines = KeyedMutex::<u32>::new(&locks, "files/log").unwrap();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let file = files.lock(&me, "log").await.unwrap();
    let line = lines.lock(&me, &7).await.unwrap();
    drop(file);
    assert!(line.is_unbroken() && lines.try_lock(&other, &7).is_err());
    drop(line);
    assert!(files.try_lock(&other, "log").is_ok());
}

#[tokio::test]
async fn threads_of_one_owner_that_lock_drop_and_release_leave_nothing_locked() {
    let (locks, _, me, other) = two_owners();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    std::thread::scope(|threads| {
        for thread in 0..3 {
            let (files, me) = (&files, &me);
            threads.spawn(move || {
                let lock = |path| match files.blocking_lock(me, path) {
                    Ok(guard) => Some(guard),
                    // Another thread released it by name before the call came back.
                    Err(KeyLockError::Claim(lock_agent::ClaimError::Withdrawn { .. })) => None,
                    Err(error) => panic!("{error}"),
                };
                for turn in 0..2_000 {
                    let above = if turn % 2 == thread % 2 { lock("a") } else { None };
                    let below = lock("a/b");
                    match turn % 5 {
                        0 => drop(files.release(me, "a")),
                        1 => drop(files.release(me, "a/b")),
                        _ => {}
                    }
                    drop((above, below));
                }
            });
        }
    });
    assert!(files.try_lock(&other, "a").is_ok(), "all guards are gone");
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_path_that_was_kept_for_another_once_can_be_given_away() {
    let locks = Locks::local();
    let files = KeyedMutex::paths(&locks, "files").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let above = files.lock(&me, "etc").await.unwrap();
    let below = files.lock(&me, "etc/hosts").await.unwrap();
    drop(above);
    let above = files.lock(&me, "etc").await.unwrap();
    drop(below);
    let theirs = above.give_to(&other).unwrap();
    assert!(theirs.is_unbroken());
    drop(theirs);
    let again = files.lock(&me, "etc").await.unwrap();
    drop(again);
    assert!(files.try_lock(&other, "etc").is_ok());
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn what_a_try_was_given_stays_when_a_call_that_waited_for_it_is_dropped() {
    let locks = Locks::local();
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let read = mutex.read(&me, "a").await.unwrap();
    let theirs = mutex.read(&other, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&me, "a"));
    assert!(poll!(&mut waits).is_pending());
    drop(theirs);
    let write = mutex.try_lock(&me, "a").unwrap();
    drop(waits);
    assert!(write.is_unbroken(), "it was given to a caller");
    assert!(mutex.try_read(&other, "a").is_err());
    drop(write);
    assert!(mutex.try_read(&other, "a").is_ok(), "what is left is a read");
    drop((read, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_call_whose_grant_was_released_by_name_does_not_share_the_next_lock() {
    let (locks, mutex, me, other) = two_owners();
    let in_the_way = mutex.lock(&other, "a").await.unwrap();
    let mut first = Box::pin(mutex.lock(&me, "a"));
    assert!(poll!(&mut first).is_pending());
    drop(in_the_way);
    mutex.release(&me, "a").unwrap();
    let second = mutex.try_lock(&me, "a").unwrap();
    assert!(first.await.is_err(), "a second lock by the same owner");
    assert!(second.is_unbroken());
    drop((second, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_request_after_a_release_by_name_is_taken_back_whole() {
    let locks = Locks::local();
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let in_the_way = mutex.lock(&other, "a").await.unwrap();
    let mut first = Box::pin(mutex.lock(&me, "a"));
    let mut second = Box::pin(mutex.lock(&me, "a"));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    drop(in_the_way);
    let guard = second.await.unwrap();
    mutex.release(&me, "a").unwrap();
    let in_the_way = mutex.lock(&other, "a").await.unwrap();
    let mut third = Box::pin(mutex.lock(&me, "a"));
    assert!(poll!(&mut third).is_pending());
    drop(third);
    drop(first);
    assert!(crate::waiters(&mutex, "a").is_empty(), "nobody waits in a call");
    drop(in_the_way);
    assert!(mutex.try_lock(&other, "a").is_ok());
    drop((guard, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_call_that_was_released_by_name_leaves_what_its_transaction_had_before() {
    let (locks, mutex, _, other) = two_owners();
    let tx = locks.begin().await;
    let before = tx.lock("m/a", lock_agent::Mode::Write).await.unwrap();
    let me = Owner::from(tx);
    let b = mutex.lock(&other, "b").await.unwrap();
    let mut for_b = Box::pin(mutex.lock(&me, "b"));
    assert!(poll!(&mut for_b).is_pending());
    let mut late = Box::pin(mutex.lock(&me, "a")); // has it, but waits for "b" too
    assert!(poll!(&mut late).is_pending());
    mutex.release(&me, "a").unwrap();
    assert!(before.is_held());
    drop((late, b));
    assert!(before.is_unbroken() && for_b.await.unwrap().is_held());
}

#[tokio::test]
async fn an_owner_of_other_locks_is_not_taken_for_the_same_one() {
    let (here, there) = (Locks::local(), Locks::local());
    let mutex = KeyedMutex::<String>::new(&here, "m").unwrap();
    let guard = mutex.lock(&Owner::new(&here), "a").await.unwrap();
    let refused = guard.give_to(&Owner::new(&there)).unwrap_err();
    assert!(matches!(refused.why, lock_agent::WhyNot::HandOver(lock_agent::HandOverError::OtherNode { .. })));
}

type Call = std::pin::Pin<Box<dyn Future<Output = Result<lock_agent::KeyGuard, KeyLockError>>>>;

fn call(mutex: &KeyedMutex<String>, owner: &Owner, key: &'static str) -> Call {
    let (mutex, owner) = (mutex.clone(), owner.clone());
    Box::pin(async move { mutex.lock(&owner, key).await })
}

#[tokio::test]
async fn a_call_left_over_from_an_aborted_try_takes_nothing_from_the_next_one() {
    let (locks, mutex, older, holder) = two_owners();
    leftovers_take_nothing(&locks, &mutex, &older, &holder).await;
}

#[tokio::test]
async fn on_a_cluster_neither() {
    let network = lock_agent::MemoryNetwork::new();
    let member =
        lock_agent::Member::in_memory(&lock_agent::NodeId::new("n1"), &[], lock_agent::Timing::default(), &network);
    let locks = Locks::of(&member);
    let mutex = KeyedMutex::new(&locks, "m").unwrap();
    let (older, holder) = (Owner::new(&locks), Owner::new(&locks));
    leftovers_take_nothing(&locks, &mutex, &older, &holder).await;
}

/// The first try is aborted, and leaves a guard of "c" and a call for "k" behind, which are dropped while the second has and wants the same.
async fn leftovers_take_nothing(locks: &Locks, mutex: &KeyedMutex<String>, older: &Owner, holder: &Owner) {
    let in_the_way = std::cell::RefCell::new(Some(mutex.lock(holder, "k").await.unwrap()));
    let _a = mutex.lock(older, "a").await.unwrap();
    let (left, wants_b) = (std::cell::RefCell::new(None), std::cell::RefCell::new(None));
    let tries = std::cell::Cell::new(0);
    let (left, wants_b, in_the_way, tries) = (&left, &wants_b, &in_the_way, &tries);
    let done = locks
        .run(async |tx| {
            let me = Owner::from(tx);
            tries.set(tries.get() + 1);
            let c = mutex.lock(&me, "c").await?;
            if tries.get() == 1 {
                let _b = mutex.lock(&me, "b").await?;
                let mut theirs = call(mutex, older, "b");
                assert!(poll!(&mut theirs).is_pending());
                *wants_b.borrow_mut() = Some(theirs);
                let mut late = call(mutex, &me, "k");
                assert!(poll!(&mut late).is_pending());
                *left.borrow_mut() = Some((late, c));
                drop(mutex.lock(&me, "a").await?); // a deadlock: this try is aborted
                unreachable!("it is aborted");
            }
            let mut waits = call(mutex, &me, "k");
            assert!(poll!(&mut waits).is_pending());
            let leftovers = left.borrow_mut().take();
            drop(leftovers);
            assert!(c.is_held() && mutex.try_lock(holder, "c").is_err(), "it is locked under its guard");
            let theirs = in_the_way.borrow_mut().take();
            drop(theirs);
            drop(waits.await?);
            Ok::<_, KeyLockError>(())
        })
        .await;
    assert_eq!((done, tries.get()), (Ok(()), 2));
}
