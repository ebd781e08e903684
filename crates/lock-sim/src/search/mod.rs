//! Random worlds, lived through on the naive model: does each deadlock end, is everybody served,
//! and does anybody give way without need?
mod life;
mod minimise;
mod random_world;
mod report;
mod script;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use life::Tally;
pub use report::{Finding, SearchReport};
pub use script::{Script, ScriptStep};

use life::live;

/// Lives through that many random worlds; the same seed gives the same worlds.
///
/// World number `n` of a search has the seed `seed + n`, so that a finding is reproduced by
/// searching one world from the seed that it names.
///
/// ```
/// let report = lock_sim::search_worlds(20, 1);
/// assert_eq!(report.worlds, 20);
/// assert!(report.findings.is_empty(), "{report}");
/// ```
pub fn search_worlds(worlds: u64, seed: u64) -> SearchReport {
    let mut report = SearchReport::default();
    for seed in (0..worlds).map(|index| seed.wrapping_add(index)) {
        let script = random_world::of(seed);
        match outcome(&script) {
            Ok(tally) => report.add(&tally),
            Err(broken) => {
                let smallest = minimise::smallest(&script, |script| outcome(script).is_err());
                report.findings.push(Finding { seed, broken, script: smallest.to_string() });
            }
        }
    }
    report.worlds = worlds;
    report
}

/// A rule that breaks down with a panic is a finding like any other.
fn outcome(script: &Script) -> Result<Tally, String> {
    catch_unwind(AssertUnwindSafe(|| live(script))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.unwrap_or_else(|| "a rule broke down".to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::search_worlds;

    #[test]
    fn every_deadlock_ends_everybody_is_served_and_nobody_gives_way_where_overtaking_is_enough() {
        let report = search_worlds(1_000, 1);
        assert!(report.findings.is_empty(), "{report}");
        assert!(report.tally.victims > 100 && report.tally.overtakings > 10, "{report}");
    }

    #[test]
    fn the_same_seed_gives_the_same_worlds() {
        assert_eq!(search_worlds(50, 7).to_string(), search_worlds(50, 7).to_string());
    }
}
