//! Letters between two nodes: once, in order, and only so many.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::VecDeque;

use lock_core::{
    Frame, Incarnation, LetterKind, LockTable, Millis, NodeConfig, NodeId, NodeMachine, Object, Output, PostError,
    Tokens,
};

/// The nodes `n1` and `n2`, what is on its way between them, and the letters that arrived.
struct Pair {
    ends: [(NodeMachine, LockTable); 2],
    under_way: VecDeque<(usize, Frame)>,
    arrived: Vec<(usize, NodeId, Vec<u8>)>,
    now: Millis,
    /// Nothing passes.
    is_cut: bool,
}

impl Pair {
    fn in_touch() -> Self {
        let names = ["n1", "n2"].map(NodeId::new);
        let now = Millis(1_000);
        let end = |name: &NodeId| {
            let incarnation = Incarnation(7);
            let config = NodeConfig { peers: names.to_vec(), ..NodeConfig::new(name.clone(), incarnation) };
            (NodeMachine::new(config, now), LockTable::new(incarnation, Tokens::starting_at(incarnation), 0))
        };
        let ends = [end(&names[0]), end(&names[1])];
        let mut pair = Self { ends, under_way: VecDeque::new(), arrived: vec![], now, is_cut: false };
        pair.passes(0);
        assert!(pair.ends[0].0.is_alive(&names[1]) && pair.ends[1].0.is_alive(&names[0]));
        pair
    }

    fn passes(&mut self, ms: u64) {
        self.now.0 += ms;
        for (machine, table) in &mut self.ends {
            machine.tick(table, self.now);
        }
        self.carry();
    }

    fn posts(&mut self, note: &[u8], kind: LetterKind) -> Result<(), PostError> {
        let (machine, table) = &mut self.ends[0];
        let to = ["n1", "n2"].map(NodeId::new);
        let posted = machine.post(table, &to, &about(), (kind, note), self.now);
        self.carry();
        posted
    }

    fn carry(&mut self) {
        loop {
            for at in 0..2 {
                for output in self.ends[at].0.take_outputs() {
                    match output {
                        Output::Send { frame, .. } if !self.is_cut => self.under_way.push_back((1 - at, *frame)),
                        Output::Letter { from, note, .. } => self.arrived.push((at, from, note)),
                        _ => {}
                    }
                }
            }
            let Some((to, frame)) = self.under_way.pop_front() else { return };
            let from = NodeId::new(if to == 0 { "n2" } else { "n1" });
            let (machine, table) = &mut self.ends[to];
            machine.receive(table, &from, frame, self.now);
        }
    }

    fn arrived_at(&self, end: usize) -> Vec<&[u8]> {
        self.arrived.iter().filter(|(at, ..)| *at == end).map(|(_, _, note)| note.as_slice()).collect()
    }
}

fn about() -> Object {
    "leader".parse().unwrap()
}

#[test]
fn letters_come_to_all_who_are_named_once_and_in_order_though_frames_are_lost() {
    let mut pair = Pair::in_touch();
    pair.posts(b"one", LetterKind::Word).unwrap();
    pair.is_cut = true;
    pair.posts(b"two", LetterKind::Word).unwrap();
    pair.posts(b"three", LetterKind::Word).unwrap();
    assert_eq!(pair.arrived_at(1), [b"one"]);
    pair.is_cut = false;
    for _ in 0..10 {
        pair.passes(400);
    }
    assert_eq!(pair.arrived_at(1), [b"one".as_slice(), b"two", b"three"]);
    assert_eq!(pair.arrived_at(0), [b"one".as_slice(), b"two", b"three"]);
    assert!(pair.arrived.iter().all(|(_, from, _)| from.as_str() == "n1"));
}

#[test]
fn what_was_said_when_a_life_ended_is_gone() {
    let mut pair = Pair::in_touch();
    pair.is_cut = true;
    pair.posts(b"lost", LetterKind::Word).unwrap();
    for _ in 0..20 {
        pair.passes(1_000);
    }
    pair.is_cut = false;
    for _ in 0..5 {
        pair.passes(1_000);
    }
    pair.posts(b"new", LetterKind::Word).unwrap();
    assert_eq!(pair.arrived_at(1), [b"new"]);
}

#[test]
fn a_node_that_does_not_hear_gets_so_much_and_no_more_and_nobody_is_told_anything_then() {
    let mut pair = Pair::in_touch();
    pair.is_cut = true;
    let longest = vec![7; NodeMachine::LONGEST_LETTER];
    let mut count = 0;
    let refused = loop {
        match pair.posts(&longest, LetterKind::Word) {
            Ok(()) => count += 1,
            Err(refused) => break refused,
        }
        assert!(count < 1_000);
    };
    assert_eq!(refused, PostError::Busy { node: NodeId::new("n2"), limit: 4 << 20 });
    assert_eq!((count, pair.arrived_at(0).len()), (64, 64));
    pair.posts(b"how it stands", LetterKind::State).unwrap();
    for _ in 0..1_000 {
        let _ = pair.posts(&longest, LetterKind::State);
    }
    assert_eq!(pair.arrived_at(0).len(), 64 + 1 + 64, "of that, too, only so much");
}

#[test]
fn what_is_too_long_is_sent_to_nobody() {
    let mut pair = Pair::in_touch();
    let refused = pair.posts(&vec![7; NodeMachine::LONGEST_LETTER + 1], LetterKind::Word).unwrap_err();
    assert_eq!(refused.to_string(), "a letter of 65537 bytes is too long; 65536 are allowed");
    assert!(pair.arrived.is_empty());
}
