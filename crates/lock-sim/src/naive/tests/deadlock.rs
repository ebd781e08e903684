//! Who gives way, and who does not have to.

use lock_core::{TxId, WayOut};

use super::{READ, Story, WRITE, overtakes, surrenders};
use crate::{NaiveWorld, TxOptions, TxStatus};

#[test]
fn who_would_rather_abort_does_so_when_its_caller_knows() {
    let aborting = TxOptions { abort_on_deadlock: true, ..TxOptions::default() };
    Story::with(&[TxOptions::default(), aborting])
        .tell("lock 1 a write\n saw 1\n lock 2 b write\n saw 2\n lock 1 b write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], WayOut::Abort { victim: TxId(2) })])
        .holds("b", &[(1, WRITE)])
        .status(2, TxStatus::Aborted)
        .refuses("saw 2", "aborted")
        .tell("drop 2")
        .status(2, TxStatus::Ended);
}

#[test]
fn two_in_a_circle_and_the_younger_gives_way() {
    Story::of(2)
        .tell("lock 1 a write\n lock 2 b write\n lock 1 b write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], surrenders(2, &["b"]))])
        .holds("b", &[(1, WRITE)])
        .queue("b", &[2])
        .status(1, TxStatus::HasAll);
}

#[test]
fn priority_decides_before_knowledge_and_knowledge_before_age() {
    let low = TxOptions { priority: -1, ..TxOptions::default() };
    let story = "lock 1 a write\n saw 1\n lock 2 b write\n lock 1 b write\n lock 2 a write";
    Story::with(&[low, TxOptions::default()]).tell(story).deadlocks(&[(&[1, 2], surrenders(1, &["a"]))]);
    let known = "lock 1 a write\n lock 2 b write\n saw 2\n lock 1 b write\n lock 2 a write";
    Story::of(2).tell(known).deadlocks(&[(&[1, 2], surrenders(1, &["a"]))]);
}

#[test]
fn the_victim_gives_up_all_that_the_one_before_it_waits_for_and_no_more() {
    Story::of(2)
        .tell("lock 2 a write, b write, c write\n lock 1 d write\n lock 1 a write, b write\n lock 2 d write")
        .deadlocks(&[(&[1, 2], surrenders(2, &["a", "b"]))])
        .holds("c", &[(2, WRITE)])
        .status(1, TxStatus::HasAll);
}

#[test]
fn two_conversions_of_one_object_are_a_deadlock() {
    Story::of(2)
        .tell("lock 1 a read\n lock 2 a read\n lock 1 a write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], surrenders(2, &["a"]))])
        .holds("a", &[(1, WRITE)])
        .queue("a", &[2]);
}

#[test]
fn where_only_order_stands_in_the_way_nobody_loses_anything() {
    // The writer t2 waits for the reader t1, which waits behind it for the part below.
    Story::of(3)
        .tell("lock 1 a/b read\n lock 3 a/c read\n lock 2 a write\n lock 1 a/d write")
        .deadlocks(&[(&[1, 2], overtakes(1, 2))])
        .holds("a/d", &[(1, WRITE)])
        .tell("end 1\n end 3")
        .holds("a", &[(2, WRITE)]);
}

#[test]
fn a_turned_pair_is_shown_in_the_queue() {
    Story::of(4)
        .tell("lock 1 b write\n lock 4 a read\n lock 3 c write\n lock 2 a write\n lock 2 b write")
        .tell("lock 1 c read\n lock 1 a read\n end 3")
        .deadlocks(&[(&[1, 2], overtakes(1, 2))])
        .holds("a", &[(1, READ), (4, READ)])
        .queue("a", &[2]);
}

#[test]
fn a_grant_that_others_were_let_past_for_is_no_claim_on_them_later() {
    // t1 was let past t2 once. When it asks anew, it stands behind t2 like everybody else.
    Story::of(3)
        .tell("lock 1 a/b read\n lock 3 a/c read\n lock 2 a write\n lock 1 a/d write")
        .tell("unlock 1 a/d\n unlock 1 a/b\n lock 1 a/d write")
        .queue("a/d", &[1])
        .tell("end 3")
        .holds("a", &[(2, WRITE)])
        .queue("a/d", &[1]);
}

#[test]
fn one_victim_is_enough_where_circles_meet() {
    let mut world: NaiveWorld =
        Story::of(3).tell("lock 1 a write\n lock 2 b write\n lock 3 c read\n lock 1 c write\n lock 2 c write").0;
    let (t3, b) = (TxId(3), "b".parse().expect("an object"));
    let a = "a".parse().expect("an object");
    let both = crate::Action::Lock(vec![(a, super::WRITE), (b, super::WRITE)]);
    world.carry_out(t3, &both).expect("it may ask");
    assert_eq!(world.fewest_victims(), 1);
    let took = world.resolve(t3);
    assert_eq!((took.victims, took.rounds), (1, 1));
}
