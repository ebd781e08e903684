//! The fast rules and their naive reading see the same world, step by step.

#![allow(clippy::unwrap_used)] // a test may panic

use lock_core::{Object, TxId};
use lock_sim::{Action, ActorNode, Engine, NaiveWorld, PureNode, Workload, random_actions};

/// Everything that can be told of a world. The order of tokens of different objects is only one
/// order where there is one table.
fn tell(world: &mut dyn Engine, transactions: u64, objects: &[Object], one_table: bool) -> String {
    use std::fmt::Write as _;
    let mut told = String::new();
    for tx in (1..=transactions).map(TxId) {
        let _ = writeln!(told, "{tx} {:?} {:?}", world.status(tx), world.waiting(tx));
    }
    for object in objects {
        let (holders, queue, tokens) = (world.holders(object), world.queue(object), world.tokens(object).len());
        let _ = writeln!(told, "{object} {holders:?} {queue:?} {tokens:?} grants");
        if one_table {
            let _ = writeln!(told, "{:?}", world.tokens(object));
        }
    }
    if one_table {
        let _ = writeln!(told, "{}", world.wait_graph());
    }
    for deadlock in world.deadlocks() {
        let deadlock = deadlock.to_string();
        let shown = if one_table {
            deadlock
        } else {
            deadlock.split('#').map(|part| part.trim_start_matches(char::is_numeric)).collect()
        };
        let _ = writeln!(told, "{shown}");
    }
    let _ = writeln!(told, "{:?}", world.violations());
    told
}

fn objects_of(steps: &[(TxId, Action)]) -> Vec<Object> {
    let mut objects: Vec<Object> = steps
        .iter()
        .flat_map(|(_, action)| match action {
            Action::Lock(claims) => claims.iter().map(|(object, _)| object.clone()).collect(),
            Action::Try(object, _) => vec![object.clone()],
            _ => vec![],
        })
        .collect();
    objects.sort();
    objects.dedup();
    objects
}

fn agree(workload: Workload, seed: u64) {
    let (options, steps) = random_actions(workload, seed);
    let objects = objects_of(&steps);
    let mut naive = NaiveWorld::default();
    let mut fast: [Box<dyn Engine>; 3] =
        [Box::new(PureNode::default()), Box::new(PureNode::with_tables(3)), Box::new(ActorNode::default())];
    for (tx, options) in (1..).map(TxId).zip(&options) {
        naive.begin(tx, options);
        fast.iter_mut().for_each(|world| world.begin(tx, options));
    }
    let transactions = options.len() as u64;
    for (at, (tx, action)) in steps.iter().enumerate() {
        let expected = naive.act(*tx, action);
        for (world, one_table) in fast.iter_mut().zip([true, false, false]) {
            let outcome = world.act(*tx, action);
            let here = format!("seed {seed}, step {at}: {tx} {action:?}, of {:?}", &steps[..=at]);
            assert_eq!(expected.is_ok(), outcome.is_ok(), "{here}: {expected:?} or {outcome:?}");
            let tell = |world: &mut dyn Engine| tell(world, transactions, &objects, one_table);
            let (right, told) = (tell(&mut naive), tell(world.as_mut()));
            assert!(right == told, "{here}\nshould be\n{right}\nis\n{told}");
        }
    }
}

#[test]
fn small_worlds_are_told_alike() {
    for seed in 0..seeds(400) {
        agree(Workload { transactions: 4, objects: 3, depth: 2, steps: 40 }, seed);
    }
}

#[test]
fn trees_are_told_alike() {
    for seed in 0..seeds(150) {
        agree(Workload { transactions: 6, objects: 8, depth: 4, steps: 80 }, seed);
    }
}

#[test]
fn crowds_on_few_objects_are_told_alike() {
    for seed in 0..seeds(60) {
        agree(Workload { transactions: 12, objects: 4, depth: 1, steps: 120 }, seed);
    }
}

/// So many wait that a look takes the short walk first.
#[test]
fn large_crowds_are_told_alike() {
    for seed in 0..seeds(3) {
        agree(Workload { transactions: 60, objects: 10, depth: 3, steps: 300 }, seed);
    }
}

/// How many seeds to try: more with `GORDIAN_SEEDS_TIMES=N` in the environment.
fn seeds(usual: u64) -> u64 {
    let times = std::env::var("GORDIAN_SEEDS_TIMES").ok().and_then(|times| times.parse().ok());
    usual * times.unwrap_or(1)
}
