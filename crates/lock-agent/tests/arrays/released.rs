//! How chunks come back: by name, all at once, by death.
use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLocks, ArrayReleaseError, ChunkGuard, Grid, Over, Owner, ReleaseError};

use crate::leftovers::nothing_is_left;
use crate::two_owners;

#[tokio::test]
async fn the_chunks_of_a_task_that_dies_are_free() {
    let (locks, array, me, _) = two_owners();
    let held = array.clone();
    let (has, had) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let owner = Owner::new(&locks);
        let _guard = held.lock_chunk(&owner, [0, 0], Write).await.unwrap();
        has.send(()).unwrap();
        std::future::pending::<ChunkGuard>().await
    });
    had.await.unwrap();
    assert!(array.try_lock_chunk(&me, [0, 0], Write).is_err());
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    assert!(array.try_lock_chunk(&me, [0, 0], Write).is_ok());
}

#[tokio::test]
async fn who_waits_has_the_chunk_when_its_holder_dies() {
    let (locks, array, me, _) = two_owners();
    let held = array.clone();
    let (has, had) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let owner = Owner::new(&locks);
        let _guard = held.lock_chunk(&owner, [0, 0], Write).await.unwrap();
        has.send(()).unwrap();
        std::future::pending::<ChunkGuard>().await
    });
    had.await.unwrap();
    let mut waits = Box::pin(array.lock_chunk(&me, [0, 0], Read));
    assert!(poll!(&mut waits).is_pending());
    task.abort();
    assert!(waits.await.unwrap().is_held());
}

#[tokio::test]
async fn the_chunks_of_a_task_that_panics_are_free() {
    let (locks, array, me, _) = two_owners();
    let held = array.clone();
    let task = tokio::spawn(async move {
        let owner = Owner::new(&locks);
        let _slice = held.lock_region(&owner, [0..50, 0..10], Write).await.unwrap();
        std::panic::resume_unwind(Box::new("a panic"));
    });
    assert!(task.await.is_err_and(|error| error.is_panic()));
    assert!(array.try_lock_whole(&me, Write).is_ok());
}

#[tokio::test]
async fn all_chunks_of_an_owner_are_released_at_once() {
    let (locks, array, me, other) = two_owners();
    let chunks = [[0, 0], [0, 1], [1, 0]];
    let mut guards = Vec::new();
    for chunk in chunks {
        guards.push(array.lock_chunk(&me, chunk, Write).await.unwrap());
    }
    assert_eq!(array.release_all(&me), Ok(3));
    assert!(guards.iter().all(|guard| !guard.is_held()));
    let again: Vec<_> = chunks.iter().map(|chunk| array.try_lock_chunk(&other, chunk, Write).unwrap()).collect();
    assert_eq!(array.release_all(&me), Ok(0));
    drop(guards);
    assert!(again.iter().all(lock_agent::ChunkGuard::is_unbroken), "a guard of before releases nothing");
    drop((again, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn slices_and_the_whole_array_are_released_with_the_rest_and_other_arrays_are_not() {
    let (locks, array, me, other) = two_owners();
    let below = ArrayLocks::new(&locks, "heights/copy", Grid::of_chunks([9, 9]).unwrap()).unwrap();
    let beside = ArrayLocks::new(&locks, "depths", Grid::of_chunks([9, 9]).unwrap()).unwrap();
    let slice = array.lock_region(&me, [0..20, 0..20], Write).await.unwrap();
    let others =
        (below.lock_chunk(&me, [0, 0], Write).await.unwrap(), beside.lock_chunk(&me, [0, 0], Write).await.unwrap());
    let whole = array.lock_whole(&me, Read).await.unwrap();
    assert_eq!(array.release_all(&me), Ok(5));
    assert!(!slice.is_held() && !whole.is_held() && others.0.is_held() && others.1.is_held());
    drop(others);
    assert!(array.try_lock_whole(&other, Write).is_ok());
}

#[tokio::test]
async fn a_chunk_of_a_slice_may_be_released_before_the_others() {
    let (_, array, me, other) = two_owners();
    let slice = array.lock_region(&me, [0..20, 0..10], Write).await.unwrap();
    array.unlock_chunk(&me, [1, 0]).unwrap();
    assert!(!slice.is_held() && slice.guards()[0].is_held());
    let free = array.try_lock_chunk(&other, [1, 0], Write).unwrap();
    drop(slice);
    assert!(free.is_unbroken());
}

#[tokio::test]
async fn an_owner_that_has_ended_has_nothing_and_is_told_so() {
    let (locks, array, me, other) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    me.end().unwrap();
    assert!(!guard.is_held() && array.try_lock_chunk(&other, [0, 0], Write).is_ok());
    let over = ArrayReleaseError::Release(ReleaseError::Over(Over::Ended(me.id())));
    assert_eq!(array.unlock_chunk(&me, [0, 0]), Err(over.clone()));
    assert_eq!(array.release_all(&me), Err(over));
    drop((guard, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_guard_keeps_its_chunk_when_the_handle_of_its_owner_is_gone() {
    let (locks, array, me, other) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    drop(me);
    assert!(guard.is_held() && array.try_lock_chunk(&other, [0, 0], Read).is_err());
    drop((guard, other));
    nothing_is_left(&locks);
}
