//! Many that all want one object.

use std::time::Duration;

use gordian::{Locks, Mode};
use gordian_bench::{Had, report_turns, runtime};

/// Tasks that begin, lock the one object, and end, again and again.
pub(crate) fn hot(name: &str, members: u32, time: Duration) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let locks = Locks::local();
    let first = locks.begin().start();
    first.blocking_lock("hot", Mode::Write).expect("it is free");
    report_turns(name, members, time, &runtime, first, |member, turns| {
        let locks = locks.clone();
        async move {
            let mut had = Had::default();
            turns.arrive();
            while turns.go_on() {
                let tx = locks.begin().await;
                tx.lock("hot", Mode::Write).await.expect("its turn comes");
                turns.take(member, &mut had);
                tx.end();
            }
            had
        }
    });
}
