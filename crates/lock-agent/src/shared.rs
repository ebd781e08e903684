//! What a transaction's handle, its guards and its agent share, and how its node reaches it.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use lock_core::{
    Ask, ClaimError, Deadlock, Fact, Incarnation, LostClaim, Over, TransactionMachine, TransactionOptions, TxId,
    TxProfile, WayOut, join,
};
use lock_server::{Node, Party, RequestError, Stopped};
use parking_lot::Mutex;
use ractor::ActorRef;
use tokio::sync::Notify;
use tracing::Span;

use crate::agent::AgentMessage;
use crate::interests::Interests;
use crate::locks::Handle;

/// One transaction of this process. Light: until it waits, nobody but its handle knows of it.
///
/// The atomics say the same as the machine, so that a lock that can be had at once needs no
/// look into it.
pub(crate) struct Shared {
    pub(crate) handle: Arc<Handle>,
    pub(crate) tx: TxId,
    pub(crate) changed: Notify,
    pub(crate) agent: OnceLock<ActorRef<AgentMessage>>,
    pub(crate) span: Span,
    /// No fewer claims than it has, granted and waiting: what is given back is not counted down, as a claim can
    /// go in many ways; at the limit the tables are asked ([`Shared::has_room_for`]).
    claims: AtomicU32,
    priority: AtomicI32,
    abort_on_deadlock: AtomicBool,
    incarnation: AtomicU64,
    touched: AtomicU64,
    marks: AtomicU8,
    /// How often a request of it had to wait.
    waited: AtomicU32,
    /// How many of these waits are known to be over.
    settled: AtomicU32,
    /// Its node may have it among its parties.
    known: AtomicBool,
    machine: Mutex<TransactionMachine>,
    /// Which calls wait for what.
    pub(crate) interests: Interests,
    /// One call at a time learns of a failure; the others wait until all is claimed again.
    catching_up: Mutex<()>,
}

/// Something about the transaction is not plain.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    /// It is over.
    Over = 1,
    /// It has a deadline, or claims with conditions: the machine has to be asked.
    AskMachine = 2,
    /// Its time for waiting was over while it waited.
    Late = 4,
    /// It lived through a failure of the node.
    Lost = 8,
    /// It was ended. The machine learns of it when it is asked next.
    Ended = 16,
    /// It was aborted in a deadlock, whether or not it was ended since.
    Aborted = 32,
}

impl Shared {
    pub(crate) fn new(handle: Arc<Handle>, tx: TxId, options: TransactionOptions) -> Self {
        let span = tracing::debug_span!("transaction", %tx);
        let marks = if options.deadline.is_some() { Mark::AskMachine as u8 } else { 0 };
        Self {
            tx,
            changed: Notify::new(),
            agent: OnceLock::new(),
            span,
            claims: AtomicU32::new(0),
            priority: AtomicI32::new(options.priority),
            abort_on_deadlock: AtomicBool::new(options.abort_on_deadlock),
            incarnation: AtomicU64::new(handle.node.incarnation().0),
            touched: AtomicU64::new(0),
            marks: AtomicU8::new(marks),
            waited: AtomicU32::new(0),
            settled: AtomicU32::new(0),
            known: AtomicBool::new(false),
            interests: Interests::default(),
            catching_up: Mutex::new(()),
            machine: Mutex::new(TransactionMachine::new(tx, options)),
            handle,
        }
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.handle.node
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.marks.load(SeqCst) == 0
    }

    pub(crate) fn is_marked(&self, mark: Mark) -> bool {
        self.marks.load(SeqCst) & mark as u8 != 0
    }

    pub(crate) fn mark(&self, mark: Mark) {
        self.marks.fetch_or(mark as u8, SeqCst);
    }

    pub(crate) fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation.load(SeqCst))
    }

    /// Asks or tells the machine. It is never held across a call to the node.
    pub(crate) fn machine<T>(&self, ask: impl FnOnce(&mut TransactionMachine) -> T) -> T {
        let mut machine = self.machine.lock();
        if self.is_marked(Mark::Ended) {
            // Refused from the second time on.
            let _ = machine.end();
        }
        ask(&mut machine)
    }

    /// A request had to wait, or something that was granted waits again.
    pub(crate) fn began_to_wait(&self) {
        self.waited.fetch_add(1, SeqCst);
    }

    /// Whether anything may wait.
    pub(crate) fn may_wait(&self) -> bool {
        self.waited.load(SeqCst) != self.settled.load(SeqCst)
    }

    /// Whether nothing waits any more; if so, the caller is told of all that is granted.
    ///
    /// # Errors
    /// [`Stopped`]: it was stopped, and has to catch up before it can say.
    pub(crate) fn settle(&self) -> Result<bool, Stopped> {
        let waited = self.waited.load(SeqCst);
        let settled = self.node().told_all(self)?;
        if settled {
            self.settled.fetch_max(waited, SeqCst);
        }
        Ok(settled)
    }

    /// Whether any call may wait, or have to be told that it need not.
    fn has_waited(&self) -> bool {
        self.waited.load(SeqCst) > 0
    }

    /// Lets calls look again after something that was waited for was withdrawn by another one.
    pub(crate) fn look_again(&self) {
        if self.has_waited() {
            self.changed.notify_waiters();
        }
        self.tell_agent(|| AgentMessage::LookAtStatus);
    }

    /// Whether so many claims more stay within the limit.
    pub(crate) fn has_room_for(&self, more: u32) -> bool {
        loop {
            let counted = self.claims.load(SeqCst);
            if counted.saturating_add(more) <= self.node().max_claims() {
                return true;
            }
            let had = self.node().claims_had(self);
            if had >= counted {
                return false;
            }
            // Fails if another call claimed something meanwhile: then both are looked at again.
            let _ = self.claims.compare_exchange(counted, had, SeqCst, SeqCst);
        }
    }

    pub(crate) fn count_claim(&self) {
        self.claims.fetch_add(1, SeqCst);
    }

    /// Learns of failures of the node since the last call, and claims again if it was asked to.
    pub(crate) fn catch_up(self: &Arc<Self>) -> Result<(), ClaimError> {
        self.machine(|machine| machine.running())?;
        if self.is_marked(Mark::Lost) || self.missed_a_failure() {
            let _alone = self.catching_up.lock();
            while self.missed_a_failure() && !self.machine(|machine| machine.cannot_be_served()) {
                let incarnation = self.node().incarnation();
                let lost = self.node().take_losses(self.tx);
                if !lost.is_empty() {
                    self.lost(&lost);
                }
                if !self.machine(|machine| machine.cannot_be_served()) {
                    self.incarnation.store(incarnation.0, SeqCst);
                    self.claim_again();
                }
            }
        }
        if self.machine(|machine| machine.cannot_be_served()) {
            return Err(ClaimError::Lost { tx: self.tx });
        }
        Ok(())
    }

    /// Whether the node failed since this transaction last looked.
    pub(crate) fn missed_a_failure(&self) -> bool {
        self.node().incarnation() != self.incarnation()
    }

    fn claim_again(self: &Arc<Self>) {
        let claims = join(self.machine(TransactionMachine::take_claims_to_repeat));
        if claims.is_empty() {
            return;
        }
        self.began_to_wait();
        tracing::debug!(parent: &self.span, claims = claims.len(), "claims again after a failure of the node");
        let now = self.node().now();
        if self.machine(|machine| machine.may_wait(now)).is_ok() {
            if self.node().request_all(self, &claims, Ask::WAIT).is_err() {
                // The node failed once more, or the transaction ends right now.
                self.machine(|machine| machine.repeat_later(claims));
            }
            return;
        }
        // Too late to wait: what cannot be had at once is lost.
        let ask = Ask { wait: false, tell: false };
        for (object, mode) in claims {
            if let Err(RequestError::Stopped(_)) = self.node().request(self, &object, mode, ask) {
                self.machine(|machine| machine.repeat_later([(object, mode)]));
            }
        }
    }

    /// Ends it, whoever asks first. Everything is released before the call returns.
    pub(crate) fn end(&self) -> Result<(), Over> {
        if !self.ends_now() {
            return Err(Over::Ended(self.tx));
        }
        self.release_all();
        Ok(())
    }

    /// Marks it as ended; `false` if it was ended before.
    fn ends_now(&self) -> bool {
        let ended = Mark::Over as u8 | Mark::Ended as u8;
        self.marks.fetch_or(ended, SeqCst) & Mark::Ended as u8 == 0
    }

    fn release_all(&self) {
        self.node().remove(self);
        if self.missed_a_failure() {
            // Nobody will ask for them any more.
            drop(self.node().take_losses(self.tx));
        }
        tracing::trace!(parent: &self.span, "ended");
        if self.has_waited() {
            self.changed.notify_waiters();
        }
        self.tell_agent(|| AgentMessage::Ended);
    }

    pub(crate) fn tell_agent(&self, message: impl FnOnce() -> AgentMessage) {
        if let Some(agent) = self.agent.get() {
            let _ = agent.cast(message());
        }
    }

    pub(crate) fn set_priority(&self, priority: i32) {
        self.priority.store(priority, SeqCst);
    }

    pub(crate) fn set_abort_on_deadlock(&self, abort: bool) {
        self.abort_on_deadlock.store(abort, SeqCst);
    }
}

impl Party for Shared {
    fn profile(&self) -> TxProfile {
        TxProfile {
            tx: self.tx,
            priority: self.priority.load(SeqCst),
            abort_on_deadlock: self.abort_on_deadlock.load(SeqCst),
        }
    }

    fn may_act(&self, incarnation: Incarnation) -> bool {
        !self.is_marked(Mark::Over) && incarnation == self.incarnation()
    }

    fn touch(&self, shard: usize) {
        let bit = 1 << shard;
        if self.touched.load(SeqCst) & bit == 0 {
            self.touched.fetch_or(bit, SeqCst);
        }
    }

    fn known(&self) {
        self.known.store(true, SeqCst);
    }

    fn is_known(&self) -> bool {
        self.known.load(SeqCst)
    }

    fn touched(&self) -> u64 {
        self.touched.load(SeqCst)
    }

    fn resolved(&self, deadlock: &Arc<Deadlock>) {
        let over = self.machine(|machine| {
            machine.resolved(deadlock);
            machine.running().is_err()
        });
        if over {
            self.mark(Mark::Over);
        }
        if deadlock.way_out == (WayOut::Abort { victim: self.tx }) {
            self.mark(Mark::Aborted);
        }
        tracing::debug!(parent: &self.span, way_out = %deadlock.way_out, "part of a deadlock");
        self.tell_agent(|| AgentMessage::Deadlock(deadlock.clone()));
    }

    fn lost(&self, claims: &[LostClaim]) {
        self.mark(Mark::Lost);
        self.machine(|machine| machine.lost(claims.iter().cloned()));
        self.tell_agent(|| AgentMessage::NodeFailed(claims.to_vec()));
    }

    fn told(&self, fact: &Fact) {
        if let Fact::Granted { object, mode, token, .. } = fact {
            tracing::trace!(parent: &self.span, %object, %mode, %token, "granted");
            self.tell_agent(|| AgentMessage::Granted(object.clone(), *mode, *token));
        }
    }

    fn time_is_over(&self) {
        if self.is_marked(Mark::Over) {
            // Its id may be that of a later try of the same work.
            return;
        }
        let now = self.node().now();
        let (late, lease) = self.machine(|machine| {
            let over = |at: Option<lock_core::Millis>| at.is_some_and(|at| at <= now);
            (machine.may_wait(now).is_err(), over(machine.options().lease))
        });
        if lease {
            self.end_of_lease();
        } else if late {
            self.node().withdraw_waits(self, || self.mark(Mark::Late));
        }
        self.changed.notify_waiters();
        self.tell_agent(|| AgentMessage::TimeOver);
    }

    fn wake(&self) {
        self.changed.notify_waiters();
    }
}

impl Shared {
    /// All locks are released, and the transaction is told that it lost them.
    fn end_of_lease(&self) {
        let claims = self.node().claims(self);
        let held: Vec<LostClaim> = claims
            .into_iter()
            .filter_map(|claim| Some(LostClaim { object: claim.object, mode: claim.granted?, granted: true }))
            .collect();
        if self.ends_now() {
            self.machine(|machine| machine.lease_over(held.iter().map(|claim| claim.object.clone())));
            self.tell_agent(|| AgentMessage::LeaseOver(held));
            self.release_all();
        }
    }
}
