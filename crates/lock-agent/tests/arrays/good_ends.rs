//! Where the chunk locks of others come to a bad end. Each of these has a good one here.
use std::time::{Duration, Instant};

use futures_util::poll;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLocks, Grid, Locks, Owner};

use crate::leftovers::nothing_is_left;
use crate::{SOON, holders, two_owners, waiters};

/// Elsewhere: a waiter that timed out becomes a holder later, and nobody knows.
#[tokio::test(start_paused = true)]
async fn who_gave_up_waiting_never_becomes_a_holder() {
    let (locks, array, one, other) = two_owners();
    for at in [99, 100, 101] {
        let guard = array.lock_chunk(&one, [0, 0], Write).await.unwrap();
        let release = async {
            tokio::time::timeout(Duration::from_millis(at), std::future::pending::<()>()).await.unwrap_err();
            drop(guard);
        };
        let (waited, ()) = tokio::join!(array.lock_chunk_timeout(&other, [0, 0], Write, SOON), release);
        let expected = if waited.is_ok() { vec![other.id()] } else { Vec::new() };
        assert_eq!(holders(&array, [0, 0]), expected, "released after {at} ms");
        drop(waited);
        assert!(array.get_locks().is_empty());
    }
    drop((one, other));
    nothing_is_left(&locks);
}

/// Elsewhere: readers in line are let in one at a time.
#[tokio::test]
async fn one_release_lets_all_readers_in_that_wait_at_the_head_of_the_line() {
    let (locks, array, writer, last) = two_owners();
    let guard = array.lock_chunk(&writer, [0, 0], Write).await.unwrap();
    let (one, other) = (Owner::new(&locks), Owner::new(&locks));
    let mut reads = [Box::pin(array.lock_chunk(&one, [0, 0], Read)), Box::pin(array.lock_chunk(&other, [0, 0], Read))];
    for read in &mut reads {
        assert!(poll!(read).is_pending());
    }
    let mut write = Box::pin(array.lock_chunk(&last, [0, 0], Write));
    assert!(poll!(&mut write).is_pending());
    drop(guard);
    assert_eq!(holders(&array, [0, 0]), [one.id(), other.id()]);
    assert_eq!(waiters(&array, [0, 0]), [last.id()]);
}

/// Elsewhere: readers pass a writer who waits, and it waits for ever.
#[tokio::test]
async fn a_stream_of_readers_does_not_starve_a_writer() {
    let (locks, array, writer, reader) = two_owners();
    let reads = array.lock_chunk(&reader, [0, 0], Read).await.unwrap();
    let mut write = Box::pin(array.lock_chunk(&writer, [0, 0], Write));
    assert!(poll!(&mut write).is_pending());
    // The next readers ask before the one before them is done.
    let stream: Vec<Owner> = (0..10).map(|_| Owner::new(&locks)).collect();
    let mut waits: Vec<_> = stream.iter().map(|next| Box::pin(array.lock_chunk(next, [0, 0], Read))).collect();
    for wait in &mut waits {
        assert!(poll!(wait).is_pending());
    }
    assert_eq!(holders(&array, [0, 0]), [reader.id()]);
    drop(reads);
    assert_eq!(holders(&array, [0, 0]), [writer.id()]);
    drop(write);
    assert_eq!(holders(&array, [0, 0]).len(), 10, "they were behind it only");
}

/// Elsewhere: if the only one in line has died, the chunk stays locked when it is released.
#[tokio::test]
async fn a_chunk_whose_only_waiter_died_is_free_when_it_is_released() {
    let (locks, array, me, third) = two_owners();
    let guard = array.lock_chunk(&me, [0, 0], Write).await.unwrap();
    let waiting = (array.clone(), Owner::new(&locks));
    let task = tokio::spawn(async move { waiting.0.lock_chunk(&waiting.1, [0, 0], Write).await.map(drop) });
    while waiters(&array, [0, 0]).is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    drop(guard);
    assert!(array.try_lock_chunk(&third, [0, 0], Write).is_ok());
    drop((me, third));
    nothing_is_left(&locks);
}

/// Elsewhere: who locks what it has waits for itself.
#[tokio::test]
async fn who_locks_a_chunk_again_has_it_and_releases_it_with_the_last_guard() {
    let (_, array, me, other) = two_owners();
    for (first, second) in [(Write, Write), (Write, Read), (Read, Read), (Read, Write)] {
        let one = array.lock_chunk(&me, [0, 0], first).await.unwrap();
        let two = array.lock_chunk(&me, [0, 0], second).await.unwrap();
        assert!(one.is_held() && two.is_held());
        drop(one);
        assert!(two.is_held() && array.try_lock_chunk(&other, [0, 0], Write).is_err());
        drop(two);
        assert!(array.get_locks().is_empty());
    }
}

/// Elsewhere: to find who has a chunk, all locks are looked through.
#[test]
fn a_lock_costs_the_same_beside_a_few_others_and_beside_fifty_thousand() {
    let took = |beside: u64| {
        let locks = Locks::local();
        let array = ArrayLocks::new(&locks, "a", Grid::of_chunks([1_000_000]).unwrap()).unwrap();
        let (me, other) = (Owner::new(&locks), Owner::new(&locks));
        let _many = array.blocking_lock_region(&me, [0..beside], Write).unwrap();
        let start = Instant::now();
        for at in 0..1_000 {
            let chunk = array.try_lock_chunk(&other, [500_000 + at], Write).unwrap();
            assert!(array.try_lock_chunk(&other, [at % beside], Read).is_err());
            assert!(array.unlock_chunk(&other, [at % beside]).is_err() && chunk.is_held());
        }
        start.elapsed()
    };
    // Looking through all would take some thousand times as long.
    assert!(took(50_000) < 100 * took(10));
}
