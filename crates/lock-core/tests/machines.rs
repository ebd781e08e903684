//! Machines of a few nodes, joined by hand: what stories cannot say.

use std::collections::BTreeMap;

use lock_core::{
    Call, CallError, Claim, Frame, Incarnation, LockTable, Millis, Mode, NodeConfig, NodeId, NodeMachine, Object,
    Output, Require, Status, Tokens, TransactionOptions, TxId,
};

/// Nodes with a table each; frames arrive at once and in order, unless they are held back.
struct Cluster {
    now: Millis,
    nodes: BTreeMap<NodeId, (NodeMachine, LockTable)>,
    lost: Vec<(TxId, Object)>,
    /// Frames to this node stay where they are.
    held_back: Option<NodeId>,
    under_way: Vec<(NodeId, NodeId, Frame)>,
}

fn node(name: &str) -> NodeId {
    NodeId::new(name)
}

fn object(text: &str) -> Object {
    text.parse().expect("an object")
}

fn start(name: &str, names: &[&str], incarnation: Incarnation, now: Millis) -> (NodeMachine, LockTable) {
    let peers = names.iter().map(|name| node(name)).collect();
    let machine = NodeMachine::new(NodeConfig { peers, ..NodeConfig::new(node(name), incarnation) }, now);
    (machine, LockTable::new(incarnation, Tokens::starting_at(incarnation), 0))
}

impl Cluster {
    fn new(names: &[&str]) -> Self {
        Self::without(names, None)
    }

    /// One of the nodes does not listen yet.
    fn without(names: &[&str], held_back: Option<NodeId>) -> Self {
        let nodes = names.iter().map(|name| (node(name), start(name, names, Incarnation(1), Millis(0))));
        let (lost, under_way) = (Vec::new(), Vec::new());
        let mut nodes = Self { now: Millis(0), nodes: nodes.collect(), lost, held_back, under_way };
        nodes.pass(10);
        nodes
    }

    fn pass(&mut self, ms: u64) {
        let step = if ms < 10_000 { 10 } else { 100 };
        for _ in 0..ms.div_ceil(step) {
            self.now = Millis(self.now.0 + step);
            for name in self.nodes.keys().cloned().collect::<Vec<_>>() {
                let (machine, table) = self.nodes.get_mut(&name).expect("a node");
                machine.tick(table, self.now);
                self.take(&name);
            }
            self.deliver();
        }
    }

    fn deliver(&mut self) {
        while let Some(next) = self.under_way.iter().position(|(_, to, _)| Some(to) != self.held_back.as_ref()) {
            let (from, to, frame) = self.under_way.remove(next);
            let (machine, table) = self.nodes.get_mut(&to).expect("a node");
            machine.receive(table, &from, frame, self.now);
            self.take(&to);
        }
    }

    fn take(&mut self, name: &NodeId) {
        for output in self.nodes.get_mut(name).expect("a node").0.take_outputs() {
            match output {
                Output::Send { to, frame } => self.under_way.push((name.clone(), to, *frame)),
                Output::Lost { tx, object } => self.lost.push((tx, object)),
                _ => {}
            }
        }
    }

    fn begin(&mut self, home: &str, tx: TxId, options: TransactionOptions) {
        self.nodes.get_mut(&node(home)).expect("a node").0.begin(tx, options);
    }

    fn call(&mut self, home: &str, tx: TxId, call: Call) -> Result<(), CallError> {
        let (machine, table) = self.nodes.get_mut(&node(home)).expect("a node");
        let done = machine.call(table, tx, call, self.now);
        self.take(&node(home));
        self.deliver();
        done
    }

    fn machine(&self, name: &str) -> &NodeMachine {
        &self.nodes[&node(name)].0
    }

    fn table(&self, name: &str) -> &LockTable {
        &self.nodes[&node(name)].1
    }

    fn status(&self, home: &str, tx: TxId) -> Status {
        self.machine(home).status(tx).expect("a transaction that lives there")
    }
}

fn write(path: &str, on: &[&str]) -> Claim {
    let nodes = on.iter().map(|name| node(name)).collect();
    Claim { object: object(path), mode: Mode::Write, nodes, require: Require::All }
}

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
