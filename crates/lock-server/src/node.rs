//! A node: its tables, and what it knows beside them.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use lock_core::{
    Deadlock, HolderView, Incarnation, LockTable, Millis, NodeId, NodeMachine, Object, PostError, Tokens, TxId,
    WaitGraph, WaiterView,
};
use parking_lot::Mutex;
use ractor::ActorRef;
use tokio::time::Instant;

use crate::deadlines::Deadlines;
use crate::deadlock_log::DeadlockLog;
use crate::mail::{Mailbox, Mailboxes};
use crate::parties::Parties;
use crate::recovery::Losses;
use crate::server::ServerMessage;
use crate::shard::{Held, Shard};
use crate::statistics::{Counters, Statistics};
use crate::supervisor::SupervisorMessage;
use crate::watching::Watchers;

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Its name.
    pub name: NodeId,
    /// How many shards its table has; rounded up to a power of two, at most 64.
    pub shards: usize,
    /// How many claims one transaction may have, granted and waiting.
    pub max_claims: u32,
    /// Its first life, on which its tokens are built; taken from the clock if left out, so that each start, of whichever node,
    /// is a larger one, as far as their clocks agree. For tests, which want the same tokens each time.
    pub incarnation: Option<Incarnation>,
}

impl Default for NodeConfig {
    /// Node `n1` with four shards a core: enough that threads seldom meet, few enough that a search
    /// that holds them all stays cheap.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { name: NodeId::new("n1"), shards: 4 * cores, max_claims: 1_000_000, incarnation: None }
    }
}

/// A node: sharded lock tables in shared memory, with an actor in charge.
///
/// Transactions of this process call it in place; see [`Node::request`]. No call awaits: each holds one or
/// more tables for a moment. First come, first served. It never panics for
/// what a caller asks. If it ever breaks a promise of its own and panics, nobody goes on with the broken
/// table: everybody is told that their locks are lost, and the node comes back empty with a new
/// [`Incarnation`].
pub struct Node {
    pub(crate) config: NodeConfig,
    pub(crate) shards: Box<[Shard]>,
    pub(crate) broken: AtomicBool,
    pub(crate) tokens: Tokens,
    pub(crate) parties: Parties,
    pub(crate) watchers: Watchers,
    mailboxes: Arc<Mailboxes>,
    pub(crate) counters: Counters,
    pub(crate) deadlocks: DeadlockLog,
    pub(crate) losses: Losses,
    pub(crate) deadlines: Deadlines,
    pub(crate) supervisor: Mutex<Option<ActorRef<SupervisorMessage>>>,
    pub(crate) server: Mutex<Option<ActorRef<ServerMessage>>>,
    incarnation: AtomicU64,
    next_tx: NextTx,
    hasher: RandomState,
    start: Instant,
}

/// On a line of the cache of its own: every begin counts here.
#[repr(align(128))]
struct NextTx(AtomicU64);

impl Node {
    /// A node that serves this process, with its actors started.
    ///
    /// They run on the Tokio runtime of the caller, or, without one, on a thread of their own.
    ///
    /// # Panics
    /// If there is no Tokio runtime and the system gives no thread for one.
    pub fn start(config: NodeConfig) -> Arc<Self> {
        let incarnation = config.incarnation.unwrap_or_else(incarnation_of_now);
        let tokens = Tokens::starting_at(incarnation);
        let hasher = RandomState::new();
        let count = config.shards.clamp(1, 64).next_power_of_two();
        let table = |index: usize| LockTable::new(incarnation, tokens.clone(), hasher.hash_one(index));
        let shards = (0..count).map(|index| Shard::new(table(index))).collect();
        let node = Arc::new(Self {
            shards,
            broken: AtomicBool::new(false),
            tokens,
            parties: Parties::new(count),
            watchers: Watchers::default(),
            mailboxes: Arc::default(),
            counters: Counters::default(),
            deadlocks: DeadlockLog::default(),
            losses: Losses::default(),
            deadlines: Deadlines::default(),
            supervisor: Mutex::new(None),
            server: Mutex::new(None),
            incarnation: AtomicU64::new(incarnation.0),
            next_tx: NextTx(AtomicU64::new(1)),
            hasher,
            start: Instant::now(),
            config,
        });
        crate::supervisor::start(&node);
        node
    }

    /// Its name.
    pub fn name(&self) -> &NodeId {
        &self.config.name
    }

    /// Listens, from now on, to what programs of this process say about an object.
    pub fn open_mailbox(&self, about: &Object) -> Mailbox {
        self.mailboxes.open(about)
    }

    /// Says something to all who listen at an object.
    ///
    /// # Errors
    /// If it is too long.
    pub fn post(&self, about: &Object, note: &[u8]) -> Result<(), PostError> {
        let (length, limit) = (note.len(), NodeMachine::LONGEST_LETTER);
        if length > limit {
            return Err(PostError::TooLong { length, limit });
        }
        self.mailboxes.deliver(self.name(), about, note);
        Ok(())
    }

    /// How many claims one transaction may have.
    pub fn max_claims(&self) -> u32 {
        self.config.max_claims
    }

    /// Its present life.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation.load(Ordering::SeqCst))
    }

    pub(crate) fn set_incarnation(&self, incarnation: Incarnation) {
        self.incarnation.store(incarnation.0, Ordering::SeqCst);
    }

    /// The id of a transaction that begins: younger than all before.
    pub fn next_tx(&self) -> TxId {
        TxId(self.next_tx.0.fetch_add(1, Ordering::Relaxed))
    }

    /// How many transactions have begun: the id of the youngest.
    pub fn transactions_begun(&self) -> u64 {
        self.next_tx.0.load(Ordering::Relaxed) - 1
    }

    /// The time since the start of the node, in milliseconds. In Tokio's virtual time it stands still as that does.
    pub fn now(&self) -> Millis {
        Millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The moment on Tokio's clock that a time of the node is.
    pub fn instant(&self, at: Millis) -> Instant {
        self.start + std::time::Duration::from_millis(at.0)
    }

    pub(crate) fn empty_table(&self, index: usize, incarnation: Incarnation) -> LockTable {
        LockTable::new(incarnation, self.tokens.clone(), self.hasher.hash_one(index))
    }

    pub(crate) fn shard_of(&self, object: &Object) -> usize {
        let hash = lock_core::hash_of_first_segment(object);
        usize::try_from(hash & (self.shards.len() as u64 - 1)).unwrap_or(0)
    }

    pub(crate) fn hold(&self, index: usize) -> Held<'_> {
        loop {
            let held = self.shards[index].hold(self);
            // After the table is held: its last holder may have panicked while this one waited for it.
            if !self.broken.load(Ordering::Acquire) {
                return held;
            }
            drop(held);
            self.recover();
        }
    }

    pub(crate) fn hold_for(&self, object: &Object) -> Held<'_> {
        self.hold(self.shard_of(object))
    }

    /// The shards of a set of bits, in order, so that nobody waits for anybody in a circle.
    pub(crate) fn hold_set(&self, set: u64) -> Vec<Held<'_>> {
        loop {
            let shards = self.shards.iter().enumerate().filter(|(index, _)| set & (1 << index) != 0);
            let held: Vec<Held<'_>> = shards.map(|(_, shard)| shard.hold(self)).collect();
            if !self.broken.load(Ordering::Acquire) {
                return held;
            }
            drop(held);
            self.recover();
        }
    }

    pub(crate) fn hold_all(&self) -> Vec<Held<'_>> {
        self.hold_set(u64::MAX)
    }

    /// Who has a grant on exactly this object.
    pub fn holders(&self, object: &Object) -> Vec<HolderView> {
        self.hold_for(object).holders(object)
    }

    /// Who waits for exactly this object, in the order in which they will be served.
    pub fn waiters(&self, object: &Object) -> Vec<WaiterView> {
        self.hold_for(object).waiters(object)
    }

    /// Both, at one moment.
    pub fn holders_and_waiters(&self, object: &Object) -> (Vec<HolderView>, Vec<WaiterView>) {
        let table = self.hold_for(object);
        (table.holders(object), table.waiters(object))
    }

    /// Who has and who waits for an object and each one below it that somebody has or wants, at one moment. Holds the
    /// shard while it reads.
    pub fn holders_and_waiters_below(&self, object: &Object) -> Vec<(Object, Vec<HolderView>, Vec<WaiterView>)> {
        self.hold_for(object).holders_and_waiters_below(object)
    }

    /// The wait-for graph of all who wait, as it stands at one moment.
    pub fn wait_graph(&self) -> WaitGraph {
        lock_core::wait_graph(&self.hold_all())
    }

    /// The deadlocks that were resolved of late, the newest 1024, oldest first.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.deadlocks.read()
    }

    /// What was counted so far.
    pub fn statistics(&self) -> Statistics {
        self.counters.read()
    }

    /// How many claims there are, granted and waiting.
    pub fn claim_count(&self) -> usize {
        self.hold_all().iter().map(|table| table.len()).sum()
    }

    /// How many transactions are known, because they had to wait or have an agent.
    pub fn party_count(&self) -> usize {
        self.parties.len()
    }

    /// Checks every promise of every table; slow, for tests.
    ///
    /// # Errors
    /// The first promise found broken.
    pub fn check(&self) -> Result<(), lock_core::Violation> {
        self.hold_all().iter().try_for_each(|table| table.check())
    }

    /// Checks that nobody is stuck. To be asked when no call is under way: a circle that closed just now stands until
    /// the look of the call that closed it.
    ///
    /// # Errors
    /// [`Violation::EveryDeadlockEnds`](lock_core::Violation::EveryDeadlockEnds) names the oldest who is.
    pub fn check_nobody_is_stuck(&self) -> Result<(), lock_core::Violation> {
        lock_core::check_nobody_is_stuck(&self.hold_all())
    }
}

pub(crate) fn incarnation_of_now() -> Incarnation {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Incarnation(u64::try_from(now.as_millis()).unwrap_or(u64::MAX >> 22))
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("name", &self.config.name).finish_non_exhaustive()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(supervisor) = self.supervisor.lock().take() {
            supervisor.stop(None);
        }
        if let Some(server) = self.server.lock().take() {
            server.stop(None);
        }
    }
}
