use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLockError, ArrayReleaseError, ArrayTimeoutError, Grid, Locks, Owner, ReleaseError};

use crate::leftovers::nothing_is_left;
use crate::{SOON, holders, two_owners};

#[tokio::test]
async fn a_chunk_is_locked_for_reading_and_released() {
    let (locks, array, me, other) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Read).await.unwrap();
    assert!(guard.is_held() && guard.owner() == me.id());
    array.unlock_chunk(&me, [0, 0]).unwrap();
    assert!(!guard.is_held() && array.try_lock_chunk(&other, [0, 0], Write).is_ok());
    drop((guard, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_chunk_is_locked_for_writing_and_released() {
    let (locks, array, me, other) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    assert!(guard.is_unbroken() && guard.token().is_some());
    array.unlock_chunk(&me, [0, 0]).unwrap();
    assert!(!guard.is_held() && array.try_lock_chunk(&other, [0, 0], Write).is_ok());
    drop((guard, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_chunk_is_released_with_its_guard() {
    let (_, array, me, other) = two_owners();
    drop(array.lock_chunk(&me, [0, 0], Write).await.unwrap());
    array.try_lock_chunk(&other, [0, 0], Write).unwrap().release();
    assert!(array.get_locks().is_empty());
}

#[tokio::test]
async fn readers_share_a_chunk_and_each_releases_its_own() {
    let (_, array, me, other) = two_owners();
    let one = array.lock_chunk(&me, [0, 0], Read).await.unwrap();
    let two = array.lock_chunk_timeout(&other, [0, 0], Read, SOON).await.unwrap();
    assert_eq!(holders(&array, [0, 0]), [me.id(), other.id()]);
    array.unlock_chunk(&me, [0, 0]).unwrap();
    assert!(!one.is_held() && two.is_held());
    array.unlock_chunk(&other, [0, 0]).unwrap();
    assert!(array.get_locks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_writer_keeps_readers_out_until_it_is_done() {
    let (_, array, me, other) = two_owners();
    let _guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let late = array.lock_chunk_timeout(&other, [0, 0], Read, SOON).await.unwrap_err();
    assert!(matches!(&late, ArrayTimeoutError::Elapsed { holders, .. } if *holders == [me.id()]));
    assert_eq!(late.to_string(), format!("heights/0.0 was not granted to t2 within 100ms, held by {}", me.id()));
    array.unlock_chunk(&me, [0, 0]).unwrap();
    assert!(array.try_lock_chunk(&me, [0, 0], Read).is_ok(), "nobody is left in line");
}

#[tokio::test(start_paused = true)]
async fn a_reader_keeps_writers_out_until_it_is_done() {
    let (_, array, me, other) = two_owners();
    let _guard = array.lock_chunk(&me, [0, 0], Read).await.unwrap();
    let late = array.lock_chunk_timeout(&other, [0, 0], Write, SOON).await;
    assert!(matches!(late, Err(ArrayTimeoutError::Elapsed { holders, .. }) if holders == [me.id()]));
    array.unlock_chunk(&me, [0, 0]).unwrap();
    assert!(array.try_lock_chunk(&me, [0, 0], Write).is_ok(), "nobody is left in line");
}

#[tokio::test]
async fn a_try_for_a_free_chunk_has_it_at_once() {
    let (_, array, me, _) = two_owners();
    let guard = array.try_lock_chunk(&me, [0, 0], Read).unwrap();
    assert!(guard.is_held());
    assert_eq!(array.unlock_chunk(&me, [0, 0]), Ok(()));
}

#[tokio::test]
async fn a_try_for_a_chunk_that_somebody_has_fails_at_once_and_says_who() {
    let (_, array, me, other) = two_owners();
    let _guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let refused = array.try_lock_chunk(&other, [0, 0], Read).unwrap_err();
    assert_eq!(refused.held_by(), Some(me.id()));
    assert_eq!(refused.to_string(), "t2 cannot have read on heights/0.0 at once: t1 has write on heights/0.0");
    assert_eq!(holders(&array, [0, 0]), [me.id()], "nothing has changed");
}

#[tokio::test]
async fn chunks_do_not_stand_in_each_others_way() {
    let (_, array, me, other) = two_owners();
    let one = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let two = array.lock_chunk(&other, [1, 1], Write).await.unwrap();
    assert!(one.is_held() && two.is_held());
    assert!(array.unlock_chunk(&me, [0, 0]).is_ok() && array.unlock_chunk(&other, [1, 1]).is_ok());
}

#[tokio::test]
async fn an_owner_has_many_chunks_at_a_time() {
    let (_, array, me, _) = two_owners();
    let chunks = [[0, 0], [0, 1], [1, 0], [1, 1]];
    let mut guards = Vec::new();
    for chunk in chunks {
        guards.push(array.lock_chunk(&me, chunk, Read).await.unwrap());
    }
    assert!(guards.iter().all(lock_agent::ChunkGuard::is_held) && array.get_locks().len() == 4);
    chunks.iter().for_each(|chunk| array.unlock_chunk(&me, chunk).unwrap());
    assert!(array.get_locks().is_empty());
}

#[tokio::test]
async fn a_chunk_that_nobody_has_is_not_released() {
    let (_, array, me, _) = two_owners();
    let error = array.unlock_chunk(&me, [0, 0]).unwrap_err();
    assert_eq!(error.to_string(), "t1 does not hold heights/0.0 (not held by anybody)");
}

#[tokio::test]
async fn who_does_not_have_a_chunk_does_not_release_it_and_is_told_who_has() {
    let (_, array, me, other) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let error = array.unlock_chunk(&other, [0, 0]).unwrap_err();
    assert!(matches!(error, ArrayReleaseError::Release(ReleaseError::NotHeld(held)) if held.holders == [me.id()]));
    assert!(guard.is_unbroken());
}

#[tokio::test]
async fn what_an_owner_reads_it_may_write_when_the_other_readers_are_gone() {
    let (_, array, me, other) = two_owners();
    let (read, others) = (array.lock_chunk(&me, [0, 0], Read).await.unwrap(), array.lock_chunk(&other, [0, 0], Read));
    let others = others.await.unwrap();
    assert!(array.try_lock_chunk(&me, [0, 0], Write).is_err());
    drop(others);
    let write = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    assert!(write.is_held());
    drop(write);
    assert!(read.is_held() && array.try_lock_chunk(&other, [0, 0], Read).is_ok(), "it is a read again");
}

#[tokio::test]
async fn arrays_of_two_names_are_two_and_of_one_name_one() {
    let (locks, array, me, other) = two_owners();
    let named = |name: &str| lock_agent::ArrayLocks::new(&locks, name, Grid::of_chunks([9, 9]).unwrap()).unwrap();
    let _guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    assert!(named("depths").try_lock_chunk(&other, [0, 0], Write).is_ok());
    assert!(named("heights").try_lock_chunk(&other, [0, 0], Write).is_err(), "whatever grid it has");
    assert!(named("group/heights").try_lock_chunk(&other, [0, 0], Write).is_ok());
}

#[tokio::test]
async fn an_owner_of_other_locks_is_turned_away() {
    let (_, array, _, _) = two_owners();
    let stranger = Owner::new(&Locks::local());
    assert!(matches!(array.lock_chunk(&stranger, [0, 0], Read).await, Err(ArrayLockError::OtherLocks { .. })));
    assert!(array.unlock_chunk(&stranger, [0, 0]).is_err() && array.release_all(&stranger).is_err());
}
