//! `Locks::run`: a unit of work that is run again, with the same age, when it has to give way.
//!
//! What was read under the first lock stays true until the work is done, because the transaction aborts
//! rather than let go of it in secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gordian::{ClaimError, Locks, Mode, TxId};

const WORKERS: usize = 16;

/// Two counters that must always be equal.
#[derive(Default)]
struct Pair {
    left: AtomicU64,
    right: AtomicU64,
    attempts: AtomicU64,
}

/// One unit of work.
async fn count(locks: Locks, pair: Arc<Pair>, left_first: bool) -> Result<TxId, ClaimError> {
    locks
        .run(async |tx| {
            let (first, second) = if left_first { ("left", "right") } else { ("right", "left") };
            pair.attempts.fetch_add(1, Relaxed);
            tx.lock(first, Mode::Write).await?;
            let read = if left_first { &pair.left } else { &pair.right }.load(Relaxed);
            tokio::task::yield_now().await;
            // If this closes a deadlock and we are to give way, the `?` leaves, and `run` calls again.
            tx.lock(second, Mode::Write).await?;
            pair.left.store(read + 1, Relaxed);
            pair.right.store(read + 1, Relaxed);
            Ok(tx.id())
        })
        .await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (locks, pair) = (Locks::local(), Arc::new(Pair::default()));
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..WORKERS {
        workers.spawn(count(locks.clone(), pair.clone(), worker % 2 == 0));
    }
    while let Some(worker) = workers.join_next().await {
        println!("{} is done", worker??);
    }

    let (attempts, counted) = (pair.attempts.load(Relaxed), locks.statistics());
    println!("{WORKERS} units of work took {attempts} attempts; {} gave way", counted.aborts);
    assert_eq!(pair.left.load(Relaxed), WORKERS as u64);
    assert_eq!(pair.right.load(Relaxed), WORKERS as u64);
    assert!(counted.aborts > 0, "some of them had to begin again");
    assert_eq!(attempts, WORKERS as u64 + counted.aborts);
    Ok(())
}
