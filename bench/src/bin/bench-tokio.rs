//! tokio as a lock manager: a plain map of `tokio::sync::RwLock`, as programs write it that have none.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gordian_bench::{Case, KEYS, Shares, keys, rate, report, runtime, seconds_since};
use parking_lot::Mutex;
use tokio::sync::RwLock;

/// Locks by name. Nobody sees a deadlock, and nothing is ever removed.
#[derive(Default)]
struct LockMap(Mutex<HashMap<String, Arc<RwLock<()>>>>);

impl LockMap {
    fn lock_of(&self, key: &str) -> Arc<RwLock<()>> {
        let mut map = self.0.lock();
        if let Some(lock) = map.get(key) {
            return Arc::clone(lock);
        }
        Arc::clone(map.entry(key.to_owned()).or_default())
    }
}

fn main() {
    let cases = [
        Case { name: "flat-1", run: |time| flat("flat-1", 1, time) },
        Case { name: "flat-2", run: |time| flat("flat-2", 2, time) },
        Case { name: "hot-128", run: |time| hot("hot-128", 128, time) },
    ];
    gordian_bench::main("1", &cases);
}

fn flat(name: &str, threads: usize, time: Duration) {
    let map = LockMap::default();
    let rate = rate(threads, time, |thread| {
        let (keys, map) = (keys("users", thread, KEYS), &map);
        async move |key: usize| {
            let lock = map.lock_of(black_box(&keys[key]));
            drop(black_box(lock.write().await));
        }
    });
    report(name, "1/s", vec![rate]);
}

fn hot(name: &str, members: usize, time: Duration) {
    let map = Arc::new(LockMap::default());
    let stop = Arc::new(AtomicBool::new(false));
    // Who had it last; guarded by the lock that is measured.
    let last = Arc::new(AtomicU64::new(u64::MAX));
    let runtime = runtime();
    let start = Instant::now();
    let tasks: Vec<_> = (0..members as u64)
        .map(|member| {
            let (map, stop, last) = (Arc::clone(&map), Arc::clone(&stop), Arc::clone(&last));
            runtime.spawn(async move {
                let (mut grants, mut hand_offs) = (0_u32, 0_u32);
                while !stop.load(Ordering::Relaxed) {
                    let lock = map.lock_of(black_box("hot"));
                    let _guard = lock.write().await;
                    grants += 1;
                    hand_offs += u32::from(last.swap(member, Ordering::Relaxed) != member);
                }
                (grants, hand_offs)
            })
        })
        .collect();
    std::thread::sleep(time);
    stop.store(true, Ordering::Relaxed);
    let (mut shares, mut handed) = (Shares::default(), Shares::default());
    for task in tasks {
        let (grants, hand_offs) = runtime.block_on(task).expect("no task fails");
        shares.add(grants);
        handed.add(hand_offs);
    }
    let elapsed = seconds_since(start);
    report(&format!("{name}-handoffs"), "1/s", vec![handed.sum() / elapsed]);
    report(&format!("{name}-grants"), "1/s", vec![shares.sum() / elapsed]);
    report(&format!("{name}-shares"), "x", vec![shares.most_by_least()]);
}
