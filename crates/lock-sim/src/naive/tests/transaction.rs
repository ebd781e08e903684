//! Ends, deadlines, and many transactions at once.

use lock_core::TxId;

use super::{READ, Story, object, surrenders};
use crate::{Action, Engine, TxOptions, TxStatus};

#[test]
fn what_is_over_acts_no_more() {
    let aborting = TxOptions { abort_on_deadlock: true, ..TxOptions::default() };
    Story::with(&[TxOptions::default(), aborting])
        .tell("lock 1 a write\n lock 2 b write\n saw 2\n lock 1 b write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], surrenders(1, &["a"]))])
        .tell("end 2")
        .refuses("saw 2", "ended")
        .refuses("end 2", "ended")
        .status(2, TxStatus::Ended);
}

#[test]
fn after_its_deadline_nobody_waits() {
    let hasty = TxOptions { deadline_ms: Some(500), ..TxOptions::default() };
    Story::with(&[TxOptions::default(), hasty, TxOptions::default()])
        .tell("lock 1 a read, b read\n lock 2 a read\n lock 2 a write\n lock 3 a read")
        .queue("a", &[2, 3])
        .after(499)
        .queue("a", &[2, 3])
        .after(1)
        .queue("a", &[])
        .holds("a", &[(1, READ), (2, READ), (3, READ)])
        .refuses("lock 2 c write, b write", "deadline")
        .holds("c", &[])
        .tell("lock 2 c write");
}

#[test]
fn any_interleaving_keeps_the_order_of_each_transaction() {
    let steps: Vec<(TxId, Action)> = (1..=3)
        .flat_map(|tx| {
            let first = Action::Lock(vec![(object("a"), READ)]);
            [(TxId(tx), first), (TxId(tx), Action::Saw), (TxId(tx), Action::End)]
        })
        .collect();
    for seed in 0..50 {
        let mut world = Story::of(3).0;
        assert!(world.together(&steps, seed).iter().all(Result::is_ok));
        assert!((1..=3).all(|tx| world.status(TxId(tx)) == TxStatus::Ended));
    }
}
