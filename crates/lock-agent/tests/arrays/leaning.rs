//! The chunks of one owner, and its lock on the whole array: no chunk is free under its guard, and none is locked without one.
use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLocks, Grid};

use crate::leftovers::nothing_is_left;
use crate::two_owners;

#[tokio::test]
async fn a_chunk_that_was_granted_with_the_whole_array_stays_locked_after_it() {
    let (locks, array, me, other) = two_owners();
    let in_the_way = array.lock_whole(&other, Write).await.unwrap();
    let mut whole = Box::pin(array.lock_whole(&me, Write));
    let mut chunk = Box::pin(array.lock_chunk(&me, [0, 0], Write));
    assert!(poll!(&mut whole).is_pending() && poll!(&mut chunk).is_pending());
    drop(in_the_way);
    let (whole, chunk) = (whole.await.unwrap(), chunk.await.unwrap());
    drop(whole);
    assert!(chunk.is_unbroken());
    assert!(array.try_lock_chunk(&other, [0, 0], Write).is_err(), "two who believe to be alone");
    drop(chunk);
    assert!(array.try_lock_whole(&other, Write).is_ok());
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_chunk_that_waited_beside_a_wish_for_the_whole_array_goes_with_its_own_guard() {
    let (locks, array, me, other) = two_owners();
    let read = array.lock_whole(&me, Read).await.unwrap();
    let theirs = array.lock_whole(&other, Read).await.unwrap();
    let mut more = Box::pin(array.lock_whole(&me, Write));
    let mut chunk = Box::pin(array.lock_chunk(&me, [0, 0], Write));
    assert!(poll!(&mut more).is_pending() && poll!(&mut chunk).is_pending());
    drop(more);
    drop(theirs);
    let chunk = chunk.await.unwrap();
    assert!(array.try_lock_chunk(&other, [0, 0], Read).is_err());
    drop(chunk);
    assert!(array.try_lock_chunk(&other, [0, 0], Read).is_ok(), "its guard is gone");
    drop((read, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn an_owner_that_gave_way_for_a_while_keeps_no_chunk_without_a_guard() {
    let (locks, array, _, other) = two_owners();
    let me = lock_agent::Owner::yielding(&locks);
    let second = ArrayLocks::new(&locks, "depths", Grid::of_chunks([1]).unwrap()).unwrap();
    let depth = second.lock_chunk(&other, [0], Write).await.unwrap();
    let whole = array.lock_whole(&me, Write).await.unwrap();
    let mut theirs = Box::pin(array.lock_chunk(&other, [0, 0], Write));
    assert!(poll!(&mut theirs).is_pending());
    let mut closes = Box::pin(second.lock_chunk(&me, [0], Write)); // the younger gives way
    assert!(poll!(&mut closes).is_pending());
    let theirs = theirs.await.unwrap();
    let mut chunk = Box::pin(array.lock_chunk(&me, [1, 1], Write));
    assert!(poll!(&mut chunk).is_pending(), "it waits for the whole array as well");
    drop((theirs, depth));
    drop(closes.await.unwrap());
    let chunk = chunk.await.unwrap();
    assert!(whole.is_held() && !whole.is_unbroken());
    drop(whole);
    assert!(chunk.is_held() && array.try_lock_chunk(&other, [1, 1], Read).is_err());
    drop(chunk);
    assert!(array.try_lock_whole(&other, Write).is_ok());
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn all_chunks_of_a_slice_within_the_whole_array_stay_locked_after_it() {
    let (locks, array, me, other) = two_owners();
    let whole = array.lock_whole(&me, Write).await.unwrap();
    let slice = array.lock_region(&me, [0..20, 0..20], Write).await.unwrap();
    drop(whole);
    assert!(slice.is_unbroken());
    assert!((0..2).all(|row| array.try_lock_chunk(&other, [row, 1], Read).is_err()));
    drop(slice);
    assert!(array.try_lock_whole(&other, Write).is_ok());
    drop((me, other));
    nothing_is_left(&locks);
}
