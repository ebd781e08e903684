//! The handle of a transaction: all that a unit of work can do.

mod asking;
mod blocking;
mod releasing;

use std::sync::Arc;
use std::time::Duration;

use lock_core::{
    Answer, Ask, Claim, ClaimError, ClaimView, Deadlock, IntoObject, InvalidObject, Mode, Object, Over, Require,
    Status, TxId,
};

use asking::Asked;

use crate::events::Events;
use crate::shared::{Mark, Shared};
use crate::waiting::Pending;
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
    shared: Arc<Shared>,
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
pub(crate) struct Ends(Arc<Shared>);

impl Ends {
    pub(crate) fn was_aborted(&self) -> bool {
        self.0.is_marked(Mark::Aborted)
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        // Whoever ended it before has released everything.
        let _ = self.0.end();
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
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Its id, which is its age: smaller is older.
    pub fn id(&self) -> TxId {
        self.shared.tx
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
        self.shared.give_way().await;
        match self.ask(&object, mode)? {
            Asked::Received(token) => Ok(Guard::new(self.shared.clone(), object, mode, token)),
            Asked::Waits(answer) => self.receive(object, mode, answer).await,
        }
    }

    async fn receive(&self, object: Object, mode: Mode, answer: Answer) -> Result<Guard, ClaimError> {
        let mut pending = Pending::new(&self.shared);
        pending.add(&object, &answer);
        let tokens = self.wait_for(&[(object.clone(), mode)]).await?;
        pending.received();
        let token = tokens.into_iter().next().expect("one object, one token");
        Ok(Guard::new(self.shared.clone(), object, mode, token))
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
        let waits = self.lock(object.clone(), mode);
        let timed = lock_server::spawn(|| tokio::time::timeout(within, waits));
        if let Ok(locked) = timed.await {
            return Ok(locked?);
        }
        let holders = self.shared.node().holders(&object).into_iter().map(|holder| holder.tx).collect();
        Err(TimeoutError::Elapsed { tx: self.shared.tx, object, within, holders })
    }

    /// Locks an object if it can be had at once; else nothing is queued. Does not wait for earlier claims either, and does
    /// not pass those who wait for it.
    ///
    /// # Errors
    /// [`TryError::Refused`] says who has it or waits for it; else as [`Transaction::lock`]. Nothing has changed then.
    pub fn try_lock(&self, object: impl IntoObject, mode: Mode) -> Result<Guard, TryError> {
        let object = object.into_object().map_err(ClaimError::from)?;
        let claim = Claim::new(object, mode);
        self.admit(std::slice::from_ref(&claim))?;
        let answer =
            self.ask_again_after_failure(|shared| shared.node().request(shared, &claim.object, mode, Ask::TRY));
        match answer? {
            Answer::Granted { token, change } => {
                self.count(change);
                self.shared.tell_agent(|| crate::agent::AgentMessage::LookAtStatus);
                if self.shared.may_wait() {
                    self.shared.node().look(self.shared.tx);
                }
                Ok(Guard::new(self.shared.clone(), claim.object, mode, token))
            }
            Answer::Waiting(_) => Err(ClaimError::Withdrawn { tx: self.shared.tx, object: claim.object }.into()),
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
        if claim.nodes.is_empty() && claim.require == Require::All {
            let answer = self.request(&claim.object, claim.mode, Ask::WAIT)?;
            self.keep(&claim.object, &answer);
            return Ok(());
        }
        self.lock_many_nowait([claim])
    }

    /// Claims many objects in one atomic step, without waiting: transactions that do so never deadlock with
    /// each other. The same object named twice is joined to the stronger mode.
    ///
    /// # Errors
    /// As [`Transaction::lock`]; then none of them is claimed.
    pub fn lock_many_nowait<C: IntoClaim>(&self, claims: impl IntoIterator<Item = C>) -> Result<(), ClaimError> {
        let requested = self.request_many(claims, false)?;
        requested.iter().for_each(|(object, _, answer)| self.keep(object, answer));
        Ok(())
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
        let claims = claims.into_iter().map(IntoClaim::into_claim).collect::<Result<Vec<Claim>, InvalidObject>>()?;
        self.shared.give_way().await;
        let waits_for_earlier = self.shared.may_wait();
        let requested = self.request_many(claims, false)?;
        let mut pending = Pending::new(&self.shared);
        requested.iter().for_each(|(object, _, answer)| pending.add(object, answer));
        let at_once = |(object, mode, answer): &(Object, Mode, Answer)| match answer {
            Answer::Granted { token, .. } => Some(Guard::new(self.shared.clone(), object.clone(), *mode, *token)),
            Answer::Waiting(_) => None,
        };
        // Also after a deadline, which ends waiting and nothing else.
        if !waits_for_earlier
            && let Some(guards) = requested.iter().map(at_once).collect()
            && self.shared.settle() == Ok(true)
        {
            pending.received();
            return Ok(guards);
        }
        let wanted: Vec<(Object, Mode)> = requested.into_iter().map(|(object, mode, _)| (object, mode)).collect();
        let tokens = self.wait_for(&wanted).await?;
        pending.received();
        let guard = |((object, mode), token)| Guard::new(self.shared.clone(), object, mode, token);
        Ok(wanted.into_iter().zip(tokens).map(guard).collect())
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
        self.shared.give_way().await;
        self.shared.catch_up()?;
        self.shared.wait_for_all().await?;
        Ok(HaveAll { deadlocks: self.shared.machine(|machine| machine.deadlocks()) })
    }

    /// How it stands. If it has all locks, the caller is told of them by this. Never waits.
    pub fn status(&self) -> Status {
        let _ = self.shared.catch_up();
        let claims = self.shared.node().claims_told(&*self.shared, false);
        self.shared.machine(|machine| machine.status(&claims))
    }

    /// What it is, has and waits for. The caller is told by this of what it has. Never waits.
    pub fn info(&self) -> TransactionInfo {
        let _ = self.shared.catch_up();
        let claims = self.shared.node().claims_told(&*self.shared, true);
        let status = self.shared.machine(|machine| machine.status(&claims));
        TransactionInfo { tx: self.shared.tx, status, claims, lost: self.losses() }
    }

    /// The deadlocks that it was part of since its begin, the newest 256 of them.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.shared.machine(|machine| machine.deadlocks())
    }

    /// What it had and lost, with a failed node or at the end of its lease; not what it surrendered.
    pub fn losses(&self) -> Vec<Object> {
        let _ = self.shared.catch_up();
        self.shared.machine(|machine| machine.losses().to_vec())
    }

    /// Changes an option, for what is decided from now on; what was decided before stays.
    pub fn change_flag(&self, flag: Flag) {
        self.shared.machine(|machine| {
            let options = machine.options_mut();
            match flag {
                Flag::AbortOnDeadlock(abort) => options.abort_on_deadlock = abort,
                Flag::AwaitNodes(wait) => options.await_nodes = wait,
                Flag::MonitorNodes(monitor) => options.monitor_nodes = monitor,
                Flag::Notify(notify) => options.notify = notify,
                Flag::Priority(priority) => options.priority = priority,
            }
        });
        match flag {
            Flag::AbortOnDeadlock(abort) => self.shared.set_abort_on_deadlock(abort),
            Flag::Priority(priority) => self.shared.set_priority(priority),
            Flag::AwaitNodes(true) | Flag::MonitorNodes(true) | Flag::Notify(true) => {
                crate::agent::start(&self.shared);
            }
            Flag::AwaitNodes(false) | Flag::MonitorNodes(false) | Flag::Notify(false) => {}
        }
        self.shared.node().update_profile(&*self.shared);
    }

    /// Everything that happens to the transaction from now on, as a stream; if it has claims already, its
    /// status comes first. Turns `notify` on.
    ///
    /// # Panics
    /// If there is no Tokio runtime, and the system gives no thread for one.
    pub fn events(&self) -> Events {
        self.shared.machine(|machine| machine.options_mut().notify = true);
        crate::agent::subscribe(&self.shared)
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
        self.shared.end()
    }

    /// Ends the transaction when it is dropped, wherever the handle has gone.
    pub(crate) fn ends_with_this(&self) -> Ends {
        Ends(self.shared.clone())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // Whoever ended it before has released everything.
        let _ = self.shared.end();
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").field("tx", &self.shared.tx).finish_non_exhaustive()
    }
}
