//! Transfers lock two accounts in whatever order they come. Many run into deadlocks, none of them fails,
//! and no money is lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use gordian::{ClaimError, Locks, Mode};

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
const TELLERS: usize = 8;
const TRANSFERS: usize = 200;

/// Balances that are read and written in two steps: only the locks keep them right.
struct Bank {
    locks: Locks,
    balances: HashMap<&'static str, AtomicI64>,
}

impl Bank {
    async fn transfer(&self, from: &str, to: &str, amount: i64) -> Result<(), ClaimError> {
        let tx = self.locks.begin().await;
        tx.lock(["accounts", from], Mode::Write).await?;
        tokio::task::yield_now().await; // time for another teller to lock what comes next
        tx.lock(["accounts", to], Mode::Write).await?;
        // Both are ours now, whatever happened on the way: a lock that had to be surrendered has come back.
        for (account, change) in [(from, -amount), (to, amount)] {
            let balance = self.balances[account].load(Relaxed);
            tokio::task::yield_now().await;
            self.balances[account].store(balance + change, Relaxed);
        }
        Ok(()) // `tx` is dropped here, and both locks with it
    }

    async fn teller(self: Arc<Self>, teller: usize) -> Result<usize, ClaimError> {
        for round in 0..TRANSFERS {
            let from = (teller + round) % NAMES.len();
            let to = (from + 1 + (teller * 7 + round * 3) % (NAMES.len() - 1)) % NAMES.len();
            self.transfer(NAMES[from], NAMES[to], 1 + i64::try_from(round % 9).unwrap_or(0)).await?;
        }
        Ok(TRANSFERS)
    }

    fn total(&self) -> i64 {
        self.balances.values().map(|balance| balance.load(Relaxed)).sum()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let balances = NAMES.iter().map(|name| (*name, AtomicI64::new(1_000))).collect();
    let bank = Arc::new(Bank { locks: Locks::local(), balances });

    let mut tellers = tokio::task::JoinSet::new();
    (0..TELLERS).for_each(|teller| drop(tellers.spawn(bank.clone().teller(teller))));
    let mut done = 0;
    while let Some(teller) = tellers.join_next().await {
        done += teller??;
    }

    let counted = bank.locks.statistics();
    println!("{done} transfers, {} deadlocks, {} requests that waited", counted.deadlocks, counted.waits);
    if let Some(last) = bank.locks.deadlocks().last() {
        println!("the last {last}");
    }
    assert_eq!(done, TELLERS * TRANSFERS);
    assert_eq!(bank.total(), 5_000, "no money is lost");
    assert!(counted.deadlocks > 0, "the tellers did meet");
    assert_eq!(counted.aborts, 0, "nobody was sent away");
    Ok(())
}
