use std::ops::Range;

use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLocks, ArrayTimeoutError, Grid, Owner, Part};

use crate::leftovers::nothing_is_left;
use crate::{SOON, two_owners, waiters};

fn parts(array: &ArrayLocks) -> Vec<String> {
    array.get_locks().keys().map(Part::to_string).collect()
}

#[tokio::test]
async fn a_slice_locks_the_chunks_that_it_touches_and_no_others() {
    let (_, array, me, other) = two_owners();
    let slice = array.lock_region(&me, [5..25, 10..20], Write).await.unwrap();
    assert_eq!(parts(&array), ["0.1", "1.1", "2.1"]);
    assert!(slice.is_held() && slice.is_unbroken() && slice.guards().len() == 3);
    for row in 0..5 {
        for column in 0..5 {
            let is_free = array.try_lock_chunk(&other, [row, column], Read).is_ok();
            assert_eq!(is_free, !(row < 3 && column == 1), "{row}.{column}");
        }
    }
    drop(slice);
    assert!(parts(&array).is_empty());
}

#[tokio::test]
async fn slices_that_share_no_chunk_are_locked_side_by_side() {
    let (_, array, me, other) = two_owners();
    let one = array.lock_region(&me, [0..50, 0..20], Write).await.unwrap();
    let two = array.lock_region(&other, [0..50, 20..50], Write).await.unwrap();
    assert!(one.is_held() && two.is_held());
}

#[tokio::test]
async fn a_slice_waits_for_all_its_chunks_and_has_the_free_ones_meanwhile() {
    let (locks, array, me, other) = two_owners();
    let third = Owner::new(&locks);
    let chunk = array.lock_chunk(&me, [1, 1], Write).await.unwrap();
    let mut waits = Box::pin(array.lock_region(&other, [0..20, 0..20], Write));
    assert!(poll!(&mut waits).is_pending());
    assert_eq!(array.try_lock_chunk(&third, [0, 0], Read).unwrap_err().held_by(), Some(other.id()));
    drop(chunk);
    assert!(waits.await.unwrap().is_held());
}

#[tokio::test]
async fn owners_of_overlapping_slices_never_deadlock() {
    let (locks, array, ..) = two_owners();
    let slices: [[Range<u64>; 2]; 4] = [[0..30, 0..30], [20..50, 20..50], [0..30, 20..50], [20..50, 0..30]];
    let tasks = (0..40).map(|number| {
        let (array, locks, slice) = (array.clone(), locks.yielding(), slices[number % 4].clone());
        tokio::spawn(async move {
            let owner = Owner::new(&locks);
            for _ in 0..5 {
                let slice = array.lock_region(&owner, &slice, Write).await.unwrap();
                tokio::task::yield_now().await;
                assert!(slice.is_unbroken());
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert!(locks.deadlocks().is_empty());
    assert!(parts(&array).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slice_that_is_not_had_in_time_leaves_nothing_and_names_a_chunk_that_was_in_the_way() {
    let (locks, array, me, other) = two_owners();
    let chunk = array.lock_chunk(&me, [1, 1], Write).await.unwrap();
    let late = array.lock_region_timeout(&other, [0..20, 0..20], Write, SOON).await.unwrap_err();
    assert!(matches!(&late, ArrayTimeoutError::Elapsed { object, .. } if object.as_str() == "heights/1.1"));
    assert_eq!(late.to_string(), "heights/1.1 was not granted to t2 within 100ms, held by t1");
    assert_eq!(parts(&array), ["1.1"]);
    drop((chunk, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_slice_whose_wait_is_dropped_leaves_nothing() {
    let (locks, array, me, other) = two_owners();
    let chunk = array.lock_chunk(&me, [1, 1], Write).await.unwrap();
    let mut waits = Box::pin(array.lock_region(&other, [0..20, 0..20], Write));
    assert!(poll!(&mut waits).is_pending());
    drop(waits);
    assert_eq!(parts(&array), ["1.1"]);
    drop((chunk, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn readers_of_slices_share_chunks() {
    let (_, array, me, other) = two_owners();
    let one = array.lock_region(&me, [0..30, 0..30], Read).await.unwrap();
    let two = array.lock_region(&other, [20..50, 20..50], Read).await.unwrap();
    assert!(one.is_held() && two.is_held());
    assert_eq!(array.get_locks()[&Part::chunk([2, 2])].holders.len(), 2);
}

#[tokio::test]
async fn a_chunk_of_two_slices_of_one_owner_is_free_with_the_last_of_them() {
    let (locks, array, me, other) = two_owners();
    let one = array.lock_region(&me, [0..20, 0..10], Write).await.unwrap();
    let two = array.lock_region(&me, [10..30, 0..10], Write).await.unwrap();
    drop(one);
    assert_eq!(parts(&array), ["1.0", "2.0"]);
    assert!(two.is_unbroken());
    drop((two, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn a_slice_to_be_read_keeps_the_chunks_that_its_owner_writes() {
    let (_, array, me, other) = two_owners();
    let write = array.lock_chunk(&me, [1, 0], Write).await.unwrap();
    let read = array.lock_region(&me, [0..20, 0..10], Read).await.unwrap();
    assert!(array.try_lock_chunk(&other, [1, 0], Read).is_err() && array.try_lock_chunk(&other, [0, 0], Read).is_ok());
    drop(write);
    assert!(read.is_held() && array.try_lock_chunk(&other, [1, 0], Read).is_ok());
}

#[tokio::test]
async fn the_whole_array_is_one_lock_and_excludes_every_chunk() {
    let (_, array, me, other) = two_owners();
    let whole = array.lock_whole(&me, Write).await.unwrap();
    assert_eq!(parts(&array), ["whole"]);
    assert_eq!(array.try_lock_chunk(&other, [4, 4], Read).unwrap_err().held_by(), Some(me.id()));
    let mut waits = Box::pin(array.lock_region(&other, [0..50, 0..50], Write));
    assert!(poll!(&mut waits).is_pending());
    drop(whole);
    assert_eq!(waits.await.unwrap().guards().len(), 1, "every chunk is touched");
}

#[tokio::test]
async fn the_whole_array_waits_for_every_chunk() {
    let (_, array, me, other) = two_owners();
    let chunk = array.lock_chunk(&me, [3, 4], Read).await.unwrap();
    assert!(array.try_lock_whole(&other, Read).is_ok(), "readers share");
    let mut waits = Box::pin(array.lock_whole(&other, Write));
    assert!(poll!(&mut waits).is_pending());
    assert!(waiters(&array, [3, 4]).is_empty(), "it waits as the array");
    drop(chunk);
    assert!(waits.await.unwrap().is_held());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_whole_array_in_vain_is_told_who_has_it() {
    let (_, array, me, other) = two_owners();
    let _whole = array.lock_whole(&me, Write).await.unwrap();
    let late = array.lock_chunk_timeout(&other, [1, 2], Read, SOON).await.unwrap_err();
    assert_eq!(late.to_string(), "heights/1.2 was not granted to t2 within 100ms, held by t1");
    let late = array.lock_whole_timeout(&other, Read, SOON).await.unwrap_err();
    assert_eq!(late.to_string(), "heights was not granted to t2 within 100ms, held by t1");
}

#[tokio::test]
async fn who_has_the_whole_array_has_its_chunks_and_keeps_the_array_with_them() {
    let (locks, array, me, other) = two_owners();
    let whole = array.lock_whole(&me, Write).await.unwrap();
    let chunk = array.lock_chunk(&me, [1, 2], Write).await.unwrap();
    let slice = array.lock_region(&me, [0..20, 0..10], Read).await.unwrap();
    assert_eq!(parts(&array), ["whole"]);
    drop((whole, slice));
    assert!(chunk.is_held() && array.try_lock_chunk(&other, [1, 2], Read).is_err());
    drop((chunk, me, other));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn chunks_that_an_array_gets_later_are_covered_by_a_lock_on_the_whole() {
    let (locks, array, me, other) = two_owners();
    let _whole = array.lock_whole(&me, Write).await.unwrap();
    let grown = ArrayLocks::new(&locks, "heights", Grid::new([500, 50], [10, 10]).unwrap()).unwrap();
    assert!(grown.try_lock_chunk(&other, [49, 0], Write).is_err());
}

#[tokio::test]
async fn slices_of_two_arrays_are_locked_in_one_step() {
    let (locks, array, me, _) = two_owners();
    let line = ArrayLocks::new(&locks, "line", Grid::new([50], [10]).unwrap()).unwrap();
    let both = [array.claims([0..20, 0..10], Read).unwrap(), line.claims([0..20], Write).unwrap()].concat();
    let tx = locks.begin_with(both).await.unwrap();
    assert!(line.try_lock_chunk(&me, [1], Read).is_err() && array.try_lock_chunk(&me, [1, 0], Write).is_err());
    tx.end();
    assert!(line.try_lock_chunk(&me, [1], Read).is_ok());
}

#[tokio::test]
async fn a_slice_of_ten_thousand_chunks_is_one_step() {
    let (locks, ..) = two_owners();
    let array = ArrayLocks::new(&locks, "large", Grid::of_chunks([1_000, 1_000]).unwrap()).unwrap();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let slice = array.lock_region(&me, [100..200, 100..200], Write).await.unwrap();
    assert_eq!((slice.guards().len(), array.get_locks().len()), (10_000, 10_000));
    assert!(slice.is_held() && array.try_lock_chunk(&other, [199, 199], Read).is_err());
    assert!(array.try_lock_chunk(&other, [200, 199], Read).is_ok());
    drop(slice);
    assert!(parts(&array).is_empty());
}

#[tokio::test]
async fn arrays_of_any_number_of_axes_are_locked() {
    let (locks, _, me, other) = two_owners();
    for axes in [0_usize, 1, 3, 8, 40] {
        let array =
            ArrayLocks::new(&locks, ["axes", &axes.to_string()], Grid::of_chunks(vec![3; axes]).unwrap()).unwrap();
        let last = vec![2; axes];
        let guard = array.lock_chunk(&me, &last, Write).await.unwrap();
        let slice = vec![2..3; axes];
        assert!(array.try_lock_chunk(&other, &last, Read).is_err());
        drop(guard);
        let slice = array.lock_region(&me, &slice, Write).await.unwrap();
        assert!(slice.guards().len() == 1 && array.try_lock_chunk(&other, &last, Read).is_err());
    }
}

#[tokio::test]
async fn a_slice_is_tried_for_as_a_whole() {
    let (_, array, me, other) = two_owners();
    let in_the_way = array.lock_chunk(&other, [1, 1], Read).await.unwrap();
    let busy = array.try_lock_region(&me, [0..20, 0..20], Write).unwrap_err();
    assert_eq!(busy.held_by(), Some(other.id()));
    assert!(array.try_lock_whole(&me, Read).is_ok(), "nothing was kept");
    assert_eq!(array.try_lock_region(&me, [0..20, 0..20], Read).unwrap().guards().len(), 4);
    drop(in_the_way);
    assert!(array.try_lock_region(&me, [0..50, 0..50], Write).is_ok());
}
