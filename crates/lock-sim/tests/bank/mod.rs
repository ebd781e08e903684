//! A small service: accounts, transfers between them, an audit. Its locking code knows nothing of tests.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use lock_agent::{ClaimError, Locks, Mode};

/// Balances that are read and written in steps: only the locks keep them right.
#[derive(Clone)]
pub(crate) struct Bank {
    pub(crate) locks: Locks,
    balances: Rc<BTreeMap<&'static str, Cell<i64>>>,
}

impl Bank {
    pub(crate) fn new(locks: Locks, balances: &[(&'static str, i64)]) -> Self {
        let balances = balances.iter().map(|(name, balance)| (*name, Cell::new(*balance)));
        Self { locks, balances: Rc::new(balances.collect()) }
    }

    /// Locks two accounts in the order in which they come, and moves money if there is enough.
    pub(crate) async fn transfer(self, from: &'static str, to: &'static str, amount: i64) -> Result<bool, ClaimError> {
        let tx = self.locks.begin().await;
        tx.lock(["accounts", from], Mode::Write).await?;
        tx.lock(["accounts", to], Mode::Write).await?;
        let covered = self.balance(from) >= amount;
        if covered {
            self.change(from, -amount).await;
            self.change(to, amount).await;
        }
        Ok(covered)
    }

    /// The same with a mistake: the balance is looked at before the account is locked.
    pub(crate) async fn hasty_transfer(
        self,
        from: &'static str,
        to: &'static str,
        amount: i64,
    ) -> Result<bool, ClaimError> {
        if self.balance(from) < amount {
            return Ok(false);
        }
        let tx = self.locks.begin().await;
        tx.lock(["accounts", from], Mode::Write).await?;
        tx.lock(["accounts", to], Mode::Write).await?;
        self.change(from, -amount).await;
        self.change(to, amount).await;
        Ok(true)
    }

    /// The sum of all accounts, at one moment.
    pub(crate) async fn audit(self) -> Result<i64, ClaimError> {
        let tx = self.locks.begin().await;
        tx.lock("accounts", Mode::Read).await?;
        let mut sum = 0;
        for balance in self.balances.values() {
            sum += balance.get();
            tokio::task::yield_now().await; // the next account is read from elsewhere
        }
        Ok(sum)
    }

    pub(crate) fn balance(&self, account: &str) -> i64 {
        self.balances[account].get()
    }

    pub(crate) fn total(&self) -> i64 {
        self.balances.values().map(Cell::get).sum()
    }

    async fn change(&self, account: &str, by: i64) {
        let balance = self.balance(account);
        tokio::task::yield_now().await; // the store is elsewhere
        self.balances[account].set(balance + by);
    }
}
