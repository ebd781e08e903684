//! How a transaction begins.

use std::future::{IntoFuture, Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use lock_core::{ClaimError, Millis, TransactionOptions, TxId};
use lock_server::Party;

use crate::far::Far;
use crate::locks::Home;
use crate::shared::Shared;
use crate::{IntoClaim, Transaction, run};

/// A transaction that is about to begin, with its options. `await` it, or [`start`](Begin::start) it.
///
/// ```
/// # use lock_agent::Locks;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let locks = Locks::local();
/// let tx = locks.begin().priority(-1).abort_on_deadlock(true).deadline(Duration::from_secs(5)).await;
/// # tx.end();
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a transaction begins when this is awaited or started"]
pub struct Begin {
    home: Home,
    options: TransactionOptions,
}

impl Begin {
    pub(crate) fn new(home: Home) -> Self {
        Self { home, options: TransactionOptions::default() }
    }

    /// `true`: abort with an error rather than surrender a lock that the caller was told it has.
    /// Default `false`: surrender it; the caller learns of it from the deadlocks noted, and from its guard.
    pub fn abort_on_deadlock(mut self, abort: bool) -> Self {
        self.options.abort_on_deadlock = abort;
        self
    }

    /// `true`: when the node fails, claim everything again on its return; its agent does so, without a call.
    /// Default `false`: the claims fail with [`ClaimError::Lost`].
    pub fn await_nodes(mut self, wait: bool) -> Self {
        self.options.await_nodes = wait;
        self
    }

    /// `true`: [`Event::NodeDown`](crate::Event::NodeDown) and its like among the events. Default `false`.
    pub fn monitor_nodes(mut self, monitor: bool) -> Self {
        self.options.monitor_nodes = monitor;
        self
    }

    /// `true`: the transaction has its agent from the begin, ready for [`Transaction::events`]. Default `false`: it gets
    /// one with the first call of `events`. Either way a stream tells what happens after it was asked for.
    pub fn notify(mut self, notify: bool) -> Self {
        self.options.notify = notify;
        self
    }

    /// Lower gives way first. Default 0.
    pub fn priority(mut self, priority: i32) -> Self {
        self.options.priority = priority;
        self
    }

    /// The end of waiting, so long after this call: what it still waits for then is withdrawn, and the calls that wait
    /// return [`ClaimError::DeadlineOver`]. What it has stays; what can be had at once it may still have. Rounded up to a
    /// millisecond. Default: none.
    ///
    /// With [`Begin::run`] it is the end for all tries together.
    pub fn deadline(mut self, within: Duration) -> Self {
        self.options.deadline = Some(self.at(within));
        self
    }

    /// The end of holding, so long after this call: the transaction is ended then, and [`Transaction::losses`] names
    /// what it lost. Rounded up to a millisecond. Default: none.
    ///
    /// Who worked on does not notice by itself: look at the guard, and let the resource look at the token. With
    /// [`Begin::run`] it is the end for all tries together.
    pub fn lease(mut self, within: Duration) -> Self {
        self.options.lease = Some(self.at(within));
        self
    }

    fn at(&self, within: Duration) -> Millis {
        // Rounded up: a deadline never comes early.
        let ms = u64::try_from(within.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let now = match &self.home {
            Home::Here(handle) => handle.node.now(),
            Home::Far(member) => member.now(),
        };
        Millis(now.0.saturating_add(ms))
    }

    /// Begins it: takes the next age, and does nothing else that costs. Never waits, so threads without async may call it.
    ///
    /// # Panics
    /// If it needs an agent, there is no Tokio runtime, and the system gives no thread for one.
    pub fn start(self) -> Transaction {
        let tx = self.next_tx();
        self.start_as(tx)
    }

    pub(crate) fn start_as(self, tx: TxId) -> Transaction {
        let TransactionOptions { notify, monitor_nodes, await_nodes, deadline, lease, .. } = self.options;
        let handle = match self.home {
            Home::Here(handle) => handle,
            Home::Far(member) => return Transaction::far(Far::begin(member, tx, self.options)),
        };
        let shared = Arc::new(Shared::new(handle, tx, self.options));
        if notify || monitor_nodes || await_nodes {
            crate::agent::start(&shared);
        }
        for at in [deadline, lease].into_iter().flatten() {
            let party: Arc<dyn Party> = shared.clone();
            shared.node().expire_at(at, Arc::downgrade(&party));
        }
        Transaction::here(shared)
    }

    /// Begins it with a row of claims, taken in one atomic step, and waits for them all.
    ///
    /// First come, first served, like [`Transaction::lock_many`].
    ///
    /// # Cancel safety
    /// If the future is dropped, the transaction is ended.
    ///
    /// # Errors
    /// [`ClaimError`]; the transaction is ended then.
    pub async fn with<C: IntoClaim>(self, claims: impl IntoIterator<Item = C>) -> Result<Transaction, ClaimError> {
        let tx = self.start();
        tx.lock_many(claims).await?;
        Ok(tx)
    }

    /// Like [`Locks::run`](crate::Locks::run), with these options; `abort_on_deadlock` is on, whatever was chosen.
    ///
    /// # Cancel safety
    /// If the future is dropped, the work is dropped where it stands and its locks are released.
    ///
    /// # Errors
    /// What the work returns, unless its transaction was aborted.
    pub async fn run<T, E, W>(self, work: impl FnMut(Transaction) -> W) -> Result<T, E>
    where
        W: Future<Output = Result<T, E>>,
    {
        run::run(self.abort_on_deadlock(true), work).await
    }

    pub(crate) fn next_tx(&self) -> TxId {
        match &self.home {
            Home::Here(handle) => handle.node.next_tx(),
            Home::Far(member) => member.next_tx(),
        }
    }
}

impl IntoFuture for Begin {
    type Output = Transaction;
    type IntoFuture = Ready<Transaction>;

    fn into_future(self) -> Ready<Transaction> {
        ready(self.start())
    }
}
