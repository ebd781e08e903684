//! Searches random worlds of many nodes for one that breaks a promise, and counts what the rule costs.
//!
//! ```text
//! cargo run --release -p lock-sim --example search_quorum_worlds -- 100000 1 at-once
//! cargo run --release -p lock-sim --example search_quorum_worlds -- 100000 1 late-acts canonical-circle kept all-seen own-state
//! ```
//! The first number says how many worlds, the second is the seed of the first of them. Words say when
//! looks and acts happen, and which form of the rule is followed, where it is not the chosen one.

use std::process::ExitCode;

use lock_sim::{Check, Rules, Scope, Surplus, Timing, Turning, search_quorum_worlds};

struct Search {
    worlds: u64,
    seed: u64,
    timing: Timing,
    rules: Rules,
}

fn main() -> ExitCode {
    let Some(search) = asked(std::env::args().skip(1)) else {
        eprintln!(
            "usage: search_quorum_worlds WORLDS SEED [at-once|late-looks|late-acts] [canonical-circle|first-in-line] \
             [kept|withdrawn] [all-seen|sink] [own-state|also-the-wait]"
        );
        return ExitCode::from(2);
    };
    let report = search_quorum_worlds(search.worlds, search.seed, search.timing, search.rules, |report| {
        if report.worlds % (search.worlds / 20).max(1) == 0 {
            eprintln!("{} of {} worlds, {} findings", report.worlds, search.worlds, report.findings.len());
        }
    });
    print!("{:?}, {:?}\n{report}", search.timing, search.rules);
    ExitCode::from(u8::from(!report.findings.is_empty()))
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Option<Search> {
    let mut number = || arguments.next()?.parse().ok();
    let (worlds, seed) = (number()?, number()?);
    let mut search = Search { worlds, seed, timing: Timing::AtOnce, rules: Rules::default() };
    for word in arguments {
        match word.as_str() {
            "at-once" => search.timing = Timing::AtOnce,
            "late-looks" => search.timing = Timing::LateLooks,
            "late-acts" => search.timing = Timing::LateActs,
            "canonical-circle" => search.rules.turning = Turning::CanonicalCircle,
            "first-in-line" => search.rules.turning = Turning::FirstInLine,
            "kept" => search.rules.surplus = Surplus::Kept,
            "withdrawn" => search.rules.surplus = Surplus::Withdrawn,
            "all-seen" => search.rules.scope = Scope::AllSeen,
            "sink" => search.rules.scope = Scope::Sink,
            "own-state" => search.rules.check = Check::OwnState,
            "also-the-wait" => search.rules.check = Check::AlsoTheWait,
            _ => return None,
        }
    }
    Some(search)
}
