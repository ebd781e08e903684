//! A transaction of a node of a cluster, whose locks may lie on any of its nodes.
//!
//! The machine of its home node decides everything; what is here waits, and gives back what nobody receives.

mod listener;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use lock_core::{
    Call, CallError, Claim, ClaimChange, ClaimError, ClaimView, Deadlock, Mode, NotHeld, Object, Over, Require, Status,
    Tenure, Token, TransactionOptions, TxId,
};
use lock_server::{Member, Resident};

use crate::events::{Events, Hears};
use crate::interests::Interests;
use crate::transaction::Dropped;
use crate::{Flag, Guard, HaveAll, ReleaseError, TimeoutError, TransactionInfo, TryError};
use listener::Ear;

/// One transaction of this process that lives on a node of a cluster.
pub(crate) struct Far {
    member: Arc<Member>,
    pub(crate) tx: TxId,
    ear: Arc<Ear>,
    over: AtomicBool,
    interests: Interests,
}

/// Requests that nobody has had the answer of yet. Dropped early, it takes them back, unless another call of the transaction waits for the
/// same objects: then that one inherits the claims.
struct Pending<'far> {
    far: &'far Far,
    objects: Vec<Object>,
}

impl Pending<'_> {
    fn enter(&mut self, object: &Object, mode: Mode) {
        let change = change_by(self.far.claim(object).as_ref(), mode);
        self.far.interests.enter(object, change, false);
        self.objects.push(object.clone());
    }

    /// The caller has its answer.
    fn received(mut self) {
        for object in self.objects.drain(..) {
            self.far.interests.keep(&object);
            self.far.interests.leave(&object);
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        for object in self.objects.drain(..).rev() {
            // The next try of a `run` may have the same id.
            if let Some(change) = self.far.interests.leave(&object).filter(|_| !self.far.over.load(Ordering::SeqCst)) {
                // Refused if the transaction is over.
                let _ = self.far.member.call(self.far.tx, Call::TakeBack(object, change));
            }
        }
    }
}

/// What asking for that mode changes.
fn change_by(claim: Option<&ClaimView>, mode: Mode) -> ClaimChange {
    match claim.map(|claim| (claim.granted, claim.wanted)) {
        None => ClaimChange::New,
        Some((granted, wanted)) if granted.max(wanted) >= Some(mode) => ClaimChange::Nothing,
        Some((Some(_), _)) => ClaimChange::Conversion,
        Some((None, _)) => ClaimChange::Strengthened,
    }
}

impl Far {
    pub(crate) fn begin(member: Arc<Member>, tx: TxId, options: TransactionOptions) -> Arc<Self> {
        let ear = Arc::new(Ear::new(tx));
        let resident: Weak<dyn Resident> = Arc::<Ear>::downgrade(&ear);
        member.begin_as(tx, options, resident);
        Arc::new(Self { member, tx, ear, over: AtomicBool::new(false), interests: Interests::default() })
    }

    pub(crate) fn is_of(&self, member: &Arc<Member>) -> bool {
        Arc::ptr_eq(&self.member, member)
    }

    pub(crate) async fn lock_one(self: &Arc<Self>, claim: Claim) -> Result<Guard, ClaimError> {
        let guards = self.lock_many(vec![claim], Dropped::TakesBack).await?;
        Ok(guards.into_iter().next().expect("one claim, one guard"))
    }

    /// Claims, all on each node in one step, and waits for them and all that was claimed before.
    pub(crate) async fn lock_many(
        self: &Arc<Self>,
        claims: Vec<Claim>,
        dropped: Dropped,
    ) -> Result<Vec<Guard>, ClaimError> {
        let wanted = lock_core::join(claims.iter().map(|claim| (claim.object.clone(), claim.mode)));
        let mut pending = Pending { far: self, objects: Vec::with_capacity(wanted.len()) };
        if dropped == Dropped::TakesBack {
            wanted.iter().for_each(|(object, mode)| pending.enter(object, *mode));
        }
        self.ask(claims)?;
        loop {
            self.settled(&wanted).await?;
            // Between being granted and being received it may have been surrendered, or lost.
            if let Some(guards) = self.guards_of(&wanted) {
                pending.received();
                return Ok(guards);
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn lock_nowait(&self, claims: Vec<Claim>) -> Result<(), ClaimError> {
        let objects: Vec<Object> = claims.iter().map(|claim| claim.object.clone()).collect();
        self.ask(claims)?;
        objects.iter().for_each(|object| self.interests.keep(object));
        Ok(())
    }

    fn ask(&self, claims: Vec<Claim>) -> Result<(), ClaimError> {
        self.member.call(self.tx, Call::Lock(claims)).map_err(|error| self.claim_error(error))
    }

    pub(crate) async fn lock_timeout(self: &Arc<Self>, claim: Claim, within: Duration) -> Result<Guard, TimeoutError> {
        let object = claim.object.clone();
        let waits = self.lock_one(claim);
        let timed = lock_server::spawn(|| tokio::time::timeout(within, waits));
        if let Ok(locked) = timed.await {
            return Ok(locked?);
        }
        let holders = self.holders(&object);
        Err(TimeoutError::Elapsed { tx: self.tx, object, within, holders })
    }

    /// Waits until all that is claimed is granted, and the caller is told of it.
    async fn settled(&self, wanted: &[(Object, Mode)]) -> Result<(), ClaimError> {
        loop {
            let changed = self.ear.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.member.settle(self.tx, wanted)? {
                return Ok(());
            }
            changed.await;
        }
    }

    /// What can be had at once on the home node, all or nothing: its answer comes before the call returns.
    pub(crate) fn try_at_home(self: &Arc<Self>, claims: Vec<Claim>) -> Result<Vec<Guard>, TryError> {
        let wanted = lock_core::join(claims.iter().map(|claim| (claim.object.clone(), claim.mode)));
        if let Some(guards) = self.guards_of(&wanted) {
            self.is_running().map_err(ClaimError::from)?;
            return Ok(self.tried(&wanted, guards));
        }
        self.only_at_home(&claims)?;
        let before: Vec<ClaimChange> =
            wanted.iter().map(|(object, mode)| change_by(self.claim(object).as_ref(), *mode)).collect();
        let refused = self.member.try_here(self.tx, claims).map_err(|error| self.claim_error(error))?;
        if let Some(guards) = self.guards_of(&wanted) {
            return Ok(self.tried(&wanted, guards));
        }
        if let Some(refused) = refused {
            return Err(refused.into());
        }
        for (object, _) in &wanted {
            let nodes = self.member.with(|machine, _| machine.asked_elsewhere(self.tx, object));
            if !nodes.is_empty() {
                return Err(TryError::Asked { tx: self.tx, object: object.clone(), nodes });
            }
        }
        // The node does not grant yet. Nothing is left in line.
        for ((object, _), change) in wanted.iter().zip(before) {
            let _ = self.member.call(self.tx, Call::TakeBack(object.clone(), change));
        }
        let object = wanted.into_iter().map(|(object, _)| object).next().expect("nothing at all is always had");
        let (require, claimed) = (Require::All, vec![self.member.name().clone()]);
        Err(ClaimError::CannotServe { tx: self.tx, object, require, claimed, there: Vec::new() }.into())
    }

    /// What a caller was told of is not taken back when another call that waits for it is dropped.
    fn tried(&self, wanted: &[(Object, Mode)], guards: Vec<Guard>) -> Vec<Guard> {
        wanted.iter().for_each(|(object, _)| self.interests.keep(object));
        self.saw();
        guards
    }

    /// Guards of all of them, if they are had.
    fn guards_of(self: &Arc<Self>, wanted: &[(Object, Mode)]) -> Option<Vec<Guard>> {
        let guard = |(object, mode): &(Object, Mode)| {
            let tenure = self.tenure(object, *mode)?;
            Some(Guard::far(self.clone(), object.clone(), *mode, tenure))
        };
        wanted.iter().map(guard).collect()
    }

    fn only_at_home(&self, claims: &[Claim]) -> Result<(), TryError> {
        let home = self.member.name();
        let elsewhere = claims.iter().find(|claim| claim.nodes.iter().any(|node| node != home));
        elsewhere.map_or(Ok(()), |claim| {
            let (tx, object, nodes) = (self.tx, claim.object.clone(), claim.nodes.clone());
            Err(TryError::Elsewhere { tx, object, nodes })
        })
    }

    pub(crate) async fn await_all(&self) -> Result<HaveAll, ClaimError> {
        self.settled(&[]).await?;
        Ok(HaveAll { deadlocks: self.deadlocks() })
    }

    pub(crate) fn saw(&self) {
        // Refused if the transaction is over.
        let _ = self.member.call(self.tx, Call::Saw);
    }

    pub(crate) fn tenure(&self, object: &Object, mode: Mode) -> Option<Tenure> {
        self.member.tenure(self.tx, object, mode).filter(|_| !self.over.load(Ordering::SeqCst))
    }

    /// What it has and waits for on one object, by a claim of its own.
    pub(crate) fn claim(&self, object: &Object) -> Option<ClaimView> {
        self.member.claim(self.tx, object)
    }

    /// Who has an object, as far as the home node knows.
    pub(crate) fn holders(&self, object: &Object) -> Vec<TxId> {
        self.member.holders_and_waiters(object).0.into_iter().map(|holder| holder.tx).collect()
    }

    pub(crate) fn is_running(&self) -> Result<(), Over> {
        if self.over.load(Ordering::SeqCst) {
            return Err(Over::Ended(self.tx));
        }
        let running =
            self.member.with(|machine, _| machine.transaction(self.tx).map(lock_core::TransactionMachine::running));
        running.unwrap_or(Err(Over::Ended(self.tx)))
    }

    pub(crate) fn status(&self) -> Status {
        let status = self.member.status(self.tx);
        if matches!(status, Status::HaveAllLocks { .. }) {
            self.saw();
        }
        status
    }

    pub(crate) fn info(&self) -> TransactionInfo {
        self.saw();
        let (status, claims) = (self.member.status(self.tx), self.member.claims(self.tx));
        TransactionInfo { tx: self.tx, status, claims, lost: self.losses() }
    }

    pub(crate) fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        let deadlocks = self.member.with(|machine, _| Some(machine.transaction(self.tx)?.deadlocks()));
        deadlocks.unwrap_or_default()
    }

    pub(crate) fn losses(&self) -> Vec<Object> {
        let losses = self.member.with(|machine, _| Some(machine.transaction(self.tx)?.losses().to_vec()));
        losses.unwrap_or_default()
    }

    pub(crate) fn events(self: &Arc<Self>) -> Events {
        let claims = self.member.claims(self.tx);
        let events =
            self.ear.listen(&claims, (!claims.is_empty()).then(|| self.member.status(self.tx)), self.deadlocks().len());
        Events { events, hears: Hears::Far(Arc::downgrade(self)) }
    }

    pub(crate) fn change_flag(&self, flag: Flag) {
        self.member.change_options(self.tx, |options| match flag {
            Flag::AbortOnDeadlock(abort) => options.abort_on_deadlock = abort,
            Flag::AwaitNodes(wait) => options.await_nodes = wait,
            Flag::MonitorNodes(monitor) => options.monitor_nodes = monitor,
            Flag::Notify(notify) => options.notify = notify,
            Flag::Priority(priority) => options.priority = priority,
        });
    }

    pub(crate) fn was_aborted(&self) -> bool {
        self.ear.was_aborted()
    }

    /// Ends it and gives everything back, on every node.
    pub(crate) fn try_end(&self) -> Result<(), Over> {
        if self.over.swap(true, Ordering::SeqCst) {
            return Err(Over::Ended(self.tx));
        }
        self.member.end(self.tx);
        self.ear.wake();
        Ok(())
    }

    pub(crate) fn unlock(&self, object: &Object) -> Result<(), ReleaseError> {
        self.release(Call::Unlock(object.clone()), object)
    }

    pub(crate) fn downgrade(&self, object: &Object) -> Result<(), ReleaseError> {
        self.release(Call::Downgrade(object.clone()), object)
    }

    pub(crate) fn surrender(&self, object: &Object) -> Result<Option<Token>, ReleaseError> {
        self.release(Call::Surrender(object.clone()), object)?;
        Ok(self.tenure(object, Mode::Read).map(|tenure| tenure.token))
    }

    /// Wants it for reading at most: a conversion is withdrawn, a write turned into a read.
    pub(crate) fn only_read(&self, object: &Object) -> Result<(), ReleaseError> {
        self.release(Call::TakeBack(object.clone(), ClaimChange::Conversion), object)
    }

    fn release(&self, call: Call, object: &Object) -> Result<(), ReleaseError> {
        if self.over.load(Ordering::SeqCst) {
            // The next try of a `run` may have the same id.
            return Err(Over::Ended(self.tx).into());
        }
        self.member.call(self.tx, call).map_err(|error| match error {
            CallError::NotHeld(error) => error.into(),
            CallError::Claim(ClaimError::Over(over)) => over.into(),
            CallError::Claim(ClaimError::DeadlineOver { tx, .. }) => {
                ReleaseError::DeadlineOver { tx, object: object.clone() }
            }
            CallError::Claim(_) | CallError::Busy { .. } => {
                NotHeld { tx: self.tx, object: object.clone(), holders: Vec::new() }.into()
            }
            // Whoever is not known here is over.
            _ => Over::Ended(self.tx).into(),
        })
    }

    fn claim_error(&self, error: CallError) -> ClaimError {
        match error {
            CallError::Claim(error) => error,
            CallError::Busy { node, limit } => ClaimError::Busy { tx: self.tx, node, limit },
            // Whoever is not known here is over.
            _ => Over::Ended(self.tx).into(),
        }
    }
}
