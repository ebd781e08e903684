use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{Owner, Part};

use crate::two_owners;

#[tokio::test]
async fn the_locks_of_an_array_are_listed_with_holders_modes_and_line() {
    let (locks, array, me, other) = two_owners();
    assert!(array.get_locks().is_empty());
    let _one = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let _two = array.lock_chunk(&other, [1, 1], Read).await.unwrap();
    let third = Owner::new(&locks);
    let mut waits = Box::pin(array.lock_chunk(&third, [0, 0], Read));
    assert!(poll!(&mut waits).is_pending());
    let listed = array.get_locks();
    assert_eq!(listed.keys().cloned().collect::<Vec<_>>(), [Part::chunk([0, 0]), Part::chunk([1, 1])]);
    let (written, read) = (&listed[&Part::chunk([0, 0])], &listed[&Part::chunk([1, 1])]);
    assert_eq!((written.holders[0].tx, written.holders[0].mode), (me.id(), Write));
    assert_eq!((written.waiters[0].tx, written.waiters[0].mode), (third.id(), Read));
    assert_eq!((read.holders[0].tx, read.holders[0].mode, read.waiters.len()), (other.id(), Read, 0));
}

#[tokio::test]
async fn a_lock_on_the_whole_array_is_listed_as_such() {
    let (_, array, me, other) = two_owners();
    let whole = array.lock_region(&me, [0..50, 0..50], Read).await.unwrap();
    assert_eq!(whole.guards().len(), 1);
    let mut waits = Box::pin(array.lock_chunk(&other, [4, 4], Write));
    assert!(poll!(&mut waits).is_pending());
    let listed = array.get_locks();
    assert_eq!(listed[&Part::Whole].holders[0].tx, me.id());
    assert_eq!(listed[&Part::chunk([4, 4])].waiters[0].tx, other.id());
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn what_is_no_part_of_the_array_is_not_listed() {
    let (locks, array, me, _) = two_owners();
    let tx = locks.begin().await;
    for object in ["heights/notes", "heights/0.0/part", "heights/1.2.3", "heights2/0.0", "other"] {
        tx.lock(object, Write).await.unwrap();
    }
    assert!(array.get_locks().is_empty());
    let _chunk = array.lock_chunk(&me, [3, 3], Read).await.unwrap();
    assert_eq!(array.get_locks().len(), 1);
}
