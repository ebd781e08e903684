//! The tasks of a schedule: how a test starts them and waits for them.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use lock_agent::{Locks, NodeConfig};
use lock_core::{Incarnation, TxId};

use crate::{Names, SeenDeadlocks};

/// What a task does; the text says why it failed.
pub(super) type Work<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// What the test gets: the locks that its code uses, and the way to start tasks. Cheap to clone.
///
/// A task runs alone until it awaits something that does not go on at once; then the seed chooses who is next. It need
/// not be `Send`.
///
/// ```
/// use lock_agent::{ClaimError, Mode};
///
/// lock_sim::interleavings(0..20, async |tasks| {
///     let locks = tasks.locks();
///     let reads = tasks.spawn("reads", async move {
///         let tx = locks.begin().await;
///         Ok::<_, ClaimError>(tx.lock("stock", Mode::Read).await?.is_held())
///     });
///     assert!(reads.await?);
///     tasks.deadlocks().expect_no_deadlock();
///     Ok::<_, ClaimError>(())
/// });
/// ```
#[derive(Clone)]
pub struct Tasks {
    shared: Rc<Shared>,
}

pub(super) struct Shared {
    seed: u64,
    locks: Locks,
    /// What was started in this turn.
    started: RefCell<Vec<Start>>,
    task_names: RefCell<Vec<String>>,
    /// The transactions, by the names of the tasks that began them.
    names: RefCell<Names>,
    unfinished: Cell<usize>,
    await_all: RefCell<Vec<Waker>>,
}

pub(super) struct Start {
    pub(super) name: String,
    pub(super) work: Work<'static>,
    pub(super) in_background: bool,
}

impl Tasks {
    /// A node of one shard, so that nothing depends on where an object lies, and of the first incarnation, so that tokens
    /// are the same each time.
    pub(super) fn new(seed: u64) -> Self {
        let config = NodeConfig { shards: 1, incarnation: Some(Incarnation(0)), ..NodeConfig::default() };
        let locks = Locks::with(config).yielding();
        Self {
            shared: Rc::new(Shared {
                seed,
                locks,
                started: RefCell::default(),
                task_names: RefCell::new(vec![MAIN.to_owned()]),
                names: RefCell::default(),
                unfinished: Cell::new(0),
                await_all: RefCell::default(),
            }),
        }
    }

    /// The locks of this run, for the code under test: each call that it awaits is a turn for others. Who makes locks of its own
    /// makes them [yielding](Locks::yielding) to be interleaved at every call; what they do is not told in the schedule.
    pub fn locks(&self) -> Locks {
        self.shared.locks.clone()
    }

    /// The seed of this run.
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// Starts a task; `await` what this gives for its result, or drop it: the run is over when every task is done. A name
    /// that is taken gets a number. Never waits: the first turn of the task comes when the seed says so.
    pub fn spawn<T: 'static>(&self, name: impl Into<String>, work: impl Future<Output = T> + 'static) -> Spawned<T> {
        self.shared.unfinished.set(self.shared.unfinished.get() + 1);
        self.start(name, work, false)
    }

    /// Starts a task that the run does not wait for, such as one that watches for ever.
    pub fn spawn_in_background(&self, name: impl Into<String>, work: impl Future<Output = ()> + 'static) {
        drop(self.start(name, work, true));
    }

    fn start<T: 'static>(
        &self,
        name: impl Into<String>,
        work: impl Future<Output = T> + 'static,
        in_background: bool,
    ) -> Spawned<T> {
        let spawned = Spawned { outcome: Rc::new(RefCell::new(Outcome { value: None, waiting: None })) };
        let outcome = spawned.outcome.clone();
        let work: Work<'static> = Box::pin(async move {
            let value = work.await;
            outcome.borrow_mut().set(value);
            Ok(())
        });
        let name = self.shared.unique(&name.into());
        self.shared.started.borrow_mut().push(Start { name, work, in_background });
        spawned
    }

    /// Waits until every started task is done, those in the background aside. For the test itself: a task that calls it
    /// waits for itself.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn all_done(&self) {
        std::future::poll_fn(|context| {
            if self.shared.unfinished.get() == 0 {
                return Poll::Ready(());
            }
            self.shared.await_all.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Gives the others a turn: for code that takes no lock where others could come between. `tokio::task::yield_now` in
    /// the code itself does the same.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn turn(&self) {
        tokio::task::yield_now().await;
    }

    /// The deadlocks so far, in the names of the tasks that began the transactions; a task's second transaction is
    /// called `name#2`.
    pub fn deadlocks(&self) -> SeenDeadlocks {
        let deadlocks = self.shared.locks.deadlocks();
        SeenDeadlocks {
            names: self.shared.names.borrow().clone(),
            deadlocks: deadlocks.iter().map(|deadlock| (**deadlock).clone()).collect(),
        }
    }

    /// The task that began a transaction; as [`Tasks::deadlocks`] names it.
    pub fn name_of(&self, tx: TxId) -> String {
        self.shared.names.borrow().of(tx)
    }

    pub(super) fn take_started(&self) -> Vec<Start> {
        self.shared.started.take()
    }

    pub(super) fn names(&self) -> Names {
        self.shared.names.borrow().clone()
    }

    /// The transactions that began in a turn are called after its task.
    pub(super) fn name_transactions(&self, task: &str) {
        let mut names = self.shared.names.borrow_mut();
        while (names.len() as u64)
            < self.shared.locks.node().expect("a node in this process alone").transactions_begun()
        {
            let mut name = task.to_owned();
            let mut count = 1;
            while names.find(&name).is_some() {
                count += 1;
                name = format!("{task}#{count}");
            }
            names.add(&name);
        }
    }

    /// A task that was waited for is done.
    pub(super) fn one_done(&self) {
        self.shared.unfinished.set(self.shared.unfinished.get().saturating_sub(1));
        if self.shared.unfinished.get() == 0 {
            self.shared.await_all.take().into_iter().for_each(Waker::wake);
        }
    }
}

/// The name of the test's own task.
pub(super) const MAIN: &str = "main";

impl Shared {
    fn unique(&self, name: &str) -> String {
        let mut taken = self.task_names.borrow_mut();
        let mut unique = name.to_owned();
        let mut count = 1;
        while taken.contains(&unique) {
            count += 1;
            unique = format!("{name}/{count}");
        }
        taken.push(unique.clone());
        unique
    }
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("seed", &self.shared.seed).finish_non_exhaustive()
    }
}

/// A task that was started; a future of what it gives, once. Dropping it does not stop the task.
#[must_use = "await it for what the task gives; its result is dropped with this"]
pub struct Spawned<T> {
    outcome: Rc<RefCell<Outcome<T>>>,
}

struct Outcome<T> {
    value: Option<T>,
    waiting: Option<Waker>,
}

impl<T> Outcome<T> {
    fn set(&mut self, value: T) {
        self.value = Some(value);
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

impl<T> Future for Spawned<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut outcome = self.outcome.borrow_mut();
        if let Some(value) = outcome.value.take() {
            return Poll::Ready(value);
        }
        outcome.waiting = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> std::fmt::Debug for Spawned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spawned").field("done", &self.outcome.borrow().value.is_some()).finish()
    }
}
