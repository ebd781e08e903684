//! A ring of waits in the pure table: no threads, no clock, only the rules.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gordian_bench::{keys, microseconds_since, report};
use lock_core::{Answer, Ask, Fact, Incarnation, LockTable, Millis, Mode, Object, Tokens, TxId, TxProfile, look};

/// Closes rings of that many members: the time until the deadlock is found and resolved, and
/// until everybody has had both objects and has ended.
pub(crate) fn table_ring(name: &str, members: usize, time: Duration) {
    let keys = keys("users", 0, members);
    let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
    let (mut verdicts, mut drained) = (Vec::new(), Vec::new());
    let (mut first_id, start) = (1, Instant::now());
    while start.elapsed() < time {
        let txs: Vec<_> = (first_id..).take(members).map(|id| TxProfile::new(TxId(id))).collect();
        first_id += members as u64;
        for member in 0..members {
            claim(&mut table, &txs[member], &keys[member]);
        }
        for member in 0..members - 1 {
            claim(&mut table, &txs[member], &keys[member + 1]);
            look(&mut [&mut table], txs[member].tx, Millis(0));
        }
        let closer = &txs[members - 1];
        let closing = Instant::now();
        let answer = claim(&mut table, closer, &keys[0]);
        let resolution = look(&mut [&mut table], closer.tx, Millis(0));
        verdicts.push(microseconds_since(closing));
        assert!(matches!(answer, Answer::Waiting(_)) && resolution.deadlocks.len() == 1, "one ring, one deadlock");
        drain(&mut table);
        drained.push(microseconds_since(closing));
        assert!(table.is_empty(), "everybody is through");
    }
    report(&format!("{name}-verdict"), "us", verdicts);
    report(&format!("{name}-drained"), "us", drained);
}

/// Ends everybody who has got all, as long as that lets others go on.
fn drain(table: &mut LockTable) {
    while table.has_facts() {
        for fact in table.take_facts() {
            if let Fact::Granted { tx, .. } = fact
                && table.waiting_claims(tx) == 0
            {
                table.remove(tx);
            }
        }
    }
}

fn claim(table: &mut LockTable, tx: &TxProfile, key: &str) -> Answer {
    let object: Object = black_box(key).parse().expect("the key is an object");
    table.request(tx, &object, Mode::Write, Ask::WAIT, || Millis(0)).expect("it may wait")
}
