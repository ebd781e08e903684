//! Many objects under one parent, and as many that have nothing in common.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gordian::{Locks, Mode, Transaction};
use gordian_bench::{report, runtime, seconds_since};

const OBJECTS: u32 = 20_000;

/// Locks all objects by one transaction, and by one each; counts locks a second, their release included.
pub(crate) fn tree(name: &str, prefix: &str, time: Duration) {
    let keys: Vec<_> = (0..OBJECTS).map(|number| format!("{prefix}{number}")).collect();
    let (mut one, mut each) = (Vec::new(), Vec::new());
    runtime().block_on(async {
        let locks = Locks::local();
        let start = Instant::now();
        while one.is_empty() || start.elapsed() < time {
            one.push(by_one(&locks, &keys).await);
            each.push(by_each(&locks, &keys).await);
        }
    });
    report(&format!("{name}-one"), "1/s", one);
    report(&format!("{name}-each"), "1/s", each);
}

async fn by_one(locks: &Locks, keys: &[String]) -> f64 {
    let start = Instant::now();
    let tx = locks.begin().await;
    for key in keys {
        lock(&tx, key).await;
    }
    tx.end();
    f64::from(OBJECTS) / seconds_since(start)
}

async fn by_each(locks: &Locks, keys: &[String]) -> f64 {
    let start = Instant::now();
    let mut txs = Vec::with_capacity(keys.len());
    for key in keys {
        let tx = locks.begin().await;
        lock(&tx, key).await;
        txs.push(tx);
    }
    drop(txs);
    f64::from(OBJECTS) / seconds_since(start)
}

async fn lock(tx: &Transaction, key: &str) {
    black_box(tx.lock(black_box(key), Mode::Write).await.expect("it is free"));
}
