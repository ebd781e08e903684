//! Random lives of clusters break no promise; the same seed gives the same life.

use lock_sim::{Profile, Scenario, generate, live, trace};

fn lives(profile: Profile, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let text = generate(profile, seed, 200);
        let scenario = Scenario::parse("life", &text).expect("a well-formed life");
        if let Err(failure) = live(&scenario, seed) {
            panic!("profile {profile}, seed {seed}: {failure}");
        }
    }
}

#[test]
fn on_one_node() {
    lives(Profile::One, 0..60);
}

#[test]
fn with_delays() {
    lives(Profile::Calm, 0..60);
}

#[test]
fn with_losses() {
    lives(Profile::Lossy, 0..60);
}

#[test]
fn with_crashes() {
    lives(Profile::Crashes, 0..60);
}

#[test]
fn with_splits_and_freezes() {
    lives(Profile::Splits, 0..60);
}

#[test]
fn with_everything() {
    lives(Profile::Chaos, 0..60);
}

#[test]
fn of_seeds_that_found_something() {
    for (profile, seed) in [(Profile::Chaos, 501_006), (Profile::Crashes, 501_216)] {
        let scenario = Scenario::parse("life", &generate(profile, seed, 40)).expect("a well-formed life");
        if let Err(failure) = live(&scenario, seed) {
            panic!("profile {profile}, seed {seed}: {failure}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_life_byte_for_byte() {
    for seed in 0..10 {
        let text = generate(Profile::Chaos, seed, 200);
        let scenario = Scenario::parse("life", &text).expect("a well-formed life");
        let lines = trace(&scenario, seed);
        assert!(lines.len() > 200);
        assert_eq!(lines, trace(&scenario, seed));
    }
}
