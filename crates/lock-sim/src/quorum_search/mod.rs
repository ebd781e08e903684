//! Random worlds of many nodes, lived through on the naive model: does each deadlock end, is everybody served, and
//! what does each form of the rule cost?
mod drain;
mod life;
mod minimise;
mod random_world;
mod report;
mod script;
mod tally;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use report::{Broken, QuorumReport};
pub use script::Timing;
pub use tally::QuorumTally;

use crate::Rules;
use life::live;
use script::Script;

/// Lives through that many random worlds of many nodes; the same seed gives the same worlds.
///
/// World number `n` of a search has the seed `seed + n`. The steps of a world depend on its seed and on
/// `timing` alone, so that the forms of the rule are compared on the same worlds. Who is told
/// after each world can show progress.
///
/// ```
/// use lock_sim::{Rules, Timing, search_quorum_worlds};
/// let report = search_quorum_worlds(20, 1, Timing::AtOnce, Rules::default(), |_| ());
/// assert_eq!(report.worlds, 20);
/// assert!(report.findings.is_empty(), "{report}");
/// ```
pub fn search_quorum_worlds(
    worlds: u64,
    seed: u64,
    timing: Timing,
    rules: Rules,
    mut told: impl FnMut(&QuorumReport),
) -> QuorumReport {
    let mut report = QuorumReport::default();
    for seed in (0..worlds).map(|index| seed.wrapping_add(index)) {
        let script = random_world::of(seed, timing);
        match outcome(&script, rules) {
            Ok(tally) => report.tally.add(&tally),
            Err(broken) => {
                let fails =
                    |script: &Script| outcome(script, rules).is_err_and(|other| promise(&other) == promise(&broken));
                report.note(seed, broken.clone(), || minimise::smallest(&script, fails).to_string());
            }
        }
        report.worlds += 1;
        told(&report);
    }
    report
}

/// The promise that a broken one names, without what broke it.
fn promise(broken: &str) -> &str {
    broken.split(',').next().unwrap_or_default()
}

/// A rule that breaks down with a panic is a finding like any other.
fn outcome(script: &Script, rules: Rules) -> Result<QuorumTally, String> {
    catch_unwind(AssertUnwindSafe(|| live(script, rules))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("a rule broke down, {}", text.unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::{QuorumReport, Timing, search_quorum_worlds};
    use crate::Rules;

    fn search(worlds: u64, timing: Timing) -> QuorumReport {
        search_quorum_worlds(worlds, 1, timing, Rules::default(), |_| ())
    }

    #[test]
    fn every_deadlock_ends_everybody_is_served_and_nobody_gives_way_where_overtaking_is_enough() {
        for timing in [Timing::AtOnce, Timing::LateLooks, Timing::LateActs] {
            let report = search(1_000, timing);
            assert!(report.findings.is_empty(), "{report}");
            assert!(report.tally.victims > 100 && report.tally.overtakings > 10, "{report}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_worlds() {
        assert_eq!(search(50, Timing::LateActs).to_string(), search(50, Timing::LateActs).to_string());
    }
}
