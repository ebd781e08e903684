//! Many tasks at once: whoever has a chunk is alone with it, or among readers, and everybody is served.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use lock_agent::Mode::{self, Read, Write};
use lock_agent::Owner;
use tokio::sync::Barrier;

use crate::leftovers::nothing_is_left;
use crate::two_owners;

/// How many are in a chunk: readers, or minus one for a writer.
#[derive(Default)]
struct Inside {
    now: AtomicI64,
}

impl Inside {
    async fn visit(&self, mode: Mode) {
        let change = if mode == Write { -1 } else { 1 };
        let before = self.now.fetch_add(change, SeqCst);
        assert!(if mode == Write { before == 0 } else { before >= 0 }, "{mode} beside {before}");
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.now.fetch_sub(change, SeqCst);
    }
}

/// So many tasks, of which each visits one chunk in one mode.
async fn visits(count: u64, visit: impl Fn(u64) -> ([u64; 2], Mode)) {
    let (locks, array, me, other) = two_owners();
    let inside: Arc<Vec<Inside>> = Arc::new((0..25).map(|_| Inside::default()).collect());
    let served = Arc::new(AtomicUsize::new(0));
    let all = array.lock_whole(&me, Write).await.unwrap(); // until all are in line
    let tasks = (0..count).map(|number| {
        let (array, locks, inside, served) = (array.clone(), locks.clone(), inside.clone(), served.clone());
        let (chunk, mode) = visit(number);
        tokio::spawn(async move {
            let owner = Owner::new(&locks);
            let minutes = Duration::from_mins(5);
            let guard = array.lock_chunk_timeout(&owner, chunk, mode, minutes).await.unwrap();
            inside[usize::try_from(chunk[0] * 5 + chunk[1]).unwrap()].visit(mode).await;
            assert!(guard.is_unbroken());
            served.fetch_add(1, SeqCst);
        })
    });
    let tasks: Vec<_> = tasks.collect();
    while array.get_locks().values().map(|info| info.waiters.len()).sum::<usize>() < tasks.len() {
        tokio::task::yield_now().await;
    }
    drop(all);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(served.load(SeqCst), usize::try_from(count).unwrap());
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_readers_have_a_chunk_at_the_same_time() {
    let (locks, array, me, other) = two_owners();
    let all_inside = Arc::new(Barrier::new(50));
    let readers = (0..50).map(|_| {
        let (array, owner, all_inside) = (array.clone(), Owner::new(&locks), all_inside.clone());
        tokio::spawn(async move {
            let guard = array.lock_chunk(&owner, [0, 0], Read).await.unwrap();
            // Nobody goes on before the fiftieth is here.
            tokio::time::timeout(Duration::from_mins(1), all_inside.wait()).await.unwrap();
            assert!(guard.is_unbroken());
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
    drop((me, other));
    nothing_is_left(&locks);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_readers_and_writers_of_a_chunk_are_all_served() {
    visits(100, |number| ([0, 0], if number % 3 == 0 { Write } else { Read })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_tasks_on_twenty_five_chunks_are_all_served() {
    let chunk = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    visits(200, |number| ([chunk(number) % 5, chunk(number) / 5 % 5], if number % 5 == 0 { Write } else { Read }))
        .await;
}
