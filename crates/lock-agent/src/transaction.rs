//! The handle of a transaction: all that a unit of work can do.

mod blocking;
mod counted;
mod handing_over;
mod releasing;

pub(crate) use counted::Dropped;

use std::sync::Arc;
use std::time::Duration;

use lock_core::{Claim, ClaimError, ClaimView, Deadlock, IntoObject, InvalidObject, Mode, Object, Over, Status, TxId};

use crate::events::Events;
use crate::far::Far;
use crate::here::Here;
use crate::shared::{Mark, Shared};
use crate::{Guard, IntoClaim, TimeoutError, TryError};

/// A transaction: it collects locks in any order, and gives them all back when it ends.
///
/// Dropping it ends it and releases everything at once, without waiting. It may be shared by tasks
/// (in an `Arc`); a transaction never waits for itself.
///
/// **Fairness.** First come, first served; a conversion from read to write goes before ordinary waiters.
///
/// **Deadlocks** are found when they close and resolved at once. Who gives way is decided by priority, by
/// what its caller was told, and by age. By default the victim's locks go back to the end of their queues and
/// come again by themselves: see [`HaveAll::deadlocks`] and [`Guard::is_unbroken`].
#[must_use = "a transaction that is dropped ends at once"]
pub struct Transaction {
    home: Home,
}

/// Where a transaction lives.
#[derive(Clone)]
enum Home {
    /// On a node in this process alone.
    Here(Here),
    /// On a node of a cluster.
    Far(Arc<Far>),
}

/// Everything that was asked for is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaveAll {
    /// The deadlocks that the transaction was part of since its begin, the newest 256 of them. Each
    /// names who gave way, and which objects: their guards have new tokens.
    pub deadlocks: Vec<Arc<Deadlock>>,
}

/// What a transaction is, has and waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionInfo {
    /// Its id.
    pub tx: TxId,
    /// How it stands.
    pub status: Status,
    /// What it has and waits for, in the order of the objects.
    pub claims: Vec<ClaimView>,
    /// What it had and lost, not counting what it surrendered.
    pub lost: Vec<Object>,
}

/// See [`Transaction::ends_with_this`].
pub(crate) struct Ends(Home);

impl Ends {
    pub(crate) fn was_aborted(&self) -> bool {
        match &self.0 {
            Home::Here(here) => here.shared.is_marked(Mark::Aborted),
            Home::Far(far) => far.was_aborted(),
        }
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Home {
    /// Whoever ended it before has released everything.
    fn end(&self) {
        let _ = match self {
            Self::Here(here) => here.try_end(),
            Self::Far(far) => far.try_end(),
        };
    }
}

/// An option that can be changed while a transaction lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flag {
    /// See [`Begin::abort_on_deadlock`](crate::Begin::abort_on_deadlock).
    AbortOnDeadlock(bool),
    /// See [`Begin::await_nodes`](crate::Begin::await_nodes).
    AwaitNodes(bool),
    /// See [`Begin::monitor_nodes`](crate::Begin::monitor_nodes).
    MonitorNodes(bool),
    /// See [`Begin::notify`](crate::Begin::notify).
    Notify(bool),
    /// See [`Begin::priority`](crate::Begin::priority).
    Priority(i32),
}

impl Transaction {
    pub(crate) fn here(shared: Arc<Shared>) -> Self {
        Self { home: Home::Here(Here { shared }) }
    }

    pub(crate) fn far(far: Arc<Far>) -> Self {
        Self { home: Home::Far(far) }
    }

    /// Its id, which is its age: smaller is older.
    pub fn id(&self) -> TxId {
        match &self.home {
            Home::Here(here) => here.shared.tx,
            Home::Far(far) => far.tx,
        }
    }

    /// Locks an object, and waits for it and for all that was claimed before.
    ///
    /// What the transaction has already, on the object or above it, is granted at once. Write on what it has for
    /// reading is a conversion, which goes before ordinary waiters. While it waits, it may have to surrender what it has, in
    /// a deadlock; but it does not return before everything is back, or the transaction is aborted.
    ///
    /// First come, first served.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, its request is withdrawn; if the grant came in
    /// between, it is given back, unless another call of this transaction was told of it. Earlier claims stay.
    ///
    /// # Errors
    /// [`ClaimError`]: the object is invalid, the transaction is over (ended, or aborted in a
    /// deadlock), its deadline has passed, or the node failed. The request is withdrawn then.
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{Locks, Mode};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), lock_agent::ClaimError> {
    /// # let locks = Locks::local();
    /// let tx = locks.begin().await;
    /// let guard = tx.lock(["db", "users", "7"], Mode::Read).await?;
    /// let token = guard.token().expect("held");
    /// let guard = tx.lock("db/users/7", Mode::Write).await?; // a conversion
    /// assert!(guard.token().expect("held") > token);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn lock(&self, object: impl IntoObject, mode: Mode) -> Result<Guard, ClaimError> {
        let object = object.into_object()?;
        match &self.home {
            Home::Here(here) => here.lock(object, mode, Dropped::TakesBack).await,
            Home::Far(far) => far.lock_one(Claim::new(object, mode)).await,
        }
    }

    /// Locks an object, but waits no longer than that; first come, first served. Needs a timer: that of the caller's
    /// Tokio runtime, which must have time enabled, or without one that of a thread of Gordian's.
    ///
    /// # Cancel safety
    /// As [`Transaction::lock`].
    ///
    /// # Errors
    /// [`TimeoutError::Elapsed`], if it was not granted in time: then it is not held and nothing
    /// is left in line, whatever happened in the last moment. Else as [`Transaction::lock`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn lock_timeout(
        &self,
        object: impl IntoObject,
        mode: Mode,
        within: Duration,
    ) -> Result<Guard, TimeoutError> {
        let object = object.into_object().map_err(ClaimError::from)?;
        match &self.home {
            Home::Here(here) => here.lock_timeout(object, mode, within).await,
            Home::Far(far) => far.lock_timeout(Claim::new(object, mode), within).await,
        }
    }

    /// Locks an object if it can be had at once; else nothing is queued. Does not wait for earlier claims either, and does
    /// not pass those who wait for it.
    ///
    /// # Errors
    /// [`TryError::Refused`] says who has it or waits for it; [`TryError::Asked`] that it is claimed on other nodes too, whose
    /// answers are under way; else as [`Transaction::lock`]. Nothing has changed then.
    pub fn try_lock(&self, object: impl IntoObject, mode: Mode) -> Result<Guard, TryError> {
        let object = object.into_object().map_err(ClaimError::from)?;
        match &self.home {
            Home::Here(here) => here.try_lock(object, mode),
            Home::Far(far) => far.try_at_home(vec![Claim::new(object, mode)]).map(only),
        }
    }

    /// Locks many objects in one atomic step if all of them can be had at once; else nothing is queued, and none is had. Gives a guard an
    /// object, as [`Transaction::lock_many`].
    ///
    /// # Errors
    /// [`TryError::Refused`] names one that cannot be had, and who has it or waits for it; [`TryError::Elsewhere`] one that is to be locked on
    /// other nodes, which cannot be asked at once, unless the transaction has them all already. Else as [`Transaction::try_lock`].
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{Locks, Mode};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let (one, other) = (locks.begin().await, locks.begin().await);
    /// let _bob = one.lock("accounts/bob", Mode::Write).await?;
    /// assert!(other.try_lock_many([("accounts/alice", Mode::Write), ("accounts/bob", Mode::Write)]).is_err());
    /// assert!(one.try_lock("accounts/alice", Mode::Write).is_ok()); // nothing was kept
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_lock_many<C: IntoClaim>(&self, claims: impl IntoIterator<Item = C>) -> Result<Vec<Guard>, TryError> {
        let claims = all(claims).map_err(ClaimError::from)?;
        match &self.home {
            Home::Here(here) => here.try_lock_many(claims),
            Home::Far(far) => far.try_at_home(claims),
        }
    }

    /// Claims an object without waiting; [`Transaction::await_all`] waits for it, and so does every later
    /// [`Transaction::lock`]. The claim has its place in line from now on: first come, first served.
    ///
    /// A deadlock that it closes is resolved before the call returns.
    ///
    /// # Errors
    /// As [`Transaction::lock`]; nothing is queued then.
    pub fn lock_nowait(&self, claim: impl IntoClaim) -> Result<(), ClaimError> {
        let claim = claim.into_claim()?;
        match &self.home {
            Home::Here(here) => here.lock_nowait(claim),
            Home::Far(far) => far.lock_nowait(vec![claim]),
        }
    }

    /// Claims many objects in one atomic step, without waiting: transactions that do so never deadlock with
    /// each other. The same object named twice is joined to the stronger mode.
    ///
    /// # Errors
    /// As [`Transaction::lock`]; then none of them is claimed.
    pub fn lock_many_nowait<C: IntoClaim>(&self, claims: impl IntoIterator<Item = C>) -> Result<(), ClaimError> {
        let claims = all(claims)?;
        match &self.home {
            Home::Here(here) => here.lock_many_nowait(claims),
            Home::Far(far) => far.lock_nowait(claims),
        }
    }

    /// Claims many objects in one atomic step, and waits for them and for all that was claimed before. What is free is
    /// held from the start; first come, first served for the rest.
    ///
    /// Gives a guard an object, in the order of first appearance; the same object named twice is joined to the
    /// stronger mode, and has one guard.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, all these requests are withdrawn.
    ///
    /// # Errors
    /// As [`Transaction::lock`]; then none of them is claimed.
    pub async fn lock_many<C: IntoClaim>(&self, claims: impl IntoIterator<Item = C>) -> Result<Vec<Guard>, ClaimError> {
        // Read before anything is awaited, so that they need not be `Send`.
        let claims = all(claims)?;
        match &self.home {
            Home::Here(here) => here.lock_many(claims, Dropped::TakesBack).await,
            Home::Far(far) => far.lock_many(claims, Dropped::TakesBack).await,
        }
    }

    /// Waits until everything that was claimed is granted, whoever claimed it; returns at once if nothing waits. The
    /// caller is told by this of all that it has.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped: the claims stay.
    ///
    /// # Errors
    /// [`ClaimError`]: the transaction is over, its deadline has passed and what it waited for was
    /// withdrawn, or the node failed.
    pub async fn await_all(&self) -> Result<HaveAll, ClaimError> {
        match &self.home {
            Home::Here(here) => here.await_all().await,
            Home::Far(far) => far.await_all().await,
        }
    }

    /// How it stands. If it has all locks, the caller is told of them by this. Never waits.
    pub fn status(&self) -> Status {
        match &self.home {
            Home::Here(here) => here.status(),
            Home::Far(far) => far.status(),
        }
    }

    /// What it is, has and waits for. The caller is told by this of what it has. Never waits.
    pub fn info(&self) -> TransactionInfo {
        match &self.home {
            Home::Here(here) => here.info(),
            Home::Far(far) => far.info(),
        }
    }

    /// The deadlocks that it was part of since its begin, the newest 256 of them.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        match &self.home {
            Home::Here(here) => here.deadlocks(),
            Home::Far(far) => far.deadlocks(),
        }
    }

    /// What it had and lost, with a failed node or at the end of its lease; not what it surrendered.
    pub fn losses(&self) -> Vec<Object> {
        match &self.home {
            Home::Here(here) => here.losses(),
            Home::Far(far) => far.losses(),
        }
    }

    /// Changes an option, for what is decided from now on; what was decided before stays.
    pub fn change_flag(&self, flag: Flag) {
        match &self.home {
            Home::Here(here) => here.change_flag(flag),
            Home::Far(far) => far.change_flag(flag),
        }
    }

    /// Everything that happens to the transaction from now on, as a stream; if it has claims already, its
    /// status comes first. Turns `notify` on.
    ///
    /// # Panics
    /// If there is no Tokio runtime, and the system gives no thread for one.
    pub fn events(&self) -> Events {
        match &self.home {
            Home::Here(here) => here.events(),
            Home::Far(far) => far.events(),
        }
    }

    /// Calls this for each lock that it loses from now on, with the object: its node has gone, or come back without
    /// it, or the lease is over. A lock that comes back, with [`Begin::await_nodes`](crate::Begin::await_nodes), comes back with another token.
    ///
    /// It is called on a task of its own, soon after the loss; whoever works on looks at the guard. The same is told by
    /// [`Event::Lost`](crate::Event::Lost), by [`Transaction::losses`], and by the errors of calls that wait.
    ///
    /// ```
    /// # use lock_agent::{Locks, Mode};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tx = Locks::local().begin().lease(Duration::from_millis(5)).await;
    /// let (lost, mut told) = tokio::sync::mpsc::unbounded_channel();
    /// tx.on_lost(move |object| drop(lost.send(object)));
    /// tx.lock("leases/7", Mode::Write).await?;
    /// assert_eq!(told.recv().await, Some("leases/7".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_lost(&self, mut told: impl FnMut(Object) + Send + 'static) {
        let mut events = self.events();
        lock_server::spawn(|| {
            tokio::spawn(async move {
                while let Some(event) = events.unread().await {
                    if let crate::Event::Lost { object } = event {
                        told(object);
                    }
                }
            })
        });
    }

    /// Ends it: everything is released before the call returns, and who waited for it is granted. Never waits. Dropping the
    /// handle does the same.
    pub fn end(self) {
        drop(self);
    }

    /// Ends it and keeps the handle, for those who share it. Calls that wait return with [`Over::Ended`].
    ///
    /// # Errors
    /// [`Over::Ended`], if it was ended before.
    pub fn try_end(&self) -> Result<(), Over> {
        match &self.home {
            Home::Here(here) => here.try_end(),
            Home::Far(far) => far.try_end(),
        }
    }

    /// Ends the transaction when it is dropped, wherever the handle has gone.
    pub(crate) fn ends_with_this(&self) -> Ends {
        Ends(self.home.clone())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.home.end();
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").field("tx", &self.id()).finish_non_exhaustive()
    }
}

fn only(guards: Vec<Guard>) -> Guard {
    guards.into_iter().next().expect("one claim, one guard")
}

fn all<C: IntoClaim>(claims: impl IntoIterator<Item = C>) -> Result<Vec<Claim>, InvalidObject> {
    claims.into_iter().map(IntoClaim::into_claim).collect()
}
