//! A transaction of a node among many, whose locks may lie on any node of the cluster.
//!
//! The machine of its home node decides everything; what is here waits, and gives back what nobody receives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use lock_core::{
    Call, CallError, Claim, ClaimError, ClaimView, Deadlock, Incarnation, Mode, NodeId, Object, Over, Status, Token,
    TransactionOptions, TxId,
};
use lock_server::{Member, Resident};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tracing::Span;

use crate::events::{BUFFER, Event};

/// One transaction of this process that lives on a node among many.
pub(crate) struct Far {
    pub(crate) member: Arc<Member>,
    pub(crate) tx: TxId,
    pub(crate) span: Span,
    ear: Arc<Ear>,
    over: AtomicBool,
}

/// What the node can reach of a transaction.
#[derive(Default)]
struct Ear {
    changed: Notify,
    /// Who wants to be told, and how many events it missed.
    events: Mutex<Option<Listener>>,
}

struct Listener {
    sender: mpsc::Sender<Event>,
    missed: u64,
    last: Option<Status>,
}

impl Resident for Ear {
    fn stirred(&self) {
        self.changed.notify_waiters();
    }

    fn lost(&self, object: &Object) {
        self.tell(Event::Lost { object: object.clone() });
    }

    fn node_changed(&self, node: &NodeId, incarnation: Option<Incarnation>) {
        let node = node.clone();
        self.tell(match incarnation {
            Some(incarnation) => Event::NodeUp { node, incarnation },
            None => Event::NodeDown { node },
        });
    }
}

impl Ear {
    fn tell(&self, event: Event) {
        if let Some(listener) = &mut *self.events.lock() {
            listener.tell(event);
        }
    }
}

impl Listener {
    fn tell(&mut self, event: Event) {
        if self.missed > 0 && self.sender.try_send(Event::Missed(self.missed)).is_ok() {
            self.missed = 0;
        }
        if self.missed > 0 || self.sender.try_send(event).is_err() {
            self.missed += 1;
        }
    }
}

/// Withdraws claims when it is dropped, unless they were received.
struct Withdraws<'far> {
    far: &'far Far,
    objects: Vec<Object>,
}

impl Drop for Withdraws<'_> {
    fn drop(&mut self) {
        for object in self.objects.drain(..) {
            // Refused if the transaction is over.
            let _ = self.far.member.call(self.far.tx, Call::Withdraw(object));
        }
    }
}

impl Far {
    pub(crate) fn begin(member: Arc<Member>, tx: TxId, options: TransactionOptions) -> Arc<Self> {
        let ear = Arc::new(Ear::default());
        let resident: Weak<Ear> = Arc::downgrade(&ear);
        member.begin_as(tx, options, resident);
        let span = tracing::debug_span!("transaction", %tx);
        Arc::new(Self { member, tx, span, ear, over: AtomicBool::new(false) })
    }

    /// Claims, all on each node in one step, and waits for them and all that was claimed before. Gives a token for each
    /// object.
    pub(crate) async fn lock(&self, claims: Vec<Claim>) -> Result<Vec<(Object, Mode, Token)>, ClaimError> {
        let wanted = wanted(&claims);
        self.nowait(claims)?;
        let mut withdraws = Withdraws { far: self, objects: wanted.iter().map(|(object, _)| object.clone()).collect() };
        loop {
            self.settled(&wanted).await?;
            let token = |(object, mode): &(Object, Mode)| {
                let token = self.member.token(self.tx, object, *mode)?;
                Some((object.clone(), *mode, token))
            };
            // Between being granted and being received it may have been surrendered, or lost.
            if let Some(received) = wanted.iter().map(token).collect() {
                withdraws.objects.clear();
                return Ok(received);
            }
        }
    }

    pub(crate) fn nowait(&self, claims: Vec<Claim>) -> Result<(), ClaimError> {
        self.member.call(self.tx, Call::Lock(claims)).map_err(|error| self.claim_error(error))
    }

    /// Waits until all that is claimed is granted.
    pub(crate) async fn settled(&self, wanted: &[(Object, Mode)]) -> Result<(), ClaimError> {
        loop {
            let changed = self.ear.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.member.settle(self.tx, wanted)? {
                return Ok(());
            }
            changed.await;
        }
    }

    /// Claims what can be granted at once by all nodes that it needs. Waits for their answers, and for nothing else.
    pub(crate) async fn try_lock(&self, claim: Claim) -> Result<Option<Token>, ClaimError> {
        let (object, mode) = (claim.object.clone(), claim.mode);
        self.member.call(self.tx, Call::Try(claim)).map_err(|error| self.claim_error(error))?;
        let mut withdraws = Withdraws { far: self, objects: vec![object.clone()] };
        loop {
            let changed = self.ear.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !self.member.with(|machine, _| machine.is_trying(self.tx, &object)) {
                withdraws.objects.clear();
                self.member.with(|machine, _| machine.running(self.tx))?;
                return Ok(self.member.token(self.tx, &object, mode));
            }
            changed.await;
        }
    }

    pub(crate) fn call(&self, call: Call) -> Result<(), CallError> {
        self.member.call(self.tx, call)
    }

    pub(crate) fn status(&self) -> Status {
        self.member.status(self.tx)
    }

    pub(crate) fn claims(&self) -> Vec<ClaimView> {
        self.member.claims(self.tx)
    }

    pub(crate) fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.member
            .with(|machine, _| machine.transaction(self.tx).map(|machine| machine.deadlocks()))
            .unwrap_or_default()
    }

    pub(crate) fn losses(&self) -> Vec<Object> {
        self.member
            .with(|machine, _| machine.transaction(self.tx).map(|machine| machine.losses().to_vec()))
            .unwrap_or_default()
    }

    /// Everything that happens to it from now on.
    pub(crate) fn events(&self) -> mpsc::Receiver<Event> {
        let (sender, events) = mpsc::channel(BUFFER);
        *self.ear.events.lock() = Some(Listener { sender, missed: 0, last: None });
        events
    }

    pub(crate) fn was_aborted(&self) -> bool {
        self.member.with(|machine, _| matches!(machine.running(self.tx), Err(Over::Aborted { .. })))
    }

    /// Ends it and gives everything back, on every node.
    pub(crate) fn end(&self) -> Result<(), Over> {
        if self.over.swap(true, Ordering::SeqCst) {
            return Err(Over::Ended(self.tx));
        }
        self.member.end(self.tx);
        self.ear.changed.notify_waiters();
        Ok(())
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

impl Drop for Far {
    fn drop(&mut self) {
        // Whoever ended it before has released everything.
        let _ = self.end();
    }
}

/// The objects of claims with their modes, the same object once.
fn wanted(claims: &[Claim]) -> Vec<(Object, Mode)> {
    lock_core::join(claims.iter().map(|claim| (claim.object.clone(), claim.mode)))
}
