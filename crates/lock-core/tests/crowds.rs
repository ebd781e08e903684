//! Many who wait are no reason for a look to take long: without the short walk these take minutes.

#![allow(clippy::unwrap_used)] // a test may panic

use lock_core::Mode::{self, Read, Write};
use lock_core::{Ask, Deadlock, Incarnation, LockTable, Millis, Object, Tokens, TxId, TxProfile, WayOut, look};

struct World([Box<LockTable>; 1]);

impl World {
    fn new() -> Self {
        let first = Incarnation(0);
        Self([Box::new(LockTable::new(first, Tokens::starting_at(first), 0))])
    }

    fn lock(&mut self, tx: u64, object: &Object, mode: Mode) -> Vec<Deadlock> {
        let profile = TxProfile::new(TxId(tx));
        self.0[0].request(&profile, object, mode, Ask::WAIT, || Millis(0)).unwrap();
        look(&mut self.0, TxId(tx), Millis(0)).deadlocks
    }
}

fn object(text: &str) -> Object {
    text.parse().unwrap()
}

#[test]
fn a_long_queue_of_transactions_that_others_wait_for_is_walked_once() {
    const QUEUE: u64 = 2_000;
    const HOLDER: u64 = 3 * QUEUE;
    let (mut world, hot) = (World::new(), object("hot"));
    let own = |tx: u64| object(&format!("own/{tx}"));
    world.lock(HOLDER, &hot, Write);
    for tx in 1..=QUEUE {
        assert_eq!(world.lock(tx, &own(tx), Write), []);
        assert_eq!(world.lock(QUEUE + tx, &own(tx), Read), []);
        assert_eq!(world.lock(tx, &hot, Write), []);
    }
    let deadlocks = world.lock(HOLDER, &own(1), Read);
    let victims: Vec<_> = deadlocks.iter().map(|deadlock| deadlock.way_out.victim()).collect();
    assert_eq!(victims, [Some(TxId(HOLDER))]);
}

#[test]
fn readers_who_all_upgrade_give_way_one_by_one() {
    const READERS: u64 = 500;
    let (mut world, hot) = (World::new(), object("hot"));
    (1..=READERS).for_each(|tx| assert_eq!(world.lock(tx, &hot, Read), []));
    for tx in 1..=READERS {
        let deadlocks = world.lock(tx, &hot, Write);
        assert_eq!(deadlocks.len(), usize::from(tx > 1));
        assert!(deadlocks.iter().all(|deadlock| matches!(deadlock.way_out, WayOut::Surrender { .. })));
    }
    assert_eq!(world.0[0].holders(&hot).len(), 1);
}
