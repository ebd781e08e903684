//! A transaction on a node in this process alone: what can be had at once is had in the tables, in place.

mod asking;
mod handing_over;
mod releasing;

use std::sync::Arc;
use std::time::Duration;

use lock_core::{Answer, Ask, Claim, ClaimError, ClaimView, Deadlock, Mode, Object, Over, Require, Status, TxId, join};

use asking::Asked;

use crate::events::Events;
use crate::shared::{Mark, Shared};
use crate::transaction::Dropped;
use crate::waiting::Pending;
use crate::{Flag, Guard, HaveAll, TimeoutError, TransactionInfo, TryError};
/// The handle of such a transaction.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) shared: Arc<Shared>,
}

impl Here {
    pub(crate) async fn lock(&self, object: Object, mode: Mode, dropped: Dropped) -> Result<Guard, ClaimError> {
        self.shared.give_way().await;
        match self.ask(&object, mode)? {
            Asked::Received(token) => Ok(Guard::here(self.shared.clone(), object, mode, token)),
            Asked::Waits(answer) => self.receive(object, mode, answer, dropped).await,
        }
    }

    pub(crate) fn blocking_lock(&self, object: Object, mode: Mode) -> Result<Guard, ClaimError> {
        match self.ask(&object, mode)? {
            Asked::Received(token) => Ok(Guard::here(self.shared.clone(), object, mode, token)),
            Asked::Waits(answer) => pollster::block_on(self.receive(object, mode, answer, Dropped::TakesBack)),
        }
    }

    async fn receive(&self, object: Object, mode: Mode, answer: Answer, dropped: Dropped) -> Result<Guard, ClaimError> {
        let mut pending = Pending::new(&self.shared);
        if dropped == Dropped::TakesBack {
            pending.add(&object, &answer);
        }
        let tokens = self.wait_for(&[(object.clone(), mode)]).await?;
        pending.received();
        let token = tokens.into_iter().next().expect("one object, one token");
        Ok(Guard::here(self.shared.clone(), object, mode, token))
    }

    pub(crate) async fn lock_timeout(
        &self,
        object: Object,
        mode: Mode,
        within: Duration,
    ) -> Result<Guard, TimeoutError> {
        let waits = self.lock(object.clone(), mode, Dropped::TakesBack);
        let timed = lock_server::spawn(|| tokio::time::timeout(within, waits));
        if let Ok(locked) = timed.await {
            return Ok(locked?);
        }
        let holders = self.holders(&object);
        Err(TimeoutError::Elapsed { tx: self.shared.tx, object, within, holders })
    }

    pub(crate) fn try_lock(&self, object: Object, mode: Mode) -> Result<Guard, TryError> {
        let claim = Claim::new(object, mode);
        self.admit(std::slice::from_ref(&claim))?;
        let answer =
            self.ask_again_after_failure(|shared| shared.node().request(shared, &claim.object, mode, Ask::TRY));
        let guard = self.tried(claim.object, mode, answer?)?;
        self.look_if_others_wait();
        Ok(guard)
    }

    pub(crate) fn try_lock_many(&self, claims: Vec<Claim>) -> Result<Vec<Guard>, TryError> {
        self.admit(&claims)?;
        let joined = join(claims.into_iter().map(|claim| (claim.object, claim.mode)));
        if joined.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.ask_again_after_failure(|shared| shared.node().request_all(shared, &joined, Ask::TRY))?;
        let guards = joined.into_iter().zip(answers).map(|((object, mode), answer)| self.tried(object, mode, answer));
        let guards = guards.collect::<Result<_, _>>()?;
        self.look_if_others_wait();
        Ok(guards)
    }

    fn tried(&self, object: Object, mode: Mode, answer: Answer) -> Result<Guard, TryError> {
        match answer {
            Answer::Granted { token, change } => {
                self.count(change);
                self.keep(&object, &answer);
                Ok(Guard::here(self.shared.clone(), object, mode, token))
            }
            Answer::Waiting(_) => Err(ClaimError::Withdrawn { tx: self.shared.tx, object }.into()),
        }
    }

    /// What was tried for may stand in the way of those whom other calls of the transaction wait for.
    fn look_if_others_wait(&self) {
        self.shared.tell_agent(|| crate::agent::AgentMessage::LookAtStatus);
        if self.shared.may_wait() {
            self.shared.node().look(self.shared.tx);
        }
    }

    pub(crate) fn lock_nowait(&self, claim: Claim) -> Result<(), ClaimError> {
        if claim.nodes.is_empty() && claim.require == Require::All {
            self.request(&claim.object, claim.mode, Ask::WAIT)?;
            self.shared.interests.keep(&claim.object);
            return Ok(());
        }
        self.lock_many_nowait(vec![claim])
    }

    pub(crate) fn lock_many_nowait(&self, claims: Vec<Claim>) -> Result<(), ClaimError> {
        let requested = self.request_many(claims, false)?;
        requested.iter().for_each(|(object, ..)| self.shared.interests.keep(object));
        Ok(())
    }

    pub(crate) async fn lock_many(&self, claims: Vec<Claim>, dropped: Dropped) -> Result<Vec<Guard>, ClaimError> {
        self.shared.give_way().await;
        let waits_for_earlier = self.shared.may_wait();
        let requested = self.request_many(claims, false)?;
        let at_once = |(object, mode, answer): &(Object, Mode, Answer)| match answer {
            Answer::Granted { token, .. } => Some(Guard::here(self.shared.clone(), object.clone(), *mode, *token)),
            Answer::Waiting(_) => None,
        };
        // Also after a deadline, which ends waiting and nothing else.
        if !waits_for_earlier
            && let Some(guards) = requested.iter().map(at_once).collect()
            && self.shared.settle() == Ok(true)
        {
            // Nothing was awaited, so nothing can be dropped before it is received.
            requested.iter().for_each(|(object, _, answer)| self.keep(object, answer));
            return Ok(guards);
        }
        let mut pending = Pending::new(&self.shared);
        if dropped == Dropped::TakesBack {
            requested.iter().for_each(|(object, _, answer)| pending.add(object, answer));
        }
        let wanted: Vec<(Object, Mode)> = requested.into_iter().map(|(object, mode, _)| (object, mode)).collect();
        let tokens = self.wait_for(&wanted).await?;
        pending.received();
        let guard = |((object, mode), token)| Guard::here(self.shared.clone(), object, mode, token);
        Ok(wanted.into_iter().zip(tokens).map(guard).collect())
    }

    pub(crate) async fn await_all(&self) -> Result<HaveAll, ClaimError> {
        self.shared.give_way().await;
        self.shared.catch_up()?;
        self.shared.wait_for_all().await?;
        Ok(HaveAll { deadlocks: self.shared.machine(|machine| machine.deadlocks()) })
    }

    /// What it has and waits for on one object, by a claim of its own.
    pub(crate) fn claim(&self, object: &Object) -> Option<ClaimView> {
        self.shared.node().claim(self.shared.tx, object)
    }

    pub(crate) fn holds(&self, object: &Object, mode: Mode) -> bool {
        let shared = &self.shared;
        shared.node().token(shared.tx, object, mode, shared.incarnation()).is_some() && !shared.is_marked(Mark::Over)
    }

    pub(crate) fn holders(&self, object: &Object) -> Vec<TxId> {
        self.shared.node().holders(object).into_iter().map(|holder| holder.tx).collect()
    }

    pub(crate) fn is_running(&self) -> Result<(), Over> {
        self.shared.machine(|machine| machine.running())
    }

    pub(crate) fn status(&self) -> Status {
        let _ = self.shared.catch_up();
        let claims = self.shared.node().claims_told(&*self.shared, false);
        self.shared.machine(|machine| machine.status(&claims))
    }

    pub(crate) fn info(&self) -> TransactionInfo {
        let _ = self.shared.catch_up();
        let claims = self.shared.node().claims_told(&*self.shared, true);
        let status = self.shared.machine(|machine| machine.status(&claims));
        TransactionInfo { tx: self.shared.tx, status, claims, lost: self.losses() }
    }

    pub(crate) fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.shared.machine(|machine| machine.deadlocks())
    }

    pub(crate) fn losses(&self) -> Vec<Object> {
        let _ = self.shared.catch_up();
        self.shared.machine(|machine| machine.losses().to_vec())
    }

    pub(crate) fn change_flag(&self, flag: Flag) {
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

    pub(crate) fn events(&self) -> Events {
        self.shared.machine(|machine| machine.options_mut().notify = true);
        crate::agent::subscribe(&self.shared)
    }

    pub(crate) fn try_end(&self) -> Result<(), Over> {
        self.shared.end()
    }
}
