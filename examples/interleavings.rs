//! A service's own locking code, tried in every order that a seed can choose. A lock-order deadlock is met and
//! resolved; a balance that is checked outside the lock is found, and the seed that finds it is printed.
//!
//! In a project of its own this is a `#[test]`, with `lock-sim` among the dev-dependencies. The two panics that it shows
//! are the mistake, found and then tried again.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gordian::{ClaimError, Locks, Mode};
use lock_sim::{Cause, Interleavings, Tasks, interleavings};

/// The service. It knows nothing of tests; its locks are handed in.
#[derive(Clone)]
struct Bank {
    locks: Locks,
    balances: Rc<BTreeMap<&'static str, Cell<i64>>>,
}

impl Bank {
    fn new(locks: Locks) -> Self {
        let balances = [("alice", Cell::new(100)), ("bob", Cell::new(100))];
        Self { locks, balances: Rc::new(BTreeMap::from(balances)) }
    }

    /// Locks two accounts in the order in which they come.
    async fn transfer(self, from: &'static str, to: &'static str, amount: i64) -> Result<(), ClaimError> {
        let tx = self.locks.begin().await;
        tx.lock(["accounts", from], Mode::Write).await?;
        tx.lock(["accounts", to], Mode::Write).await?;
        if self.balances[from].get() >= amount {
            self.move_money(from, to, amount).await;
        }
        Ok(())
    }

    /// The same, with a mistake: whether there is enough is looked up before the account is locked.
    async fn hasty_transfer(self, from: &'static str, to: &'static str, amount: i64) -> Result<(), ClaimError> {
        if self.balances[from].get() < amount {
            return Ok(());
        }
        let tx = self.locks.begin().await;
        tx.lock(["accounts", from], Mode::Write).await?;
        tx.lock(["accounts", to], Mode::Write).await?;
        self.move_money(from, to, amount).await;
        Ok(())
    }

    /// The sum of all accounts at one moment.
    async fn audit(self) -> Result<i64, ClaimError> {
        let tx = self.locks.begin().await;
        tx.lock("accounts", Mode::Read).await?;
        let mut sum = 0;
        for balance in self.balances.values() {
            sum += balance.get();
            tokio::task::yield_now().await; // the next account is elsewhere
        }
        Ok(sum)
    }

    async fn move_money(&self, from: &str, to: &str, amount: i64) {
        for (account, change) in [(from, -amount), (to, amount)] {
            let balance = self.balances[account].get();
            tokio::task::yield_now().await; // so is the store
            self.balances[account].set(balance + change);
        }
    }

    fn total(&self) -> i64 {
        self.balances.values().map(Cell::get).sum()
    }
}

/// Alice pays Bob while Bob pays Alice, and an audit comes in between.
async fn crossing_transfers(tasks: Tasks) -> Result<(), ClaimError> {
    let bank = Bank::new(tasks.locks());
    let one = tasks.spawn("alice pays", bank.clone().transfer("alice", "bob", 30));
    let other = tasks.spawn("bob pays", bank.clone().transfer("bob", "alice", 50));
    let audit = tasks.spawn("audit", bank.clone().audit());
    one.await?;
    other.await?;
    assert_eq!(audit.await?, 200, "an audit sees no transfer half done");
    assert_eq!(bank.total(), 200, "no money is lost");
    Ok(())
}

/// Rent and shopping want 70 each of Alice's 100.
async fn hasty_payments(tasks: Tasks) {
    let bank = Bank::new(tasks.locks());
    drop(tasks.spawn("rent", bank.clone().hasty_transfer("alice", "bob", 70)));
    drop(tasks.spawn("shop", bank.clone().hasty_transfer("alice", "bob", 70)));
    tasks.all_done().await;
    let left = bank.balances["alice"].get();
    assert!(left >= 0, "alice is overdrawn: {left}");
}

fn main() {
    // The right code: holds under every seed, and gives way in deadlocks that it need not know of.
    let explored = interleavings(0..500, crossing_transfers);
    println!("{explored}");
    let pair = explored.with_deadlocks().find(|life| life.deadlocks.circles().any(|circle| circle.len() == 2));
    let pair = &pair.expect("some seed makes the two meet").deadlocks;
    println!("{pair}\n");
    let victims: BTreeSet<String> = explored.with_deadlocks().flat_map(|life| life.deadlocks.victims()).collect();
    assert!(victims.contains("alice pays") && victims.contains("bob pays"), "who began later gives way");

    // The wrong code: some order of turns shows it, and the same seed shows it again.
    let found = Interleavings::of(0..500).explore(hasty_payments).expect_err("the mistake is found");
    assert!(matches!(&found.cause, Cause::Panicked { text, .. } if text == "alice is overdrawn: -40"));
    assert!(found.repeats);
    println!("{found}");
}
