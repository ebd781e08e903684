//! Random lives come to the same on the real rules and in their naive reading, step by step; one that does not
//! is made small and told as a scenario.

#![allow(missing_docs, clippy::unwrap_used)] // a test may panic

mod life;
mod told;
mod world;

use std::fmt::Write as _;

use lock_core::TxId;
use lock_sim::{ActorNode, Engine, NaiveWorld, PureNode, Scenario, run};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

use life::{Life, Step, lives, objects, sayable_lives};
use told::as_scenario;
use world::carry_out;

/// `PROPTEST_CASES=N` in the environment tries N lives instead.
fn config(usual: u32) -> Config {
    let kept = FileFailurePersistence::Direct("proptest-regressions/random_lives_agree.txt");
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { usual };
    Config { cases, failure_persistence: Some(Box::new(kept)), ..Config::default() }
}

/// Everything that can be told of a world of any number of tables.
fn tell(world: &mut dyn Engine, transactions: u64) -> String {
    let of_tx = |world: &mut dyn Engine, tx| format!("{tx} {:?} {:?}\n", world.status(tx), world.waiting(tx));
    let mut told: String = (1..=transactions).map(|id| of_tx(world, TxId(id))).collect();
    for object in objects() {
        let (holders, queue, grants) = (world.holders(&object), world.queue(&object), world.tokens(&object).len());
        let _ = writeln!(told, "{object} {holders:?} {queue:?} {grants} grants");
    }
    for deadlock in world.deadlocks() {
        let _ = writeln!(told, "{:?} {:?}", deadlock.members().collect::<Vec<_>>(), deadlock.way_out);
    }
    told + &format!("{:?}\n", world.violations())
}

fn begun<W: Engine>(mut world: W, life: &Life) -> W {
    (1..).map(TxId).zip(&life.transactions).for_each(|(tx, options)| world.begin(tx, options));
    world
}

/// Lives through it twice; one table is compared to the last detail.
fn agrees(life: &Life) -> Result<(), TestCaseError> {
    let mut naive = begun(NaiveWorld::default(), life);
    let (mut one, mut many) = (begun(PureNode::default(), life), begun(PureNode::with_tables(3), life));
    let transactions = life.transactions.len() as u64;
    for step in &life.steps {
        let expected = carry_out(&mut naive, step).is_ok();
        let outcomes = [carry_out(&mut one, step).is_ok(), carry_out(&mut many, step).is_ok()];
        prop_assert_eq!(outcomes, [expected; 2], "carried out, {:?}", step);
        prop_assert_eq!(one.shape(), naive.shape(), "after {:?}", step);
        prop_assert_eq!(one.wait_graph(), naive.wait_graph(), "after {:?}", step);
        prop_assert_eq!(one.deadlocks(), naive.deadlocks(), "after {:?}", step);
        for object in objects() {
            prop_assert_eq!(one.tokens(&object), naive.tokens(&object), "tokens of {}, after {:?}", object, step);
        }
        let right = tell(&mut naive, transactions);
        prop_assert_eq!(&tell(&mut one, transactions), &right, "after {:?}", step);
        prop_assert_eq!(&tell(&mut many, transactions), &right, "with three tables, after {:?}", step);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn lives_come_to_the_same(life in lives()) {
        agrees(&life)?;
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn lives_of_real_transactions_come_to_the_same(life in sayable_lives()) {
        let (mut naive, mut actors) = (begun(NaiveWorld::default(), &life), begun(ActorNode::default(), &life));
        for step in &life.steps {
            let Some((expected, outcome)) = on_both(&mut naive, &mut actors, step) else { continue };
            prop_assert_eq!(outcome, expected, "carried out, {:?}", step);
            let transactions = life.transactions.len() as u64;
            prop_assert_eq!(tell(&mut actors, transactions), tell(&mut naive, transactions), "after {:?}", step);
        }
    }

    /// What is printed of a failure must itself be right.
    #[test]
    fn a_life_is_told_as_a_scenario(life in sayable_lives()) {
        let scenario = Scenario::parse("life", &as_scenario(&life)).unwrap();
        for engine in [&mut NaiveWorld::default() as &mut dyn Engine, &mut PureNode::default()] {
            let failure = run(&scenario, engine, 0).failure;
            prop_assert!(failure.is_none(), "{}", failure.unwrap());
        }
    }
}

fn on_both(one: &mut dyn Engine, other: &mut dyn Engine, step: &Step) -> Option<(bool, bool)> {
    match step {
        Step::Act(tx, action) => Some((one.act(*tx, action).is_ok(), other.act(*tx, action).is_ok())),
        Step::Advance(ms) => {
            one.advance(*ms);
            other.advance(*ms);
            Some((true, true))
        }
        Step::SurrenderGrant(..) | Step::TakeBack(..) | Step::HandOver(..) => None,
    }
}
