//! Locks that are free, and transactions without one.

use std::hint::black_box;
use std::time::Duration;

use gordian::{Locks, Mode};
use gordian_bench::{KEYS, keys, rate, report, runtime};

/// Begin, lock one object of one segment, end.
pub(crate) fn flat(name: &str, threads: usize, time: Duration) {
    transactions(name, threads, 1, |_| "users".into(), time);
}

/// The same with ten objects a transaction; counts locks.
pub(crate) fn ten(name: &str, threads: usize, time: Duration) {
    transactions(name, threads, 10, |_| "users".into(), time);
}

/// The same as [`flat`] with three segments.
pub(crate) fn deep(name: &str, threads: usize, time: Duration) {
    transactions(name, threads, 1, |_| "db/users/u".into(), time);
}

/// The same as [`deep`], but no two threads share the first segment.
pub(crate) fn apart(name: &str, threads: usize, time: Duration) {
    transactions(name, threads, 1, |thread| format!("db{thread}/users/u"), time);
}

/// Begin and end with nothing between.
pub(crate) fn empty(name: &str, threads: usize, time: Duration) {
    transactions(name, threads, 0, |_| "users".into(), time);
}

fn transactions(name: &str, threads: usize, locks_each: u32, prefix: fn(usize) -> String, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let rate = rate(threads, time, |thread| {
        let keys = keys(&prefix(thread), thread, KEYS + locks_each as usize);
        let locks = locks.clone();
        async move |key: usize| {
            let tx = locks.begin().await;
            for key in &keys[key..key + locks_each as usize] {
                let guard = tx.lock(black_box(key), Mode::Write).await;
                black_box(guard.expect("it is free"));
            }
            black_box(tx).end();
        }
    });
    report(name, "1/s", vec![rate * f64::from(locks_each.max(1))]);
}
