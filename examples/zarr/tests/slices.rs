//! Tasks that change overlapping slices of a Zarr array on disk.
#![allow(clippy::unwrap_used)] // a test may panic

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;

use gordian_zarr::{Failure, Heights};

const SHAPE: [u64; 2] = [45, 40];
const CHUNK: [u64; 2] = [10, 8];
const THREADS: u64 = 4;
const ROUNDS: u64 = 25;

/// An array in an empty folder of its own.
fn heights(test: &str) -> Heights {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    // It is not there on the first run.
    let _ = std::fs::remove_dir_all(&folder);
    Heights::create(&folder, SHAPE, CHUNK).unwrap()
}

/// Slices that overlap, by a number: the same on every run.
fn slice(number: u64) -> [Range<u64>; 2] {
    let mixed = |salt: u64| (number * 2 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    let range = |length: u64, salt| {
        let start = mixed(salt) % (length - 12);
        start..start + 12
    };
    [range(SHAPE[0], 0), range(SHAPE[1], 1)]
}

fn amount(number: u64) -> i64 {
    i64::try_from(number).unwrap() + 1
}

fn one_after_the_other(numbers: impl Iterator<Item = u64>) -> Vec<i64> {
    let heights = heights("one_after_the_other");
    numbers.for_each(|number| heights.add(&slice(number), amount(number), || ()).unwrap());
    heights.elements().unwrap()
}

#[test]
fn slices_changed_side_by_side_under_locks_come_out_as_if_changed_one_after_the_other() {
    let heights = heights("under_locks");
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let heights = &heights;
            scope.spawn(move || {
                for number in thread * ROUNDS..(thread + 1) * ROUNDS {
                    heights.add(&slice(number), amount(number), thread::yield_now).unwrap();
                }
            });
        }
    });
    assert!(heights.elements().unwrap() == one_after_the_other(0..THREADS * ROUNDS));
}

/// The same slice, so that it is not the choice of slices that decides. All threads have read before the first one writes.
#[test]
fn slices_changed_side_by_side_without_locks_are_corrupted() {
    let heights = heights("without_locks");
    let all_have_read = Barrier::new(4);
    let wait_for_all = || {
        all_have_read.wait();
    };
    let slice = slice(0);
    let written: Vec<Result<(), Failure>> = thread::scope(|scope| {
        let add = || heights.add_unlocked(&slice, 1, wait_for_all);
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(add)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // Beside a writer, a file may not even be readable.
    let sum = heights.elements().map(|elements| elements.iter().sum::<i64>()).ok();
    assert!(written.iter().any(Result::is_err) || sum != Some(4 * 12 * 12), "{sum:?}");
}
