//! What many nodes add to the rules, each as a short story.

use lock_core::{Mode, Require, TxId};

use super::looks::Acted;
use super::{ObjectIndex, Objects, QuorumAction, QuorumWorld, Rules};
use crate::TxOptions;

const A: ObjectIndex = ObjectIndex(0);
const B: ObjectIndex = ObjectIndex(1);
const T1: TxId = TxId(1);
const T2: TxId = TxId(2);

/// Three nodes with the objects a and b, and so many transactions.
fn world(transactions: usize, requests_take_time: bool) -> QuorumWorld {
    let objects = ["a", "b"].map(|text| text.parse().expect("an object"));
    let options = vec![TxOptions::default(); transactions];
    QuorumWorld::new(Rules::default(), Objects::new(objects.into()), 3, &options, requests_take_time)
}

fn write(object: ObjectIndex, nodes: &[usize], require: Require) -> QuorumAction {
    QuorumAction::Lock(vec![(object, Mode::Write)], nodes.iter().copied().collect(), require)
}

#[test]
fn a_circle_is_no_deadlock_for_who_needs_any() {
    let mut world = world(3, false);
    world.carry_out(T1, &write(A, &[0], Require::All));
    world.carry_out(T2, &write(B, &[0], Require::All));
    world.carry_out(TxId(3), &write(B, &[1], Require::All));
    world.carry_out(T1, &write(B, &[0, 1], Require::Any));
    world.carry_out(T2, &write(A, &[0], Require::All));
    assert_eq!(world.resolve().map(|took| took.rounds), Ok(0));
    world.carry_out(TxId(3), &write(A, &[0], Require::All));
    assert_eq!(world.resolve().map(|took| took.victims), Ok(1));
}

#[test]
fn split_votes_are_a_deadlock_with_one_victim() {
    let mut world = world(2, true);
    for (tx, first) in [(T1, 0), (T2, 1)] {
        world.carry_out(tx, &write(A, &[first], Require::All));
        world.answer(0);
    }
    for tx in [T1, T2] {
        world.carry_out(tx, &write(A, &[0, 1], Require::All));
    }
    assert!(world.stuck().is_empty(), "what has not been answered may be granted");
    world.answer(0);
    world.answer(0);
    assert_eq!(world.resolve().map(|took| (took.victims, took.rounds)), Ok((1, 1)));
    assert!(world.has_all(T1) && world.is_waiting(T2));
}

#[test]
fn who_has_fewer_nodes_to_hope_for_has_to_look_though_no_arrow_is_new() {
    let mut world = world(3, false);
    world.carry_out(T1, &write(A, &[0], Require::All));
    world.carry_out(T2, &write(B, &[0], Require::All));
    world.carry_out(TxId(3), &write(B, &[2], Require::All));
    world.carry_out(T1, &write(B, &[0, 1, 2], Require::Majority));
    world.carry_out(T2, &write(A, &[0], Require::All));
    assert_eq!(world.resolve().map(|took| took.rounds), Ok(0));
    world.lose(2);
    assert_eq!(world.resolve().map(|took| took.victims), Ok(1));
}

#[test]
fn who_can_no_longer_be_served_ends() {
    let mut world = world(2, false);
    world.carry_out(T1, &write(A, &[0, 1], Require::All));
    world.carry_out(T2, &write(A, &[0, 1], Require::AllAlive));
    world.lose(1);
    assert!(world.transaction(T1).is_over && world.has_all(T2));
}

#[test]
fn evidence_that_is_outdated_costs_nobody_anything() {
    let mut world = world(2, true);
    for (tx, first, second) in [(T1, A, B), (T2, B, A)] {
        world.carry_out(tx, &write(first, &[0], Require::All));
        world.answer(0);
        world.carry_out(tx, &write(second, &[1], Require::All));
        world.answer(0);
        world.carry_out(tx, &write(second, &[0], Require::All));
    }
    world.answer(0);
    world.answer(0);
    while world.has_lookers() {
        world.look(0);
    }
    world.carry_out(T1, &QuorumAction::End);
    while world.has_evidence() {
        assert_eq!(world.act_on_evidence(0), Acted::No);
    }
    assert!(world.has_all(T2));
}

#[test]
fn the_sink_is_what_every_looker_within_it_sees() {
    // t3 waits for those who wait for each other, and is not one of them.
    let mut world = world(3, false);
    world.carry_out(T1, &write(A, &[0], Require::All));
    world.carry_out(T2, &write(B, &[0], Require::All));
    world.carry_out(T1, &write(B, &[0], Require::All));
    world.carry_out(T2, &write(A, &[0], Require::All));
    world.carry_out(TxId(3), &write(A, &[0], Require::All));
    let picture = world.picture();
    let stuck = picture.stuck(world.waiters());
    assert_eq!(stuck.len(), 3);
    assert_eq!(picture.sink(stuck), [T1, T2].into_iter().collect());
}
