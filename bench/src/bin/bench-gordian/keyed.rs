//! A mutex for each key.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gordian::{KeyedMutex, Locks, Owner};
use gordian_bench::{Had, KEYS, keys, microseconds_since, rate, report, report_turns, runtime};

/// How many keys one owner has while it releases one.
const OWNED: u32 = 20_000;
/// The name of the mutex.
const NAME: &str = "keyed";

/// One owner locks a key and releases it, again and again; keys are texts.
pub(crate) fn keyed_free(name: &str, threads: usize, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let rate = rate(threads, time, |thread| {
        let keys = keys("users", thread, KEYS);
        let (mutex, owner) = (KeyedMutex::<String>::new(&locks, NAME).expect("an object"), Owner::new(&locks));
        async move |key: usize| {
            let guard = mutex.lock(&owner, black_box(&keys[key])).await;
            black_box(guard.expect("it is free")).release();
        }
    });
    report(name, "1/s", vec![rate]);
}

/// Owners that all want one key, again and again.
pub(crate) fn keyed_hot(name: &str, members: u32, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let mutex = KeyedMutex::<u32>::new(&locks, NAME).expect("an object");
    let first = mutex.blocking_lock(&Owner::new(&locks), &7).expect("it is free");
    report_turns(name, members, time, &runtime, first, |member, turns| {
        let (mutex, owner) = (mutex.clone(), Owner::new(&locks));
        async move {
            let mut had = Had::default();
            turns.arrive();
            while turns.go_on() {
                let guard = mutex.lock(&owner, &7).await.expect("its turn comes");
                turns.take(member, &mut had);
                guard.release();
            }
            had
        }
    });
}

/// What the release of the oldest key costs, by an owner of many.
pub(crate) fn keyed_owned(name: &str, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let mutex = KeyedMutex::<u32>::new(&locks, NAME).expect("an object");
    let (start, mut took) = (Instant::now(), Vec::new());
    while start.elapsed() < time || took.is_empty() {
        let owner = Owner::new(&locks);
        let keys: Vec<u32> = (0..OWNED).collect();
        let guards = mutex.blocking_lock_all(&owner, &keys).expect("they are free");
        let mut guards = guards.into_iter();
        let begin = Instant::now();
        // The first half only: many stay owned throughout.
        guards.by_ref().take(OWNED as usize / 2).for_each(drop);
        took.push(microseconds_since(begin) / f64::from(OWNED / 2));
    }
    report(name, "us", took);
}
