//! What a simulated cluster costs: operations a second, and messages for each deadlock across nodes.
//!
//! `cargo run --release -p lock-sim --example figures`
#![allow(clippy::disallowed_methods, clippy::cast_precision_loss)] // it measures real time

use std::time::Instant;

use lock_core::{Call, Claim, Mode, NodeId, Object, Require, TxId};
use lock_sim::{TxOptions, Weather, World, WorldOptions, promises};

fn main() {
    operations();
    messages();
}

fn cluster(nodes: usize, seed: u64) -> World {
    World::new(WorldOptions::new((1..=nodes).map(node)), seed)
}

fn node(number: usize) -> NodeId {
    NodeId::new(format!("n{number}"))
}

fn object(number: usize) -> Object {
    format!("o{number}").parse().expect("a short word is an object")
}

fn claim(object: Object, nodes: Vec<NodeId>) -> Call {
    Call::Lock(vec![Claim { object, mode: Mode::Write, nodes, require: Require::All }])
}

/// Locks and ends a second on one core.
fn operations() {
    println!("| work | operations/s |\n|---|---|");
    for (name, nodes, on, checked) in [
        ("one node, lock and end", 1, 1, false),
        ("three nodes, each lock on a node that is not its home", 3, 2, false),
        ("three nodes, each lock on all three", 3, 3, false),
        ("three nodes, each lock on all three, every promise checked after every event", 3, 3, true),
    ] {
        println!("| {name} | {:.0} |", rate(nodes, on, checked));
    }
}

fn rate(nodes: usize, on: usize, checked: bool) -> f64 {
    let mut world = cluster(nodes, 1);
    if checked {
        world.watch_over(promises::all());
    }
    let claimed: Vec<NodeId> = if on == 2 { vec![node(2)] } else { (1..=on).map(node).collect() };
    let rounds: u64 = if checked { 2_000 } else { 100_000 };
    let started = Instant::now();
    for number in 1..=rounds {
        let tx = TxId(number);
        world.begin(tx, &node(1), &TxOptions::default());
        let index = usize::try_from(number % 64).unwrap_or(0);
        world.act(tx, claim(object(index), claimed.clone())).expect("nothing is in the way");
        world.settle();
        world.act(tx, Call::End).expect("it runs");
        world.settle();
        world.forget(tx);
        if number % 256 == 0 {
            world.advance(1);
        }
    }
    // A lock and its release: two operations.
    (2 * rounds) as f64 / started.elapsed().as_secs_f64()
}

/// Messages of searches, by the length of the circle, for rings that are closed by one call and by all at once.
fn messages() {
    println!("\n| circle | closed by one call: median, most | all at once: median, most |\n|---|---|---|");
    for length in [2, 3, 4, 5, 8, 10] {
        let one = counts(length, false);
        let all = counts(length, true);
        println!("| {length} | {}, {} | {}, {} |", one.0, one.1, all.0, all.1);
    }
}

fn counts(length: usize, at_once: bool) -> (u64, u64) {
    let mut counts: Vec<u64> = (0..200).map(|seed| messages_of_ring(length, at_once, seed)).collect();
    counts.sort_unstable();
    (counts[counts.len() / 2], counts[counts.len() - 1])
}

fn messages_of_ring(length: usize, at_once: bool, seed: u64) -> u64 {
    let nodes = length.clamp(2, 5);
    let mut world = cluster(nodes, seed);
    world.weather(Weather { delay_from_ms: 1, delay_to_ms: 20, ..Weather::default() });
    let at = |member: usize| vec![node(member % nodes + 1)];
    for member in 0..length {
        let tx = TxId(member as u64 + 1);
        world.begin(tx, &node(member % nodes + 1), &TxOptions::default());
        world.act(tx, claim(object(member), at(member))).expect("nothing is in the way");
    }
    world.advance(100);
    for member in 0..length {
        if !at_once {
            world.advance(200);
        }
        let next = (member + 1) % length;
        world.act(TxId(member as u64 + 1), claim(object(next), at(next))).expect("it may wait");
    }
    world.advance(900);
    assert_eq!(world.deadlocks_so_far(), 1, "a ring is one deadlock: length {length}, seed {seed}");
    world.search_messages()
}
