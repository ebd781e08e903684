//! parking_lot with its deadlock detector: what a mutex costs with the feature on, and what one
//! look of the poller costs that finds a ring.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, deadlock};

const BATCH: usize = 256;
const MUTEXES: usize = 1024;

fn main() {
    let mut args = std::env::args().skip(1);
    let first = args.next().unwrap_or_else(|| "--list".into());
    let seconds = args.next().map_or(0.3, |text| text.parse().expect("seconds are a number"));
    match first.as_str() {
        "--list" => println!("flat-1\nflat-2\nring-2\nring-10\nring-50"),
        "flat-1" => flat("flat-1", 1, seconds),
        "flat-2" => flat("flat-2", 2, seconds),
        "ring-2" => ring("ring-2", 2),
        "ring-10" => ring("ring-10", 10),
        "ring-50" => ring("ring-50", 50),
        _ => {}
    }
}

fn report(name: &str, unit: &str, value: f64) {
    println!(r#"{{"name":"{name}","unit":"{unit}","median":{value},"min":{value},"max":{value},"samples":1}}"#);
}

/// Locks and unlocks mutexes of its own in each thread.
fn flat(name: &str, threads: usize, seconds: f64) {
    let time = Duration::from_secs_f64(seconds);
    let barrier = Barrier::new(threads);
    let one = || {
        let mutexes: Vec<_> = (0..MUTEXES).map(|_| Mutex::new(())).collect();
        barrier.wait();
        let (start, mut rounds) = (Instant::now(), 0);
        while start.elapsed() < time {
            for _ in 0..BATCH {
                drop(black_box(mutexes[rounds % MUTEXES].lock()));
                rounds += 1;
            }
        }
        rounds as f64 / start.elapsed().as_secs_f64()
    };
    let rate: f64 = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        handles.into_iter().map(|handle| handle.join().expect("no thread fails")).sum()
    });
    report(name, "1/s", rate);
}

/// Closes a ring of threads that nobody can ever open again, and looks for it once.
fn ring(name: &str, members: usize) {
    let mutexes: Arc<Vec<_>> = Arc::new((0..members).map(|_| Mutex::new(())).collect());
    let holding = Arc::new(Barrier::new(members));
    let closing = Arc::new(AtomicUsize::new(0));
    for member in 0..members {
        let (mutexes, holding) = (Arc::clone(&mutexes), Arc::clone(&holding));
        let closing = Arc::clone(&closing);
        std::thread::spawn(move || {
            let _own = mutexes[member].lock();
            holding.wait();
            closing.fetch_add(1, Ordering::Relaxed);
            let _next = mutexes[(member + 1) % members].lock();
        });
    }
    while closing.load(Ordering::Relaxed) < members {
        std::thread::yield_now();
    }
    // The threads tell nobody that they are parked; until they are, a look finds nothing.
    loop {
        std::thread::sleep(Duration::from_millis(1));
        let start = Instant::now();
        let found = deadlock::check_deadlock();
        let elapsed = start.elapsed();
        if !found.is_empty() {
            return report(&format!("{name}-verdict"), "us", elapsed.as_secs_f64() * 1e6);
        }
    }
}
