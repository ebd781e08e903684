//! What Gordian keeps in memory: a program of its own, because counting slows every allocation.

use std::alloc::System;
use std::time::Duration;

use gordian::{Locks, Transaction};
use gordian_bench::{Case, report, resident_bytes};
use lock_core::{Ask, Incarnation, LockTable, Millis, Object, Tokens, TxId, TxProfile};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many locks are held when their bytes are counted.
const LOCKS: u32 = 1_000_000;
/// How many transactions idle when theirs are.
const TRANSACTIONS: u32 = 100_000;

fn main() {
    let cases = [
        Case { name: "held", run: held },
        Case { name: "table-held", run: table_held },
        Case { name: "idle", run: idle },
    ];
    gordian_bench::main("", &cases);
}

/// Bytes that are allocated now. A block that grew counts with its new size.
fn allocated_bytes() -> f64 {
    let stats = ALLOCATOR.stats();
    let kept = stats.bytes_allocated.saturating_sub(stats.bytes_deallocated);
    f64::from(u32::try_from(kept).expect("fewer than 4 GiB"))
}

/// One transaction that holds many objects.
fn held(_: Duration) {
    let locks = Locks::local();
    let tx = locks.begin().start();
    let (allocated, resident) = (allocated_bytes(), resident_bytes());
    for number in 0..LOCKS {
        tx.blocking_lock(format!("users-{number:07}"), gordian::Mode::Write).expect("it is free");
    }
    report("held-bytes", "B", vec![(allocated_bytes() - allocated) / f64::from(LOCKS)]);
    report("held-resident", "B", vec![(resident_bytes() - resident) / f64::from(LOCKS)]);
}

/// Transactions that have begun and done nothing, with the handles that their callers keep.
fn idle(_: Duration) {
    let locks = Locks::local();
    let allocated = allocated_bytes();
    let txs: Vec<Transaction> = (0..TRANSACTIONS).map(|_| locks.begin().start()).collect();
    report("idle-bytes", "B", vec![(allocated_bytes() - allocated) / f64::from(TRANSACTIONS)]);
    drop(txs);
}

/// The same as [`held`] without anything around the table.
fn table_held(_: Duration) {
    let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
    let tx = TxProfile::new(TxId(1));
    let (allocated, resident) = (allocated_bytes(), resident_bytes());
    for number in 0..LOCKS {
        let object: Object = format!("users-{number:07}").parse().expect("the key is an object");
        let answer = table.request(&tx, &object, lock_core::Mode::Write, Ask::WAIT, || Millis(0));
        assert!(answer.is_ok(), "it is free");
    }
    report("table-held-bytes", "B", vec![(allocated_bytes() - allocated) / f64::from(LOCKS)]);
    report("table-held-resident", "B", vec![(resident_bytes() - resident) / f64::from(LOCKS)]);
}
