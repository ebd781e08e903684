//! Every checker finds a mistake that was made on purpose: with each mutant of the rules, random lives go on until the promise
//! that the mutant breaks is the first to be broken in one.
//!
//! Run by `cargo test -p lock-sim --features mutants --test mutants`.

mod random_cluster;

use std::panic::{AssertUnwindSafe, catch_unwind};

use lock_core::Require;
use lock_core::mutant::{self, Mutant};
use lock_sim::Weather;
use random_cluster::{ALL_REQUIRES, Life, live};

const ROUGH: Weather = Weather { delay_from_ms: 1, delay_to_ms: 200, drop_permille: 100, duplicate_permille: 20 };
const LATE: Weather = Weather { drop_permille: 0, duplicate_permille: 0, ..ROUGH };
const FAULTY: Life = Life { steps: 120, fault_every: 6, pause_s: 20, weather: ROUGH, ..Life::FAIR };
const DRIFTING: Life = Life { nodes: 3, objects: 1, drift_ppm: 100_000, ..FAULTY };
const SLOW: Life =
    Life { weather: Weather { delay_to_ms: 300, ..Life::FAIR.weather }, transactions: 8, steps: 120, ..Life::FAIR };
const READERS: Life = Life { read_every: 2, objects: 1, ..Life::FAIR };
const HALVES: Life = Life { nodes: 4, objects: 1, read_every: 100, requires: &[Require::Majority], ..Life::FAIR };
const VOTES: Life = Life { nodes: 5, transactions: 8, steps: 150, fault_every: 8, weather: LATE, ..HALVES };
const CROWD: Life = Life { nodes: 2, objects: 1, requires: &[Require::All], read_every: 100, ..SLOW };
const QUORUMS: Life = Life { requires: &[Require::Any], read_every: 100, ..SLOW };

/// Each mutant, in which life it shows, from which seed on it is looked for, and who finds it first.
const MUTANTS: [(Mutant, Life, u64, &str); 21] = [
    (Mutant::TrustsForTheWholeTimeout, DRIFTING, 355, "mutual exclusion"),
    (Mutant::GrantsWhileItRecovers, FAULTY, 120, "mutual exclusion"),
    (Mutant::HalfIsAMajority, HALVES, 0, "mutual exclusion"),
    (Mutant::BelievesOldAnswers, SLOW, 0, "mutual exclusion"),
    (Mutant::ReadersPassWriters, READERS, 0, "first come, first served"),
    (Mutant::ConversionsWaitInLine, READERS, 0, "no lost wake-up"),
    (Mutant::WakesOneReader, READERS, 0, "no lost wake-up"),
    (Mutant::TokensStartAnew, FAULTY, 0, "tokens grow"),
    (Mutant::FencesNothing, Life { pause_s: 20, ..VOTES }, 0, "tokens fence"),
    (Mutant::KeepsAFenceForMore, Life { transactions: 3, ..VOTES }, 0, "tokens fence"),
    (Mutant::VersionsStartAnew, FAULTY, 0, "versions never go backwards"),
    (Mutant::BelievesTheFirstReading, SLOW, 0, "no phantoms"),
    (Mutant::BelievesOneOfMany, SLOW, 960, "no phantoms"),
    (Mutant::ACircleIsADeadlock, QUORUMS, 0, "overtaking whenever it suffices"),
    (Mutant::CountsOnTheLost, Life { objects: 2, pause_s: 6, ..VOTES }, 2_850, "one victim a circle"),
    (Mutant::ActsTwice, SLOW, 0, "one victim a circle"),
    (Mutant::AsksOneByOne, SLOW, 0, "messages are bounded"),
    (Mutant::NeverLooks, Life { requires: ALL_REQUIRES, ..SLOW }, 0, "every deadlock ends"),
    (Mutant::NeverRepeats, Life { weather: ROUGH, ..SLOW }, 0, "after healing everybody is served"),
    (Mutant::StopsAtTheFirst, CROWD, 0, "after healing everybody is served"),
    (Mutant::KeepsGuests, SLOW, 0, "nothing leaks"),
];

const SEEDS: u64 = 60;

/// The seed of the first life in which that promise is the first to be broken, and how. A life that panics shows nothing.
fn first_broken(mutant: Mutant, life: Life, from: u64, promise: &str) -> Option<(u64, String)> {
    mutant::make(Some(mutant));
    let broken = (from..from + SEEDS).find_map(|seed| {
        let outcome = catch_unwind(AssertUnwindSafe(|| live(life, seed))).ok()?;
        let broken = outcome.broken.filter(|broken| broken.promise == promise)?;
        Some((seed, broken.to_string()))
    });
    mutant::make(None);
    broken
}

#[test]
fn every_mutant_is_found_by_its_checker_first() {
    let mut survivors = Vec::new();
    for (mutant, life, from, promise) in MUTANTS {
        let broken = first_broken(mutant, life, from, promise);
        println!("{mutant:?}: {broken:?}");
        if broken.is_none() {
            survivors.push(format!("{mutant:?} survives {SEEDS} lives: {promise}"));
        }
    }
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

#[test]
fn every_checker_finds_a_mutant() {
    for promise in lock_sim::promises::all() {
        let name = promise.name();
        assert!(MUTANTS.iter().any(|(_, _, _, by)| *by == name), "no mutant for {name}");
    }
}
