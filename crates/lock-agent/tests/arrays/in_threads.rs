use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use lock_agent::Mode::Write;
use lock_agent::{ArrayTimeoutError, Owner};

use crate::two_owners;

#[test]
fn threads_without_a_runtime_lock_chunks_slices_and_arrays() {
    let (_, array, me, other) = two_owners();
    let chunk = array.blocking_lock_chunk(&me, [0, 0], Write).unwrap();
    let soon = Duration::from_millis(5);
    let late = array.blocking_lock_chunk_timeout(&other, [0, 0], Write, soon);
    assert!(matches!(late, Err(ArrayTimeoutError::Elapsed { .. })));
    let late = array.blocking_lock_region_timeout(&other, [0..20, 0..5], Write, soon);
    assert!(matches!(late, Err(ArrayTimeoutError::Elapsed { object, .. }) if object.as_str() == "heights/0.0"));
    drop(chunk);
    assert!(array.blocking_lock_whole(&other, Write).unwrap().is_held());
}

#[test]
fn what_threads_change_under_overlapping_slices_is_not_lost() {
    let (locks, array, ..) = two_owners();
    let cells: Vec<AtomicU64> = (0..25).map(|_| AtomicU64::new(0)).collect();
    thread::scope(|scope| {
        for (thread, at) in (0..4_u64).zip(0_usize..) {
            let (locks, array, cells) = (&locks, &array, &cells);
            scope.spawn(move || {
                let me = Owner::new(locks);
                for _ in 0..100 {
                    let slice = array.blocking_lock_region(&me, [thread * 10..thread * 10 + 20, 10..30], Write);
                    let _slice = slice.expect("slices never deadlock");
                    for cell in [0, 1, 5, 6].map(|beside| &cells[at * 5 + 1 + beside]) {
                        let read = cell.load(Relaxed);
                        thread::yield_now();
                        cell.store(read + 1, Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(cells.iter().map(|cell| cell.load(Relaxed)).sum::<u64>(), 4 * 100 * 4);
}
