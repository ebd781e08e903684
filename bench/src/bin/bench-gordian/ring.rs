//! Deadlocks: a ring of transactions, each of which waits for what the next one has.

use std::time::{Duration, Instant};

use gordian::{Locks, Mode, Transaction};
use gordian_bench::{keys, microseconds_since, report, runtime};
use tokio::task::JoinHandle;

/// A ring that wants one more call to be closed.
pub(crate) struct Ring {
    closer: Transaction,
    waiters: Vec<JoinHandle<()>>,
}

impl Ring {
    /// Everybody has an object, and all but the last wait for the next one's, each in a task.
    pub(crate) async fn new(locks: &Locks, keys: &[String], abort_on_deadlock: bool) -> Self {
        let mut txs = Vec::new();
        for key in keys {
            let tx = locks.begin().abort_on_deadlock(abort_on_deadlock).await;
            tx.lock(key, Mode::Write).await.expect("it is free");
            txs.push(tx);
        }
        let closer = txs.pop().expect("a ring has members");
        let before = locks.statistics().waits;
        let waiting = txs.into_iter().zip(&keys[1..]).map(|(tx, next)| {
            let next = next.clone();
            tokio::spawn(async move {
                tx.lock(next, Mode::Write).await.expect("the last one gives way");
                tx.end();
            })
        });
        let waiters: Vec<_> = waiting.collect();
        while locks.statistics().waits < before + waiters.len() as u64 {
            tokio::task::yield_now().await;
        }
        Self { closer, waiters }
    }

    /// Closes it with members that abort: microseconds until the closing call has the error.
    async fn verdict(self, keys: &[String]) -> f64 {
        let start = Instant::now();
        let closed = self.closer.lock(&keys[0], Mode::Write).await;
        let verdict = microseconds_since(start);
        assert!(closed.is_err(), "the youngest gives way");
        self.closer.end();
        for waiter in self.waiters {
            waiter.await.expect("no task fails");
        }
        verdict
    }

    /// Closes it with members that surrender: microseconds until everybody has had both objects. The last one
    /// surrenders its own, and has it again after all others.
    pub(crate) async fn drain(self, keys: &[String]) -> f64 {
        let start = Instant::now();
        self.closer.lock(&keys[0], Mode::Write).await.expect("everybody is served");
        self.closer.end();
        let drained = microseconds_since(start);
        for waiter in self.waiters {
            waiter.await.expect("no task fails");
        }
        drained
    }
}

/// Closes rings of that many members, from a task as its members are.
pub(crate) fn ring(name: &str, members: usize, time: Duration) {
    let keys = keys("users", 0, members);
    let close = async move {
        let (mut verdicts, mut drained) = (Vec::new(), Vec::new());
        let locks = Locks::local();
        let start = Instant::now();
        while verdicts.is_empty() || start.elapsed() < time {
            verdicts.push(Ring::new(&locks, &keys, true).await.verdict(&keys).await);
            drained.push(Ring::new(&locks, &keys, false).await.drain(&keys).await);
        }
        (verdicts, drained)
    };
    let runtime = runtime();
    let (verdicts, drained) = runtime.block_on(runtime.spawn(close)).expect("no task fails");
    report(&format!("{name}-verdict"), "us", verdicts);
    report(&format!("{name}-drained"), "us", drained);
}
