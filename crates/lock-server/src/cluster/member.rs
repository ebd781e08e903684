//! One node of a cluster at work: calls, frames and time go in, one at a time; frames and news go out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use foldhash::HashMap;
use lock_core::{
    Call, CallError, Claim, ClaimError, ClaimView, Counters, Deadlock, Frame, HolderView, Incarnation, LockTable,
    Millis, Mode, NodeConfig, NodeId, NodeMachine, Object, Output, Refused, Scope, Status, Tenure, Timing, Tokens,
    TransactionOptions, TxId, WaitGraph, WaiterView, WatchId,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::clock::Clock;
use super::ids::TxIds;
use super::presence::Presence;
use super::{MemoryNetwork, Resident, Wire, batch, ticker};
use crate::mail::Mailboxes;
use crate::node::incarnation_of_now;
use crate::watching::Watchers;
use crate::{NodeStatus, Statistics, Watching};

/// A node of a cluster.
///
/// One mutex holds its machine and its table together. Calls of this process go in on the caller's own thread, frames
/// on that of their link; nothing is awaited inside, and what is to be sent is only put on its way.
pub struct Member {
    name: NodeId,
    timing: Timing,
    clock: Clock,
    ids: TxIds,
    wire: Arc<dyn Wire>,
    inside: Mutex<Inside>,
    watchers: Watchers,
    pub(super) mailboxes: Arc<Mailboxes>,
    presence: watch::Sender<BTreeMap<NodeId, Presence>>,
    /// When the ticker wakes up next.
    planned: AtomicU64,
    sooner: Arc<Notify>,
}

pub(super) struct Inside {
    pub(super) machine: NodeMachine,
    pub(super) table: LockTable,
    pub(super) residents: HashMap<TxId, Weak<dyn Resident>>,
    deadlocks: VecDeque<Arc<Deadlock>>,
    /// How many were resolved here.
    pub(super) resolved: u64,
}

/// How a node sees itself, and the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    /// Its name.
    pub node: NodeId,
    /// Its incarnation.
    pub incarnation: Incarnation,
    /// Whether it still waits to be told what others hold here.
    pub is_recovering: bool,
    /// How the other nodes stand.
    pub peers: BTreeMap<NodeId, Presence>,
    /// How many transactions live here.
    pub transactions: usize,
    /// What happened so far.
    pub counters: Counters,
}

impl Member {
    /// How many resolved deadlocks are kept, the newest.
    pub const KEPT_DEADLOCKS: usize = 1_024;

    /// A node of a cluster in this process alone. Runs on the Tokio runtime of the caller.
    ///
    /// # Panics
    /// Without a Tokio runtime.
    pub fn in_memory(node: &NodeId, peers: &[NodeId], timing: Timing, network: &Arc<MemoryNetwork>) -> Arc<Self> {
        let mut config = NodeConfig::new(node.clone(), incarnation_of_now());
        (config.peers, config.timing) = (peers.to_vec(), timing);
        let member = Self::start(config, network.wire(node.clone()));
        network.connect(node, Arc::downgrade(&member));
        member
    }

    /// Starts a node whose frames go over a wire. Whoever brings frames of others calls [`Member::receive`].
    pub(crate) fn start(config: NodeConfig, wire: Arc<dyn Wire>) -> Arc<Self> {
        let member = Self::with_clock(config, wire, Clock::start());
        tokio::spawn(ticker::keep_time(Arc::downgrade(&member)));
        member
    }

    pub(super) fn with_clock(config: NodeConfig, wire: Arc<dyn Wire>, clock: Clock) -> Arc<Self> {
        let (incarnation, now) = (config.incarnation, clock.now());
        let down = Presence { is_up: false, incarnation: None, since: now };
        let others = config.peers.iter().filter(|peer| **peer != config.node);
        let presence = others.map(|peer| (peer.clone(), down)).collect();
        Arc::new(Self {
            name: config.node.clone(),
            timing: config.timing,
            clock,
            ids: TxIds::new(&config.node),
            wire,
            watchers: Watchers::default(),
            mailboxes: Arc::default(),
            presence: watch::Sender::new(presence),
            planned: AtomicU64::new(0),
            sooner: Arc::default(),
            inside: Mutex::new(Inside {
                machine: NodeMachine::new(config, now),
                table: LockTable::new(incarnation, Tokens::starting_at(incarnation), 0),
                residents: HashMap::default(),
                deadlocks: VecDeque::new(),
                resolved: 0,
            }),
        })
    }

    /// Its name.
    pub fn name(&self) -> &NodeId {
        &self.name
    }

    /// Now, by its clock.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The times that it keeps.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Begins a transaction that lives here.
    pub fn begin(&self, options: TransactionOptions, resident: Weak<dyn Resident>) -> TxId {
        let tx = self.next_tx();
        self.begin_as(tx, options, resident);
        tx
    }

    /// Begins a transaction with the age of one that is over.
    pub fn begin_as(&self, tx: TxId, options: TransactionOptions, resident: Weak<dyn Resident>) {
        let mut inside = self.inside.lock();
        inside.machine.forget(tx);
        inside.machine.begin(tx, options);
        inside.residents.insert(tx, resident);
        self.wake_at(inside.machine.next_tick());
    }

    /// An id for a transaction that begins now.
    pub fn next_tx(&self) -> TxId {
        match &self.clock {
            Clock::Machine(_) => self.ids.next(),
            Clock::Directed(director) => director.next_tx(),
        }
    }

    /// Carries out a call of a transaction that lives here. Never waits.
    ///
    /// # Errors
    /// [`CallError`]: nothing has changed then.
    pub fn call(&self, tx: TxId, call: Call) -> Result<(), CallError> {
        batch::check(&self.name, tx, &call)?;
        self.step(|Inside { machine, table, .. }, now| machine.call(table, tx, call, now))
    }

    /// Ends a transaction and forgets it; does nothing if it is over.
    pub fn end(&self, tx: TxId) {
        self.step(|Inside { machine, table, residents, .. }, now| {
            residents.remove(&tx);
            // Refused if it is over.
            let _ = machine.call(table, tx, Call::End, now);
            machine.forget(tx);
        });
    }

    /// Ends all transactions that live here: their locks are given back everywhere.
    pub fn end_all(&self) {
        self.step(|Inside { machine, table, .. }, now| {
            let all: Vec<TxId> = machine.transactions().collect();
            for tx in all {
                // Refused if it is over.
                let _ = machine.call(table, tx, Call::End, now);
            }
        });
    }

    pub(super) fn inside(&self) -> &Mutex<Inside> {
        &self.inside
    }

    pub(super) fn wire(&self) -> &dyn Wire {
        self.wire.as_ref()
    }

    /// Asks or changes the machine's picture of a transaction.
    pub fn with<T>(&self, ask: impl FnOnce(&mut NodeMachine, Millis) -> T) -> T {
        self.step(|Inside { machine, .. }, now| ask(machine, now))
    }

    /// Does something, and tells everybody what came of it.
    pub(super) fn step<T>(&self, step: impl FnOnce(&mut Inside, Millis) -> T) -> T {
        let now = self.now();
        let mut inside = self.inside.lock();
        let done = step(&mut inside, now);
        self.tell(&mut inside);
        done
    }

    /// A frame of another node.
    pub(crate) fn receive(&self, from: &NodeId, frame: Frame) {
        self.step(|Inside { machine, table, .. }, now| {
            if !self.clock.is_directed() && now.0 >= self.planned.load(Ordering::SeqCst) {
                // After a freeze: what is over ends before anything that was said in it is heard, late.
                machine.tick(table, now);
            }
            machine.receive(table, from, frame, now);
        });
    }

    /// There is a new stream to another node. A directed one says what it has to say when it is told that time has passed.
    pub(crate) fn reached(&self, peer: &NodeId) {
        if !self.clock.is_directed() {
            self.step(|Inside { machine, table, .. }, now| machine.reached(table, peer, now));
        }
    }

    /// The process of another node is known to be gone, with this incarnation of it and all before.
    pub(crate) fn gone(&self, peer: &NodeId, incarnation: Option<Incarnation>) {
        self.step(|Inside { machine, table, .. }, now| machine.gone(table, peer, incarnation, now));
    }

    /// Lets time pass. Gives after how long to do so again.
    pub(super) fn tick(&self) -> Option<Duration> {
        self.step(|Inside { machine, table, .. }, now| {
            machine.tick(table, now);
            let next = machine.next_tick();
            self.planned.store(next.map_or(u64::MAX, |next| next.0), Ordering::SeqCst);
            // A millisecond at least: the clock counts no smaller steps.
            next.map(|next| Duration::from_millis(next.0.saturating_sub(now.0).max(1)))
        })
    }

    pub(super) fn sooner(&self) -> Arc<Notify> {
        self.sooner.clone()
    }

    fn wake_at(&self, at: Option<Millis>) {
        if at.is_some_and(|at| at.0 < self.planned.load(Ordering::SeqCst)) {
            self.sooner.notify_one();
        }
    }

    /// Tells everybody what came of a step.
    fn tell(&self, inside: &mut Inside) {
        for output in inside.machine.take_outputs() {
            match output {
                Output::Send { to, frame } => self.wire.send(&to, *frame),
                Output::Lost { tx, object } => {
                    if let Some(resident) = inside.residents.get(&tx).and_then(Weak::upgrade) {
                        resident.lost(&object);
                    }
                }
                Output::Resolved(deadlock) => {
                    tracing::info!(target: "gordian::deadlock", node = %self.name, "{deadlock}");
                    inside.resolved += 1;
                    inside.deadlocks.push_back(deadlock);
                    if inside.deadlocks.len() > Self::KEPT_DEADLOCKS {
                        inside.deadlocks.pop_front();
                    }
                }
                Output::Changed { watch, change } => self.watchers.tell(watch, change),
                Output::PeerUp(peer) => self.peer_changed(inside, &peer, true),
                Output::PeerDown(peer) => self.peer_changed(inside, &peer, false),
                Output::Letter { from, about, note } => self.mailboxes.deliver(&from, &about, &note),
                Output::Unwelcome(unwelcome) => tracing::warn!(node = %self.name, "{unwelcome}"),
                _ => {}
            }
        }
        self.wake_at(inside.machine.next_tick());
        for tx in inside.machine.take_stirred() {
            if let Some(resident) = inside.residents.get(&tx).and_then(Weak::upgrade) {
                resident.stirred(&inside.machine);
            }
        }
    }

    fn peer_changed(&self, inside: &Inside, peer: &NodeId, is_up: bool) {
        tracing::info!(node = %self.name, %peer, "a peer is {}", if is_up { "up" } else { "down" });
        self.mailboxes.peer_changed(peer, is_up);
        let incarnation = inside.machine.incarnation_of(peer).filter(|_| is_up);
        let since = self.now();
        self.presence.send_modify(|presence| {
            presence.insert(peer.clone(), Presence { is_up, incarnation, since });
        });
        let monitors = |tx: &TxId| inside.machine.transaction(*tx).is_some_and(|tx| tx.options().monitor_nodes);
        for (_, resident) in inside.residents.iter().filter(|(tx, _)| monitors(tx)) {
            if let Some(resident) = resident.upgrade() {
                resident.node_changed(peer, incarnation);
            }
        }
    }

    /// How the other nodes stand, now and whenever that changes: whether they are there, in which incarnation, and since when.
    ///
    /// # Examples
    ///
    /// ```
    /// # use lock_core::{NodeId, Timing};
    /// # use lock_server::{Member, MemoryNetwork};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (network, names) = (MemoryNetwork::new(), ["n1", "n2"].map(NodeId::new));
    /// let [n1, n2] = names.each_ref().map(|name| Member::in_memory(name, &names, Timing::default(), &network));
    /// let mut presence = n1.presence();
    /// // Waits until n2 is there; `changed` waits for whatever comes next.
    /// let seen = presence.wait_for(|presence| presence[n2.name()].is_up).await?.clone();
    /// assert_eq!(seen[n2.name()].incarnation, Some(n2.view().incarnation));
    /// # Ok(())
    /// # }
    /// ```
    pub fn presence(&self) -> watch::Receiver<BTreeMap<NodeId, Presence>> {
        self.presence.subscribe()
    }

    /// How it sees itself and the others.
    pub fn view(&self) -> MemberView {
        let inside = self.inside.lock();
        MemberView {
            node: self.name.clone(),
            incarnation: inside.machine.incarnation(),
            is_recovering: inside.machine.is_recovering(),
            peers: self.presence.borrow().clone(),
            transactions: inside.residents.len(),
            counters: inside.machine.counters().clone(),
        }
    }

    /// How often what happened on this node, and how long the ways out took.
    ///
    /// # Examples
    ///
    /// ```
    /// use lock_core::{NodeId, Timing};
    /// use lock_server::{Member, MemoryNetwork};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (name, network) = (NodeId::new("n1"), MemoryNetwork::new());
    /// let member = Member::in_memory(&name, std::slice::from_ref(&name), Timing::default(), &network);
    /// let counters = member.counters();
    /// assert_eq!((counters.looks, counters.phantoms, counters.deadlocks()), (0, 0, 0));
    /// # }
    /// ```
    pub fn counters(&self) -> Counters {
        self.inside.lock().machine.counters().clone()
    }

    /// The deadlocks that ended here of late, the newest 1024, oldest first.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.inside.lock().deadlocks.iter().cloned().collect()
    }

    /// Watches an object or a subtree of this node from now on, as [`Node::watch`](crate::Node::watch) does.
    pub fn watch(self: &Arc<Self>, object: Object, scope: Scope) -> Watching {
        let (id, changes) = self.watchers.add(&object, scope);
        self.inside.lock().table.watch(id, object.clone(), scope);
        Watching::on_member(Arc::downgrade(self), id, object, changes)
    }

    pub(crate) fn unwatch(&self, id: WatchId, object: &Object) {
        self.watchers.remove(id);
        self.inside.lock().table.unwatch(id, object);
    }

    /// How its table stands.
    pub fn status_of_table(&self) -> NodeStatus {
        let inside = self.inside.lock();
        let (searches, deadlocks) = (inside.machine.counters().looks, inside.resolved);
        NodeStatus {
            name: self.name.clone(),
            incarnation: inside.machine.incarnation(),
            claims: inside.table.len(),
            waiting: inside.table.waiting_transactions(),
            statistics: Statistics { searches, deadlocks, ..Statistics::default() },
        }
    }

    /// Who waits for whom in the table of this node.
    pub fn wait_graph(&self) -> WaitGraph {
        lock_core::wait_graph(&[&self.inside.lock().table])
    }

    /// Who has exactly this object in the table of this node, and who waits for it.
    pub fn holders_and_waiters(&self, object: &Object) -> (Vec<HolderView>, Vec<WaiterView>) {
        let inside = self.inside.lock();
        (inside.table.holders(object), inside.table.waiters(object))
    }

    /// Who has and who waits for an object and each one below it, in the table of this node, at one moment.
    pub fn holders_and_waiters_below(&self, object: &Object) -> Vec<(Object, Vec<HolderView>, Vec<WaiterView>)> {
        self.inside.lock().table.holders_and_waiters_below(object)
    }

    /// How a transaction that lives here stands.
    pub fn status(&self, tx: TxId) -> Status {
        self.inside.lock().machine.status(tx).unwrap_or(Status::NoLocks)
    }

    /// The claims of a transaction that lives here, each as a whole.
    pub fn claims(&self, tx: TxId) -> Vec<ClaimView> {
        self.inside.lock().machine.claims(tx)
    }

    /// One of them.
    pub fn claim(&self, tx: TxId, object: &Object) -> Option<ClaimView> {
        self.inside.lock().machine.claim(tx, object)
    }

    /// Whether a transaction may go on with what it asked for: all is granted, and its caller is told of it by this.
    ///
    /// # Errors
    /// Why it will not be.
    pub fn settle(&self, tx: TxId, wanted: &[(Object, Mode)]) -> Result<bool, ClaimError> {
        self.with(|machine, now| machine.settle(tx, wanted, now))
    }

    /// Changes the options of a transaction that lives here, for what is decided from now on.
    pub fn change_options(&self, tx: TxId, change: impl FnOnce(&mut TransactionOptions)) {
        self.with(|machine, _| machine.change_options(tx, change));
    }

    /// Claims on this node what can be had at once; gives who is in the way otherwise, if anybody is.
    ///
    /// # Errors
    /// [`CallError`]: nothing has changed then.
    pub fn try_here(&self, tx: TxId, claims: Vec<Claim>) -> Result<Option<Refused>, CallError> {
        self.step(|Inside { machine, table, .. }, now| {
            let refused = claims.iter().find_map(|claim| table.would_refuse(tx, &claim.object, claim.mode));
            let done = machine.call(table, tx, Call::Try(claims), now);
            done.map(|()| refused)
        })
    }

    /// What a transaction believes to have of an object, in that mode or a stronger one, if enough nodes grant it still.
    pub fn tenure(&self, tx: TxId, object: &Object, mode: Mode) -> Option<Tenure> {
        let now = self.now();
        self.inside.lock().machine.tenure(tx, object, mode, now)
    }

    /// Whether the table and the machine keep their promises.
    ///
    /// # Errors
    /// The first that is broken.
    pub fn check(&self) -> Result<(), lock_core::Violation> {
        self.inside.lock().table.check()
    }
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("name", &self.name).finish_non_exhaustive()
    }
}
