//! Readers that become writers. If two of them try at once, one has to let go of its read, and is told so.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use gordian::{ClaimError, Locks, Mode, Transaction};

static STOCK: AtomicI64 = AtomicI64::new(10);

/// Sells one piece: reads the stock, thinks, and writes. Gives whether it had to read again.
async fn sell(tx: Transaction, name: &str) -> Result<bool, ClaimError> {
    let reading = tx.lock("stock/apples", Mode::Read).await?;
    let mut stock = STOCK.load(Relaxed);
    println!("{name} ({}) reads {stock}", tx.id());
    tokio::task::yield_now().await; // the other one reads as well

    let writing = tx.lock("stock/apples", Mode::Write).await?;
    assert!(writing.is_unbroken() && !reading.is_unbroken(), "an upgrade is a new grant, with a new token");
    let gave_way = had_to_surrender(&tx);
    if gave_way {
        stock = STOCK.load(Relaxed);
        println!("{name} gave way, and reads {stock} now");
    }
    STOCK.store(stock - 1, Relaxed);
    println!("{name} writes {}", stock - 1);
    Ok(gave_way)
}

/// Whether somebody else can have written between the read and the write.
fn had_to_surrender(tx: &Transaction) -> bool {
    tx.deadlocks().iter().any(|deadlock| deadlock.way_out.victim() == Some(tx.id()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ClaimError> {
    let locks = Locks::local();

    // Alone, a reader becomes a writer at once, and back.
    let tx = locks.begin().await;
    tx.lock("stock/apples", Mode::Read).await?;
    tx.try_lock("stock/apples", Mode::Write).expect("nobody else reads");
    tx.downgrade("stock/apples").expect("it is held");
    locks.begin().await.try_lock("stock/apples", Mode::Read).expect("readers share again");
    tx.end();

    // Two at once wait for each other's read. The younger gives way; both are served.
    let (one, other) = (locks.begin().await, locks.begin().await);
    let (one, other) = tokio::try_join!(sell(one, "the first"), sell(other, "the second"))?;

    println!("{}", locks.deadlocks()[0]);
    assert!(!one && other, "the younger gave way, and knew it");
    assert_eq!(STOCK.load(Relaxed), 8, "both pieces are counted");
    Ok(())
}
