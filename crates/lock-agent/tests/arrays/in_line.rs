//! Who waits, and in which order they are served.
use futures_util::poll;
use lock_agent::Mode::{self, Read, Write};
use lock_agent::Owner;

use crate::leftovers::nothing_is_left;
use crate::{holders, two_owners, waiters};

#[tokio::test]
async fn who_asks_for_a_chunk_that_is_taken_waits_until_it_is_released() {
    let (_, array, me, other) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let mut waits = Box::pin(array.lock_chunk(&other, [0, 0], Read));
    assert!(poll!(&mut waits).is_pending());
    assert_eq!(waiters(&array, [0, 0]), [other.id()]);
    drop(guard);
    assert!(waits.await.unwrap().is_held());
}

#[tokio::test]
async fn waiters_have_a_chunk_in_order_of_arrival() {
    let (locks, array, me, _) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for number in 1..=5 {
        let (line, array, owner, said) = (array.clone(), array.clone(), Owner::new(&locks), said.clone());
        tokio::spawn(async move {
            let _guard = array.lock_chunk(&owner, [0, 0], Write).await.unwrap();
            said.send(number).unwrap();
        });
        while waiters(&line, [0, 0]).len() < number {
            tokio::task::yield_now().await;
        }
    }
    drop((guard, said));
    let mut order = Vec::new();
    while let Some(number) = heard.recv().await {
        order.push(number);
    }
    assert_eq!(order, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn readers_who_wait_enter_together() {
    let (locks, array, me, _) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let readers: Vec<Owner> = (0..5).map(|_| Owner::new(&locks)).collect();
    let mut waits: Vec<_> = readers.iter().map(|reader| Box::pin(array.lock_chunk(reader, [0, 0], Read))).collect();
    for wait in &mut waits {
        assert!(poll!(wait).is_pending());
    }
    drop(guard);
    let all: Vec<_> = readers.iter().map(Owner::id).collect();
    assert_eq!(holders(&array, [0, 0]), all, "with one release, before any of them goes on");
    for wait in waits {
        assert!(wait.await.unwrap().is_held());
    }
}

#[tokio::test]
async fn a_reader_does_not_pass_a_writer_who_waits() {
    let (locks, array, me, writer) = two_owners();
    let reader = Owner::new(&locks);
    let first = array.lock_chunk(&me, [0, 0], Read).await.unwrap();
    let mut waits = Box::pin(array.lock_chunk(&writer, [0, 0], Write));
    assert!(poll!(&mut waits).is_pending());
    let refused = array.try_lock_chunk(&reader, [0, 0], Read).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "t3 cannot have read on heights/0.0 at once: t2 waits ahead for write on heights/0.0"
    );
    let mut reads = Box::pin(array.lock_chunk(&reader, [0, 0], Read));
    assert!(poll!(&mut reads).is_pending());
    drop(first);
    let written = waits.await.unwrap();
    assert!(poll!(&mut reads).is_pending());
    drop(written);
    assert!(reads.await.is_ok());
}

/// A line of readers that never ends, and a writer in the middle of it.
#[tokio::test]
async fn a_writer_is_served_after_those_readers_only_who_came_before() {
    let (locks, array, writer, _) = two_owners();
    let reader = |_| {
        let owner = Owner::new(&locks);
        let array = array.clone();
        Box::pin(async move { array.lock_chunk(&owner, [0, 0], Read).await })
    };
    let before = futures_util::future::join_all((0..3).map(reader)).await;
    let mut waits = Box::pin(array.lock_chunk(&writer, [0, 0], Write));
    assert!(poll!(&mut waits).is_pending());
    let mut after: Vec<_> = (0..3).map(reader).collect();
    for wait in &mut after {
        assert!(poll!(wait).is_pending());
    }
    drop(before);
    assert!(waits.await.is_ok());
    assert!(futures_util::future::join_all(after).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_nothing() {
    for (has, wants) in [(Write, Write), (Write, Read), (Read, Write)] as [(Mode, Mode); 3] {
        let (locks, array, me, other) = two_owners();
        let guard = array.lock_chunk(&me, [0, 0], has).await.unwrap();
        let mut waits = Box::pin(array.lock_chunk(&other, [0, 0], wants));
        assert!(poll!(&mut waits).is_pending());
        drop(waits);
        assert!(waiters(&array, [0, 0]).is_empty());
        drop((guard, me, other));
        nothing_is_left(&locks);
    }
}
