//! Chunks of arrays.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gordian::{ArrayLocks, Grid, Locks, Mode, Owner};
use gordian_bench::{KEYS, microseconds_since, rate, report, runtime};

/// How many chunks a side the array has of which a slice is locked, and the slice.
const SIDES: [u64; 2] = [1_000, 100];

/// One owner locks a chunk and releases it, again and again.
pub(crate) fn chunk_free(name: &str, threads: usize, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let rate = rate(threads, time, |thread| {
        // As many chunks a thread as there are keys in `keyed-1`, in a row of their own.
        let grid = Grid::of_chunks([64, KEYS as u64]).expect("a grid");
        let (array, owner) = (ArrayLocks::new(&locks, "chunks", grid).expect("an object"), Owner::new(&locks));
        async move |chunk: usize| {
            let guard = array.lock_chunk(&owner, black_box([thread as u64, chunk as u64]), Mode::Write).await;
            black_box(guard.expect("it is free")).release();
        }
    });
    report(name, "1/s", vec![rate]);
}

/// What it takes to lock a slice of 10,000 chunks, and to release it.
pub(crate) fn slice(name: &str, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let grid = Grid::of_chunks([SIDES[0]; 2]).expect("a grid");
    let array = ArrayLocks::new(&locks, "chunks", grid).expect("an object");
    let (start, mut locked, mut released) = (Instant::now(), Vec::new(), Vec::new());
    while start.elapsed() < time || locked.is_empty() {
        let owner = Owner::new(&locks);
        let begin = Instant::now();
        let slice = array.blocking_lock_region(&owner, [0..SIDES[1], 0..SIDES[1]], Mode::Write).expect("it is free");
        locked.push(microseconds_since(begin));
        let begin = Instant::now();
        slice.release();
        released.push(microseconds_since(begin));
    }
    report(&format!("{name}-lock"), "us", locked);
    report(&format!("{name}-release"), "us", released);
}
