//! How often the waits were searched for a deadlock. Who cannot be part of one must not look.

use gordian::{Locks, Mode};
use gordian_bench::{keys, report, runtime};

use crate::ring::Ring;

const LOCKS: u32 = 1000;

/// Locks that are free.
pub(crate) fn searches_free(name: &str) {
    runtime().block_on(async {
        let locks = Locks::local();
        for key in keys("users", 0, LOCKS as usize) {
            let tx = locks.begin().await;
            tx.lock(key, Mode::Write).await.expect("it is free");
        }
        report_searches(name, &locks);
    });
}

/// Transactions that hold nothing and wait for one object.
pub(crate) fn searches_wait(name: &str) {
    runtime().block_on(async {
        let locks = Locks::local();
        let holder = locks.begin().await;
        holder.lock("hot", Mode::Write).await.expect("it is free");
        let wait = |_| {
            let locks = locks.clone();
            tokio::spawn(async move {
                let tx = locks.begin().await;
                tx.lock("hot", Mode::Write).await.expect("its turn comes");
            })
        };
        let waiters: Vec<_> = (0..LOCKS).map(wait).collect();
        while locks.statistics().waits < u64::from(LOCKS) {
            tokio::task::yield_now().await;
        }
        holder.end();
        for waiter in waiters {
            waiter.await.expect("no task fails");
        }
        report_searches(name, &locks);
    });
}

/// One ring of ten, closed and drained.
pub(crate) fn searches_ring(name: &str) {
    runtime().block_on(async {
        let locks = Locks::local();
        let keys = keys("users", 0, 10);
        Ring::new(&locks, &keys, false).await.drain(&keys).await;
        report_searches(name, &locks);
    });
}

fn report_searches(name: &str, locks: &Locks) {
    let searches = u32::try_from(locks.statistics().searches).unwrap_or(u32::MAX);
    report(name, "n", vec![f64::from(searches)]);
}
