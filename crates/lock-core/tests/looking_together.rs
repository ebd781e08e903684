//! Looks of one node join, and whoever waits for one to end is not forgotten, however it ends.

mod by_hand;

use by_hand::{Cluster, node, write};
use lock_core::{Call, Frame, Incarnation, Message, Status, TransactionOptions, TxId};

const HELD_UP: TxId = TxId(1);
const LOOKER: TxId = TxId(2);
const CIRCLE: [TxId; 2] = [TxId(3), TxId(4)];
const BYSTANDER: TxId = TxId(5);
const FAR: TxId = TxId(6);

/// The look of [`LOOKER`] on n1 is under way: it leads to [`HELD_UP`], which waits on n3, and n3 does not answer.
fn look_under_way() -> Cluster {
    let mut nodes = Cluster::new(&["n1", "n2", "n3"]);
    nodes.begin("n3", FAR, TransactionOptions::default());
    for tx in [HELD_UP, LOOKER, CIRCLE[0], CIRCLE[1], BYSTANDER] {
        nodes.begin("n1", tx, TransactionOptions::default());
    }
    lock(&mut nodes, "n3", FAR, "far", "n3");
    for (tx, own) in [(HELD_UP, "a"), (LOOKER, "b"), (CIRCLE[0], "c"), (CIRCLE[1], "d"), (BYSTANDER, "e")] {
        lock(&mut nodes, "n1", tx, own, "n1");
    }
    lock(&mut nodes, "n1", HELD_UP, "far", "n3");
    assert_eq!(nodes.machine("n1").kept().looks, 0, "all is told, and nobody is stuck");
    nodes.held_back = Some(node("n3"));
    lock(&mut nodes, "n1", LOOKER, "a", "n1");
    assert_eq!(nodes.machine("n1").kept().looks, 1);
    nodes
}

/// Two that live on n1 close a circle there.
fn close_circle(nodes: &mut Cluster) {
    lock(nodes, "n1", CIRCLE[0], "d", "n1");
    lock(nodes, "n1", CIRCLE[1], "c", "n1");
    assert!(!is_resolved(nodes), "they wait for the look under way");
}

fn lock(nodes: &mut Cluster, home: &str, tx: TxId, path: &str, on: &str) {
    nodes.call(home, tx, Call::Lock(vec![write(path, &[on])])).expect("is taken");
}

/// Whether the younger of the two gave way.
fn is_resolved(nodes: &Cluster) -> bool {
    matches!(nodes.status("n1", CIRCLE[0]), Status::HaveAllLocks { .. })
}

fn looks(nodes: &Cluster) -> u64 {
    nodes.machine("n1").counters().looks
}

#[test]
fn who_has_to_look_meanwhile_looks_when_the_look_has_ended() {
    let mut nodes = look_under_way();
    let before = looks(&nodes);
    close_circle(&mut nodes);
    lock(&mut nodes, "n1", BYSTANDER, "b", "n1");
    assert_eq!(looks(&nodes), before, "three have to look, and wait");
    nodes.held_back = None;
    nodes.deliver();
    assert!(is_resolved(&nodes), "no time has passed");
    assert_eq!(nodes.machine("n1").kept().looks, 0);
    // One that sees the circle, one for what is left behind it, and one of the victim, which waits again.
    assert!(looks(&nodes) <= before + 3, "{} after {before}", looks(&nodes));
}

#[test]
fn who_has_to_look_meanwhile_looks_when_the_node_that_does_not_answer_is_lost() {
    let mut nodes = look_under_way();
    close_circle(&mut nodes);
    let (machine, table) = nodes.nodes.get_mut(&node("n1")).expect("a node");
    machine.gone(table, &node("n3"), Some(Incarnation(1)), nodes.now);
    assert!(is_resolved(&nodes), "no time has passed");
    assert_eq!(nodes.machine("n1").kept().looks, 0);
}

#[test]
fn who_has_to_look_meanwhile_looks_when_the_looker_has_ended() {
    let mut nodes = look_under_way();
    close_circle(&mut nodes);
    nodes.call("n1", LOOKER, Call::End).expect("it runs");
    assert!(!is_resolved(&nodes), "the look is still under way");
    nodes.held_back = None;
    nodes.deliver();
    assert!(is_resolved(&nodes), "no time has passed");
    assert_eq!(nodes.machine("n1").kept().looks, 0);
}

#[test]
fn a_slow_look_holds_nobody_up() {
    let mut nodes = look_under_way();
    close_circle(&mut nodes);
    let next = nodes.machine("n1").next_tick().expect("something is due");
    assert!(next.0 <= nodes.now.0 + 50, "the node wants to be called when the look is slow");
    nodes.pass(50);
    assert!(is_resolved(&nodes));
    assert_eq!(nodes.machine("n1").kept().looks, 1, "the slow look goes on");
    nodes.held_back = None;
    nodes.deliver();
    assert_eq!(nodes.machine("n1").kept().looks, 0);
}

#[test]
fn who_looks_together_with_one_whose_answers_are_missing_is_not_held_up() {
    let mut nodes = look_under_way();
    lock(&mut nodes, "n1", BYSTANDER, "b", "n1");
    close_circle(&mut nodes);
    // The second look is of all three, and asks n3 for one of them.
    nodes.pass(50);
    assert_eq!(nodes.machine("n1").kept().looks, 2);
    assert!(!is_resolved(&nodes), "n3 may answer yet");
    nodes.pass(50);
    assert!(is_resolved(&nodes));
    assert!(matches!(nodes.status("n1", BYSTANDER), Status::Waiting), "it waits, and is in no circle");
    nodes.held_back = None;
    nodes.pass(50);
    assert_eq!(nodes.machine("n1").kept().looks, 0);
}

#[test]
fn nobody_gives_way_to_a_slow_look_for_what_is_past() {
    let mut nodes = Cluster::new(&["n1", "n2", "n3"]);
    nodes.begin("n3", FAR, TransactionOptions::default());
    lock(&mut nodes, "n3", FAR, "far", "n3");
    let ([first, closer], youngest) = (CIRCLE, TxId(9));
    for (tx, own) in [(HELD_UP, "a"), (first, "b"), (closer, "c"), (youngest, "d")] {
        nodes.begin("n1", tx, TransactionOptions::default());
        lock(&mut nodes, "n1", tx, own, "n1");
    }
    lock(&mut nodes, "n1", HELD_UP, "far", "n3");
    nodes.held_back = Some(node("n3"));
    lock(&mut nodes, "n1", first, "d", "n1");
    lock(&mut nodes, "n1", youngest, "c", "n1");
    // It closes the circle; and what it waits for besides leads to n3, which does not answer.
    nodes.call("n1", closer, Call::Lock(vec![write("a", &["n1"]), write("b", &["n1"])])).expect("is taken");
    assert_eq!(nodes.machine("n1").kept().looks, 1);
    nodes.call("n1", first, Call::End).expect("it runs");
    nodes.pass(100);
    nodes.held_back = None;
    nodes.pass(100);
    assert_eq!(nodes.machine("n1").counters().deadlocks(), 0, "the circle was open when anybody could tell");
    assert_eq!(nodes.machine("n1").kept().looks, 0);
}

#[test]
fn one_look_resolves_all_deadlocks_that_it_sees() {
    let mut nodes = look_under_way();
    let before = looks(&nodes);
    let rings: Vec<[TxId; 2]> = (0..10).map(|ring| [TxId(100 + 2 * ring), TxId(101 + 2 * ring)]).collect();
    let objects = |ring: &[TxId; 2]| ring.map(|tx| format!("ring/{}", tx.0));
    for (ring, [one, other]) in rings.iter().map(|ring| (ring, objects(ring))) {
        for (tx, own) in ring.iter().zip([&one, &other]) {
            nodes.begin("n1", *tx, TransactionOptions::default());
            lock(&mut nodes, "n1", *tx, own, "n1");
        }
        lock(&mut nodes, "n1", ring[0], &other, "n1");
        lock(&mut nodes, "n1", ring[1], &one, "n1");
    }
    nodes.held_back = None;
    nodes.deliver();
    for [elder, younger] in rings {
        assert!(matches!(nodes.status("n1", elder), Status::HaveAllLocks { .. }), "{elder} is served");
        assert_eq!(nodes.status("n1", younger), Status::Waiting, "{younger} gave way");
    }
    // One that sees the circles, and two of the victims, which wait again one after the other.
    assert!(looks(&nodes) <= before + 3, "{} after {before}", looks(&nodes));
}

#[test]
fn a_look_that_nobody_needs_any_more_is_over() {
    let mut nodes = look_under_way();
    // The slow timer lets the same one look again and again.
    nodes.pass(5_000);
    assert_eq!(nodes.machine("n1").kept().looks, 1, "each takes part in one look at most");
    nodes.held_back = None;
    nodes.deliver();
    assert_eq!(nodes.machine("n1").kept().looks, 0);
}

/// How many answers of n2 to n1 it takes to tell a look of so many in one line, and the bytes of the largest.
fn told(line: u64, is_in_it: bool) -> (usize, usize) {
    let mut nodes = Cluster::new(&["n1", "n2"]);
    let (hot, owner, looker) = ("warehouse/section-7/rack-12", TxId(1 << 50), TxId((1 << 50) + 1));
    for tx in (1 << 49..).take(usize::try_from(line).expect("it is small")).map(TxId) {
        nodes.begin("n2", tx, TransactionOptions::default());
        lock(&mut nodes, "n2", tx, hot, "n2");
    }
    nodes.begin("n2", owner, TransactionOptions::default());
    nodes.begin("n1", looker, TransactionOptions::default());
    lock(&mut nodes, "n2", owner, "y", "n2");
    lock(&mut nodes, "n1", looker, "x", "n1");
    nodes.held_back = Some(node("n1"));
    lock(&mut nodes, "n1", looker, if is_in_it { hot } else { "y" }, "n2");
    let (mut answers, mut largest) = (0, 0);
    while let Some(next) = nodes.under_way.iter().position(|(_, to, _)| *to == node("n1")) {
        let (from, to, frame) = nodes.under_way.remove(next);
        if matches!(&frame, Frame::Data { message: Message::Told { .. }, .. }) {
            answers += 1;
            largest = largest.max(postcard::to_allocvec(&frame).expect("it can be written").len());
        }
        let (machine, table) = nodes.nodes.get_mut(&to).expect("a node");
        machine.receive(table, &from, frame, nodes.now);
        nodes.take(&to);
        nodes.deliver();
    }
    (answers, largest)
}

#[test]
fn of_a_long_line_a_look_is_told_in_parts_that_fit_into_a_message() {
    let (answers, largest) = told(1_200, true);
    assert!(answers > 1 && largest <= 4 << 20, "{answers} answers, {largest} bytes");
}

#[test]
fn a_look_is_not_told_much_of_a_line_that_it_has_nothing_to_do_with() {
    for line in [60, 120, 1_200] {
        let (answers, largest) = told(line, false);
        assert!(answers == 1 && largest <= 32 << 10, "{line} in line: {answers} answers, {largest} bytes");
    }
}

#[test]
fn whoever_is_asked_last_and_alone_is_not_asked_again() {
    let mut nodes = Cluster::new(&["n1", "n2"]);
    for (tx, own) in [(TxId(1), "n1"), (TxId(2), "n2")] {
        nodes.begin("n1", tx, TransactionOptions::default());
        lock(&mut nodes, "n1", tx, own, own);
    }
    lock(&mut nodes, "n1", TxId(1), "n2", "n2");
    let before = nodes.machine("n1").counters().search_messages;
    lock(&mut nodes, "n1", TxId(2), "n1", "n1");
    let counters = nodes.machine("n1").counters();
    assert_eq!(counters.deadlocks(), 1);
    assert_eq!(
        counters.looks, 3,
        "of the first who waits, of who closes the circle, and of the victim, which lines up again"
    );
    assert_eq!(counters.search_messages - before, 4, "one question to n2 a look, and its answer");
}
