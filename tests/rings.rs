//! Every ring of two to five transactions ends with everybody served and exactly one victim.
#![allow(missing_docs, clippy::unwrap_used)]

use gordian::{Mode, Object, TxId, WayOut};
use lock_sim::{Action, ActorNode, Engine, PureNode, TxOptions, TxStatus};

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at))).collect()
}

fn tx(index: usize) -> TxId {
    TxId(1 + index as u64)
}

fn object(index: usize) -> Object {
    format!("ring/{index}").parse().expect("a path")
}

fn write(object: Object) -> Action {
    Action::Lock(vec![(object, Mode::Write)])
}

fn begin(engine: &mut dyn Engine, count: usize) {
    (0..count).for_each(|index| engine.begin(tx(index), &TxOptions::default()));
}

fn victims(engine: &mut dyn Engine) -> Vec<TxId> {
    engine.deadlocks().iter().filter_map(|deadlock| deadlock.way_out.victim()).collect()
}

/// Lets everybody who has all go, again and again, until nobody is left.
fn serve_everybody(engine: &mut dyn Engine, count: usize, case: &dyn std::fmt::Debug) {
    let mut left: Vec<usize> = (0..count).collect();
    while !left.is_empty() {
        let served = left.iter().position(|index| engine.status(tx(*index)) == TxStatus::HasAll);
        let Some(served) = served else { panic!("{case:?}: {left:?} stay stuck\n{:?}", engine.wait_graph()) };
        let index = left.remove(served);
        engine.act(tx(index), &Action::End).expect("it has not ended");
        assert_eq!(engine.violations(), Vec::<String>::new(), "{case:?}");
    }
}

/// Every way to sit in a ring: for each member, whose object it wants.
fn orientations(count: usize) -> Vec<Vec<usize>> {
    let seats = permutations(count - 1).into_iter();
    let ring = |others: Vec<usize>| {
        let seats: Vec<usize> = std::iter::once(0).chain(others.into_iter().map(|other| other + 1)).collect();
        let mut wanted = vec![0; count];
        (0..count).for_each(|seat| wanted[seats[seat]] = seats[(seat + 1) % count]);
        wanted
    };
    seats.map(ring).collect()
}

fn one_at_a_time(engine: &mut dyn Engine, wanted: &[usize], first: &[usize], second: &[usize]) {
    let (count, case) = (wanted.len(), (wanted, first, second));
    begin(engine, count);
    for index in first {
        engine.act(tx(*index), &write(object(*index))).expect("free");
    }
    for (step, index) in second.iter().enumerate() {
        assert!(victims(engine).is_empty(), "{case:?}: no victim without a deadlock");
        engine.act(tx(*index), &write(object(wanted[*index]))).expect("it waits");
        assert_eq!(victims(engine).len(), usize::from(step + 1 == count), "{case:?}");
    }
    let deadlocks = engine.deadlocks();
    assert_eq!(deadlocks.len(), 1, "{case:?}");
    assert_eq!(deadlocks[0].circle.len(), count, "{case:?}");
    // All are alike but for their age.
    assert_eq!(deadlocks[0].way_out, WayOut::Surrender { victim: tx(count - 1), objects: vec![object(count - 1)] });
    serve_everybody(engine, count, &case);
    assert_eq!(victims(engine).len(), 1, "{case:?}");
}

fn every_ring(make: impl Fn() -> Box<dyn Engine>, counts: std::ops::RangeInclusive<usize>) -> usize {
    let mut rings = 0;
    for count in counts {
        let orders = permutations(count);
        for wanted in orientations(count) {
            for first in &orders {
                for second in &orders {
                    one_at_a_time(&mut *make(), &wanted, first, second);
                    rings += 1;
                }
            }
        }
    }
    rings
}

/// For each size: the ways to sit, times the orders of the first round, times those of the second.
const RINGS: usize = 4 + 2 * 36 + 6 * 576 + 24 * 14_400;

#[test]
fn every_ring_one_at_a_time_on_the_pure_engine() {
    assert_eq!(every_ring(|| Box::new(PureNode::default()), 2..=5), RINGS);
}

#[test]
fn every_ring_one_at_a_time_on_actors() {
    assert_eq!(every_ring(|| Box::new(ActorNode::default()), 2..=5), RINGS);
}

/// First everybody takes its own, in some order; then all ask for their neighbour's at once.
fn all_at_once(mut engine: Box<dyn Engine>, wanted: &[usize], order: &[usize], seed: u64) {
    let (count, case) = (wanted.len(), (wanted, order, seed));
    begin(&mut *engine, count);
    for index in order {
        engine.act(tx(*index), &write(object(*index))).expect("free");
    }
    let steps: Vec<(TxId, Action)> = order.iter().map(|index| (tx(*index), write(object(wanted[*index])))).collect();
    for outcome in engine.together(&steps, seed) {
        outcome.unwrap_or_else(|error| panic!("{case:?}: {error}"));
    }
    assert_eq!(victims(&mut *engine), [tx(count - 1)], "{case:?}: exactly one victim");
    serve_everybody(&mut *engine, count, &case);
    assert_eq!(victims(&mut *engine).len(), 1, "{case:?}");
}

/// Both rounds at once: there may be a circle or none, but never one too many.
fn both_rounds_at_once(mut engine: Box<dyn Engine>, wanted: &[usize], order: &[usize], seed: u64) {
    let (count, case) = (wanted.len(), (wanted, order, seed));
    begin(&mut *engine, count);
    let own = order.iter().map(|index| (tx(*index), write(object(*index))));
    let others = order.iter().map(|index| (tx(*index), write(object(wanted[*index]))));
    let steps: Vec<(TxId, Action)> = own.chain(others).collect();
    for outcome in engine.together(&steps, seed) {
        outcome.unwrap_or_else(|error| panic!("{case:?}: {error}"));
    }
    let before = victims(&mut *engine).len();
    let circles = engine.deadlocks().len();
    assert!(before <= circles, "{case:?}");
    serve_everybody(&mut *engine, count, &case);
    assert_eq!(victims(&mut *engine).len(), before, "{case:?}: no victim without a deadlock");
}

fn every_ring_at_once(make: impl Fn() -> Box<dyn Engine>) {
    for count in 2..=5 {
        for wanted in orientations(count) {
            for (seed, order) in permutations(count).iter().enumerate() {
                all_at_once(make(), &wanted, order, seed as u64);
                both_rounds_at_once(make(), &wanted, order, seed as u64);
            }
        }
    }
}

#[test]
fn every_ring_all_at_once_on_the_pure_engine() {
    every_ring_at_once(|| Box::new(PureNode::default()));
}

#[test]
fn every_ring_all_at_once_on_actors() {
    every_ring_at_once(|| Box::new(ActorNode::default()));
}

fn upgrade_together(mut engine: Box<dyn Engine>, count: usize, order: &[usize], seed: Option<u64>) {
    let case = (count, order, seed);
    begin(&mut *engine, count);
    let (shared, read) = (object(0), Action::Lock(vec![(object(0), Mode::Read)]));
    for index in 0..count {
        engine.act(tx(index), &read).expect("readers share");
        engine.act(tx(index), &Action::Saw).expect("told");
    }
    let steps: Vec<(TxId, Action)> = order.iter().map(|index| (tx(*index), write(shared.clone()))).collect();
    match seed {
        None => steps.iter().for_each(|(tx, action)| engine.act(*tx, action).expect("it waits")),
        Some(seed) => engine.together(&steps, seed).into_iter().for_each(|outcome| outcome.expect("it waits")),
    }
    let losers = victims(&mut *engine);
    assert_eq!(losers.len(), count - 1, "{case:?}: all but one give way, each once");
    let mut left: Vec<usize> = (0..count).collect();
    while !left.is_empty() {
        let holders = engine.holders(&shared);
        assert_eq!(holders.len(), 1, "{case:?}: one winner at a time");
        let winner = *holders.keys().next().expect("one");
        assert_eq!(holders[&winner], Mode::Write, "{case:?}");
        engine.act(winner, &Action::End).expect("it has not ended");
        left.retain(|index| tx(*index) != winner);
    }
    for index in 0..count {
        let own = engine.deadlocks().iter().filter(|deadlock| deadlock.way_out.victim() == Some(tx(index))).count();
        assert!(own <= 1, "{case:?}: who lost is told once");
    }
    assert_eq!(engine.violations(), Vec::<String>::new(), "{case:?}");
}

fn readers_upgrade(make: impl Fn() -> Box<dyn Engine>) {
    for count in 2..=6 {
        for (seed, order) in permutations(count).iter().enumerate() {
            upgrade_together(make(), count, order, None);
            if seed % 6 == 0 {
                upgrade_together(make(), count, order, Some(seed as u64));
            }
        }
    }
}

#[test]
fn readers_that_upgrade_win_one_at_a_time_on_the_pure_engine() {
    readers_upgrade(|| Box::new(PureNode::default()));
}

#[test]
fn readers_that_upgrade_win_one_at_a_time_on_actors() {
    readers_upgrade(|| Box::new(ActorNode::default()));
}
