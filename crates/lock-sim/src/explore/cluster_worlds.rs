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
    worlds.extend([
        cluster("ring of 3 on 3 nodes", 3, ring(3, |at| at), Faults::default()),
        cluster(
            "ring of 3 on 3 nodes, each at home where its second is",
            3,
            ring(3, |at| (at + 1) % 3),
            Faults::default(),
        ),
        cluster("ring of 3 on 3 nodes, all at home on the first", 3, ring(3, |_| 0), Faults::default()),
        cluster("ring of 3 on 3 nodes, all at home on a fourth", 4, ring(3, |_| 3), Faults::default()),
    ]);
    for require in REQUIRES {
        let name = format!("three transactions, three objects, 2 nodes, {require:?}");
        worlds.push(cluster(&name, 2, three(require), Faults::default()));
    }
    for require in REQUIRES {
        let name = format!("two transactions, a crash, {require:?}");
        let lives = vec![both(0, "ab", require), both(1, "ba", require)];
        worlds.push(cluster(&name, 2, lives, crash()));
    }
    for require in REQUIRES {
        let name = format!("three transactions, three objects, 2 nodes, a crash, {require:?}");
        worlds.push(cluster(&name, 2, three(require), crash()));
    }
    worlds
}

fn cluster(name: &str, nodes: usize, lives: Vec<Life>, faults: Faults) -> SmallCluster {
    let nodes: Vec<NodeId> = (0..nodes).map(node).collect();
    SmallCluster { name: name.to_owned(), start: ManyNodes::new(&nodes, lives, faults) }
}

fn crash() -> Faults {
    Faults { crashes: vec![node(0)], waits: 2 }
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

/// One upgrades what another reads, in a ring with a third.
fn three(require: Require) -> Vec<Life> {
    let claims = |home: usize, claims: [(&str, Mode); 2]| {
        life(home, claims.map(|(name, mode)| claim(name, mode, &[0, 1], require)))
    };
    vec![
        claims(0, [("a", Mode::Read), ("a", Mode::Write)]),
        claims(1, [("b", Mode::Write), ("a", Mode::Read)]),
        claims(0, [("c", Mode::Read), ("b", Mode::Read)]),
    ]
}

fn life(home: usize, calls: impl IntoIterator<Item = Call>) -> Life {
    let calls = calls.into_iter().chain([Call::End]).map(|call| vec![call]).collect();
    Life { home: node(home), options: TxOptions::default(), calls }
}

fn claim(object: &str, mode: Mode, nodes: &[usize], require: Require) -> Call {
    let object: Object = object.parse().expect("this is an object");
    Call::Lock(vec![Claim { object, mode, nodes: nodes.iter().copied().map(node).collect(), require }])
}

fn node(at: usize) -> NodeId {
    NodeId::new(["n1", "n2", "n3", "n4"][at])
}
