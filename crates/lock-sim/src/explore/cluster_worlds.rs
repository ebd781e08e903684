//! The worlds of many nodes that are explored.

use lock_core::{Call, Claim, Mode, NodeId, Object, Require};

use super::{Faults, Life, ManyNodes};
use crate::TxOptions;

/// A world of many nodes with a name.
#[derive(Clone, Debug)]
pub struct SmallCluster {
    /// What it is called.
    pub name: String,
    /// Its start.
    pub start: ManyNodes,
}

const REQUIRES: [Require; 5] =
    [Require::All, Require::Any, Require::Majority, Require::AllAlive, Require::MajorityAlive];

/// The worlds of many nodes, those with few states first.
pub fn many_node_worlds() -> Vec<SmallCluster> {
    let mut worlds = vec![
        cluster("ring of 2 on 2 nodes", 2, ring(2, |at| at), Faults::default()),
        cluster("ring of 2 on 2 nodes, at home elsewhere", 3, ring(2, |_| 2), Faults::default()),
        cluster(
            "two upgrades on 2 nodes",
            2,
            vec![upgrade(0, Require::All), upgrade(1, Require::All)],
            Faults::default(),
        ),
    ];
    for require in REQUIRES {
        let name = format!("ring of 2 on both of 2 nodes, {require:?}");
        worlds.push(cluster(&name, 2, vec![both(0, "ab", require), both(1, "ba", require)], Faults::default()));
    }
    for require in REQUIRES {
        let name =
            format!("two transactions, each reads or writes one of two objects on both of 2 nodes, twice, {require:?}");
        let lives = [0, 1].map(|home| free(home, &["a", "b"], 2, &[0, 1], require)).to_vec();
        worlds.push(cluster(&name, 2, lives, Faults::default()));
    }
    worlds.extend([
        cluster("ring of 3 on 3 nodes", 3, ring(3, |at| at), Faults::default()),
        cluster("ring of 3 on 3 nodes, each at home at its second", 3, ring(3, |at| (at + 1) % 3), Faults::default()),
        cluster("ring of 3 on 3 nodes, all at home on the first", 3, ring(3, |_| 0), Faults::default()),
        cluster("ring of 3 on 3 nodes, all at home on a fourth", 4, ring(3, |_| 3), Faults::default()),
    ]);
    worlds.extend([
        told_of_all("ring of 2 on 2 nodes", 2, ring(2, |at| at)),
        told_of_all("ring of 3 on 3 nodes", 3, ring(3, |at| at)),
        told_of_all("ring of 3 on 3 nodes, all at home on the first", 3, ring(3, |_| 0)),
        cluster("a crowd of 3 for one object on both of 2 nodes", 2, crowd(), Faults::default()),
        told_of_all("a crowd of 3 for one object on both of 2 nodes", 2, crowd()),
    ]);
    for require in REQUIRES {
        let name = format!("three transactions, three objects, 2 nodes, {require:?}");
        worlds.push(cluster(&name, 2, three(require), Faults::default()));
    }
    worlds.push(cluster("ring of 2 on 2 nodes, a crash", 2, ring(2, |at| at), crash(2)));
    worlds.push(cluster("a crowd of 3 for one object on both of 2 nodes, a crash", 2, crowd(), crash(2)));
    for require in REQUIRES {
        let name = format!("ring of 2 on both of 2 nodes, a crash, {require:?}");
        let lives = vec![both(0, "ab", require), both(1, "ba", require)];
        worlds.push(cluster(&name, 2, lives, crash(2)));
    }
    for require in REQUIRES {
        let name = format!("three transactions, three objects, 2 nodes, a crash, {require:?}");
        worlds.push(cluster(&name, 2, three(require), crash(0)));
    }
    worlds
}

fn cluster(name: &str, nodes: usize, lives: Vec<Life>, faults: Faults) -> SmallCluster {
    let nodes: Vec<NodeId> = (0..nodes).map(node).collect();
    SmallCluster { name: name.to_owned(), start: ManyNodes::new(&nodes, lives, faults, 0) }
}

/// The same, but a look is told at once of all who wait where it asks.
fn told_of_all(name: &str, nodes: usize, lives: Vec<Life>) -> SmallCluster {
    let nodes: Vec<NodeId> = (0..nodes).map(node).collect();
    let few = lives.len();
    let start = ManyNodes::new(&nodes, lives, Faults::default(), few);
    SmallCluster { name: format!("{name}, told of all"), start }
}

/// Whoever claims the object on both nodes after one of its home had to wait for it asks them in turn.
fn crowd() -> Vec<Life> {
    let write = || claim("a", Mode::Write, &[0, 1], Require::All);
    vec![life(0, [write()]), life(0, [write()]), life(1, [write()])]
}

/// The first node crashes once, and may start again; so often time goes on until the next timer.
fn crash(waits: u8) -> Faults {
    Faults { crashes: vec![node(0)], waits }
}

/// Each writes an object of one node, and then the one that the next has.
fn ring(size: usize, home: impl Fn(usize) -> usize) -> Vec<Life> {
    let object = |at: usize| ["a", "b", "c"][at % size];
    let write = |at: usize| claim(object(at), Mode::Write, &[at % size], Require::All);
    (0..size).map(|at| life(home(at), [write(at), write(at + 1)])).collect()
}

/// Reads an object of both nodes, and then writes it.
fn upgrade(home: usize, require: Require) -> Life {
    life(home, [Mode::Read, Mode::Write].map(|mode| claim("a", mode, &[0, 1], require)))
}

/// Writes objects on both nodes, one after the other.
fn both(home: usize, objects: &str, require: Require) -> Life {
    life(home, objects.split("").filter(|name| !name.is_empty()).map(|name| claim(name, Mode::Write, &[0, 1], require)))
}

/// A ring in which one upgrades what another reads, and each waits for two things at least at the same time or for two
/// others.
fn three(require: Require) -> Vec<Life> {
    let on_both = |objects: &str, mode: Mode| {
        let claims = objects.split(' ').map(|object| spread(object, mode, &[0, 1], require));
        Call::Lock(claims.collect())
    };
    vec![
        life(0, [on_both("a", Mode::Read), on_both("a c", Mode::Write)]),
        life(1, [on_both("a", Mode::Read), on_both("b", Mode::Write)]),
        life(0, [on_both("b c", Mode::Read), on_both("a", Mode::Write)]),
    ]
}

/// Makes that many calls, each of any of these objects and modes.
fn free(home: usize, objects: &[&str], calls: usize, nodes: &[usize], require: Require) -> Life {
    let modes = [Mode::Read, Mode::Write];
    let choice = modes.iter().flat_map(|mode| objects.iter().map(|object| claim(object, *mode, nodes, require)));
    let choice: Vec<Call> = choice.collect();
    let calls = std::iter::repeat_n(choice, calls).chain([vec![Call::End]]).collect();
    Life { home: node(home), options: TxOptions::default(), calls }
}

fn life(home: usize, calls: impl IntoIterator<Item = Call>) -> Life {
    let calls = calls.into_iter().chain([Call::End]).map(|call| vec![call]).collect();
    Life { home: node(home), options: TxOptions::default(), calls }
}

fn claim(object: &str, mode: Mode, nodes: &[usize], require: Require) -> Call {
    Call::Lock(vec![spread(object, mode, nodes, require)])
}

fn spread(object: &str, mode: Mode, nodes: &[usize], require: Require) -> Claim {
    let object: Object = object.parse().expect("this is an object");
    Claim { object, mode, nodes: nodes.iter().copied().map(node).collect(), require }
}

fn node(at: usize) -> NodeId {
    NodeId::new(["n1", "n2", "n3", "n4"][at])
}
