use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLockError, ArrayLocks, Grid, KeyedMutex, Owner};

use crate::two_owners;

#[tokio::test]
async fn owners_who_lock_chunks_in_opposite_order_do_not_hang() {
    let (_, array, one, other) = two_owners();
    let _first = array.lock_chunk(&one, [0, 0], Write).await.unwrap();
    let second = array.lock_chunk(&other, [1, 1], Write).await.unwrap();
    let mut waits = Box::pin(array.lock_chunk(&one, [1, 1], Write));
    assert!(poll!(&mut waits).is_pending());
    let gave_way = array.lock_chunk(&other, [0, 0], Write).await.unwrap_err();
    assert!(matches!(&gave_way, ArrayLockError::Deadlock { owner, .. } if *owner == other.id()));
    assert!(!second.is_held() && waits.await.unwrap().is_held());
}

#[tokio::test]
async fn a_deadlock_over_two_arrays_and_a_key_is_found() {
    let (locks, array, one, other) = two_owners();
    let line = ArrayLocks::new(&locks, "line", Grid::of_chunks([9]).unwrap()).unwrap();
    let keys = KeyedMutex::<u32>::new(&locks, "keys").unwrap();
    let third = Owner::new(&locks);
    let _held = (
        array.lock_region(&one, [0..20, 0..20], Write).await.unwrap(),
        line.lock_whole(&other, Write).await.unwrap(),
        keys.lock(&third, &7).await.unwrap(),
    );
    let mut waits = (Box::pin(line.lock_chunk(&one, [3], Read)), Box::pin(keys.lock(&other, &7)));
    assert!(poll!(&mut waits.0).is_pending() && poll!(&mut waits.1).is_pending());
    assert!(matches!(array.lock_chunk(&third, [1, 0], Read).await, Err(ArrayLockError::Deadlock { .. })));
    assert!(waits.1.await.is_ok());
}

#[tokio::test]
async fn two_readers_who_both_want_to_write_do_not_hang_and_one_is_told() {
    let (_, array, one, other) = two_owners();
    let (mine, theirs) =
        (array.lock_chunk(&one, [0, 0], Read).await.unwrap(), array.lock_chunk(&other, [0, 0], Read).await.unwrap());
    let mut waits = Box::pin(array.lock_chunk(&one, [0, 0], Write));
    assert!(poll!(&mut waits).is_pending());
    assert!(matches!(array.lock_chunk(&other, [0, 0], Write).await, Err(ArrayLockError::Deadlock { .. })));
    assert!(waits.await.unwrap().is_held() && mine.is_held() && !theirs.is_held());
}

#[tokio::test]
async fn an_owner_that_yields_has_its_slice_back_when_its_call_returns() {
    let (locks, array, one, _) = two_owners();
    let yields = Owner::yielding(&locks);
    let first = array.lock_chunk(&one, [0, 0], Write).await.unwrap();
    let slice = array.lock_region(&yields, [10..20, 0..20], Write).await.unwrap();
    let mut waits = Box::pin(array.lock_chunk(&one, [1, 1], Write));
    assert!(poll!(&mut waits).is_pending());
    let mut again = Box::pin(array.lock_chunk(&yields, [0, 0], Write));
    assert!(poll!(&mut again).is_pending());
    assert!(!slice.is_held(), "one of its chunks is away");
    drop((waits.await.unwrap(), first));
    assert!(again.await.unwrap().is_held() && slice.is_held() && !slice.is_unbroken());
}
