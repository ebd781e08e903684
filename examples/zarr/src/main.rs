//! Adds to overlapping slices of a Zarr array, with eight threads, and compares with what one thread would have written.
//!
//! `cargo run -p gordian-zarr -- FOLDER` writes the array to that folder.

use std::ops::Range;
use std::path::PathBuf;
use std::thread;

use gordian_zarr::{Failure, Heights};

/// Slices of 30 × 30 elements, of which each shares chunks with its neighbours.
fn slice(number: u64) -> [Range<u64>; 2] {
    let (row, column) = (number % 4 * 20, number / 4 * 20);
    [row..row + 30, column..column + 30]
}

fn main() -> Result<(), Failure> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("name a folder for the array")?.into();
    let heights = Heights::create(&folder, [90, 50], [10, 10])?;
    let work = |number| (0..20).try_for_each(|_| heights.add(&slice(number), 1, || ()));
    let done: Vec<Result<(), Failure>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))).collect()
    });
    done.into_iter().collect::<Result<(), Failure>>()?;
    let sum: i64 = heights.elements()?.iter().sum();
    println!("8 threads added 1 to slices of 900 elements, 20 times each: {sum} of {}", 8 * 20 * 900);
    Ok(())
}
