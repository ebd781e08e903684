//! Every promise holds, after every event, in random lives of clusters with faults.
//!
//! `PROMISE_SEEDS=A..B` tries those seeds; `PROMISE_TRACE=SEED` prints what happens in one of them.

mod random_cluster;

use std::panic::catch_unwind;

use lock_core::Require;
use lock_sim::Weather;
use random_cluster::{Life, Random, live, lived};

fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("PROMISE_SEEDS").ok();
    let range = given.and_then(|text| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    range.unwrap_or(0..40)
}

fn life_of(seed: u64) -> Life {
    Life::of(&mut Random::new(!seed))
}

fn quorums_of(seed: u64) -> Life {
    Life::of_quorums(&mut Random::new(!seed))
}

fn impatient_of(seed: u64) -> Life {
    Life::of_the_impatient(&mut Random::new(!seed))
}

/// Lives of these seeds, or the trace of one.
fn hold_in(life_of: fn(u64) -> Life) {
    if let Some(seed) = std::env::var("PROMISE_TRACE").ok().and_then(|seed| seed.parse().ok()) {
        let world = lived(life_of(seed), seed, true);
        println!("{:?}\n{}", life_of(seed), world.trace().join("\n"));
    }
    let (mut events, mut deadlocks, mut failures) = (0, 0, Vec::new());
    for seed in seeds() {
        let Ok(outcome) = catch_unwind(|| live(life_of(seed), seed)) else {
            failures.push(format!("seed {seed}: it panicked"));
            continue;
        };
        events += outcome.events;
        deadlocks += outcome.deadlocks;
        failures.extend(outcome.broken.map(|broken| format!("seed {seed}: {broken}")));
    }
    println!("{events} events, {deadlocks} deadlocks");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), seeds().count(), failures.join("\n"));
    assert!(deadlocks > 0, "a test without a deadlock shows nothing");
}

#[test]
fn in_random_lives() {
    hold_in(life_of);
}

#[test]
fn in_random_lives_of_quorums() {
    hold_in(quorums_of);
}

#[test]
fn in_random_lives_whose_calls_are_dropped_while_they_wait() {
    hold_in(impatient_of);
}

#[test]
fn in_lives_of_seeds_that_found_something() {
    let seeds_that_found_something = [8, 9, 17, 21, 32, 34, 49, 98, 172, 184, 268, 528, 906, 1395, 1504, 1723, 3508];
    let broken =
        seeds_that_found_something.into_iter().filter_map(|seed| Some((seed, live(life_of(seed), seed).broken?)));
    let broken: Vec<String> = broken.map(|(seed, broken)| format!("seed {seed}: {broken}")).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Lives of one object or two of which more than half of five nodes are needed, in bad weather or good.
#[test]
fn in_lives_of_majorities_that_found_something() {
    let late = Weather { delay_from_ms: 1, delay_to_ms: 200, drop_permille: 0, duplicate_permille: 0 };
    let rough = Weather { drop_permille: 100, duplicate_permille: 20, ..late };
    let few = Life {
        nodes: 5,
        transactions: 3,
        objects: 1,
        steps: 150,
        fault_every: 8,
        read_every: 100,
        requires: &[Require::Majority],
        ..Life::FAIR
    };
    let lives = [
        (Life { weather: late, ..few }, 15),
        (few, 57),
        (Life { transactions: 8, objects: 2, pause_s: 6, weather: late, ..few }, 18),
        (Life { transactions: 14, pause_s: 6, weather: rough, ..few }, 29),
        (Life { nodes: 3, transactions: 8, objects: 2, pause_s: 6, weather: late, ..few }, 55),
    ];
    let drawn = [9_805, 41_011].map(|seed| (quorums_of(seed), seed));
    for (life, seed) in lives.into_iter().chain(drawn) {
        assert_eq!(live(life, seed).broken, None, "seed {seed}");
    }
}
