//! The worlds of one node that are explored.

use lock_core::{Object, TxId};

use super::CallKind::{self, Downgrade, Read, Saw, Surrender, TryWrite, Unlock, Write};
use super::{Calls, Counterexample, OneNode};
use crate::{Action, Script, ScriptStep, TxOptions};

/// A world with a name.
#[derive(Clone, Debug)]
pub struct SmallWorld {
    /// What it is called.
    pub name: &'static str,
    /// Its start.
    pub start: OneNode,
    transactions: Vec<TxOptions>,
}

impl SmallWorld {
    /// The way to a broken promise as a scenario.
    pub fn as_scenario(&self, found: &Counterexample<(TxId, Action)>) -> Script {
        let steps = found.actions.iter().map(|(tx, action)| ScriptStep::Act(*tx, action.clone()));
        Script { transactions: self.transactions.clone(), steps: steps.collect() }
    }
}

const PLAIN: [&str; 3] = ["a", "b", "c"];
const TREE: [&str; 3] = ["a", "a/x", "a/y"];

const ALL: [CallKind; 7] = [Read, Write, TryWrite, Unlock, Downgrade, Surrender, Saw];
const BASIC: [CallKind; 3] = [Read, Write, Unlock];

/// The worlds of one node, those with few states first.
pub fn one_node_worlds() -> Vec<SmallWorld> {
    let plain = vec![TxOptions::default(); 3];
    // The youngest rather aborts, the oldest rather gives way than the one between.
    let special = vec![
        TxOptions { priority: -1, ..TxOptions::default() },
        TxOptions::default(),
        TxOptions { abort_on_deadlock: true, ..TxOptions::default() },
    ];
    vec![
        world("two on a tree, all calls, 3 each", &plain[..2], calls(&TREE, &ALL, 3)),
        world("two on a tree, all calls, 4 each", &plain[..2], calls(&TREE, &ALL, 4)),
        world("three on two objects, 4 each", &plain, calls(&PLAIN[..2], &BASIC, 4)),
        world("three on a branch, 4 each", &plain, calls(&TREE[..2], &BASIC, 4)),
        world("three on two objects, told and aborting, 4 each", &special, calls(&PLAIN[..2], &[Read, Write, Saw], 4)),
        world("three on three objects, 3 each", &plain, calls(&PLAIN, &BASIC, 3)),
        world("three on a tree, 3 each", &plain, calls(&TREE, &BASIC, 3)),
        world("three on three objects, one call at a time, 4 each", &plain, one_at_a_time(calls(&PLAIN, &BASIC, 4))),
        world("three on a tree, one call at a time, 4 each", &plain, one_at_a_time(calls(&TREE, &BASIC, 4))),
    ]
}

fn world(name: &'static str, transactions: &[TxOptions], calls: Calls) -> SmallWorld {
    SmallWorld { name, start: OneNode::new(calls, transactions), transactions: transactions.to_vec() }
}

fn calls(objects: &[&str], kinds: &[CallKind], each: u8) -> Calls {
    let objects: Vec<Object> = objects.iter().map(|text| text.parse().expect("these are objects")).collect();
    Calls { objects, kinds: kinds.to_vec(), each, while_waiting: true }
}

/// As with `lock`, whose caller does nothing else before it is served.
fn one_at_a_time(calls: Calls) -> Calls {
    Calls { while_waiting: false, ..calls }
}
