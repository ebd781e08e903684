//! Who locks.

use std::fmt;
use std::sync::Arc;

use lock_core::{Deadlock, Object, Over, Status, TxId};

use crate::holdings::Owning;
use crate::{Events, Flag, Locks, Transaction, TransactionInfo};

/// Who locks keys: one line of work, such as a task or a thread, or a part of one.
///
/// Rust's tasks have no identity that a lock could know them by, so a line of work says who it is. An owner is a
/// [`Transaction`] behind a handle that is cheap to clone; it may lock keys of any mutexes of its node, and a deadlock among
/// owners is found whatever keys it runs through. The handle and the guards keep the transaction alive: it ends with the last of them, or
/// at once with [`Owner::end`].
///
/// A call waits for its key and for whatever other calls of the same owner wait for: an owner is one line, so let tasks that do not
/// belong together have one each.
///
/// **Deadlocks.** With [`Owner::new`], an owner that must give way gets [`KeyLockError::Deadlock`](crate::KeyLockError::Deadlock): all
/// that it had is released, and another owner has to begin anew. [`Owner::yielding`] makes one that puts a key back in line instead, and
/// has it again when the call returns; [`Guard::is_unbroken`](crate::Guard::is_unbroken) tells. [`Locks::run`] begins anew by itself, with the same age:
///
/// ```
/// use lock_agent::{KeyLockError, KeyedMutex, Locks, Owner};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let locks = Locks::local();
/// let accounts = KeyedMutex::<String>::new(&locks, "accounts")?;
/// let moved = locks
///     .run(async |tx| {
///         let me = Owner::from(tx);
///         let _alice = accounts.lock(&me, "alice").await?;
///         let _bob = accounts.lock(&me, "bob").await?; // in any order
///         Ok::<_, KeyLockError>(100)
///     })
///     .await?;
/// assert_eq!(moved, 100);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "an owner that is dropped without a guard has ended"]
pub struct Owner {
    pub(crate) owning: Arc<Owning>,
}

impl Owner {
    /// An owner that ends with an error if it has to give way in a deadlock.
    pub fn new(locks: &Locks) -> Self {
        Self::from(locks.begin().abort_on_deadlock(true).start())
    }

    /// An owner that gives keys up for a while if it has to, and has them again when its call returns.
    pub fn yielding(locks: &Locks) -> Self {
        Self::from(locks.begin().start())
    }

    /// Its id, by which errors name it.
    pub fn id(&self) -> TxId {
        self.owning.tx.id()
    }

    /// How it stands: it has all that it asked for, waits, or is over.
    pub fn status(&self) -> Status {
        self.owning.tx.status()
    }

    /// What it has and waits for, as objects, and what it lost.
    pub fn info(&self) -> TransactionInfo {
        self.owning.tx.info()
    }

    /// The deadlocks in which it gave way.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.owning.tx.deadlocks()
    }

    /// What it lost: a lease was over, or the node failed.
    pub fn losses(&self) -> Vec<Object> {
        self.owning.tx.losses()
    }

    /// What happens to it from now on; see [`Transaction::events`].
    pub fn events(&self) -> Events {
        self.owning.tx.events()
    }

    /// Changes how it goes about deadlocks and nodes; see [`Transaction::change_flag`].
    pub fn change_flag(&self, flag: Flag) {
        self.owning.tx.change_flag(flag);
    }

    /// Ends it: all its keys are released before the call returns, and its guards are not held any more. Never waits. Calls that
    /// wait return with [`Over::Ended`].
    ///
    /// # Errors
    /// [`Over::Ended`], if it was ended before.
    pub fn end(&self) -> Result<(), Over> {
        self.owning.tx.try_end()
    }
}

/// With the options that the transaction began with: a lease, a deadline, a priority, a say about deadlocks. What it has or waits for already
/// stays until the owner ends: no guard gives it back.
impl From<Transaction> for Owner {
    fn from(tx: Transaction) -> Self {
        Self { owning: Arc::new(Owning::new(tx)) }
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Owner").field(&self.id()).finish()
    }
}
