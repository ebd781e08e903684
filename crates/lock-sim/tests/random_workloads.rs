//! Random workloads: every engine lives them alike, and their text is a scenario that holds.
#![allow(missing_docs, clippy::unwrap_used)] // a test may panic

use lock_sim::{
    Action, ActorNode, Engine, EngineKind, Keys, LifeReport, Mix, NaiveWorld, PureNode, RandomLife, RandomStep,
    Weights, run_text,
};

const SEEDS: u64 = 60;

fn mixes() -> [Mix; 4] {
    let writers = Weights { write: 50, read: 10, ..Weights::default() };
    let upgraders = Weights { read: 30, upgrade: 20, downgrade: 10, end: 8, saw: 10, ..Weights::none() };
    [
        Mix::default(),
        Mix::default().transactions(5).steps(80).keys(Keys::zipf(10, 1.2).named("accounts")).weights(writers),
        Mix::default().transactions(4).steps(60).keys(Keys::hot_set(12, 2, 70)).weights(upgraders),
        Mix::default().transactions(6).steps(100).keys(Keys::uniform(4).named("db/users")).priorities(3),
    ]
}

fn lived(life: &RandomLife, engine: &mut dyn Engine) -> LifeReport {
    let report = life.carry_out(engine);
    assert_eq!((&report.refused[..], &report.violations[..]), (&[][..], &[][..]), "{life}");
    report
}

#[test]
fn every_engine_lives_them_alike_and_refuses_nothing() {
    let mut deadlocks = 0;
    for mix in mixes() {
        for seed in 0..SEEDS {
            let life = mix.life(seed);
            let [pure, naive] = [lived(&life, &mut PureNode::default()), lived(&life, &mut NaiveWorld::default())];
            let ways = |report: &LifeReport| report.deadlocks.iter().map(|one| one.way_out.clone()).collect::<Vec<_>>();
            assert_eq!(ways(&pure), ways(&naive), "{life}");
            deadlocks += pure.deadlocks.len();
        }
        for seed in 0..3 {
            lived(&mix.life(seed), &mut ActorNode::default());
        }
    }
    assert!(deadlocks > 100, "{deadlocks}: much goes wrong");
}

#[test]
fn their_text_is_a_scenario_that_holds_and_tells_the_same() {
    for mix in mixes() {
        for seed in 0..SEEDS {
            let life = mix.life(seed);
            let report = run_text(&format!("seed {seed}"), &life.to_string(), EngineKind::Sim, 0);
            // The drain at its end brings no deadlock about.
            assert_eq!(report.deadlocks.len(), lived(&life, &mut PureNode::default()).deadlocks.len());
        }
    }
}

#[test]
fn the_seed_decides() {
    let mix = Mix::default();
    assert_eq!(mix.life(5).to_string(), mix.life(5).to_string());
    assert_ne!(mix.life(5).to_string(), mix.life(6).to_string());
}

#[test]
fn weights_decide_what_is_done() {
    let weights = Weights { read: 3, try_lock: 1, ..Weights::none() };
    let life = Mix::default().steps(4_000).weights(weights).life(1);
    let count = |kind: fn(&Action) -> bool| {
        life.steps.iter().filter(|step| matches!(step, RandomStep::Act(_, action) if kind(action))).count()
    };
    let (locks, tries) =
        (count(|action| matches!(action, Action::Lock(_))), count(|action| matches!(action, Action::Try(..))));
    assert_eq!(locks + tries, 4_000);
    assert!((850..1_150).contains(&tries), "{tries}");
    let begins = life.steps.iter().filter(|step| matches!(step, RandomStep::Begin(..))).count();
    assert_eq!(begins, 8, "nobody ends");
}
