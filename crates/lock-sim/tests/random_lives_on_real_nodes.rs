//! Random lives of clusters, told on real nodes: whatever goes wrong, it heals, everybody is served, and no promise is broken.
//!
//! They are the lives of the simulator, but for what only a simulated world has: chance in the weather, and clocks that drift.

use lock_sim::{EngineKind, Profile, Scenario, engine_for_scenario, generate, run};

/// A life as real nodes can live it: frames all take as long as the first of them would.
fn life(profile: Profile, seed: u64, steps: usize) -> Scenario {
    let text = generate(profile, seed, steps);
    let lines = text.lines().filter(|line| !line.starts_with("clocks")).map(|line| match line.split_once("delay=") {
        Some((weather, rest)) => {
            let delay = rest.split("..").next().unwrap_or_default();
            format!("{weather}delay={delay}..{delay}")
        }
        None => line.to_owned(),
    });
    let text: Vec<String> = lines.collect();
    Scenario::parse(&format!("{profile} {seed}"), &text.join("\n")).expect("a life is a scenario")
}

fn lives(profile: Profile, default: std::ops::Range<u64>) {
    let given = std::env::var("LIVES").ok().and_then(|lives| {
        let (from, to) = lives.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    let mut failures = Vec::new();
    for seed in given.unwrap_or(default) {
        let scenario = life(profile, seed, 150);
        let mut engine = engine_for_scenario(EngineKind::Actors, &scenario, seed).expect("nodes in this process");
        failures.extend(run(&scenario, engine.as_mut(), seed).failure.map(|failure| failure.to_string()));
    }
    assert!(
        failures.is_empty(),
        "{} lives failed, such as:\n{}",
        failures.len(),
        failures.iter().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn calm_lives_end_well() {
    lives(Profile::Calm, 0..10);
}

#[test]
fn lives_with_crashes_end_well() {
    lives(Profile::Crashes, 0..10);
}

#[test]
fn lives_with_splits_and_freezes_end_well() {
    lives(Profile::Splits, 0..10);
}

#[test]
fn lives_with_all_of_it_end_well() {
    lives(Profile::Chaos, 0..10);
}
