//! Threads without async: every call that waits has a blocking form, and no runtime has to be set up.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gordian::{ClaimError, Locks, Mode, TimeoutError, claim};

const PHILOSOPHERS: usize = 5;
const MEALS: u32 = 100;

/// Each takes the left fork first: the classic deadlock.
fn dine(locks: &Locks, seat: usize, meals: &AtomicU32) -> Result<(), ClaimError> {
    let (left, right) = (seat, (seat + 1) % PHILOSOPHERS);
    for _ in 0..MEALS {
        let tx = locks.begin().start();
        tx.blocking_lock(["forks".to_owned(), left.to_string()], Mode::Write)?;
        thread::yield_now();
        tx.blocking_lock(["forks".to_owned(), right.to_string()], Mode::Write)?;
        meals.fetch_add(1, Relaxed);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (locks, meals) = (Locks::local(), AtomicU32::new(0));
    thread::scope(|scope| {
        let dine = |seat| {
            let (locks, meals) = (locks.clone(), &meals);
            scope.spawn(move || dine(&locks, seat, meals))
        };
        let philosophers: Vec<_> = (0..PHILOSOPHERS).map(dine).collect();
        philosophers.into_iter().try_for_each(|philosopher| philosopher.join().expect("no philosopher panics"))
    })?;
    println!("{} meals, {} deadlocks", meals.load(Relaxed), locks.statistics().deadlocks);
    assert_eq!(meals.load(Relaxed), MEALS * u32::try_from(PHILOSOPHERS)?);

    // A wait may be bounded; then nothing is left in line.
    let (host, guest) = (locks.begin().start(), locks.begin().start());
    host.blocking_lock_many([claim("table", Mode::Write), claim("door", Mode::Write)])?;
    let waited = guest.blocking_lock_timeout("table", Mode::Read, Duration::from_millis(20));
    assert!(matches!(waited, Err(TimeoutError::Elapsed { .. })));
    println!("{}", waited.expect_err("the host has it"));
    assert!(locks.lock_info("table")?.waiters.is_empty());

    // What was claimed earlier is waited for later.
    guest.lock_nowait(("door", Mode::Read))?;
    let host = thread::spawn(move || host.end());
    guest.blocking_await_all()?;
    host.join().expect("the host leaves in peace");
    assert_eq!(locks.lock_info("door")?.holders[0].tx, guest.id());
    Ok(())
}
