//! Locks that are free in the pure table: what is left of a lock without transactions, shards and threads.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gordian_bench::{KEYS, keys, report, seconds_since};
use lock_core::{Ask, Incarnation, LockTable, Millis, Mode, Object, Tokens, TxId, TxProfile};

/// Lock one object, remove the transaction.
pub(crate) fn table_flat(name: &str, prefix: &str, time: Duration) {
    let keys = keys(prefix, 0, KEYS);
    let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
    let (mut locks, start) = (0_u32, Instant::now());
    while start.elapsed() < time {
        for key in &keys {
            locks += 1;
            let tx = TxProfile::new(TxId(u64::from(locks)));
            let object: Object = black_box(key).parse().expect("the key is an object");
            let answer = table.request(&tx, &object, Mode::Write, Ask::WAIT_AND_TELL, || Millis(0));
            assert!(black_box(answer).is_ok(), "it is free");
            table.remove(tx.tx);
        }
    }
    report(name, "1/s", vec![f64::from(locks) / seconds_since(start)]);
}
