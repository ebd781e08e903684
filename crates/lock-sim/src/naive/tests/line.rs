//! Who gets what, and when.

use super::{READ, Story, WRITE};
use crate::TxStatus;

#[test]
fn readers_share_and_do_not_pass_a_waiting_writer() {
    Story::of(4)
        .tell("lock 1 a read\n lock 2 a write\n lock 3 a read\n lock 4 a/b read")
        .holds("a", &[(1, READ)])
        .queue("a", &[2, 3])
        .queue("a/b", &[4])
        .tell("end 1")
        .holds("a", &[(2, WRITE)])
        .tell("end 2")
        .holds("a", &[(3, READ)])
        .holds("a/b", &[(4, READ)])
        .tokens("a", &[1, 2, 3]);
}

#[test]
fn what_is_covered_is_not_claimed_again() {
    Story::of(2)
        .tell("lock 1 a write\n lock 1 a/b/c read\n lock 1 a read")
        .tokens("a", &[1])
        .tokens("a/b/c", &[])
        .refuses("unlock 1 a/b/c", "not held");
}

#[test]
fn what_a_grant_covers_is_not_waited_for_any_longer() {
    Story::of(3)
        .tell("lock 2 a/x write\n lock 3 a/b write\n lock 1 a write\n lock 1 a/b read\n end 2")
        .queue("a/b", &[1])
        .tell("end 3")
        .queue("a/b", &[])
        .holds("a/b", &[])
        .holds("a", &[(1, WRITE)])
        .status(1, TxStatus::HasAll);
}

#[test]
fn a_conversion_goes_ahead_of_ordinary_waiters_and_keeps_what_it_has() {
    Story::of(3)
        .tell("lock 1 a read\n lock 2 a read\n lock 3 a write\n lock 2 a write")
        .queue("a", &[2, 3])
        .holds("a", &[(1, READ), (2, READ)])
        .tell("end 1")
        .holds("a", &[(2, WRITE)])
        .queue("a", &[3])
        .deadlocks(&[]);
}

#[test]
fn a_stronger_wish_keeps_its_place() {
    Story::of(4)
        .tell("lock 1 a write\n lock 2 a read\n lock 3 a read\n lock 2 a write\n lock 2 a read\n end 1")
        .holds("a", &[(2, WRITE)])
        .queue("a", &[3]);
}

#[test]
fn a_batch_enters_in_its_order_and_joins_what_it_names_twice() {
    Story::of(2)
        .tell("lock 1 b read, a read, b write, a/c read")
        .tokens("b", &[1])
        .tokens("a", &[2])
        .tokens("a/c", &[])
        .holds("b", &[(1, WRITE)]);
}

#[test]
fn a_try_never_waits() {
    Story::of(3)
        .tell("lock 1 a read\n try 2 a read\n try 3 a write\n try 2 a write\n lock 3 a write\n try 2 b write")
        .holds("a", &[(1, READ), (2, READ)])
        .queue("a", &[3])
        .tell("try 1 a/b read\n end 1\n try 2 a write")
        .holds("a", &[(2, WRITE)])
        .status(2, TxStatus::HasAll);
}

#[test]
fn unlock_and_downgrade_let_others_in() {
    Story::of(3)
        .tell("lock 1 a write\n lock 2 a read\n lock 3 a write\n downgrade 1 a\n downgrade 1 a")
        .holds("a", &[(1, READ), (2, READ)])
        .tell("downgrade 3 a")
        .holds("a", &[(1, READ), (2, READ), (3, READ)])
        .tell("lock 1 a write\n unlock 1 a")
        .status(1, TxStatus::NoLocks)
        .refuses("unlock 1 a", "not held")
        .refuses("downgrade 1 a", "not held")
        .refuses("surrender 1 a", "not held");
}

#[test]
fn who_surrenders_goes_to_the_end_and_still_wants_it() {
    Story::of(3)
        .tell("lock 1 a write\n surrender 1 a")
        .tokens("a", &[1, 2])
        .tell("lock 2 a read\n surrender 1 a")
        .holds("a", &[(2, READ)])
        .queue("a", &[1])
        .refuses("surrender 1 a", "not held")
        .tell("end 2")
        .tokens("a", &[1, 2, 3, 4]);
}

#[test]
fn who_surrenders_what_it_covers_elsewhere_loses_nothing() {
    Story::of(2)
        .tell("lock 1 a/b write\n lock 1 a write\n lock 2 a/b write\n surrender 1 a/b")
        .holds("a/b", &[])
        .queue("a/b", &[2])
        .status(1, TxStatus::HasAll);
}
