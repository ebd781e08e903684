//! Every state that a small cluster can come to, whatever arrives when, keeps every promise.
#![allow(missing_docs, clippy::unwrap_used)]

use lock_sim::explore::{Explorable, Explored, Happening, ManyNodes, explore, many_node_worlds};

/// Explores a world whole, by its name.
fn whole(name: &str) -> Explored {
    let start = named(name);
    let exploration = explore(&start, |_| true);
    if let Some(found) = exploration.counterexample {
        panic!("{name}: {}\n{}", found.broken, start.tell(&found.actions).join("\n"));
    }
    assert!(exploration.is_complete);
    exploration.explored
}

fn named(name: &str) -> ManyNodes {
    many_node_worlds().into_iter().find(|world| world.name == name).unwrap().start
}

#[test]
fn two_in_a_ring_over_two_nodes_whatever_arrives_when() {
    for name in ["ring of 2 on 2 nodes", "ring of 2 on 2 nodes, at home elsewhere", "two upgrades on 2 nodes"] {
        let explored = whole(name);
        assert_eq!(explored.ends, 1, "{name}: all lives end alike, and nothing is left");
        assert!(explored.states > 100, "{name}: {explored:?}");
    }
}

#[test]
fn two_in_a_ring_on_both_nodes_with_every_require() {
    for require in ["All", "Any", "Majority", "AllAlive", "MajorityAlive"] {
        assert_eq!(whole(&format!("ring of 2 on both of 2 nodes, {require}")).ends, 1, "{require}");
    }
}

#[test]
fn rings_in_which_a_look_is_told_of_all_who_wait() {
    for name in ["ring of 2 on 2 nodes, told of all", "ring of 3 on 3 nodes, all at home on the first, told of all"] {
        assert_eq!(whole(name).ends, 1, "{name}");
    }
}

#[test]
fn a_crowd_that_asks_its_nodes_in_turn() {
    for name in [
        "a crowd of 3 for one object on both of 2 nodes",
        "a crowd of 3 for one object on both of 2 nodes, told of all",
    ] {
        assert_eq!(whole(name).ends, 1, "{name}");
    }
}

#[test]
fn three_in_a_ring_that_live_on_one_node() {
    assert_eq!(whole("ring of 3 on 3 nodes, all at home on the first").ends, 1);
}

/// Being stuck must be reached, or nothing was tried.
#[test]
fn the_ring_is_closed_on_some_way() {
    #[derive(Clone)]
    struct NoDeadlock(ManyNodes);

    impl Explorable for NoDeadlock {
        type Action = Happening;
        type Key = <ManyNodes as Explorable>::Key;

        fn actions(&self) -> Vec<Self::Action> {
            self.0.actions()
        }

        fn apply(&mut self, action: &Self::Action) -> Result<(), String> {
            self.0.apply(action)
        }

        fn key(&self) -> Self::Key {
            self.0.key()
        }

        fn check(&self) -> Result<(), String> {
            if self.0.deadlocks() > 0 { Err("nobody ever gives way".to_owned()) } else { Ok(()) }
        }
    }

    let names = ["ring of 2 on 2 nodes", "two upgrades on 2 nodes", "three transactions, three objects, 2 nodes, All"];
    for start in names.map(named) {
        let found = explore(&NoDeadlock(start.clone()), |_| true).counterexample.unwrap();
        assert_eq!(found.broken, "nobody ever gives way");
        assert!(!start.tell(&found.actions).is_empty());
    }
}
