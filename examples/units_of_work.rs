//! A transaction for each unit of work: they are cheap enough to have 100,000 of them at once.

use std::time::Instant;

use gordian::{ClaimError, Locks, Mode, Transaction, object};

const UNITS: u32 = 100_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ClaimError> {
    let locks = Locks::local();

    // All of them alive together: each has its own order, and reads what they share.
    let start = Instant::now();
    let mut units: Vec<Transaction> = Vec::with_capacity(UNITS as usize);
    for order in 0..UNITS {
        let unit = locks.begin().await;
        unit.lock(object!["orders", order], Mode::Write).await?;
        unit.lock("prices", Mode::Read).await?;
        units.push(unit);
    }
    let begun = start.elapsed();
    assert_eq!(locks.status().claims, 2 * UNITS as usize);
    assert_eq!(
        locks.node().expect("a node in this process alone").party_count(),
        0,
        "nobody had to wait, so nobody is known but to its caller"
    );

    // A writer of the prices waits for all of them, and has it when the last one is done.
    let writer = locks.begin().await;
    writer.lock_nowait(("prices", Mode::Write))?;
    let start = Instant::now();
    units.into_iter().for_each(Transaction::end);
    let ended = start.elapsed();
    assert!(writer.await_all().await?.deadlocks.is_empty());
    writer.end();

    // One after the other.
    let start = Instant::now();
    for order in 0..UNITS {
        let unit = locks.begin().await;
        unit.lock(object!["orders", order], Mode::Write).await?;
    }
    let one_by_one = start.elapsed();

    println!("{UNITS} transactions with two locks each, all alive at once: begun in {begun:.0?}, ended in {ended:.0?}");
    println!("{UNITS} transactions with one lock, one after the other: {one_by_one:.0?}");
    assert_eq!(locks.status().claims, 0, "nothing is left behind");
    Ok(())
}
