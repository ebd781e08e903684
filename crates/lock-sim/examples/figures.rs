//! What a simulated cluster costs: operations a second, and messages for each deadlock across nodes.
//!
//! `cargo run --release -p lock-sim --example figures`
#![allow(clippy::disallowed_methods, clippy::cast_precision_loss)] // the clock says how long it took; nothing else

use std::time::Instant;

use lock_core::{Call, Claim, Mode, NodeConfig, NodeId, Object, Require, TxId};
use lock_sim::{TxOptions, Weather, World, WorldOptions, promises};

fn main() {
    operations();
    messages();
}

fn cluster(nodes: usize, seed: u64) -> World {
    let options = WorldOptions { few: Some(NodeConfig::FEW), ..WorldOptions::new((1..=nodes).map(node)) };
    World::new(options, seed)
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
    let rounds: u32 = if checked { 2_000 } else { 100_000 };
    let started = Instant::now();
    for number in 1..=rounds {
        let tx = TxId(u64::from(number));
        world.begin(tx, &node(1), &TxOptions::default());
        world.act(tx, claim(object(number as usize % 64), claimed.clone())).expect("nothing is in the way");
        world.settle();
        world.act(tx, Call::End).expect("it runs");
        world.settle();
        world.forget(tx);
        if number % 256 == 0 {
            world.advance(1);
        }
    }
    // A lock and its release: two operations.
    f64::from(2 * rounds) / started.elapsed().as_secs_f64()
}

/// Messages of searches, by the length of the circle: of the call that closes a ring, of all calls of it, and of all
/// calls if they come at once.
fn messages() {
    println!("\n| circle | nodes | closing call | all its calls | all at once |\n|---|---|---|---|---|");
    for length in [2, 3, 4, 5, 8, 10, 50] {
        let rings: Vec<Ring> = (0..200).map(|seed| Ring::closed(length, false, seed)).collect();
        let at_once: Vec<Ring> = (0..200).map(|seed| Ring::closed(length, true, seed)).collect();
        let [closing, all] = [|ring: &Ring| ring.closing, |ring: &Ring| ring.all];
        let nodes = nodes_of(length);
        println!(
            "| {length} | {nodes} | {} | {} | {} |",
            median_and_most(&rings, closing),
            median_and_most(&rings, all),
            median_and_most(&at_once, all)
        );
    }
}

fn median_and_most(rings: &[Ring], what: impl Fn(&Ring) -> u64) -> String {
    let mut counts: Vec<u64> = rings.iter().map(what).collect();
    counts.sort_unstable();
    format!("{}, at most {}", counts[counts.len() / 2], counts[counts.len() - 1])
}

fn nodes_of(length: usize) -> usize {
    length.clamp(2, 5)
}

/// The messages of searches that a ring took.
struct Ring {
    /// From the call that closed it on.
    closing: u64,
    all: u64,
}

impl Ring {
    /// Closes a ring, one call after the other or all at once, and waits until the deadlock is resolved. The slow timer does not
    /// look again meanwhile.
    fn closed(length: usize, at_once: bool, seed: u64) -> Self {
        let nodes = nodes_of(length);
        let mut world = cluster(nodes, seed);
        world.weather(Weather { delay_from_ms: 1, delay_to_ms: 3, ..Weather::default() });
        let at = |member: usize| vec![node(member % nodes + 1)];
        for (member, tx) in (0..length).zip(1..) {
            world.begin(TxId(tx), &node(member % nodes + 1), &TxOptions::default());
            world.act(TxId(tx), claim(object(member), at(member))).expect("nothing is in the way");
        }
        world.advance(100);
        let mut before = 0;
        for (member, tx) in (0..length).zip(1..) {
            if !at_once {
                world.advance(12);
            }
            before = world.search_messages();
            let next = (member + 1) % length;
            world.act(TxId(tx), claim(object(next), at(next))).expect("it may wait");
        }
        world.advance(250);
        assert_eq!(world.deadlocks_so_far(), 1, "a ring is one deadlock: length {length}, seed {seed}");
        let all = world.search_messages();
        Self { closing: all - before, all }
    }
}
