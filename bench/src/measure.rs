//! Rates of threads, times, resident memory.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

/// How many keys each thread cycles through.
pub const KEYS: usize = 1024;
/// Operations between two looks at the clock.
const BATCH: usize = 256;

/// The keys of one thread, made before the clock runs.
pub fn keys(prefix: &str, thread: usize, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}-{thread}-{n}")).collect()
}

/// The runtime that every asynchronous case runs on: two workers, like the machines it is for.
///
/// # Panics
/// If the system gives no threads.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system gives threads")
}

/// Seconds that have passed.
pub fn seconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}

/// Microseconds that have passed.
pub fn microseconds_since(start: Instant) -> f64 {
    seconds_since(start) * 1e6
}

/// Runs the work of `threads` threads at once for `time`; gives rounds a second.
///
/// `prepare` makes the work of one thread; the work is told which key is next. It may wait, but
/// what is measured here are calls that need not.
///
/// # Panics
/// If the work does.
pub fn rate<W: AsyncFnMut(usize)>(threads: usize, time: Duration, prepare: impl Fn(usize) -> W + Sync) -> f64 {
    let (runtime, barrier) = (runtime(), Barrier::new(threads));
    let one = |thread| {
        let mut work = prepare(thread);
        barrier.wait();
        runtime.block_on(async {
            let start = Instant::now();
            let mut rounds = 0;
            while start.elapsed() < time {
                for _ in 0..BATCH {
                    work(rounds % KEYS).await;
                    rounds += 1;
                }
            }
            count(rounds) / seconds_since(start)
        })
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|thread| scope.spawn(move || one(thread))).collect();
        handles.into_iter().map(|handle| handle.join().expect("the work did not fail")).sum()
    })
}

/// Bytes of this process that are in memory; 0 where the system does not tell.
pub fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) * 1024.0
}

/// A count as a number to divide; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^53")]
fn count(rounds: usize) -> f64 {
    rounds as f64
}
