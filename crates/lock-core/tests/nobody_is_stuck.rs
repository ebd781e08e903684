//! The checker of deadlocks sees one that nobody looked for, and none after a look.
#![allow(missing_docs)]

use lock_core::{
    Ask, Incarnation, LockTable, Millis, Mode, Object, Tokens, TxId, TxProfile, Violation, WayOut,
    check_nobody_is_stuck, look,
};

fn object(name: &str) -> Object {
    name.parse().expect("a short name")
}

/// Transactions in a ring: each has its own object and wants the next one's.
fn ring(size: u64) -> LockTable {
    let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
    for step in [0, 1] {
        for tx in 0..size {
            let wanted = object(&format!("o{}", (tx + step) % size));
            let profile = TxProfile::new(TxId(tx + 1));
            table.request(&profile, &wanted, Mode::Write, Ask::WAIT, || Millis(0)).expect("it may wait");
        }
    }
    table
}

#[test]
fn a_deadlock_that_nobody_looked_for_is_a_broken_promise() {
    for size in 2..6 {
        let table = ring(size);
        assert_eq!(check_nobody_is_stuck(&[&table]), Err(Violation::EveryDeadlockEnds(TxId(1))));
    }
}

#[test]
fn after_a_look_nobody_is_stuck_and_the_youngest_gave_way() {
    for size in 2..6 {
        let mut table = ring(size);
        let found = look(&mut [&mut table], TxId(size), Millis(0));
        let [deadlock] = found.deadlocks.as_slice() else { panic!("one circle, one deadlock") };
        let objects = vec![object(&format!("o{}", size - 1))];
        assert_eq!(deadlock.way_out, WayOut::Surrender { victim: TxId(size), objects });
        assert_eq!(check_nobody_is_stuck(&[&table]), Ok(()));
        table.check().expect("every promise holds");
    }
}
