//! Who locks.

use std::fmt;
use std::sync::Arc;

use lock_core::{Over, TxId};

use crate::holdings::Owning;
use crate::{Locks, Transaction};

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

    /// The transaction that it is, for what keys have no call for: its deadlocks, losses, events.
    ///
    /// What was locked by hand before it was locked as a key stays when the key's guard goes; what is locked by hand afterwards goes with it.
    pub fn transaction(&self) -> &Transaction {
        self.owning.transaction()
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

/// With the options that the transaction began with: a lease, a deadline, a priority, a say about deadlocks.
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
