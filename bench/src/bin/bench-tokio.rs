//! tokio as a lock manager: a plain map of `tokio::sync::RwLock`, as programs write it that have none.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use gordian_bench::{Case, Had, KEYS, keys, rate, report, report_turns, runtime};
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
    gordian_bench::main("", &cases);
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

fn hot(name: &str, members: u32, time: Duration) {
    let map = Arc::new(LockMap::default());
    let first = map.lock_of("hot").try_write_owned().expect("it is free");
    report_turns(name, members, time, &runtime(), first, |member, turns| {
        let map = map.clone();
        async move {
            let mut had = Had::default();
            turns.arrive();
            while turns.go_on() {
                let lock = map.lock_of(black_box("hot"));
                let _guard = lock.write().await;
                turns.take(member, &mut had);
            }
            had
        }
    });
}
