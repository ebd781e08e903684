//! What many want of all of several nodes at once: they form one line, and no circles.

mod by_hand;

use by_hand::{Cluster, node, object, write};
use lock_core::{Call, Claim, Incarnation, Require, Status, TransactionOptions, TxId};

const NAMES: [&str; 3] = ["n1", "n2", "n3"];

fn begin(nodes: &mut Cluster, home: &str, tx: TxId) {
    nodes.begin(home, tx, TransactionOptions::default());
}

/// Begins a transaction that writes `a` on all nodes.
fn claim(nodes: &mut Cluster, home: &str, tx: TxId) {
    begin(nodes, home, tx);
    nodes.call(home, tx, Call::Lock(vec![write("a", &NAMES)])).expect("is taken");
}

fn has_it(nodes: &Cluster, home: &str, tx: TxId) -> bool {
    matches!(nodes.status(home, tx), Status::HaveAllLocks { .. })
}

fn wait_there(nodes: &Cluster, at: &str) -> Vec<TxId> {
    nodes.table(at).waiters(&object("a")).iter().map(|waiter| waiter.tx).collect()
}

fn deadlocks(nodes: &Cluster) -> u64 {
    NAMES.iter().map(|name| nodes.machine(name).counters().deadlocks()).sum()
}

#[test]
fn after_one_had_to_wait_the_next_one_asks_the_first_node_first() {
    let mut nodes = Cluster::new(&NAMES);
    claim(&mut nodes, "n2", TxId(1));
    claim(&mut nodes, "n3", TxId(2));
    assert_eq!(wait_there(&nodes, "n2"), [TxId(2)], "nothing is known of others yet: it asks all");
    claim(&mut nodes, "n3", TxId(3));
    assert_eq!(wait_there(&nodes, "n1"), [TxId(2), TxId(3)]);
    assert_eq!(wait_there(&nodes, "n2"), [TxId(2)]);
    for tx in [1, 2].map(TxId) {
        nodes.call(if tx == TxId(1) { "n2" } else { "n3" }, tx, Call::End).expect("it runs");
    }
    assert!(has_it(&nodes, "n3", TxId(3)), "the first has granted it, and then the others");
}

#[test]
fn whoever_finds_the_first_node_free_asks_all_at_once_the_next_time() {
    let mut nodes = Cluster::new(&NAMES);
    claim(&mut nodes, "n2", TxId(1));
    claim(&mut nodes, "n3", TxId(2));
    nodes.call("n2", TxId(1), Call::End).expect("it runs");
    nodes.call("n3", TxId(2), Call::End).expect("it runs");
    claim(&mut nodes, "n3", TxId(3));
    assert!(has_it(&nodes, "n3", TxId(3)));
    claim(&mut nodes, "n3", TxId(4));
    assert_eq!(wait_there(&nodes, "n3"), [TxId(4)]);
}

#[test]
fn whoever_locks_again_at_once_keeps_to_the_turn_whatever_is_said_of_the_claim_before() {
    let mut nodes = Cluster::new(&NAMES);
    claim(&mut nodes, "n3", TxId(1));
    claim(&mut nodes, "n3", TxId(2));
    claim(&mut nodes, "n1", TxId(9));
    nodes.held_back = Some(node("n3"));
    nodes.call("n3", TxId(1), Call::Unlock(object("a"))).expect("it runs");
    nodes.call("n3", TxId(1), Call::Lock(vec![write("a", &NAMES)])).expect("is taken");
    nodes.held_back = None;
    nodes.deliver();
    assert!(wait_there(&nodes, "n1").contains(&TxId(1)));
    assert!(!wait_there(&nodes, "n2").contains(&TxId(1)));
}

#[test]
fn of_many_crowds_the_oldest_is_forgotten() {
    let mut nodes = Cluster::new(&NAMES);
    for number in 0..1_100 {
        let pair = [TxId(2 * number + 1), TxId(2 * number + 2)];
        for tx in pair {
            begin(&mut nodes, "n3", tx);
            nodes.call("n3", tx, Call::Lock(vec![write(&format!("o{number}"), &NAMES)])).expect("is taken");
        }
        pair.into_iter().for_each(|tx| nodes.call("n3", tx, Call::End).expect("it runs"));
    }
    claim(&mut nodes, "n2", TxId(10_001));
    claim(&mut nodes, "n3", TxId(10_002));
    claim(&mut nodes, "n3", TxId(10_003));
    assert_eq!(wait_there(&nodes, "n2"), [TxId(10_002)], "the newest is kept in mind");
}

#[test]
fn a_crowd_of_three_nodes_goes_on_without_a_deadlock() {
    let mut nodes = Cluster::new(&NAMES);
    let mut last = [1, 2, 3];
    for (at, home) in NAMES.iter().enumerate() {
        claim(&mut nodes, home, TxId(last[at]));
    }
    let before = deadlocks(&nodes);
    for next in 4..100 {
        let holder = (0..3).find(|at| has_it(&nodes, NAMES[*at], TxId(last[*at]))).expect("somebody has it");
        nodes.call(NAMES[holder], TxId(last[holder]), Call::End).expect("it runs");
        last[holder] = next;
        claim(&mut nodes, NAMES[holder], TxId(next));
    }
    assert!(deadlocks(&nodes) <= before + 3, "each may meet the others once: {} {before}", deadlocks(&nodes));
}

#[test]
fn who_awaits_a_node_gives_way_to_one_who_can_do_without_it() {
    let mut nodes = Cluster::new(&NAMES);
    let patient = TransactionOptions { await_nodes: true, ..TransactionOptions::default() };
    for home in ["n1", "n2"] {
        let (machine, table) = nodes.nodes.get_mut(&node(home)).expect("a node");
        machine.gone(table, &node("n3"), Some(Incarnation(1)), nodes.now);
        nodes.take(&node(home));
    }
    // Each has its own node before it is heard at the other's.
    nodes.held_back = Some(node("n2"));
    for (home, tx) in [("n1", TxId(1)), ("n2", TxId(2))] {
        nodes.begin(home, tx, patient.clone());
        let majority = Claim { require: Require::Majority, ..write("a", &NAMES) };
        nodes.call(home, tx, Call::Lock(vec![majority])).expect("is taken");
    }
    nodes.held_back = None;
    nodes.deliver();
    assert!(has_it(&nodes, "n1", TxId(1)), "n3 is still away, and the older one has the two others");
}
