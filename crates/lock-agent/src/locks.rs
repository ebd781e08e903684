//! Where locks come from: a node, and the transactions that begin on it.

use std::sync::Arc;

use lock_core::{
    ClaimError, ClaimView, Deadlock, HolderView, IntoObject, InvalidObject, Object, Scope, Status, TxId, WaitGraph,
    WaiterView,
};
use lock_server::{Member, Node, NodeConfig, NodeStatus, Statistics, Watching};

use crate::{Begin, IntoClaim, Transaction};

/// The locks of a node.
///
/// Cheap to clone. A clone per task or thread is best: clones share the node, but not the
/// reference count that each begin and end of a transaction touches.
///
/// ```
/// use lock_agent::{Locks, Mode};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let locks = Locks::local();
/// let total = locks
///     .run(async |tx| {
///         tx.lock("accounts/alice", Mode::Write).await?;
///         tx.lock("accounts/bob", Mode::Write).await?;
///         Ok::<_, lock_agent::ClaimError>(100)
///     })
///     .await?;
/// assert_eq!(total, 100);
/// # Ok(())
/// # }
/// ```
pub struct Locks {
    home: Home,
}

/// Where transactions begin.
#[derive(Clone)]
pub(crate) enum Home {
    Here(Arc<Handle>),
    Far(Arc<Member>),
}

/// One handle's share of the node: its transactions count here and not at the node.
pub(crate) struct Handle {
    pub(crate) node: Arc<Node>,
    /// See [`Locks::yielding`].
    pub(crate) yields: bool,
}

/// Who has an object, and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockInfo {
    /// The object.
    pub object: Object,
    /// Who has it, oldest first.
    pub holders: Vec<HolderView>,
    /// Who waits for it, in the order in which they will be served.
    pub waiters: Vec<WaiterView>,
}

impl Locks {
    /// The locks of one node embedded in this process.
    ///
    /// Its actors run on the Tokio runtime of the caller; without one, on a thread of their own. When that runtime is
    /// shut down, locks still work, but deadlines and leases stop: nobody is there to keep time.
    ///
    /// # Panics
    /// If there is no Tokio runtime and the system gives no thread for one.
    pub fn local() -> Self {
        Self::with(NodeConfig::default())
    }

    /// The locks of a cluster, as one of its nodes in this process sees them: transactions live on that node, and claim
    /// on any.
    pub fn of(member: &Arc<Member>) -> Self {
        Self { home: Home::Far(member.clone()) }
    }

    /// The same with a configuration.
    ///
    /// # Panics
    /// As [`Locks::local`].
    pub fn with(config: NodeConfig) -> Self {
        Self { home: Home::Here(Arc::new(Handle { node: Node::start(config), yields: false })) }
    }

    /// The same locks, whose async calls each give other tasks one turn before they ask.
    ///
    /// A lock that can be had at once is had without waiting, so on one thread two tasks that lock and lock again seldom
    /// meet. With these they do, at every call that is awaited: for tests that look for interleavings (`lock-sim` has
    /// a scheduler that chooses them by a seed). What is granted, and to whom, follows the same rules.
    ///
    /// # Cancel safety
    /// A call that is dropped in its turn for others has asked for nothing yet.
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{ClaimError, Locks, Mode};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ClaimError> {
    /// let locks = Locks::local().yielding();
    /// let both = async |first: &str, second: &str| {
    ///     let tx = locks.begin().await;
    ///     tx.lock(first, Mode::Write).await?;
    ///     tx.lock(second, Mode::Write).await?;
    ///     Ok::<_, ClaimError>(())
    /// };
    /// tokio::try_join!(both("a", "b"), both("b", "a"))?;
    /// assert_eq!(locks.deadlocks().len(), 1); // without a `yield_now` in between
    /// # Ok(())
    /// # }
    /// ```
    pub fn yielding(&self) -> Self {
        match &self.home {
            Home::Here(handle) => {
                Self { home: Home::Here(Arc::new(Handle { node: handle.node.clone(), yields: true })) }
            }
            Home::Far(_) => self.clone(),
        }
    }

    /// Begins a transaction: `locks.begin().await`, or with options before the `await`.
    pub fn begin(&self) -> Begin {
        Begin::new(self.home.clone())
    }

    /// Begins a transaction with a row of claims, taken in one atomic step, and waits for them all.
    /// Transactions that ask for all at once never deadlock with each other.
    ///
    /// First come, first served, like [`Transaction::lock_many`].
    ///
    /// # Cancel safety
    /// If the future is dropped, the transaction is ended.
    ///
    /// # Errors
    /// [`ClaimError`]; the transaction is ended then.
    pub async fn begin_with<C: IntoClaim>(
        &self,
        claims: impl IntoIterator<Item = C>,
    ) -> Result<Transaction, ClaimError> {
        self.begin().with(claims).await
    }

    /// Runs a unit of work in a transaction, and again after a deadlock, until it is done.
    ///
    /// The transaction aborts when it has to give way, and the work is called again with the **same
    /// age**, so that it becomes the oldest in time and nobody starves. Whatever happens, the
    /// transaction ends. The work may run several times: make what it does outside of the locks repeatable,
    /// and let it return with the error when a lock fails. What it returns from a try that was aborted is dropped.
    ///
    /// The work may be `async |tx| …` or `|tx| async move { … }`. What it uses of its surroundings is borrowed by every
    /// try, so it must not be moved into the first.
    ///
    /// # Cancel safety
    /// If the future is dropped, the work is dropped where it stands and its locks are released.
    ///
    /// # Errors
    /// What the work returns, unless its transaction was aborted.
    pub async fn run<T, E, W>(&self, work: impl FnMut(Transaction) -> W) -> Result<T, E>
    where
        W: Future<Output = Result<T, E>>,
    {
        self.begin().run(work).await
    }

    /// Watches an object or a subtree from now on; holds nothing, and slows nobody down by waiting.
    ///
    /// Each step that changes the holders or waiters of an object gives one [`Change`](crate::Change). A watcher that falls 1024
    /// changes behind is let go, and told so once it has read them.
    ///
    /// # Errors
    /// If what is named is no object.
    pub fn watch(&self, object: impl IntoObject, scope: Scope) -> Result<Watching, InvalidObject> {
        let object = object.into_object()?;
        Ok(match &self.home {
            Home::Here(handle) => handle.node.watch(object, scope),
            Home::Far(member) => member.watch(object, scope),
        })
    }

    /// Who has exactly this object, and who waits for it. Locks above and below it are not named.
    ///
    /// Holders and waiters are read one after the other: a hand-off in between may show its transaction in both, or in neither.
    ///
    /// # Errors
    /// If what is named is no object.
    pub fn lock_info(&self, object: impl IntoObject) -> Result<LockInfo, InvalidObject> {
        let object = object.into_object()?;
        let (holders, waiters) = match &self.home {
            Home::Here(handle) => handle.node.holders_and_waiters(&object),
            Home::Far(member) => member.holders_and_waiters(&object),
        };
        Ok(LockInfo { object, holders, waiters })
    }

    /// Who has, and who waits for, an object and each one below it that somebody has or wants, in the order of the objects, at one
    /// moment. On a cluster: in the table of this node.
    ///
    /// Goes through a part of the table while it holds it: for people and for tests, not for every request.
    ///
    /// # Errors
    /// If what is named is no object.
    pub fn lock_infos(&self, object: impl IntoObject) -> Result<Vec<LockInfo>, InvalidObject> {
        let object = object.into_object()?;
        let found = match &self.home {
            Home::Here(handle) => handle.node.holders_and_waiters_below(&object),
            Home::Far(member) => member.holders_and_waiters_below(&object),
        };
        Ok(found.into_iter().map(|(object, holders, waiters)| LockInfo { object, holders, waiters }).collect())
    }

    /// How a transaction stands, by its id, as far as the tables tell: one that has and wants nothing and one that
    /// is over look the same, [`Status::NoLocks`].
    pub fn transaction_status(&self, tx: TxId) -> Status {
        let claims = self.transaction_claims(tx);
        if claims.is_empty() {
            Status::NoLocks
        } else if claims.iter().any(|claim| claim.wanted.is_some()) {
            Status::Waiting
        } else {
            let deadlocks = self.deadlocks();
            let own = deadlocks.into_iter().filter(|deadlock| deadlock.members().any(|member| member == tx));
            Status::HaveAllLocks { deadlocks: own.collect() }
        }
    }

    /// What a transaction has and waits for, by its id.
    pub fn transaction_claims(&self, tx: TxId) -> Vec<ClaimView> {
        match &self.home {
            Home::Here(handle) => handle.node.claims_of(tx),
            Home::Far(member) => member.claims(tx),
        }
    }

    /// The wait-for graph of all who wait, as it stands at one moment: why is this one blocked?
    ///
    /// Holds all tables while it reads: for people and for tests, not for every request.
    pub fn wait_graph(&self) -> WaitGraph {
        match &self.home {
            Home::Here(handle) => handle.node.wait_graph(),
            Home::Far(member) => member.wait_graph(),
        }
    }

    /// The deadlocks that were resolved of late, the newest 1024, oldest first.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        match &self.home {
            Home::Here(handle) => handle.node.deadlocks(),
            Home::Far(member) => member.deadlocks(),
        }
    }

    /// What the node counted so far. Cheap.
    pub fn statistics(&self) -> Statistics {
        match &self.home {
            Home::Here(handle) => handle.node.statistics(),
            Home::Far(member) => member.status_of_table().statistics,
        }
    }

    /// How the node stands, at one moment. Holds all tables while it reads.
    pub fn status(&self) -> NodeStatus {
        match &self.home {
            Home::Here(handle) => handle.node.status(),
            Home::Far(member) => member.status_of_table(),
        }
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The node itself, for its keepers; none, if it is one of a cluster.
    pub fn node(&self) -> Option<&Arc<Node>> {
        match &self.home {
            Home::Here(handle) => Some(&handle.node),
            Home::Far(_) => None,
        }
    }

    /// The node of a cluster that these are the locks of.
    pub fn member(&self) -> Option<&Arc<Member>> {
        match &self.home {
            Home::Here(_) => None,
            Home::Far(member) => Some(member),
        }
    }
}

impl Clone for Locks {
    fn clone(&self) -> Self {
        let home = match &self.home {
            Home::Here(handle) => Home::Here(Arc::new(Handle { node: handle.node.clone(), yields: handle.yields })),
            Home::Far(member) => Home::Far(member.clone()),
        };
        Self { home }
    }
}

impl std::fmt::Debug for Locks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.home {
            Home::Here(handle) => f.debug_struct("Locks").field("node", &handle.node).finish(),
            Home::Far(member) => f.debug_struct("Locks").field("member", member).finish(),
        }
    }
}
