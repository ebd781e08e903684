//! Machines of a few nodes, joined by hand: what stories cannot say.

mod by_hand;

use by_hand::{Cluster, node, object, start, write};
use lock_core::{
    Call, CallError, Incarnation, LockTable, Millis, NodeConfig, NodeMachine, Output, Status, Tokens,
    TransactionOptions, TxId,
};

#[test]
fn at_the_end_of_its_lease_a_transaction_is_over_everywhere() {
    let mut nodes = Cluster::new(&["n1", "n2"]);
    let (t1, t2) = (TxId(1), TxId(2));
    nodes.begin("n1", t1, TransactionOptions { lease: Some(Millis(1_000)), ..TransactionOptions::default() });
    nodes.begin("n1", t2, TransactionOptions::default());
    nodes.call("n1", t1, Call::Lock(vec![write("a", &["n1", "n2"])])).expect("is taken");
    nodes.call("n1", t2, Call::Lock(vec![write("a", &["n2"])])).expect("is taken");
    assert!(matches!(nodes.status("n1", t1), Status::HaveAllLocks { .. }));
    // What n2 says of the grant now is on its way while the lease ends.
    nodes.held_back = Some(node("n1"));
    nodes.call("n1", t1, Call::Downgrade(object("a"))).expect("is held");
    nodes.pass(1_000);
    nodes.held_back = None;
    nodes.pass(3_000);
    assert_eq!(nodes.status("n1", t1), Status::Ended);
    assert_eq!(nodes.lost, [(t1, object("a"))]);
    assert_eq!(nodes.table("n1").len(), 0);
    assert!(nodes.table("n2").claims(t1).is_empty(), "the old answer revives nothing");
    assert!(matches!(nodes.status("n1", t2), Status::HaveAllLocks { .. }));
    assert!(nodes.call("n1", t1, Call::Lock(vec![write("b", &["n2"])])).is_err(), "it has ended");
    assert_eq!(nodes.machine("n1").next_tick().filter(|at| *at <= nodes.now), None, "no tick is due for it for ever");
}

#[test]
fn the_death_of_an_earlier_life_says_nothing_of_the_present_one() {
    let (mut n1, mut table) = start("n1", &["n1", "n2"], Incarnation(9), Millis(0));
    let (mut n2, mut other) = start("n2", &["n1", "n2"], Incarnation(5), Millis(0));
    n2.tick(&mut other, Millis(0));
    for output in n2.take_outputs() {
        if let Output::Send { frame, .. } = output {
            n1.receive(&mut table, &node("n2"), *frame, Millis(1));
        }
    }
    for earlier in [None, Some(Incarnation(4))] {
        n1.gone(&mut table, &node("n2"), earlier, Millis(2));
        assert!(n1.is_recovering(), "n2 lives, and has yet to tell what it holds");
    }
    n1.gone(&mut table, &node("n2"), Some(Incarnation(5)), Millis(3));
    assert!(!n1.is_recovering());
}

#[test]
fn a_batch_counts_every_object_that_it_adds_and_no_other() {
    let config = NodeConfig { max_claims: 3, ..NodeConfig::new(node("n1"), Incarnation(1)) };
    let mut machine = NodeMachine::new(config, Millis(0));
    let mut table = LockTable::new(Incarnation(1), Tokens::starting_at(Incarnation(1)), 0);
    machine.begin(TxId(1), TransactionOptions::default());
    let mut lock = |paths: &[&str]| {
        let claims = paths.iter().map(|path| write(path, &["n1"])).collect();
        machine.call(&mut table, TxId(1), Call::Lock(claims), Millis(0))
    };
    lock(&["a", "b", "c", "d"]).expect_err("four are too many");
    lock(&["a", "b", "a", "c"]).expect("an object named twice is one");
    lock(&["b", "a"]).expect("a repeat adds nothing");
    lock(&["d"]).expect_err("a fourth is too many");
    assert_eq!(table.len(), 3);
}

#[test]
fn a_node_that_recovers_keeps_so_much_and_then_is_busy() {
    const CLAIMS: u64 = 100;
    for on in ["n1", "n2"] {
        // As long as n3 says nothing, both recover.
        let mut nodes = Cluster::without(&["n1", "n2", "n3"], Some(node("n3")));
        let mut asked = 0;
        let limit = loop {
            let tx = TxId(1 + asked / CLAIMS);
            if asked % CLAIMS == 0 {
                nodes.begin("n1", tx, TransactionOptions::default());
            }
            match nodes.call("n1", tx, Call::Lock(vec![write(&format!("o{asked}"), &[on])])) {
                Ok(()) => asked += 1,
                Err(CallError::Busy { node, limit }) => {
                    assert_eq!(node.as_str(), on);
                    break limit;
                }
                Err(other) => panic!("{other}"),
            }
            assert!(asked < 100_000, "a bound is met");
        };
        assert_eq!(nodes.machine(on).kept().stashed, limit);
        nodes.held_back = None;
        nodes.pass(20_000);
        assert_eq!(nodes.machine(on).kept().stashed, 0);
        assert_eq!(nodes.table(on).len() as u64, asked, "all that was taken in is served");
    }
}

#[test]
fn who_is_told_of_many_locks_in_parts_grants_nothing_before_the_last_part() {
    const LOCKS: usize = 5_000;
    let names = ["n1", "n2"];
    let mut nodes = Cluster::new(&names);
    nodes.begin("n1", TxId(1), TransactionOptions::default());
    let claims = (0..LOCKS).map(|at| write(&format!("a/{at}"), &["n2"])).collect();
    nodes.call("n1", TxId(1), Call::Lock(claims)).expect("is taken");
    nodes.nodes.insert(node("n2"), start("n2", &names, Incarnation(2), nodes.now));
    nodes.under_way.clear();
    let mut parts = 0;
    while nodes.machine("n2").is_recovering() {
        nodes.now = Millis(nodes.now.0 + 10);
        for name in names.map(node) {
            let (machine, table) = nodes.nodes.get_mut(&name).expect("a node");
            machine.tick(table, nodes.now);
            nodes.take(&name);
        }
        while nodes.machine("n2").is_recovering() && !nodes.under_way.is_empty() {
            let (from, to, frame) = nodes.under_way.remove(0);
            let before = nodes.table("n2").len();
            let (machine, table) = nodes.nodes.get_mut(&to).expect("a node");
            machine.receive(table, &from, frame, nodes.now);
            nodes.take(&to);
            parts += usize::from(nodes.table("n2").len() > before);
        }
    }
    assert_eq!(
        (parts, nodes.table("n2").len()),
        (3, LOCKS),
        "all is taken back, in three parts, before it grants anything"
    );
    nodes.deliver();
    assert!(matches!(nodes.status("n1", TxId(1)), Status::HaveAllLocks { .. }));
    assert!(nodes.lost.is_empty());
}
