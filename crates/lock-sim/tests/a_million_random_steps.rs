//! The pure engine keeps every promise through a million random steps.
#![allow(missing_docs, clippy::unwrap_used)]

use lock_sim::{Engine, PureNode, TxStatus, Workload, random_actions};

const STEPS: usize = 1_000_000;
/// So many of them in small worlds, which are checked after each step.
const SMALL: usize = 900_000;

/// Checks every so many steps, and at the end of each life; then everybody leaves and nothing is left.
fn live(workload: Workload, tables: usize, seed: u64, every: usize) -> usize {
    let (options, actions) = random_actions(workload, seed);
    let mut node = PureNode::with_tables(tables);
    for (index, options) in options.iter().enumerate() {
        node.begin(lock_core::TxId(1 + index as u64), options);
    }
    let check = |node: &mut PureNode, step: usize| {
        let broken = node.violations();
        assert!(broken.is_empty(), "seed {seed}, step {step} of {workload:?}: {broken:?}");
    };
    for (step, (tx, action)) in actions.iter().enumerate() {
        // A refusal is an outcome as any other: of what is ended, or not held.
        let _ = node.act(*tx, action);
        if step % every == 0 {
            check(&mut node, step);
        }
    }
    check(&mut node, actions.len());
    for index in 0..options.len() {
        let tx = lock_core::TxId(1 + index as u64);
        if node.status(tx) != TxStatus::Ended {
            node.act(tx, &lock_sim::Action::End).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        }
    }
    assert!(node.is_empty(), "seed {seed}: nothing is left");
    actions.len()
}

#[test]
fn small_worlds_keep_every_promise_after_every_step() {
    let mut steps = 0;
    let mut seed = 0;
    while steps < SMALL {
        let small = Workload { transactions: 12, objects: 5, depth: 3, steps: 100 };
        steps += live(small, 1 + usize::try_from(seed % 3).unwrap(), seed, 1);
        seed += 1;
    }
}

#[test]
fn larger_worlds_keep_every_promise() {
    let mut steps = 0;
    let mut seed = 1_000_000;
    while steps < STEPS - SMALL {
        let large = Workload { transactions: 32, objects: 16, depth: 4, steps: 400 };
        steps += live(large, 4, seed, 20);
        seed += 1;
    }
}
